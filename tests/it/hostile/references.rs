//! Attacks on the references job.

use super::arena::{Arena, Orders, hostile, stopped};
use crate::references::TABLE;
use hibob_base::progress::NoProgress;
use hibob_contract::offboarding_references::Departure;
use hibob_sandbox::tenant::Tenant;
use std::sync::Arc;

/// Mallory's tenant with `[references]`. The setting `statuses` says what the hostile plugin does.
async fn mallory(arena: &Arena, words: &[&str], is_signer: bool) -> Tenant {
    let garden = "garden_leave = \"is-departure\"\n";
    // The arena's file has the limits of a call last, and mallory's references are few.
    let table = TABLE.replace("[safety]\nreference_limit_min = 3\n", "");
    let mut table = format!("{table}{garden}");
    if is_signer {
        table += &format!("plugins = [\"{}\"]\n", hostile().digest());
    }
    arena.mallory(&Orders::default().limit(&table).statuses(words)).await
}

fn departure() -> Departure {
    Departure { employee_id: "1".to_owned(), ended_on: "2026-11-20".to_owned(), basis: String::new() }
}

/// Only read requests to HiBob leave the host; all others are refused.
#[tokio::test(flavor = "multi_thread")]
async fn hibob_is_only_ever_read() {
    let arena = Arena::new().await;
    let hibob = arena.server.hibob_url();
    let requests = [
        "detect requests".to_owned(),
        format!("detect PUT {hibob}/people/1\n\n{{}}"),
        format!("detect POST {hibob}/people\n\n{{}}"),
        format!("detect POST {hibob}/employees/1/terminate\n\n{{}}"),
        format!("detect DELETE {hibob}/people/1"),
        format!("detect GET {hibob}/bulk/people/salaries"),
        format!("detect POST {hibob}/bulk/people/lifecycle\n\n{{}}"),
        format!("detect GET {}", arena.scim("/Users")),
        format!("detect POST {}\n\n{{}}", arena.scim("/Users")),
    ];
    let words: Vec<&str> = requests.iter().map(String::as_str).collect();
    let tenant = mallory(&arena, &words, true).await;
    let look =
        async || hibob_sandbox::leavers::departures(hostile(), &tenant, &[], Arc::new(NoProgress)).await.unwrap().0;
    let detection = arena.beside(look).await;
    let saw: Vec<&str> = detection.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(saw, ["ErrorCode::HttpRequestDenied"; 8]);
    assert!(arena.world().log().is_empty());
}

