//! A job's progress as a stream of events (WHATWG HTML, section 9.2 "Server-sent events").
//!
//! The first event is the job's present state, so a client that was disconnected can ask again without missing anything
//! that matters. Then `progress` events follow while the job runs in this process, and a `job` event whenever its state
//! changes. The stream ends with the job.

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::serve::Phase;
use axum::body::Body;
use axum::http::Response;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream;
use hibob_store::queue::{Job, JobId, Step};
use hibob_store::token::StoredToken;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// How often the job is read, so also how often progress is reported at most.
const LOOK: Duration = Duration::from_millis(500);

/// How often a silent stream sends a comment, so that proxies, which usually give up after a minute, keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// After how many seconds a client may try again if there are too many streams.
const STREAMS_PAUSE: u64 = 10;

struct Follower {
    api: Arc<Api>,
    token: StoredToken,
    id: JobId,
    told: Option<Job>,
    step: Option<Step>,
    has_ended: bool,
    _place: OwnedSemaphorePermit,
}

pub(super) fn follow(request: ApiRequest) -> Result<Response<Body>, Problem> {
    let place = request.api.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::too_many("streams of events", STREAMS_PAUSE))?;
    let token = request.token.clone().ok_or_else(Problem::unauthorized)?;
    let id = request.number();
    let follower = Follower { api: request.api, token, id, told: None, step: None, has_ended: false, _place: place };
    let events = stream::unfold(follower, |mut follower| async {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

impl Follower {
    /// The next event; none when the job has ended, the host leaves, or the token is no longer valid.
    async fn next(&mut self) -> Option<Event> {
        while !self.has_ended {
            if self.told.is_some() {
                let mut phase = self.api.phase.clone();
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = Phase::reached(&mut phase, Phase::Drain) => return None,
                }
            }
            match self.look().await {
                Ok(None) => {}
                Ok(event) => return event,
                Err(error) => {
                    tracing::warn!(job = self.id, "its events end: {error}");
                    return None;
                }
            }
        }
        None
    }

    async fn look(&mut self) -> Result<Option<Event>, hibob_base::error::HostError> {
        let now = chrono::Utc::now().timestamp();
        if !self.api.data.control().token(&self.token.id).await?.is_some_and(|token| token.is_valid(now)) {
            self.has_ended = true;
            return Ok(None);
        }
        let steps = self.api.data.queue().progress(self.id);
        let job = self.api.data.queue().get(self.id).await?;
        if self.told.as_ref() != Some(&job) {
            self.has_ended = job.state.is_end();
            let event = Event::default().event("job").data(job.json().to_string());
            self.told = Some(job);
            return Ok(Some(event));
        }
        let step = steps.map(|steps| steps.borrow().clone()).filter(|step| !step.phase.is_empty());
        if step.is_none() || step == self.step {
            return Ok(None);
        }
        self.step.clone_from(&step);
        Ok(step.map(|step| {
            let data = serde_json::json!({ "phase": step.phase, "done": step.done, "total": step.total });
            Event::default().event("progress").data(data.to_string())
        }))
    }
}
