//! Ways in which an issuer's site can answer, with the verdicts of the program and of the page: a table that the tests of
//! both carry out. `docs/use/verifying.md` has it for people.
//!
//! Each way is tried with a reference that is valid, and with one that its issuer has revoked since: what is old does not
//! know of that yet. DNS has the key, so that the program's best verdict is Gold; a page never asks DNS.

use super::people::{at, domain, head, head_by, key, key_file, list_of, selector, undated_head, zoe};
use chrono::{DateTime, TimeDelta, Utc};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::json::Object;
use hibob_reference_format::keys::{KeyReference, SecretKey};
use hibob_reference_format::proof;
use hibob_reference_format::status_list::{Bitstring, Purpose, StatusList, list_path};
use serde_json::Value;

/// What a site answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// 200, with these bytes.
    File(Vec<u8>),
    /// This status, with no file.
    Status(u16),
    /// 301 to this URL, in which `{path}` is the path that was asked for.
    Moved(&'static str),
    /// The connection ends.
    Closed,
}

/// One answer: the host that is asked, the beginning of the path, and the reply.
pub(crate) type Answer = (&'static str, String, Reply);

/// One way, with verdicts for a valid and for a revoked reference.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// The answers for a valid and for a revoked reference; whatever is not named is answered as published.
    pub(crate) answers: [Vec<Answer>; 2],
    pub(crate) program: [&'static str; 2],
    pub(crate) page: [&'static str; 2],
}

pub(crate) const APEX: &str = "acme.example";
pub(crate) const WWW: &str = "www.acme.example";

const KEY_FILE: &str = "/.well-known/did.json";
const HEAD: &str = "/references/log/checkpoint";
const LISTS: &str = "/references/status/";

/// The start page of a site that answers everything with it.
const START_PAGE: &[u8] = b"<!doctype html><title>ACME</title><h1>Welcome</h1>";

const UNKNOWN: [&str; 2] = ["Status unknown", "Status unknown"];
/// What an entry says that is set counts, whatever else is wrong.
const UNLESS_REVOKED: [&str; 2] = ["Status unknown", "Revoked"];
const GOLD: [&str; 2] = ["Gold", "Revoked"];
const SILVER: [&str; 2] = ["Silver", "Revoked"];

fn path(purpose: Purpose) -> String {
    format!("/{}", list_path(1, purpose))
}

/// The lists of an issuer that has revoked the reference, or has not.
fn lists(is_revoked: bool, time: DateTime<Utc>, has_end: bool) -> Vec<Answer> {
    let index = zoe().credential().status.index;
    let set = |purpose| if is_revoked && purpose == Purpose::Revocation { vec![1, index] } else { vec![1] };
    let of = |purpose| (APEX, path(purpose), Reply::File(list_of(purpose, &set(purpose), time, has_end)));
    Purpose::ALL.into_iter().map(of).collect()
}

fn file(path: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    (APEX, path.to_owned(), Reply::File(bytes.into()))
}

fn all(path: &str, reply: Reply) -> Answer {
    (APEX, path.to_owned(), reply)
}

/// The list of revoked references after an edit, signed by the issuer again.
fn edited(time: DateTime<Utc>, edit: impl Fn(&mut Object)) -> Vec<u8> {
    let mut list: Object = serde_json::from_slice(&list_of(Purpose::Revocation, &[1], time, true)).unwrap();
    list.remove("proof");
    edit(&mut list);
    let reference = KeyReference::Published { domain: domain(), selector: selector() };
    let issued: DateTime<Utc> = list["validFrom"].as_str().unwrap().parse().unwrap();
    Value::Object(proof::sign(list, &key(), &reference, issued).unwrap()).to_string().into_bytes()
}

/// The table, at this time. What is published now was signed an hour before.
pub(crate) fn ways(now: DateTime<Utc>) -> Vec<Way> {
    let fresh = now - TimeDelta::hours(1);
    let days = |days| now - TimeDelta::days(days);
    let revoked = || path(Purpose::Revocation);
    let superseded = || path(Purpose::Supersession);
    let stranger = SecretKey::from_seed(&[66; 32]);
    let by_stranger = |purpose| {
        StatusList::new(domain(), 1, purpose, fresh, Bitstring::with([1])).sign(&stranger, &selector()).unwrap()
    };
    let way = |name, answers: &dyn Fn(bool) -> Vec<Answer>, program, page| {
        let published = |is_revoked| {
            let mut of = answers(is_revoked);
            // What a way does not say is as published.
            of.extend(lists(is_revoked, fresh, true));
            of.push(file(HEAD, head(fresh)));
            of.push(file(KEY_FILE, key_file().render()));
            of
        };
        Way { name, answers: [published(false), published(true)], program, page }
    };
    let same = |name, answers: &dyn Fn() -> Vec<Answer>, program, page| way(name, &|_| answers(), program, page);
    let instead = |name, answer: Answer| same(name, &|| vec![answer.clone()], UNKNOWN, UNKNOWN);
    let old = |is_revoked, time, has_end, head: Vec<u8>| {
        let mut answers = lists(is_revoked, time, has_end);
        answers.push(file(HEAD, head));
        answers
    };
    let mut too_long = list_of(Purpose::Revocation, &[1], fresh, true);
    too_long.resize(300 * 1024, b' ');
    let whole = list_of(Purpose::Revocation, &[1], fresh, true);
    let half = whole[..whole.len() / 2].to_vec();
    let no_multibase = edited(fresh, |list| {
        let encoded = list["credentialSubject"]["encodedList"].as_str().unwrap().to_owned();
        list["credentialSubject"]["encodedList"] = encoded[1..].into();
    });
    let of_another_domain = {
        let other = Domain::parse("other.example").unwrap();
        let list = StatusList::new(other, 1, Purpose::Revocation, fresh, Bitstring::with([1]));
        list.sign(&key(), &selector()).unwrap()
    };
    let of_another_number = {
        let list = StatusList::new(domain(), 2, Purpose::Revocation, fresh, Bitstring::with([1]));
        list.sign(&key(), &selector()).unwrap()
    };
    let to_www = "https://www.acme.example{path}";
    vec![
        same("everything as published", &Vec::new, GOLD, SILVER),
        same("all files redirect to www., which has them", &|| vec![all("/", Reply::Moved(to_www))], GOLD, SILVER),
        same(
            "redirects to www., which redirects back",
            &|| {
                let back = Reply::Moved("https://acme.example{path}");
                vec![all("/references/", Reply::Moved(to_www)), (WWW, "/references/".to_owned(), back)]
            },
            UNKNOWN,
            UNKNOWN,
        ),
        instead("the lists redirect to another host", all(LISTS, Reply::Moved("https://other.example{path}"))),
        instead("the lists redirect to the start page", all(LISTS, Reply::Moved("https://www.acme.example/"))),
        instead("the lists redirect to http", all(LISTS, Reply::Moved("http://www.acme.example{path}"))),
        instead("the lists redirect to another port", all(LISTS, Reply::Moved("https://www.acme.example:8443{path}"))),
        instead("the lists are the site's start page", file(LISTS, START_PAGE)),
        instead("the list of revoked references is missing (404)", all(&revoked(), Reply::Status(404))),
        instead("the lists are gone (410)", all(LISTS, Reply::Status(410))),
        same(
            "the list of replaced references is missing",
            &|| vec![all(&superseded(), Reply::Status(404))],
            UNLESS_REVOKED,
            UNLESS_REVOKED,
        ),
        instead("the lists answer with an error (500)", all(LISTS, Reply::Status(500))),
        instead("access to the lists is refused (403)", all(LISTS, Reply::Status(403))),
        instead("the connection for the lists breaks off", all(LISTS, Reply::Closed)),
        instead("the list is empty", file(&revoked(), "")),
        instead("the list is cut in the middle", file(&revoked(), half)),
        instead("the list is larger than any", file(&revoked(), too_long)),
        instead("the list lacks its multibase letter", file(&revoked(), no_multibase)),
        instead("a stranger signed the list", file(&revoked(), by_stranger(Purpose::Revocation))),
        instead("the list is another one of the issuer's", file(&revoked(), of_another_number)),
        instead(
            "the list of replaced references in place of the other",
            file(&revoked(), list_of(Purpose::Supersession, &[1], fresh, true)),
        ),
        instead("the list is of another domain", file(&revoked(), of_another_domain)),
        same(
            "lists of three days ago, beside today's head (a replay)",
            &|| lists(false, days(3), true),
            UNKNOWN,
            UNKNOWN,
        ),
        same(
            "lists of three days ago, and no head",
            &|| [lists(false, days(3), true), vec![all(HEAD, Reply::Status(404))]].concat(),
            UNKNOWN,
            UNKNOWN,
        ),
        same(
            "lists and head of eight days ago (everything is old)",
            &|| old(false, days(8), true, head(days(8))),
            UNKNOWN,
            UNKNOWN,
        ),
        same(
            "lists of before the reference",
            &|| old(false, at("2025-01-30T00:00:00Z"), true, undated_head()),
            UNKNOWN,
            UNKNOWN,
        ),
        way(
            "lists of eight days ago that know of the revocation",
            &|is_revoked| old(is_revoked, days(8), true, head(days(8))),
            UNLESS_REVOKED,
            UNLESS_REVOKED,
        ),
        way(
            "lists of version 0.1.0, which have no end, of today",
            &|is_revoked| old(is_revoked, fresh, false, undated_head()),
            GOLD,
            SILVER,
        ),
        same(
            "lists of version 0.1.0 of eight days ago",
            &|| old(false, days(8), false, undated_head()),
            UNKNOWN,
            UNKNOWN,
        ),
        same(
            "lists of version 0.1.0 of three days ago, beside today's head",
            &|| lists(false, days(3), false),
            UNKNOWN,
            UNKNOWN,
        ),
        same("lists of the day after tomorrow", &|| old(false, days(-2), true, head(fresh)), UNKNOWN, UNKNOWN),
        same("the head is missing", &|| vec![all(HEAD, Reply::Status(404))], UNLESS_REVOKED, UNLESS_REVOKED),
        same("the head is the site's start page", &|| vec![file(HEAD, START_PAGE)], UNLESS_REVOKED, UNLESS_REVOKED),
        same(
            "a stranger signed the head",
            &|| vec![file(HEAD, head_by(&stranger, fresh))],
            UNLESS_REVOKED,
            UNLESS_REVOKED,
        ),
        same("the key file is the site's start page", &|| vec![file(KEY_FILE, START_PAGE)], GOLD, ["Unknown key"; 2]),
        same("the key file is missing", &|| vec![all(KEY_FILE, Reply::Status(404))], GOLD, ["Unknown key"; 2]),
        same(
            "every file but the page is the start page",
            &|| [KEY_FILE, "/references/"].map(|path| file(path, START_PAGE)).to_vec(),
            UNKNOWN,
            ["Unknown key"; 2],
        ),
        same(
            "no file but the page answers",
            &|| [KEY_FILE, "/references/"].map(|path| all(path, Reply::Closed)).to_vec(),
            UNKNOWN,
            ["Unknown key"; 2],
        ),
    ]
}

/// What is wrong with the table by itself.
pub(crate) fn assert_table(ways: &[Way]) {
    assert!(ways.len() >= 20, "{} ways", ways.len());
    for way in ways {
        let of_revoked = [way.program[1], way.page[1]];
        assert!(!of_revoked.iter().any(|verdict| ["Gold", "Silver"].contains(verdict)), "{}", way.name);
    }
}
