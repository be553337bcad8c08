//! Setting a tenant up in the console: from the overview through every step, and taken up where it was left.

use super::{Browser, PERSON, Site, config};
use axum::http::StatusCode;
use hibob_store::queue::{End, State};
use hibob_store::token::TokenRole;
use serde_json::json;
use std::time::Duration;

const PATH: &str = "/console/tenants/acme/setup";

/// Carries the one job out that waits, as a check that has found everything.
async fn check(site: &Site) {
    let claimed = site.data.queue().claim("a host", Duration::from_mins(1)).await.unwrap().unwrap();
    let permissions = json!([{ "permission": "Work", "granted": true, "needed_for": ["names"] }]);
    let result = json!({ "exit_code": 0, "employees": 250, "permissions": permissions, "findings": [] });
    site.data.queue().end(&claimed, &End::Ended(State::Done, result)).await.unwrap();
}

/// How many steps the page says are done.
async fn done(site: &Site, browser: &Browser) -> String {
    let text = site.get(browser, PATH).await.text();
    let words = text.split("<span class=\"count\">").nth(1).unwrap().split('<').next().unwrap();
    words.to_owned()
}

#[tokio::test]
async fn an_empty_tenant_gets_from_the_overview_through_every_step_to_its_first_plan() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let overview = site.get(&operator, "/console").await.text();
    assert!(overview.contains("Incomplete") && overview.contains(&format!("href=\"{PATH}\"")), "{overview}");
    let list = site.get(&operator, PATH).await.text();
    assert!(
        list.contains("0 of 9 steps are done") && list.contains(&format!("href=\"{PATH}/service-user\"")),
        "{list}"
    );
    let user = site.get(&operator, &format!("{PATH}/service-user")).await.text();
    assert!(user.contains("SERVICE-1") && user.contains("Store hibob.token"), "{user}");
    let secrets = "/console/tenants/acme/secrets";
    let stored = site.post(&operator, secrets, "step=service-user&name=hibob.token&value=a-token-of-hibob").await;
    assert_eq!(stored.location(), format!("{PATH}/key"));
    let blocked = site.get(&operator, &format!("{PATH}/permissions")).await.text();
    assert!(blocked.contains("First enter the token") && !blocked.contains("value=\"check\""), "{blocked}");
    let wrong = site.post(&operator, secrets, "step=key&name=travelperk.key&value=two+words").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("this is not a secret") && wrong.text().contains("Step 2 of 9"), "{}", wrong.text());
    let stored = site.post(&operator, secrets, "step=key&name=travelperk.key&value=a-key-of-travelperk").await;
    assert_eq!(stored.location(), format!("{PATH}/permissions"));
    let group = site.get(&operator, stored.location()).await.text();
    assert!(group.contains("value=\"check\"") && group.contains("Lifecycle status equals Employed"), "{group}");
    let job = site.post(&operator, "/console/tenants/acme/jobs", "kind=check").await;
    check(&site).await;
    let after = site.get(&operator, job.location()).await.text();
    assert!(after.contains(&format!("href=\"{PATH}/permissions\"")), "the check leads back: {after}");
    let group = site.get(&operator, &format!("{PATH}/permissions")).await.text();
    assert!(group.contains("HiBob sends 250 employees.") && group.contains("class=\"pill good\""), "{group}");
    assert_eq!(done(&site, &operator).await, "3 of 9 steps are done");
    // A choice that changes nothing is settled at once, in the name of the person.
    let settled = site.post(&operator, &format!("{PATH}/people"), "version=1").await;
    assert_eq!((settled.status, settled.location()), (StatusCode::SEE_OTHER, format!("{PATH}/details").as_str()));
    // One that changes something shows it first.
    let form = "version=1&sync.details:given=yes&sync.details=title&sync.details=manager&sync.missing_detail=skip";
    let shown = site.post(&operator, &format!("{PATH}/details"), form).await.text();
    assert!(shown.contains("<ins><bdi>title, manager</bdi></ins>") && shown.contains("Store 2 changes"), "{shown}");
    let store = super::settings::to_store(&shown);
    let stored = site.post(&operator, "/console/tenants/acme/settings/store", &format!("{store}&step=details")).await;
    assert_eq!((stored.status, stored.location()), (StatusCode::SEE_OTHER, format!("{PATH}/cost-centers").as_str()));
    let now = site.data.config("acme").await.unwrap();
    assert_eq!(now.sync.details.as_deref(), Some(&["title".to_owned(), "manager".to_owned()][..]));
    assert_eq!(now.time_zone(), "Europe/Madrid", "a setting of no step stays");
    for (step, next) in [("cost-centers", "companies"), ("companies", "approvals"), ("approvals", "first-plan")] {
        let settled = site.post(&operator, &format!("{PATH}/{step}"), "version=2").await;
        assert_eq!(settled.location(), format!("{PATH}/{next}"), "{step} {}", settled.text());
    }
    let list = site.get(&operator, PATH).await.text();
    assert!(list.contains("8 of 9 steps are done") && list.matches(PERSON).count() >= 5, "{list}");
    let plan = site.get(&operator, &format!("{PATH}/first-plan")).await.text();
    assert!(plan.contains("value=\"plan\""), "{plan}");
    let digest = site.plan(super::changes(), &json!([])).await;
    let plan = site.get(&operator, &format!("{PATH}/first-plan")).await.text();
    assert!(plan.contains(&format!("/plans/{}\"", &digest[..12])), "{plan}");
}

#[tokio::test]
async fn a_wrong_choice_is_said_at_its_step_with_what_was_entered() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let answer = site.post(&operator, &format!("{PATH}/approvals"), "version=1&sync.approvals.method=B").await;
    let text = answer.text();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    assert!(text.contains("Step 8 of 9") && text.contains("role=\"alert\""), "{text}");
    assert!(text.contains("<option value=\"B\" selected>"), "what was chosen is still there: {text}");
    assert_eq!(site.data.config("acme").await.unwrap(), config("acme"));
    assert_eq!(site.get(&operator, &format!("{PATH}/colour")).await.status, StatusCode::NOT_FOUND);
}

/// A reader sees how far it is; nobody settles what is not a choice.
#[tokio::test]
async fn who_only_reads_settles_nothing() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Reader, Some("acme")).await;
    let reader = site.sign_in(&token).await;
    assert_eq!(done(&site, &reader).await, "0 of 9 steps are done");
    for step in ["people", "service-user", "first-plan"] {
        let answer = site.post(&reader, &format!("{PATH}/{step}"), "version=1").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{step}");
    }
    let operator = site.operator().await;
    for step in ["service-user", "permissions", "first-plan"] {
        let answer = site.post(&operator, &format!("{PATH}/{step}"), "version=1").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{step}");
    }
    assert_eq!(done(&site, &operator).await, "0 of 9 steps are done");
}
