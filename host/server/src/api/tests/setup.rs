//! Setting up: each step knows from what is stored whether it is done.

use crate::api::tests::Site;
use hibob_store::queue::{End, State};
use hibob_store::token::TokenRole;
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/v1/tenants/acme/setup";

/// The words of the steps that are done.
async fn done(site: &Site, token: &str) -> Vec<String> {
    let setup = site.get(PATH, token).await.json();
    let steps = setup["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 9);
    let words: Vec<String> = steps
        .iter()
        .filter(|step| step["done"] == true)
        .map(|step| step["step"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(setup["done"], json!(words.len()));
    words
}

/// A check of `acme` that has ended with these permissions.
async fn check(site: &Site, token: &str, permissions: Value) {
    assert_eq!(site.ask("POST", "/v1/tenants/acme/jobs", token, r#"{"kind":"check"}"#).await.status, 202);
    let claimed = site.data.queue().claim("a host", Duration::from_mins(1)).await.unwrap().unwrap();
    let result = json!({ "exit_code": 0, "permissions": permissions, "findings": [] });
    site.data.queue().end(&claimed, &End::Ended(State::Done, result)).await.unwrap();
}

#[tokio::test]
async fn each_step_is_done_when_what_it_is_for_is_there() {
    let site = Site::new().await;
    let admin = site.token(TokenRole::Admin, Some("acme")).await;
    assert_eq!(done(&site, &admin).await, Vec::<String>::new());
    let secrets = "/v1/tenants/acme/secrets";
    site.ask("PUT", &format!("{secrets}/hibob.token"), &admin, "a-token-of-hibob").await;
    assert_eq!(done(&site, &admin).await, ["service-user"]);
    site.ask("PUT", &format!("{secrets}/travelperk.key"), &admin, "a-key-of-travelperk").await;
    assert_eq!(done(&site, &admin).await, ["service-user", "key"]);
    let row = |granted: bool, needed: Value| json!({ "permission": "Work", "granted": granted, "needed_for": needed });
    check(&site, &admin, json!([row(true, json!(["names"])), row(false, json!(["title"]))])).await;
    assert_eq!(done(&site, &admin).await, ["service-user", "key"], "one that is needed is missing");
    check(&site, &admin, json!([row(true, json!(["names"])), row(false, json!([]))])).await;
    assert_eq!(done(&site, &admin).await, ["service-user", "key", "permissions"]);
    let by = r#"{"by":"ana@acme.example"}"#;
    for step in ["people", "details", "cost-centers", "companies", "approvals"] {
        assert_eq!(site.ask("PUT", &format!("{PATH}/{step}"), &admin, by).await.status, 200, "{step}");
    }
    assert_eq!(done(&site, &admin).await.len(), 8);
    let steps = site.get(PATH, &admin).await.json()["steps"].clone();
    assert_eq!((&steps[3]["step"], &steps[3]["settled_by"]), (&json!("people"), &json!("ana@acme.example")));
    assert!(steps[3]["settled_at"].as_i64().is_some() && steps[0]["settled_at"].is_null(), "{steps}");
    // A new token may be of another service user: what was checked was the old one's.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    site.ask("PUT", &format!("{secrets}/hibob.token"), &admin, "another-token-of-hibob").await;
    assert!(!done(&site, &admin).await.contains(&"permissions".to_owned()));
}

#[tokio::test]
async fn only_what_a_person_decides_is_settled_by_a_word() {
    let site = Site::new().await;
    let admin = site.token(TokenRole::Admin, Some("acme")).await;
    for (step, body, status) in [
        ("service-user", r#"{"by":"ana@acme.example"}"#, 422),
        ("first-plan", r#"{"by":"ana@acme.example"}"#, 422),
        ("people", r#"{"by":"ana"}"#, 422),
        ("people", "{}", 400),
        ("colour", r#"{"by":"ana@acme.example"}"#, 404),
    ] {
        assert_eq!(site.ask("PUT", &format!("{PATH}/{step}"), &admin, body).await.status, status, "{step} {body}");
    }
    assert_eq!(done(&site, &admin).await, Vec::<String>::new());
}
