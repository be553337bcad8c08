//! A job's events.

use crate::api::tests::Site;
use crate::serve::Phase;
use axum::body::BodyDataStream;
use futures::StreamExt;
use hibob_base::progress::Progress;
use hibob_store::queue::{End, State};
use hibob_store::token::TokenRole;
use serde_json::json;
use std::time::Duration;

/// Longer than any of these takes, so that a test that waits in vain says so.
const TIME_MAX: Duration = Duration::from_secs(60);

struct Events(BodyDataStream);

impl Events {
    async fn of(site: &Site, job: i64, token: &str) -> Self {
        let answer = site.open("GET", &format!("/v1/jobs/{job}/events"), token, "").await;
        assert_eq!(answer.status(), 200);
        Self(answer.into_body().into_data_stream())
    }

    /// The next one; none at the end.
    async fn next(&mut self) -> Option<String> {
        let next = tokio::time::timeout(TIME_MAX, self.0.next()).await.unwrap();
        next.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
    }
}

#[tokio::test]
async fn a_job_is_followed_to_its_end() {
    let site = Site::new().await;
    let reader = site.token(TokenRole::Reader, Some("acme")).await;
    let id = site.job().await;
    let mut events = Events::of(&site, id, &reader).await;
    let first = events.next().await.unwrap();
    assert!(first.starts_with("event: job\ndata: ") && first.contains(r#""state":"queued""#), "{first}");
    let queue = site.data.queue();
    let claimed = queue.claim("a host", TIME_MAX).await.unwrap().unwrap();
    assert!(events.next().await.unwrap().contains(r#""state":"running""#));
    let reporter = queue.reporter(id);
    reporter.report("employees", 7, Some(9));
    let progress = events.next().await.unwrap();
    assert!(progress.starts_with("event: progress\n"), "{progress}");
    assert!(progress.contains(r#""done":7"#) && progress.contains(r#""phase":"employees""#), "{progress}");
    // Who was cut off begins with the job as it stands.
    let mut again = Events::of(&site, id, &reader).await;
    assert!(again.next().await.unwrap().contains(r#""state":"running""#));
    drop(reporter);
    queue.end(&claimed, &End::Ended(State::Done, json!({ "run": 3 }))).await.unwrap();
    for events in [&mut events, &mut again] {
        let mut last = events.next().await.unwrap();
        if last.starts_with("event: progress") {
            last = events.next().await.unwrap();
        }
        assert!(last.contains(r#""state":"done""#) && last.contains(r#""run":3"#), "{last}");
        assert_eq!(events.next().await, None);
    }
    // Of a job that has ended there is one event.
    let mut late = Events::of(&site, id, &reader).await;
    assert!(late.next().await.unwrap().contains(r#""state":"done""#));
    assert_eq!(late.next().await, None);
}

#[tokio::test]
async fn events_end_with_the_host_and_with_the_token() {
    let site = Site::new().await;
    let reader = site.token(TokenRole::Reader, Some("acme")).await;
    let operator = site.operator().await;
    let id = site.job().await;
    let mut events = Events::of(&site, id, &reader).await;
    events.next().await.unwrap();
    site.data.control().revoke_token(&reader[4..16], 1).await.unwrap();
    assert_eq!(events.next().await, None);
    let mut events = Events::of(&site, id, &operator).await;
    events.next().await.unwrap();
    site.phase.send_replace(Phase::Drain);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn streams_are_limited_and_give_their_places_back() {
    let site = Site::new().await;
    let reader = site.token(TokenRole::Reader, Some("acme")).await;
    let id = site.job().await;
    let mut open = Vec::new();
    for _ in 0..crate::api::STREAMS_MAX {
        open.push(Events::of(&site, id, &reader).await);
    }
    let path = format!("/v1/jobs/{id}/events");
    let refused = site.get(&path, &reader).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "10"));
    open.pop();
    assert_eq!(site.open("GET", &path, &reader, "").await.status(), 200);
}
