//! Entering secrets: what is shown of them, who may enter one, and what is asked before.

use super::{PERSON, Site, config, proved_before};
use axum::http::StatusCode;
use hibob_base::secret::{SecretName, SecretSource};
use hibob_config::applied_by::AppliedBy;
use hibob_store::token::TokenRole;

const PATH: &str = "/console/tenants/acme/secrets";
const CANARY: &str = "canary-of-a-secret-1";

#[tokio::test]
async fn what_is_missing_is_entered_for_its_place_and_never_shown() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Admin, Some("acme")).await;
    let admin = site.sign_in(&token).await;
    let tenant = site.get(&admin, "/console/tenants/acme").await.text();
    assert!(tenant.contains(&format!("href=\"{PATH}\"")), "what is missing leads there: {tenant}");
    let before = site.get(&admin, PATH).await.text();
    assert_eq!(before.matches(">Missing<").count(), 2, "{before}");
    assert!(before.contains("Store hibob.token") && !before.contains("Replace hibob.token"), "{before}");
    let done = site.post(&admin, PATH, &format!("name=hibob.token&value=+{CANARY}%0A")).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, format!("{PATH}?stored=hibob.token").as_str()));
    let after = site.get(&admin, done.location()).await.text();
    assert!(after.contains("role=\"status\">hibob.token is stored, and is not shown again."), "{after}");
    assert!(after.contains("Replace hibob.token") && after.contains("Sent to https://api.hibob.com"), "{after}");
    assert_eq!(after.matches(">Missing<").count(), 1, "{after}");
    assert!(!after.contains(CANARY) && !done.location().contains(CANARY));
    let stored = site.data.secrets().read(&config("acme"), SecretName::HiBobToken).await.unwrap();
    assert_eq!(stored.reveal(), CANARY, "what was entered is what is sent");
    let rows = site.data.control().api_log(20).await.unwrap();
    let row = rows.iter().find(|row| row.action == "put-secret").unwrap();
    assert_eq!((row.asked_by.as_deref(), row.object.as_deref()), (Some(PERSON), Some("hibob.token")));
}

#[tokio::test]
async fn what_is_no_secret_is_refused_in_words_and_not_repeated() {
    let site = Site::new().await;
    let operator = site.operator().await;
    for (form, words) in [
        (format!("name=hibob.token&value=two+{CANARY}"), "this is not a secret"),
        ("name=hibob.token&value=".to_owned(), "this is not a secret"),
        ("name=hibob.token&value=short".to_owned(), "has fewer than"),
        (format!("name=references.webhook.key&value={CANARY}"), "nothing says where"),
        (format!("name=colour&value={CANARY}"), "There is no such secret"),
        (format!("name=people.key&value={CANARY}"), "There is no such secret"),
    ] {
        let answer = site.post(&operator, PATH, &form).await;
        let text = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(text.contains("role=\"alert\"") && text.contains(words) && !text.contains(CANARY), "{form}: {text}");
    }
    assert!(site.data.secrets().read(&config("acme"), SecretName::HiBobToken).await.is_err());
}

#[tokio::test]
async fn who_signed_in_a_while_ago_shows_the_token_before_a_secret_is_stored() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Operator, None).await;
    let browser = site.sign_in(&token).await;
    assert!(!site.get(&browser, PATH).await.text().contains("name=\"proof\""));
    proved_before(&site, &browser, 600).await;
    assert!(site.get(&browser, PATH).await.text().contains("name=\"proof\""));
    let form = format!("name=travelperk.key&value={CANARY}");
    for wrong in ["", "&proof=", "&proof=hbt_0"] {
        let answer = site.post(&browser, PATH, &format!("{form}{wrong}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong}");
        assert!(!answer.text().contains(CANARY), "{wrong}");
    }
    assert!(site.data.secrets().read(&config("acme"), SecretName::TravelPerkKey).await.is_err());
    let done = site.post(&browser, PATH, &format!("{form}&proof={token}")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
}

/// One that the operator keeps in a file or a variable has no field, and neither name nor path is on the page.
#[tokio::test]
async fn a_secret_of_this_machine_is_not_entered_there() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let mut changed = config("acme");
    let file = site.data.path().join("a-secret-file");
    std::fs::write(&file, CANARY).unwrap();
    changed.hibob.token = SecretSource::File(file);
    site.data.put(&changed, AppliedBy::Operator).await.unwrap();
    let text = site.get(&operator, PATH).await.text();
    assert!(text.contains("Kept elsewhere") && text.contains("whoever runs the host keeps it"), "{text}");
    assert!(!text.contains("a-secret-file") && !text.contains("Store hibob.token"), "{text}");
    assert!(text.contains("Store travelperk.key"), "{text}");
}
