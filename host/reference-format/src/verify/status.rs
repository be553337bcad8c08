//! Whether the issuer took the reference back or replaced it: what the status lists say, and whether they can be relied
//! on.
//!
//! A list counts only if a key of the issuer signed it, until the time that it states, and beside a head of the log that
//! is not newer than it: whoever can answer in place of the issuer's site could otherwise show an old list for ever. An
//! entry that is set counts in any list that the issuer signed, since no entry is ever taken back.

use super::Answer;
use super::document::{CLOCK_ERROR_MAX, Decision};
use super::keys::KnownKeys;
use super::report::{Outcome, Subject, Verdict};
use crate::credential::SignedCredential;
use crate::domain::Domain;
use crate::json::parse_object;
use crate::keys::{KeyReference, PublicKey, Selector};
use crate::log::published;
use crate::proof::Proof;
use crate::status_list::{BYTES_MAX, Purpose, StatusList, TTL, VALID_FOR};
use crate::time;
use chrono::{DateTime, Utc};

/// Why a list says nothing about a reference.
struct Doubt {
    outcome: Outcome,
    why: String,
}

impl Doubt {
    /// There is no list to look at, or it cannot be judged.
    fn open(why: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotChecked, why: why.into() }
    }

    /// The list is there, and is wrong.
    fn wrong(why: impl Into<String>) -> Self {
        Self { outcome: Outcome::Bad, why: why.into() }
    }
}

impl Decision<'_> {
    /// Looks at both lists.
    pub(super) fn statuses(&mut self, signed: &SignedCredential, domain: &Domain, known: &KnownKeys) {
        for purpose in Purpose::ALL {
            self.status(signed, purpose, domain, known);
        }
    }

    fn status(&mut self, signed: &SignedCredential, purpose: Purpose, domain: &Domain, known: &KnownKeys) {
        let position = signed.credential().status;
        let (subject, verdict, answer, word) = match purpose {
            Purpose::Revocation => (Subject::Revocation, Verdict::Revoked, &self.sources.revoked, "revoked"),
            Purpose::Supersession => {
                (Subject::Supersession, Verdict::Superseded, &self.sources.superseded, "superseded")
            }
        };
        let doubt = match answer {
            Answer::Found(bytes) => match read(bytes, domain, position.list, purpose, known) {
                Ok((list, signer)) => {
                    let as_of = time::format(list.issued);
                    // `None` (an index beyond the list) does not occur, because the reference's index was checked.
                    if list.bits.get(position.index) != Some(false) {
                        return self.fail(verdict, subject, format!("{word}, by the list of {as_of}"));
                    }
                    match unvouched(&signer, known).or_else(|| self.doubt(&list, signed, domain, known)) {
                        None => return self.good(subject, format!("not {word}, by the list of {as_of}")),
                        Some(doubt) => doubt,
                    }
                }
                Err(doubt) => doubt,
            },
            Answer::Absent => Doubt::open("the issuer publishes no list"),
            Answer::Unreachable(why) => Doubt::open(why),
            Answer::NotAsked => {
                // The user said that this is enough.
                let text = format!("whether it is {word} could not be checked: the list was not asked for");
                return self.push(subject, Outcome::NotChecked, text);
            }
        };
        self.unknown(subject, doubt.outcome, format!("whether it is {word} could not be checked: {}", doubt.why));
    }

    fn unknown(&mut self, subject: Subject, outcome: Outcome, text: String) {
        self.accept_only(Verdict::StatusUnknown);
        self.push(subject, outcome, text);
    }

    /// Why a list that the issuer signed does not count now; `None` if it does.
    fn doubt(&self, list: &StatusList, signed: &SignedCredential, domain: &Domain, known: &KnownKeys) -> Option<Doubt> {
        let (now, of_list) = (self.sources.now, time::format(list.issued));
        let head = match self.head(domain, known) {
            Ok(head) => head,
            Err(why) => {
                let why = format!("the head of the log, beside which the list counts, cannot be had: {why}");
                return Some(Doubt::open(why));
            }
        };
        if list.issued > now + CLOCK_ERROR_MAX {
            return Some(Doubt::wrong(format!("the list of {of_list} is from the future")));
        }
        if let Some(head) = head.filter(|head| *head > list.issued + TTL) {
            let why = format!(
                "this is a replay: the list of {of_list} is older than the head of the log beside it, of {}",
                time::format(head)
            );
            return Some(Doubt::wrong(why));
        }
        let issued = signed.credential().issued;
        if issued > list.issued + TTL {
            let why = format!(
                "the list of {of_list} is older than the reference, of {}; the issuer has to publish anew",
                time::format(issued)
            );
            return Some(Doubt::wrong(why));
        }
        let end = list.valid_until.unwrap_or_else(|| head.unwrap_or(list.issued).max(list.issued) + VALID_FOR);
        (now > end).then(|| {
            let why =
                format!("the list of {of_list} counted until {}; the issuer has to publish anew", time::format(end));
            Doubt::wrong(why)
        })
    }

    /// The time of the published head of the log, if it states one.
    fn head(&self, domain: &Domain, known: &KnownKeys) -> Result<Option<DateTime<Utc>>, String> {
        match &self.sources.head {
            Answer::Found(bytes) => {
                published::published_at(bytes, domain, &known.all).map_err(|error| error.to_string())
            }
            Answer::Absent => Err("the issuer publishes none".to_owned()),
            Answer::Unreachable(why) => Err(why.clone()),
            Answer::NotAsked => Err("it was not asked for".to_owned()),
        }
    }
}

/// The name of the key that signed a list, by the list itself; `None` if it names none.
pub fn list_signer(list: &[u8]) -> Option<Selector> {
    let object = parse_object(list, BYTES_MAX).ok()?;
    match Proof::read(&object).ok()?.key() {
        KeyReference::Published { selector, .. } => Some(selector.clone()),
        KeyReference::InDocument(_) => None,
    }
}

/// Whether the key that signed a list is only in the site's key file, while that of the reference is in DNS.
fn unvouched(signer: &PublicKey, known: &KnownKeys) -> Option<Doubt> {
    let is_unvouched = !known.dns.is_empty() && !known.vouched.contains(signer);
    is_unvouched.then(|| {
        Doubt::wrong("the key that signed the list is in the site's key file only; the issuer has to put it into DNS")
    })
}

/// Reads a list, and finds the key of the issuer that signed it.
fn read(
    bytes: &[u8],
    domain: &Domain,
    list: u32,
    purpose: Purpose,
    known: &KnownKeys,
) -> Result<(StatusList, PublicKey), Doubt> {
    let (list, proof) =
        StatusList::parse(bytes, domain, list, purpose).map_err(|error| Doubt::wrong(error.to_string()))?;
    let signer = known.all.iter().find(|key| proof.verify(key).is_ok());
    let signer = signer.ok_or_else(|| Doubt::wrong("no known key of the issuer signed the list"))?;
    Ok((list, *signer))
}