/// In calls about one person no write leaves either, beside the request that such a call may make.
#[tokio::test(flavor = "multi_thread")]
async fn hibob_is_only_ever_read_for_one_person() {
    let arena = Arena::new().await;
    let hibob = arena.server.hibob_url();
    let words: Vec<String> = ["claims", "address"]
        .into_iter()
        .flat_map(|call| {
            [
                format!("{call} requests"),
                format!("{call} PUT {hibob}/people/1\n\n{{}}"),
                format!("{call} POST {hibob}/people\n\n{{}}"),
                format!("{call} POST {hibob}/employees/1/terminate\n\n{{}}"),
                format!("{call} DELETE {hibob}/people/1"),
            ]
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let tenant = mallory(&arena, &words, true).await;
    // Its claims begin with a text that is in no answer of HiBob.
    let claims = async || hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await;
    stopped(arena.beside(claims).await, "PLUGIN_FAILED", "HiBob has not sent, so it is not used: given-name");
    let address = async || hibob_sandbox::leavers::address(hostile(), &tenant, "1").await;
    assert_eq!(arena.beside(address).await.unwrap(), None);
    let world = arena.world();
    let asked: Vec<_> = world.log().iter().map(|entry| (entry.method.as_str(), entry.path.as_str())).collect();
    assert!(!asked.is_empty() && asked.iter().all(|asked| *asked == ("POST", "/v1/people/search")), "{asked:?}");
}

/// A call about one person may request only that person's data, and only the fields that a reference needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_about_one_person_asks_about_nobody_else() {
    let arena = Arena::new().await;
    let hibob = arena.server.hibob_url();
    let search = |body: &str| format!("look-up POST {hibob}/people/search\ncontent-type: application/json\n\n{body}");
    let filter = |id: &str| format!(r#"[{{"fieldPath":"root.id","operator":"equals","values":["{id}"]}}]"#);
    let requests = [
        "look-up requests".to_owned(),
        search(r#"{"fields":["root.id"],"showInactive":true}"#),
        search(&format!(r#"{{"fields":["root.id"],"filters":{}}}"#, filter("2"))),
        search(&format!(r#"{{"fields":["root.id","root.email"],"filters":{}}}"#, filter("1"))),
        search(&format!(r#"{{"fields":["root.id"],"filters":{},"filters":[]}}"#, filter("1"))),
        format!("look-up GET {hibob}/company/named-lists/site"),
        format!("look-up GET {hibob}/company/named-lists/site?includeArchived=true"),
        format!("look-up GET {hibob}/company/named-lists/title?includeArchived=false"),
        format!("look-up GET {hibob}/bulk/people/lifecycle"),
        format!("look-up GET {hibob}/bulk/people/lifecycle?employeeIds=2"),
        format!("look-up GET {hibob}/bulk/people/lifecycle?employeeIds=1,2"),
        format!("look-up GET {hibob}/bulk/people/lifecycle?employeeIds=1&limit=200&cursor=YWZ0ZXI6MQ"),
    ];
    let words: Vec<&str> = requests.iter().map(String::as_str).collect();
    let tenant = mallory(&arena, &words, true).await;
    arena.beside(async || hibob_sandbox::leavers::look_up(hostile(), &tenant, "1").await.unwrap()).await;
    assert!(arena.world().log().is_empty());
}

/// A claim that is in no answer of HiBob in this call is not signed.
#[tokio::test(flavor = "multi_thread")]
async fn invented_claims_are_not_believed() {
    let arena = Arena::new().await;
    let name = arena.world().hibob.employees["1"].first_name.clone();
    let words = ["says Eve", "says Smith", "says Director", "says Board", "says 2010-01-01", "says 2026-11-20"];
    let tenant = mallory(&arena, &words, true).await;
    let claims = async || hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await;
    stopped(arena.beside(claims).await, "PLUGIN_FAILED", "HiBob has not sent, so it is not used: given-name");
    // A true name does not help while other claims are invented.
    let said = format!("says {name}");
    let tenant = mallory(&arena, &[&said, "says Ruiz", "says Director"], true).await;
    let claims = async || hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await;
    stopped(arena.beside(claims).await, "PLUGIN_FAILED", "HiBob has not sent, so it is not used");
    let tenant = mallory(&arena, &["delivers-to mallory@evil.example"], true).await;
    let address = async || hibob_sandbox::leavers::address(hostile(), &tenant, "1").await;
    stopped(arena.beside(address).await, "PLUGIN_FAILED", "HiBob has not sent, so it is not used: the address");
}

/// A single invented claim among true ones makes the host refuse all of them.
#[tokio::test(flavor = "multi_thread")]
async fn an_invented_title_among_true_claims_is_not_believed() {
    let arena = Arena::new().await;
    let (first, last) = {
        let mut world = arena.world();
        let person = world.hibob.employees.get_mut("1").unwrap();
        let last_day = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        person.terminate(last_day);
        (format!("says {}", person.first_name), format!("says {}", person.surname))
    };
    let says = |title| [first.as_str(), &last, title, "says ", "says 2020-01-06", "says 2026-11-20", "terminated"];
    let tenant = mallory(&arena, &says("says "), true).await;
    let claims = async || hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await;
    assert_eq!(arena.beside(claims).await.unwrap().unwrap().claims.job_title, None, "the other claims are true");
    let tenant = mallory(&arena, &says("says Director"), true).await;
    let claims = async || hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await;
    let error = arena.beside(claims).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the plugin gave something about a leaver that HiBob has not sent, so it is not used: job-title"
    );
}

/// A claim stands for its own field: names that are swapped, a site as the title, and somebody who still works here are
/// refused, though HiBob's answers have every value.
#[tokio::test(flavor = "multi_thread")]
async fn true_values_of_other_fields_are_not_believed() {
    let arena = Arena::new().await;
    let (first, last) = {
        let mut world = arena.world();
        let person = world.hibob.employees.get_mut("1").unwrap();
        person.terminate(chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        (person.first_name.clone(), person.surname.clone())
    };
    let (first, last) = (first.as_str(), last.as_str());
    let claims = async |said: [&str; 6]| {
        let says = said.map(|text| format!("says {text}"));
        let words: Vec<&str> = says.iter().map(String::as_str).chain(["terminated"]).collect();
        let tenant = mallory(&arena, &words, true).await;
        hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await
    };
    let (start, end) = ("2020-01-06", "2026-11-20");
    assert!(claims([first, last, "", "", start, end]).await.is_ok());
    for (said, name) in [
        ([last, first, "", "", start, end], "given-name"),
        ([first, first, "", "", start, end], "family-name"),
        ([first, last, "terminated", "", start, end], "job-title"),
        ([first, last, "", "terminated", start, end], "department"),
        ([first, last, "", "", end, end], "started-on"),
    ] {
        stopped(claims(said).await, "PLUGIN_FAILED", &format!("HiBob has not sent, so it is not used: {name}"));
    }
    arena.world().hibob.employees.get_mut("1").unwrap().lifecycle_status = "employed".to_owned();
    let said = claims([first, last, "", "", start, end]).await;
    stopped(said, "PLUGIN_FAILED", "HiBob has not sent, so it is not used: status");
}

/// Two employees of mallory who have left: the first is an engineer, the second the director.
fn two_leavers(arena: &Arena) -> Vec<Departure> {
    let mut world = arena.world();
    let other = crate::sync::employee("2", "Eve", "eve@mallory.example");
    world.hibob.employees.insert("2".to_owned(), other);
    for (id, title) in [("1", "Engineer"), ("2", "Director")] {
        let person = world.hibob.employees.get_mut(id).unwrap();
        person.terminate(chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        // HiBob sends what is no id of its list as it is.
        person.overrides.insert("work.title".to_owned(), serde_json::json!(title));
    }
    ["1", "2"].map(|id| Departure { employee_id: id.to_owned(), ..departure() }).into()
}

/// In a batch, the plugin gives A the title of B, answers about others than it was asked about, twice, or not at all.
/// Nothing of it is believed, and what it says truly about the other person is.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_batch_nobody_gets_what_is_anothers() {
    let arena = Arena::new().await;
    let departures = two_leavers(&arena);
    let names = |id: &str| {
        let world = arena.world();
        let person = &world.hibob.employees[id];
        [person.first_name.clone(), person.surname.clone()]
    };
    let (ana, eve) = (names("1"), names("2"));
    let own = |[first, last]: &[String; 2], title: &str| {
        [first.as_str(), last, title, "", "2020-01-06", "2026-11-20"].map(|text| format!("says {text}")).to_vec()
    };
    let outcome = async |says: [Vec<String>; 2], odd: &str| {
        let odd = format!("answers {odd}");
        let words = says.concat();
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["terminated", odd.as_str()]).collect();
        let tenant = mallory(&arena, &words, true).await;
        let answers = hibob_sandbox::leavers::facts_and_claims(hostile(), &tenant, &departures).await.unwrap();
        let outcome = answers.into_iter().map(|(_, claims)| match claims {
            Ok(Some(confirmed)) => confirmed.claims.job_title.unwrap_or_default(),
            Ok(None) => "none".to_owned(),
            Err(error) => {
                let error = error.to_string();
                error.rsplit(": ").next().unwrap_or_default().to_owned()
            }
        });
        outcome.collect::<Vec<_>>()
    };
    let truth = || [own(&ana, "Engineer"), own(&eve, "Director")];
    assert_eq!(outcome(truth(), "as asked").await, ["Engineer", "Director"]);
    let promoted = || own(&ana, "Director");
    assert_eq!(outcome([promoted(), own(&eve, "Director")], "as asked").await, ["job-title", "Director"]);
    assert_eq!(outcome([own(&eve, "Director"), own(&ana, "Engineer")], "as asked").await, ["given-name"; 2]);
    assert_eq!(outcome(truth(), "swapped ids").await, ["given-name"; 2]);
    for (odd, number) in [("twice", 2), ("nothing", 0)] {
        let said = format!("the plugin gave {number} answers about one leaver, so no reference was issued for them");
        assert_eq!(outcome(truth(), odd).await, [said.as_str(); 2], "{odd}");
    }
}

/// A plugin that fails over one person of a batch is asked about each alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_is_asked_one_by_one() {
    let arena = Arena::new().await;
    let departures = two_leavers(&arena);
    let words = ["claims panic", "terminated"];
    let tenant = mallory(&arena, &words, true).await;
    let answers = hibob_sandbox::leavers::facts_and_claims(hostile(), &tenant, &departures).await.unwrap();
    assert_eq!(answers.len(), 2);
    for (_, claims) in answers {
        stopped(claims, "PLUGIN_FAILED", "");
    }
}

/// For a plugin that the operator has not named as a signer nothing is signed, even if its claims are true.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_not_named_gets_no_signature() {
    let arena = Arena::new().await;
    let tenant = mallory(&arena, &["says Ana"], false).await;
    let claims = async || hibob_sandbox::leavers::claims(hostile(), &tenant, &departure()).await;
    stopped(arena.beside(claims).await, "CONFIGURATION", "may not have references signed");
    assert!(arena.world().log().is_empty());
}
