//! Settings: who sees and changes which, over which version, and what is asked before something is lost.

use crate::api::tests::{Answer, Site, config};
use axum::http::Request;
use hibob_config::applied_by::AppliedBy;
use hibob_config::key::who::{Who, settings};
use hibob_config::tenant::TenantConfig;
use hibob_store::token::TokenRole;
use serde_json::{Value, json};

const PATH: &str = "/v1/tenants/acme/settings";

async fn put(site: &Site, token: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = Request::builder().method("PUT").uri(PATH).header("authorization", format!("Bearer {token}"));
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let (parts, answer) = site.send("PUT", PATH, request, &body.to_string()).await.into_parts();
    let answer = axum::body::to_bytes(answer, 1_000_000).await.unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: answer }
}

#[tokio::test]
async fn settings_are_changed_over_the_version_that_was_seen() {
    let site = Site::new().await;
    let admin = site.token(TokenRole::Admin, Some("acme")).await;
    let shown = site.get(PATH, &admin).await;
    assert_eq!((shown.status, shown.header("etag")), (200, "\"1\""));
    let shown = shown.json();
    assert_eq!((&shown["version"], &shown["settings"]["hibob"]["service_user"]), (&json!(1), &json!("SERVICE-1")));
    assert!(shown["may_change"].as_array().unwrap().contains(&json!("sync.sites")));
    let body = json!({
        "by": "ana@acme.example",
        "settings": { "sync": { "sites": ["London"] }, "safety": { "admins": ["boss@acme.example"] } },
    });
    let compare = json!({ "settings": body["settings"] }).to_string();
    let compared = site.ask("POST", &format!("{PATH}/changes"), &admin, &compare).await;
    let changes = json!([
        { "key": "safety.admins", "before": [], "after": ["boss@acme.example"] },
        { "key": "sync.sites", "before": null, "after": ["London"] },
    ]);
    assert_eq!((compared.status, &compared.json()["changes"]), (200, &changes));
    assert_eq!(site.get(PATH, &admin).await.json(), shown, "nothing was stored");
    for (tag, status, code) in
        [(None, 428, "NO_VERSION"), (Some("1"), 400, "BAD_REQUEST"), (Some("\"2\""), 412, "SETTINGS_CHANGED")]
    {
        let answer = put(&site, &admin, tag, &body).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{tag:?}");
        assert_eq!(site.get(PATH, &admin).await.json(), shown, "{tag:?}");
    }
    let stored = put(&site, &admin, Some("\"1\""), &body).await;
    assert_eq!((stored.status, stored.header("etag"), &stored.json()["changes"]), (200, "\"2\"", &changes));
    // The second of two who have seen the same gets words.
    let late = put(&site, &admin, Some("\"1\""), &body).await;
    assert_eq!(late.status, 412);
    assert!(late.json()["detail"].as_str().unwrap().contains("somebody else has changed"), "{}", late.json());
    // A protected account, and the choice of sites, are taken away only on purpose.
    let less = json!({ "by": "ana@acme.example", "settings": {} });
    let lost = put(&site, &admin, Some("\"2\""), &less).await;
    assert_eq!((lost.status, &lost.json()["code"]), (409, &json!("LOSSES_UNCONFIRMED")));
    let detail = lost.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("sync.sites is removed") && detail.contains("loses boss@acme.example"), "{detail}");
    let meant = json!({ "by": "ana@acme.example", "settings": {}, "confirm": true });
    assert_eq!(put(&site, &admin, Some("\"2\""), &meant).await.status, 200);
    let versions = site.get(&format!("{PATH}/versions"), &admin).await.json();
    let rows = versions["versions"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["version"].clone()).collect::<Vec<_>>(), [3, 2, 1]);
    let who = [&rows[1]["person"], &rows[1]["token"], &rows[1]["stored_by"], &rows[1]["changes"]];
    assert_eq!(who, [&json!("ana@acme.example"), &json!(admin[4..16]), &json!("settings"), &changes]);
    assert_eq!(site.get(&format!("{PATH}/versions?limit=1"), &admin).await.json()["versions"], json!([rows[0]]));
    let log = site.get("/v1/audit", &site.operator().await).await.json().to_string();
    assert!(log.contains("put-settings") && log.contains("compare-settings") && !log.contains("boss@acme.example"));
}

