//! Attacks by changes that write more than they say, or to an account that is not theirs. The stand-in helps them: it
//! honours projections, reads a body whatever its content type is, and accepts a PATCH without operations.

use super::arena::{Arena, Orders, stopped};
use hibob_base::error::Exit;
use hibob_fakes::Service;
use hibob_fakes::travelperk::User;
use hibob_jobs::run::Report;
use hibob_policy::guard::Class;
use hibob_sandbox::Open as _;

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const DENIED: &str = "ErrorCode::HttpRequestDenied";

/// Both tenants. Mallory's accounts carry the ids that the ledger has for them.
async fn arena() -> Arena {
    let arena = Arena::new().await;
    {
        let mut world = arena.world();
        let switches = &mut world.travelperk.switches;
        (switches.projections, switches.any_content_type, switches.empty_operations) = (true, true, true);
        for id in 100..=102 {
            world.travelperk.users.get_mut(id).unwrap().external_id = Some(id.to_string());
        }
    }
    arena
}

/// A PATCH of the account with these further headers, and this operation.
fn patch(url: &str, headers: &str, operation: &str) -> String {
    format!("PATCH {url}{headers}\n\n{{\"schemas\":[\"{PATCH_OP}\"],\"Operations\":[{operation}]}}")
}

const TITLE: &str = r#"{"op":"replace","path":"title","value":"Hostile"}"#;

/// A sync in which the plugin makes these changes, and each of them these requests.
async fn sync(arena: &Arena, makes: &[&str], how: &str, requests: &[String]) -> Report {
    let words: Vec<&str> = std::iter::once(how).chain(requests.iter().map(String::as_str)).collect();
    arena.sync(&Orders::of("makes", makes).and("apply", &words)).await
}

/// The answers that a failed change has got, one line each.
fn saw(report: &Report) -> Vec<&str> {
    answers(&report.errors[0].message)
}

/// The answers in an error's message, which begins with the name of the employee whom the change is for.
fn answers(message: &str) -> Vec<&str> {
    let (name, message) = message.split_once(": ").unwrap();
    assert!(name.starts_with("Person "), "{name}");
    message.lines().map(|line| line.split(" (").next().unwrap()).collect()
}

/// How many writes have reached mallory's target.
fn writes(arena: &Arena) -> usize {
    arena.world().log().iter().filter(|entry| entry.is_write()).count()
}

/// Without having read anything, a plugin gives accounts that are managed to employees whom it invents.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_given_to_an_invented_employee() {
    let arena = arena().await;
    let own = arena.scim("/Users/{target}");
    let seize = |id: &str| {
        let external_id = format!(r#"{{"op":"replace","path":"externalId","value":"invented-{id}"}}"#);
        patch(&own, "", &external_id)
    };
    let all = ["100", "101", "102"].map(seize);
    let report = sync(&arena, &["reassigns", "3"], "requests-and-done", &all).await;
    assert_eq!((report.held.len(), report.adopted, report.exit()), (3, 0, Exit::Held), "{report:?}");
    assert!(report.held.iter().all(|row| row.class == Class::Reassigning));
    let guard = report.guards.iter().find(|guard| guard.class == Class::Reassigning).unwrap();
    assert!(guard.remedy.contains("--allow-reassigning 3"), "{:?}", report.guards);
    // One of three accounts may pass to another employee, but only after the target has shown whose it is.
    let report = sync(&arena, &["reassigns", "1"], "requests", &all).await;
    assert_eq!((report.held.len(), report.adopted, report.failed), (0, 0, 1), "{report:?}");
    assert_eq!(saw(&report), [DENIED; 3]);
    assert_eq!(writes(&arena), 0);
}

/// A plugin makes up employees, and login names of accounts that are there. HiBob has shown neither, so that there is no
/// plan.
#[tokio::test(flavor = "multi_thread")]
async fn neither_an_employee_nor_a_login_name_is_invented() {
    let arena = arena().await;
    for (makes, words) in [
        ("invents", "the change 100 with a work email that HiBob did not give for the employee invented-100"),
        ("renames", "the change 100 with a work email that HiBob did not give for the employee 100"),
    ] {
        stopped(arena.plan(&Orders::of("makes", &[makes, "1"])).await, "PLUGIN_FAILED", words);
    }
    assert_eq!(writes(&arena), 0);
}

