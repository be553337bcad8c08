//! Deciding about a plan: what the page shows is what is decided, by whom, and what is asked before.

use super::{PERSON, Site, changes, guards, proved_before};
use axum::http::StatusCode;
use hibob_store::database::{ApprovalState, ConsoleSession};
use hibob_store::token::TokenRole;
use serde_json::json;

async fn state(site: &Site, digest: &str) -> ApprovalState {
    let database = site.data.tenant_database("acme").await.unwrap();
    database.approvals_of(0, digest).await.unwrap().pop().unwrap().state
}

#[tokio::test]
async fn the_digest_on_the_page_is_the_digest_that_is_approved_by_the_person_of_the_session() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let digest = site.plan(changes(), &json!([])).await;
    let page = site.get(&operator, &format!("/console/tenants/acme/plans/{}", &digest[..12])).await.text();
    let shown = page.split("data-digest>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(shown, digest);
    let action = format!("action=\"/console/tenants/acme/plans/{digest}/approve\"");
    assert!(page.contains(&action), "the form names the whole digest");
    assert!(page.contains("Archive 2 accounts, and 2 other changes"), "the button names verb and number");
    assert!(!page.contains("id=\"number\""), "within the limits no number is typed");
    let done = site.post(&operator, &format!("/console/tenants/acme/plans/{digest}/approve"), "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert!(done.location().starts_with("/console/tenants/acme/jobs/"), "{}", done.location());
    let database = site.data.tenant_database("acme").await.unwrap();
    let row = database.approvals_of(0, &digest).await.unwrap().pop().unwrap();
    assert_eq!(
        (row.state, row.plan.as_str(), row.decided_by.as_deref()),
        (ApprovalState::Approved, shown, Some(PERSON))
    );
    // The job applies that plan and no other.
    let job: i64 = done.location().rsplit('/').next().unwrap().parse().unwrap();
    let job = site.data.queue().get(job).await.unwrap();
    assert_eq!(job.arguments.approved_plan(), Some(shown));
    // Taken back until a host begins.
    let page = site.get(&operator, &format!("/console/tenants/acme/plans/{digest}")).await.text();
    assert!(page.contains("Take the approval back") && !page.contains("/approve\""), "{page}");
    let back = site.post(&operator, &format!("/console/tenants/acme/plans/{digest}/reject"), "reason=too+early").await;
    assert_eq!((back.status, state(&site, &digest).await), (StatusCode::SEE_OTHER, ApprovalState::Rejected));
    let rows = site.data.control().api_log(20).await.unwrap();
    let approved = rows.iter().find(|row| row.action == "approve-plan").unwrap();
    assert_eq!(approved.asked_by.as_deref(), Some(PERSON));
}

#[tokio::test]
async fn above_a_limit_the_number_is_typed() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let digest = site.plan(changes(), &guards()).await;
    let page = site.get(&operator, &format!("/console/tenants/acme/plans/{digest}")).await.text();
    assert!(page.contains("2 of 3 accounts would be archived") && page.contains("id=\"number\""), "{page}");
    for wrong in ["", "number=", "number=3", "number=4.0", "number=four"] {
        let answer = site.post(&operator, &format!("/console/tenants/acme/plans/{digest}/approve"), wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(
            answer.text().contains("role=\"alert\"") && answer.text().contains("type 4."),
            "with the plan below it"
        );
        assert_eq!(state(&site, &digest).await, ApprovalState::Waiting);
    }
    let answer = site.post(&operator, &format!("/console/tenants/acme/plans/{digest}/approve"), "number=4").await;
    assert_eq!((answer.status, state(&site, &digest).await), (StatusCode::SEE_OTHER, ApprovalState::Approved));
}

#[tokio::test]
async fn the_second_of_two_who_decide_gets_words() {
    let site = Site::new().await;
    let (one, other) = (site.operator().await, site.operator().await);
    let digest = site.plan(changes(), &json!([])).await;
    let path = format!("/console/tenants/acme/plans/{digest}");
    let rejected = site.post(&one, &format!("{path}/reject"), "reason=they+work+here").await;
    assert_eq!(rejected.status, StatusCode::SEE_OTHER);
    let late = site.post(&other, &format!("{path}/approve"), "").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let text = late.text();
    assert!(text.contains("is rejected, and cannot be approved") && text.contains("they work here"), "{text}");
    assert!(!text.contains("/approve"), "there is nothing to decide any more");
    let empty = site.plan(changes(), &json!([])).await;
    let without = site.post(&one, &format!("/console/tenants/acme/plans/{empty}/reject"), "reason=").await;
    assert_eq!(
        (without.status, state(&site, &empty).await),
        (StatusCode::UNPROCESSABLE_ENTITY, ApprovalState::Waiting)
    );
}

#[tokio::test]
async fn who_signed_in_a_while_ago_shows_the_token_or_a_link_again() {
    let site = Site::new().await;
    let (id, token) = site.token(TokenRole::Operator, None).await;
    let (_, another) = site.token(TokenRole::Operator, None).await;
    let browser = site.sign_in(&token).await;
    let digest = site.plan(changes(), &json!([])).await;
    let path = format!("/console/tenants/acme/plans/{digest}");
    assert!(!site.get(&browser, &path).await.text().contains("id=\"proof\""));
    let session = proved_before(&site, &browser, 600).await;
    assert!(site.get(&browser, &path).await.text().contains("id=\"proof\""));
    let approve = format!("{path}/approve");
    let (reader, _) = site.token(TokenRole::Reader, None).await;
    let control = site.data.control();
    let of_another = crate::new_link(control, &id, "joe@acme.example").await.unwrap();
    let of_less = crate::new_link(control, &reader, PERSON).await.unwrap();
    for wrong in
        ["", "proof=", &format!("proof={another}"), &format!("proof={of_another}"), &format!("proof={of_less}")]
    {
        let answer = site.post(&browser, &approve, &wrong.replace('?', "%3F")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong}");
        assert_eq!(state(&site, &digest).await, ApprovalState::Waiting, "{wrong}");
    }
    // Rejecting takes nobody's account away, and needs nothing.
    let link = crate::new_link(control, &id, PERSON).await.unwrap();
    let link = format!("proof=http%3A%2F%2Flocalhost{}", link.replace('?', "%3F").replace('=', "%3D"));
    let answer = site.post(&browser, &approve, &link).await;
    assert_eq!((answer.status, state(&site, &digest).await), (StatusCode::SEE_OTHER, ApprovalState::Approved));
    let row: ConsoleSession = control.console_session(&session).await.unwrap().unwrap();
    assert!(chrono::Utc::now().timestamp() - row.proved_at < 60, "it counts from now on");
    let digest = site.plan(changes(), &json!([])).await;
    proved_before(&site, &browser, 600).await;
    let approve = format!("/console/tenants/acme/plans/{digest}/approve");
    let answer = site.post(&browser, &approve, &format!("proof={token}")).await;
    assert_eq!((answer.status, state(&site, &digest).await), (StatusCode::SEE_OTHER, ApprovalState::Approved));
}

#[tokio::test]
async fn counts_on_the_page_are_those_of_the_plan_and_the_filter_is_in_the_address() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let digest = site.plan(changes(), &json!([])).await;
    let path = format!("/console/tenants/acme/plans/{}", &digest[..12]);
    let rows = |text: &str| text.matches("data-change=").count();
    let whole = site.get(&operator, &path).await.text();
    assert_eq!(rows(&whole), 4);
    for (kind, number) in [("archive", 2), ("create", 1), ("update", 1)] {
        assert!(whole.contains(&format!("href=\"{path}?kind={kind}\"")), "{kind}");
        let text = site.get(&operator, &format!("{path}?kind={kind}")).await.text();
        assert_eq!(rows(&text), number, "{kind}");
        assert!(text.contains(&format!("{number} of {number} on this page")), "{kind}");
    }
    // Who would lose their account is on top.
    let (archive, update) = (whole.find("data-change=\"archive-3\""), whole.find("data-change=\"update-1\""));
    assert!(archive < update && archive < whole.find("id=\"decide\""), "{archive:?} {update:?}");
    assert_eq!(site.get(&operator, &format!("{path}?kind=nothing")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_long_plan_comes_in_pages_without_losing_anybody() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let many = (0..1_203).map(|number| {
        super::change(
            &format!("update-{number}"),
            hibob_contract::directory_sync::ChangeKind::Update,
            &format!("P {number}"),
            Vec::new(),
        )
    });
    let digest = site.plan(many.collect(), &json!([])).await;
    let (mut path, mut seen) = (format!("/console/tenants/acme/plans/{}", &digest[..12]), Vec::new());
    for _ in 0..3 {
        let text = site.get(&operator, &path).await.text();
        let ids = text.split("data-change=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        seen.extend(ids);
        let next = text.split("after=").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        let Some(next) = next else { break };
        path = format!("/console/tenants/acme/plans/{}?after={next}", &digest[..12]);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 1_203);
}
