//! Changing settings: what the form has, what is shown before it is stored, and who may.

use super::{PERSON, Site, config, proved_before};
use axum::http::StatusCode;
use hibob_config::applied_by::AppliedBy;
use hibob_store::token::TokenRole;

const PATH: &str = "/console/tenants/acme/settings";

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name}: {page}"));
    let value = after.split('"').next().unwrap();
    value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&amp;", "&").replace("&#38;", "&")
}

/// The form that stores what this page shows.
pub(super) fn to_store(page: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("version", &hidden(page, "version"))
        .append_pair("settings", &hidden(page, "settings"))
        .finish()
}

#[tokio::test]
async fn a_change_is_shown_in_words_before_it_is_stored_in_the_name_of_a_person() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Admin, Some("acme")).await;
    let admin = site.sign_in(&token).await;
    let form = site.get(&admin, PATH).await.text();
    assert!(form.contains("name=\"sync.sites\"") && form.contains("https://api.hibob.com/v1"), "{form}");
    assert!(!form.contains("name=\"hibob.url\"") && !form.contains("name=\"limits."), "{form}");
    assert!(!form.contains("name=\"references."), "it issues none: {form}");
    let sent = "version=1&sync.sites=London%0D%0AMadrid&sync.time_zone=Europe/Madrid&safety.approval=always";
    let shown = site.post(&admin, PATH, sent).await;
    let text = shown.text();
    assert_eq!(shown.status, StatusCode::OK, "{text}");
    assert!(
        text.contains("<code>sync.sites</code>") && text.contains("<ins><bdi>London, Madrid</bdi></ins>"),
        "{text}"
    );
    assert!(text.contains("<del><bdi>never</bdi></del>") && text.contains("Store 2 changes"), "{text}");
    assert_eq!(site.data.config("acme").await.unwrap(), config("acme"), "nothing is stored yet");
    let done = site.post(&admin, &format!("{PATH}/store"), &to_store(&text)).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, format!("{PATH}?stored=2").as_str()));
    let stored = site.data.config("acme").await.unwrap();
    assert_eq!(stored.sync.sites.as_deref(), Some(&["London".to_owned(), "Madrid".to_owned()][..]));
    assert!(site.get(&admin, done.location()).await.text().contains("this is version 2"));
    let versions = site.get(&admin, &format!("{PATH}/versions")).await.text();
    assert!(
        versions.contains("Version 2") && versions.contains(PERSON) && versions.contains("London, Madrid"),
        "{versions}"
    );
    // The same once more: somebody else was quicker.
    let late = site.post(&admin, &format!("{PATH}/store"), &to_store(&text)).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert!(
        late.text().contains("somebody else has changed") && late.text().contains("Madrid</textarea>"),
        "{}",
        late.text()
    );
}

#[tokio::test]
async fn what_is_wrong_is_beside_its_field_with_what_was_entered() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let sent = "version=1&sync.time_zone=Europe/Madird&safety.approval_days=0&sync.sites=London";
    let answer = site.post(&operator, PATH, sent).await;
    let text = answer.text();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    assert_eq!(text.matches("class=\"wrong\"").count(), 2, "{text}");
    assert!(text.contains("value=\"Europe/Madird\"") && text.contains("London</textarea>"), "{text}");
    assert!(text.contains("did you mean `Europe/Madrid`?"), "with the nearest word: {text}");
    let same = site.post(&operator, PATH, "version=1&sync.time_zone=Europe/Madrid").await.text();
    assert!(same.contains("This changes nothing"), "{same}");
}

#[tokio::test]
async fn what_would_be_lost_is_confirmed() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let mut before = config("acme");
    before.safety.admins = vec!["boss@acme.example".to_owned()];
    site.data.put(&before, AppliedBy::Operator).await.unwrap();
    let shown = site.post(&operator, PATH, "version=2&sync.time_zone=Europe/Madrid").await.text();
    assert!(shown.contains("safety.admins loses boss@acme.example") && shown.contains("name=\"confirm\""), "{shown}");
    let unconfirmed = site.post(&operator, &format!("{PATH}/store"), &to_store(&shown)).await;
    assert_eq!(unconfirmed.status, StatusCode::CONFLICT);
    assert!(unconfirmed.text().contains("Something would be lost"), "{}", unconfirmed.text());
    assert_eq!(site.data.config("acme").await.unwrap(), before);
    let meant = site.post(&operator, &format!("{PATH}/store"), &format!("{}&confirm=yes", to_store(&shown))).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text());
    assert!(site.data.config("acme").await.unwrap().safety.admins.is_empty());
}

#[tokio::test]
async fn who_signed_in_a_while_ago_shows_the_token_before_settings_are_stored() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Operator, None).await;
    let browser = site.sign_in(&token).await;
    proved_before(&site, &browser, 600).await;
    let shown = site.post(&browser, PATH, "version=1&sync.time_zone=UTC").await.text();
    assert!(shown.contains("name=\"proof\""), "{shown}");
    let refused = site.post(&browser, &format!("{PATH}/store"), &to_store(&shown)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(site.data.config("acme").await.unwrap(), config("acme"));
    let form = format!("{}&proof={token}", to_store(&shown));
    assert_eq!(site.post(&browser, &format!("{PATH}/store"), &form).await.status, StatusCode::SEE_OTHER);
}

/// Whoever writes another key into the form gets no further than with the API.
#[tokio::test]
async fn a_form_that_was_tampered_with_changes_nothing_of_the_operators() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Admin, Some("acme")).await;
    let admin = site.sign_in(&token).await;
    let settings = "%7B%22hibob%22:%7B%22url%22:%22https://attacker.example%22%7D%7D";
    for path in [format!("{PATH}/store"), PATH.to_owned()] {
        let answer = site.post(&admin, &path, &format!("version=1&settings={settings}&confirm=yes")).await;
        assert!(!answer.text().contains("Store 1 change"), "{path}: {}", answer.text());
    }
    for broken in ["version=1&settings=%7B", "version=1", "settings=7&version=x"] {
        let answer = site.post(&admin, &format!("{PATH}/store"), broken).await;
        assert!(answer.status.is_client_error(), "{broken}: {}", answer.status);
    }
    assert_eq!(site.data.config("acme").await.unwrap(), config("acme"));
}
