//! What happened to a tenant, in one list.

use super::{MARKUP, PERSON, Site, changes, guards};
use axum::http::StatusCode;
use hibob_store::token::TokenRole;

const PATH: &str = "/console/tenants/acme/timeline";

#[tokio::test]
async fn what_was_done_in_the_console_is_in_the_list_with_who_did_it() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let run = site.run().await;
    let plan = site.plan(changes(), &guards()).await;
    let reject = format!("/console/tenants/acme/plans/{plan}/reject");
    for (path, form) in [
        (reject.as_str(), "reason=they+still+work+here"),
        ("/console/tenants/acme/secrets", "name=hibob.token&value=a-token-of-hibob"),
        ("/console/tenants/acme/disable", "reason=a+new+contract"),
        ("/console/tenants/acme/enable", ""),
    ] {
        assert_eq!(site.post(&operator, path, form).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert!(site.get(&operator, "/console/tenants/acme").await.text().contains(&format!("href=\"{PATH}\"")));
    let text = site.get(&operator, PATH).await.text();
    for words in [
        format!("/console/tenants/acme/runs/{run}\"").as_str(),
        &format!("/console/tenants/acme/plans/{}\"", &plan[..12]),
        "they still work here",
        ">hibob.token<",
        "Entered",
        "Disabled",
        "Enabled",
        "/console/tenants/acme/settings/versions\"",
        ">enabled_by<",
        PERSON,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("a-token-of-hibob"), "{text}");
    for (kind, shown, hidden) in
        [("decision", "they still work here", ">hibob.token<"), ("secret", ">hibob.token<", "they still work here")]
    {
        let text = site.get(&operator, &format!("{PATH}?kind={kind}")).await.text();
        assert!(text.contains(shown) && !text.contains(hidden), "{kind}: {text}");
    }
    let none = site.get(&operator, "/console/tenants/globex/timeline?kind=run").await.text();
    assert!(none.contains("Nothing of this kind has happened yet."), "{none}");
    let wrong = site.get(&operator, &format!("{PATH}?after=yesterday")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_long_list_goes_on_where_the_page_before_ended() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let mut runs = Vec::new();
    for _ in 0..103 {
        runs.push(site.run().await);
    }
    let numbers = |text: &str| -> Vec<i64> {
        let links = text.split("href=\"/console/tenants/acme/runs/").skip(1);
        links.filter_map(|part| part.split('"').next()?.parse().ok()).collect()
    };
    let first = site.get(&operator, &format!("{PATH}?kind=run")).await.text();
    let next = first.split("class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let second = site.get(&operator, &next).await.text();
    // All of them ended in the same second.
    runs.reverse();
    assert_eq!([numbers(&first), numbers(&second)].concat(), runs);
}

#[tokio::test]
async fn readers_do_not_see_what_is_done_with_references_and_reasons_are_only_text() {
    let site = Site::new().await;
    let operator = site.operator().await;
    site.issuing().await;
    let id = site.reference("7", "Maeve Quinn").await;
    let plan = site.plan(changes(), &guards()).await;
    let revoke = format!("/console/tenants/acme/references/{id}/revoke");
    assert_eq!(site.post(&operator, &revoke, "reason=a+mistake").await.status, StatusCode::SEE_OTHER);
    let reason: String = form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect();
    let reject = format!("/console/tenants/acme/plans/{plan}/reject");
    assert_eq!(site.post(&operator, &reject, &format!("reason={reason}")).await.status, StatusCode::SEE_OTHER);
    let text = site.get(&operator, PATH).await.text();
    assert!(text.contains(&id) && !text.contains("<script>alert") && text.contains("&#60;script&#62;alert"), "{text}");
    let (_, token) = site.token(TokenRole::Reader, Some("acme")).await;
    let reader = site.sign_in(&token).await;
    for path in [PATH.to_owned(), format!("{PATH}?kind=references")] {
        let text = site.get(&reader, &path).await.text();
        assert!(text.contains("<h1>") && !text.contains(&id), "{path}: {text}");
    }
}
