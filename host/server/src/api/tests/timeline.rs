//! What happened to a tenant, in one list.

use crate::api::tests::Site;
use hibob_store::token::TokenRole;
use serde_json::{Value, json};

const PATH: &str = "/v1/tenants/acme/events";

#[tokio::test]
async fn each_source_is_in_the_list_and_pages_have_each_event_once() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let run = site.run().await;
    let plan = site.plan().await;
    let by = r#"{"by":"ana@acme.example","reason":"not now"}"#;
    for (method, path, body, status) in [
        ("POST", format!("/v1/tenants/acme/plans/{plan}/reject"), by, 200),
        ("PUT", "/v1/tenants/acme/secrets/hibob.token".to_owned(), "a-token-of-hibob", 200),
        ("PUT", "/v1/tenants/acme/secrets/colour".to_owned(), "a-token-of-hibob", 422),
        ("POST", "/v1/tenants/acme/disable".to_owned(), by, 200),
        ("POST", "/v1/tenants/acme/enable".to_owned(), r#"{"by":"ana@acme.example"}"#, 200),
        ("PUT", "/v1/tenants/globex/secrets/hibob.token".to_owned(), "a-token-of-hibob", 200),
    ] {
        assert_eq!(site.ask(method, &path, &operator, body).await.status, status, "{path}");
    }
    let all = site.get(PATH, &operator).await.json();
    let events = all["events"].as_array().unwrap();
    let word = |event: &Value, part: &str| event[part].as_str().unwrap().to_owned();
    let told: Vec<String> =
        events.iter().map(|event| format!("{} {}", word(event, "kind"), word(event, "what"))).collect();
    for expected in [
        "run sync",
        "plan made",
        "decision rejected",
        "secret entered",
        "enabling disabled",
        "enabling enabled",
        "settings changed",
    ] {
        assert!(told.contains(&expected.to_owned()), "{expected}: {told:?}");
    }
    let entered = told.iter().filter(|told| *told == "secret entered").count();
    assert_eq!(entered, 1, "neither one that was refused nor another tenant's: {told:?}");
    let times: Vec<i64> = events.iter().map(|event| event["at"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let of = |kind: &str| events.iter().find(|event| event["kind"] == kind).unwrap();
    assert_eq!((&of("run")["object"], &of("run")["exit_code"]), (&json!(run.to_string()), &json!(1)));
    let decision = of("decision");
    assert_eq!((&decision["object"], &decision["person"]), (&json!(plan), &json!("ana@acme.example")));
    assert_eq!((&decision["reason"], &of("secret")["object"]), (&json!("not now"), &json!("hibob.token")));
    assert!(word(of("secret"), "by").starts_with("token "), "{all}");
    assert!(!all.to_string().contains("a-token-of-hibob"));
    // The pages of one event each are the list, in its order.
    let (mut one_by_one, mut path) = (Vec::new(), format!("{PATH}?limit=1"));
    loop {
        let page = site.get(&path, &operator).await.json();
        one_by_one.extend(page["events"].as_array().unwrap().clone());
        assert!(one_by_one.len() <= events.len(), "{one_by_one:?}");
        match &page["next"] {
            Value::String(next) => path = format!("{PATH}?limit=1&after={next}"),
            _ => break,
        }
    }
    assert_eq!(&one_by_one, events);
    let kind = site.get(&format!("{PATH}?kind=secret"), &operator).await.json();
    assert_eq!(kind["events"].as_array().unwrap().len(), 1);
    for wrong in ["kind=colour", "after=yesterday", "after=1.run", "q=x", "limit=0"] {
        assert_eq!(site.get(&format!("{PATH}?{wrong}"), &operator).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_done_with_references_is_for_those_who_may_see_them() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let id = site.reference().await;
    let revoke = format!("/v1/tenants/acme/references/{id}/revoke");
    assert_eq!(site.ask("POST", &revoke, &operator, r#"{"reason":"a mistake"}"#).await.status, 200);
    for (role, tenant, may_see) in [
        (TokenRole::Operator, None, true),
        (TokenRole::Admin, Some("acme"), true),
        (TokenRole::Reader, Some("acme"), false),
        (TokenRole::Reader, None, false),
    ] {
        let token = site.token(role, tenant).await;
        for path in [PATH.to_owned(), format!("{PATH}?kind=references")] {
            let events = site.get(&path, &token).await.json();
            assert_eq!(events.to_string().contains(&id), may_see, "{role:?} {path}: {events}");
            assert!(!events.to_string().contains("mistake"), "{events}");
        }
    }
}