/// Over all keys: an admin changes none that is the operator's, and neither does an operator here; none of the others is
/// refused for that reason.
#[tokio::test]
async fn no_key_that_widens_trust_is_changed_here() {
    let site = Site::new().await;
    let before = site.data.config("acme").await.unwrap();
    let (mut of_admins, mut of_operator) = (0, 0);
    for setting in settings() {
        let key = setting.path();
        let mut sent = Value::Null;
        setting.set(&mut sent, Some(json!("changed by an admin")));
        let body = json!({ "settings": sent, "by": "ana@acme.example", "confirm": true });
        // Each with a measure of requests of its own.
        let (admin, operator) = (site.token(TokenRole::Admin, Some("acme")).await, site.operator().await);
        for token in [&admin, &operator] {
            let answer = put(&site, token, Some("*"), &body).await;
            let problem = answer.json();
            let is_operators = problem.to_string().contains("is changed by whoever runs the host");
            match setting.who {
                Who::Operator => {
                    assert_eq!((answer.status, is_operators), (422, true), "{key}: {problem}");
                    assert_eq!(problem["settings"][0]["key"], key.as_str(), "{problem}");
                    of_operator += 1;
                }
                Who::Admin => {
                    assert!(!is_operators, "{key}: {problem}");
                    of_admins += 1;
                }
            }
            if setting.who == Who::Operator {
                assert_eq!(site.data.config("acme").await.unwrap(), before, "{key}");
            } else {
                // Words that are a right value of this key were stored.
                site.data.put(&before, AppliedBy::Operator).await.unwrap();
            }
        }
    }
    assert!(of_admins > 100 && of_operator > 100, "{of_admins} {of_operator}");
}

/// What is of this machine is named to operators alone, and an admin who sends back what was shown changes nothing.
#[tokio::test]
async fn files_and_variables_of_the_host_are_not_named_to_admins() {
    let site = Site::new().await;
    let (admin, operator) = (site.token(TokenRole::Admin, Some("acme")).await, site.operator().await);
    let mut file = config("acme");
    file["hibob"]["token"] = json!("env:HOME");
    let config: TenantConfig = serde_json::from_value(file).unwrap();
    site.data.put(&config, AppliedBy::Operator).await.unwrap();
    assert_eq!(site.get(PATH, &operator).await.json()["settings"]["hibob"]["token"], "env:HOME");
    let shown = site.get(PATH, &admin).await.json();
    assert_eq!(shown["settings"]["hibob"]["token"], "elsewhere");
    let body = json!({ "settings": shown["settings"], "by": "ana@acme.example" });
    let same = put(&site, &admin, Some("\"2\""), &body).await;
    assert_eq!((same.status, &same.json()["changes"], &same.json()["version"]), (200, &json!([]), &json!(2)));
    let versions = site.get(&format!("{PATH}/versions"), &admin).await.json().to_string();
    assert!(!versions.contains("HOME") && versions.contains("elsewhere"), "{versions}");
    assert_eq!(site.data.config("acme").await.unwrap(), config);
}

#[tokio::test]
async fn settings_that_are_wrong_are_named_one_by_one() {
    let site = Site::new().await;
    let admin = site.token(TokenRole::Admin, Some("acme")).await;
    let sent = json!({ "sync": { "details": ["titel"], "colour": 1 }, "safety": { "approval_days": 0 } });
    let body = json!({ "settings": sent, "by": "ana@acme.example" });
    let answer = put(&site, &admin, Some("*"), &body).await;
    assert_eq!(answer.status, 422);
    let wrong = answer.json()["settings"].clone();
    let keys: Vec<&str> = wrong.as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["safety.approval_days", "sync.colour", "sync.details"]);
    assert!(wrong.to_string().contains("did you mean `title`?"), "{wrong}");
    for body in [json!({ "settings": {} }), json!({ "settings": {}, "by": "ana@acme.example", "more": 1 })] {
        assert_eq!(put(&site, &admin, Some("*"), &body).await.status, 400, "{body}");
    }
    let nobody = json!({ "settings": {}, "by": "ana" });
    assert_eq!(put(&site, &admin, Some("*"), &nobody).await.status, 422);
}
