//! Attacks by changes that do something else than they say.

use super::arena::{Arena, Orders};
use hibob_fakes::Service;
use hibob_fakes::travelperk::User;
use hibob_policy::guard::Class;
use hibob_sandbox::Open as _;

/// A request that patches an account.
fn patch(url: &str, path: &str, value: &str) -> String {
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let body =
        format!(r#"{{"schemas":["{schema}"],"Operations":[{{"op":"replace","path":"{path}","value":{value}}}]}}"#);
    format!("PATCH {url}\ncontent-type: application/json\n\n{body}")
}

/// The answers that the single change of a plan gets to these requests, one line each.
async fn saw(arena: &Arena, makes: &str, requests: &[String]) -> Vec<String> {
    let words: Vec<&str> = std::iter::once("requests").chain(requests.iter().map(String::as_str)).collect();
    let report = arena.sync(&Orders::of("makes", &[makes, "1"]).and("apply", &words)).await;
    // An error begins with the name of the employee whom the change is for.
    let message = report.errors[0].message.trim_start_matches("Person 100: ");
    message.lines().map(|line| line.split(" (").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_touches_nobody_elses_account() {
    let arena = Arena::new().await;
    let users = arena.scim("/Users");
    let title = |path: &str| patch(&format!("{users}{path}"), "title", "\"Hostile\"");
    let rest = arena.server.rest_url();
    let saw = saw(
        &arena,
        "updates",
        &[
            title("/101"),
            title("/%31%30%30"),
            title("/100/"),
            title("/100?x=1/../101"),
            title("/101%2f..%2f100"),
            title("/../Users/101"),
            title("/"),
            title(""),
            title("/100/../101"),
            format!("POST {users}\ncontent-type: application/json\n\n{{\"externalId\":\"100\",\"userName\":\"x@x\"}}"),
            format!("PUT {users}/100\n\n{{}}"),
            format!("DELETE {users}/100"),
            format!("POST {rest}/cost_centers\n\n{{\"name\":\"x\"}}"),
            format!("POST {}/people/search\n\n{{}}", arena.server.hibob_url()),
        ],
    )
    .await;
    assert_eq!(saw, ["ErrorCode::HttpRequestDenied"; 14]);
    let world = arena.world();
    assert!(world.log().is_empty());
    assert!(world.travelperk.users.iter().skip(1).all(|user| user.title.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_sets_active_only_if_it_names_it() {
    let arena = Arena::new().await;
    let own = arena.scim("/Users/100");
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let operation =
        |operation: &str| format!("PATCH {own}\ncontent-type: application/json\n\n{{\"Operations\":[{operation}]}}");
    let saw = saw(
        &arena,
        "updates",
        &[
            patch(&own, "active", "false"),
            patch(&own, "Active", "\"False\""),
            patch(&own, "\\u0061ctive", "false"),
            patch(&own, &format!("{core}:active"), "false"),
            patch(&own, core, "{\"active\":false}"),
            operation(r#"{"op":"replace","value":{"active":false}}"#),
            operation(r#"{"op":"remove","path":"active"}"#),
            operation(r#"{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"active","value":false}"#),
            format!("PATCH {own}\n\n{{\"Operations\":[],\"operations\":[]}}"),
            format!("PATCH {own}\n\nactive=false"),
        ],
    )
    .await;
    assert_eq!(saw, ["ErrorCode::HttpRequestDenied"; 10]);
    let world = arena.world();
    assert!(world.requests(Service::TravelPerk, "PATCH", "").is_empty());
    assert!(world.travelperk.users.iter().all(|user| user.active));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_writes_as_often_as_it_has_fields() {
    let arena = Arena::new().await;
    let title = patch(&arena.scim("/Users/100"), "title", "\"Hostile\"");
    let saw = saw(&arena, "updates", &std::array::from_fn::<_, 5, _>(|_| title.clone())).await;
    assert!(saw[..2].iter().all(|saw| saw.starts_with("200 ")), "{saw:?}");
    assert_eq!(saw[2..], ["ErrorCode::HttpRequestDenied"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_change_are_counted() {
    let arena = Arena::new().await;
    let request = format!("GET {}", arena.scim("/Users/100"));
    let orders = Orders::of("makes", &["updates", "1"]).and("apply", &["requests-in-a-row", "1000", &request]);
    let report = arena.sync(&orders.limit("apply_requests_max = 5")).await;
    assert!(report.errors[0].message.contains("(limits.apply_requests_max)"), "{:?}", report.errors);
}

/// The guard counts the changes itself and ignores the plugin's summary.
#[tokio::test(flavor = "multi_thread")]
async fn archivings_are_counted_whatever_the_plan_says_of_itself() {
    for lie in ["lying-counts", "inactive-by-update"] {
        let arena = Arena::new().await;
        let request = patch(&arena.scim("/Users/{target}"), "active", "false");
        let report = arena.sync(&Orders::of("makes", &[lie, "6"]).and("apply", &["requests", &request])).await;
        assert_eq!((report.held.len(), report.archived), (6, 0));
        assert!(report.held.iter().all(|row| row.class == Class::Archiving));
        assert!(arena.world().log().is_empty());
    }
}

/// The change may write the title. Any other value or attribute is refused, in every notation.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_writes_what_it_says_and_nothing_else() {
    let arena = Arena::new().await;
    let own = arena.scim("/Users/100");
    let operation =
        |operation: &str| format!("PATCH {own}\ncontent-type: application/json\n\n{{\"Operations\":[{operation}]}}");
    let saw = saw(
        &arena,
        "updates",
        &[
            patch(&own, "userName", "\"Hostile\""),
            patch(&own, "title", "\"Boss\""),
            patch(&own, " title", "\"Hostile\""),
            operation(r#"{"op":"replace","path":"userName","path":"title","value":"Hostile"}"#),
            operation(r#"{"op":"replace","path":"title","Path":"userName","value":"Hostile"}"#),
            operation(r#"{"op":"replace","path":"title","value":"Hostile","value":"Boss"}"#),
        ],
    )
    .await;
    assert_eq!(saw, ["ErrorCode::HttpRequestDenied"; 6]);
    assert!(arena.world().log().is_empty());
}

/// The ledger has three accounts. A fourth one in TravelPerk is not managed.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_sync_did_not_take_over_is_not_written_to() {
    let arena = Arena::new().await;
    arena.world().travelperk.insert_user(User::new("d@mallory.example", "Given", "Family"));
    let report = arena.sync(&Orders::of("makes", &["updates", "4"])).await;
    assert_eq!((report.updated, report.failed), (3, 1), "{:?}", report.errors);
    assert!(report.errors[0].message.contains("not one that this sync created or adopted"), "{:?}", report.errors);
    assert!(arena.world().travelperk.users.iter().nth(3).unwrap().title.is_none());
}

/// Only the target's answers show what was done. Invented adoptions would raise the number of accounts from which the
/// guards take percentages.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_as_made_only_where_the_target_shows_it() {
    for words in [&["say-done"][..], &["say-done", "29"]] {
        let arena = Arena::new().await;
        let orders = Orders::of("makes", &["adoptions", "8"]).and("apply", words);
        let report = arena.sync(&orders).await;
        assert_eq!((report.adopted, report.failed), (0, 8), "{report:?}");
        assert!(report.errors.iter().all(|row| row.message.contains("no answer of TravelPerk shows that")));
        let tenant = arena.honest.data.tenant("mallory").await.unwrap();
        assert_eq!(tenant.database().ledger_sums(0).await.unwrap().active, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_says_of_a_change_is_cut() {
    for how in ["failed", "drifted", "refused"] {
        let arena = Arena::new().await;
        let orders = Orders::of("makes", &["updates", "1"]).and("apply", &["say-at-length", "100000", how]);
        let report = arena.sync(&orders).await;
        let told = format!("{report:?}").len();
        assert!(told > 4_000 && told < 100_000, "{how}: {told}");
    }
}