/// A projection leaves the external id out of the answer, so that an account of somebody else looks free.
#[tokio::test(flavor = "multi_thread")]
async fn a_projection_does_not_make_an_account_free() {
    let arena = arena().await;
    let mut stranger = User::new("d@mallory.example", "Given", "Family");
    stranger.external_id = Some("stranger".to_owned());
    arena.world().travelperk.insert_user(stranger);
    let own = arena.scim("/Users/{target}");
    let title = patch(&own, "", TITLE);
    for look in [
        format!("GET {own}?excludedAttributes=externalId"),
        format!("GET {own}?attributes=userName,active"),
        format!("GET {}?attributes=userName", arena.scim("/Users")),
        format!("GET {}?startIndex=1&count=50", arena.scim("/Users")),
        format!("GET {}?filter=userName%20eq%20%22d%40mallory.example%22", arena.scim("/Users")),
        format!("GET {own}\n\n{{}}"),
    ] {
        let report = sync(&arena, &["adopts-with-title", "4"], "requests", &[look.clone(), title.clone()]).await;
        let last = report.errors.iter().find(|row| row.employee_id.as_deref() == Some("103")).unwrap();
        assert_eq!(answers(&last.message), [DENIED; 2], "{look}");
    }
    // Nor does the whole account, which shows whose it is.
    let report = sync(&arena, &["adopts-with-title", "4"], "requests", &[format!("GET {own}"), title]).await;
    let last = report.errors.iter().find(|row| row.employee_id.as_deref() == Some("103")).unwrap();
    assert!(last.message.contains("not one that this sync created or adopted"), "{last:?}");
    let world = arena.world();
    let stranger = world.travelperk.users.iter().last().unwrap();
    assert_eq!((stranger.external_id.as_deref(), stranger.title.as_deref()), (Some("stranger"), None));
}

/// Whatever a plugin puts beside its change is refused, or is the host's own by the time it leaves.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_beside_the_change() {
    let arena = arena().await;
    let own = arena.scim("/Users/100");
    let body = |body: &str| format!("PATCH {own}\ncontent-type: application/json\n\n{body}");
    let refused = [
        patch(&format!("{own}?note=secret"), "", TITLE),
        patch(&format!("{own}?"), "", TITLE),
        body(&format!(r#"{{"schemas":["{PATCH_OP}","secret"],"Operations":[{TITLE}]}}"#)),
        body(&format!(r#"{{"schemas":["{PATCH_OP}"],"Operations":[{TITLE}],"note":"secret"}}"#)),
        body(&format!(r#"{{"schemas":["{PATCH_OP}"],"Operations":[{TITLE}],"ſchemas":["secret"]}}"#)),
        body(&format!(r#"{{"Operations":[{TITLE}]}}"#)),
        patch(&own, "", r#"{"op":"replace","path":"title","value":"Hostile","note":"secret"}"#),
        patch(&own, "", &format!("{TITLE},{TITLE}")),
        body(&format!(r#"{{"schemas":["{PATCH_OP}"],"Operations":[]}}"#)),
    ];
    let report = sync(&arena, &["updates", "1"], "requests", &refused).await;
    assert_eq!(saw(&report), vec![DENIED; refused.len()]);
    assert_eq!(writes(&arena), 0);
    let headers = "\naccept: text/plain; note=secret\ncontent-type: text/plain; charset=utf-16\napi-version: secret";
    let report = sync(&arena, &["updates", "1"], "requests", &[patch(&own, headers, TITLE)]).await;
    assert!(saw(&report)[0].starts_with("200 "), "{report:?}");
    let world = arena.world();
    let sent = world.requests(Service::TravelPerk, "PATCH", "");
    assert!(!sent.is_empty());
    for entry in sent {
        let header = |name: &str| {
            let found = entry.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let json = Some("application/json");
        assert_eq!((header("accept"), header("content-type"), header("api-version")), (json, json, Some("1")));
        assert!(entry.query.is_none() && entry.headers.iter().all(|(_, value)| !value.contains("secret")));
    }
}

/// Under which conditions somebody approves trips is the operator's setting.
#[tokio::test(flavor = "multi_thread")]
async fn approvers_have_the_operators_conditions_and_no_others() {
    let arena = arena().await;
    let path = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User:approvers";
    let request = |value: &str| {
        patch(&arena.scim("/Users/100"), "", &format!(r#"{{"op":"replace","path":"{path}","value":{value}}}"#))
    };
    let requests = [
        request(r#"[{"value":"102","condition":"never"}]"#),
        request(r#"[{"value":"102"}]"#),
        request(r#"[{"value":"102","condition":"always"},{"value":"102","condition":"never"}]"#),
        request(r#"[{"value":"102","condition":"always"}]"#),
    ];
    let words: Vec<&str> = std::iter::once("requests").chain(requests.iter().map(String::as_str)).collect();
    let orders = Orders::of("makes", &["approvers", "1"]).and("apply", &words);
    let approvals = "[sync.approvals]\nmethod = \"A\"\nreplaces_existing = true\nconditions = [\"always\"]";
    let report = arena.sync(&orders.limit(approvals)).await;
    let saw = saw(&report);
    assert_eq!(saw[..3], [DENIED; 3]);
    assert!(saw[3].starts_with("200 "), "{saw:?}");
    let world = arena.world();
    let approvers = &world.travelperk.users.get(100).unwrap().approvers;
    assert_eq!(*approvers, [(102, Some("always".to_owned()))]);
}

/// A change of two fields of which one is written is partly made, and the report names the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_was_not_written_is_named() {
    let arena = arena().await;
    let title = patch(&arena.scim("/Users/100"), "", TITLE);
    let report = sync(&arena, &["two-fields", "1"], "requests-and-done", &[title]).await;
    assert_eq!((report.updated, report.exit()), (1, Exit::SomeFailed), "{report:?}");
    assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
    assert!(report.errors[0].message.ends_with("but not: locale"), "{:?}", report.errors);
    // What was written, and is shown otherwise by the answer, is not made either.
    arena.world().travelperk.drops.insert("locale".to_owned());
    let both = format!(r#"{TITLE},{{"op":"replace","path":"locale","value":"de-DE"}}"#);
    let request = patch(&arena.scim("/Users/100"), "", &both);
    let report = sync(&arena, &["two-fields", "1"], "requests-and-done", &[request]).await;
    assert!(report.errors[0].message.ends_with("but not: locale"), "{:?}", report.errors);
    // Looking at the account makes nothing.
    arena.world().travelperk.users.get_mut(100).unwrap().title = None;
    let look = format!("GET {}", arena.scim("/Users/100"));
    let report = sync(&arena, &["two-fields", "1"], "requests-and-done", &[look]).await;
    assert_eq!((report.updated, report.failed), (0, 1), "{report:?}");
    assert!(report.errors[0].message.contains("no answer of TravelPerk shows that"), "{:?}", report.errors);
}

/// Whether an account is archived counts by what the target shows after the write, not by a status of success.
#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_counts_only_where_the_target_shows_it() {
    let inactive = r#"{"op":"replace","path":"active","value":false}"#;
    for (drops, answers_204, looks, archived) in [
        (true, false, false, 0),
        (true, true, false, 0),
        (true, true, true, 0),
        (false, true, false, 0),
        (false, true, true, 1),
        // An answer to the write may repeat what was asked for.
        (false, false, false, 0),
        (false, false, true, 1),
        (true, false, true, 0),
    ] {
        let arena = arena().await;
        {
            let mut world = arena.world();
            let travelperk = &mut world.travelperk;
            travelperk.switches.patch_answers_204 = answers_204;
            travelperk.drops.extend(drops.then(|| "active".to_owned()));
        }
        let own = arena.scim("/Users/100");
        let mut requests = vec![patch(&own, "", inactive)];
        requests.extend(looks.then(|| format!("GET {own}")));
        let words: Vec<&str> =
            std::iter::once("requests-and-done").chain(requests.iter().map(String::as_str)).collect();
        let report = arena.sync_alone(&Orders::of("makes", &["archives", "1"]).and("apply", &words)).await;
        let case = format!("{drops} {answers_204} {looks}: {report:?}");
        assert_eq!((report.archived, report.failed), (archived, 1 - archived), "{case}");
        let tenant = arena.honest.data.tenant("mallory").await.unwrap();
        let active = tenant.database().ledger_sums(0).await.unwrap().active;
        assert_eq!(active, if archived == 1 { 2 } else { 3 }, "{case}");
    }
}

/// A PATCH without operations would be answered with success, and change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_without_operations_does_not_leave() {
    let arena = arena().await;
    let empty = format!(
        "PATCH {}\ncontent-type: application/json\n\n{{\"schemas\":[\"{PATCH_OP}\"],\"Operations\":[]}}",
        arena.scim("/Users/100")
    );
    let report = sync(&arena, &["archives", "1"], "requests-and-done", &[empty]).await;
    assert_eq!((report.archived, report.failed, writes(&arena)), (0, 1, 0), "{report:?}");
}
