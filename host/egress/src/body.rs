//! Limits on bodies: of the requests that a plugin sends, and of the answers that it gets.

use crate::employees::Pieces;
use bytes::Bytes;
use hibob_net::transport::TransportBody;
use hibob_policy::over::Overrun;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// Largest request body, in bytes. A change of one account has a few hundred bytes, a list of all field ids some
/// kilobytes.
pub(super) const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Reads a plugin's whole request body.
///
/// # Errors
/// It is larger than [`REQUEST_BYTES_MAX`], or the plugin did not finish it.
pub(super) async fn gather(body: WasiBody) -> Result<Bytes, Error> {
    match Limited::new(body, REQUEST_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Error::HttpRequestBodySize(Some(REQUEST_BYTES_MAX as u64)))
        }
        Err(_) => Err(Error::HttpProtocolError),
    }
}

/// How many bytes the answers of one call may still have, all together. Clones count together.
#[derive(Clone, Debug)]
pub(super) struct ResponseBytes {
    left: Arc<AtomicU64>,
    most: u64,
    overrun: Overrun,
}

impl ResponseBytes {
    pub(super) fn new(most: u64, overrun: Overrun) -> Self {
        Self { left: Arc::new(AtomicU64::new(most)), most, overrun }
    }

    fn take(&self, bytes: u64) -> bool {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok();
        if !taken {
            self.overrun.note("call_response_bytes_max", format!("was sent more than {} bytes of answers", self.most));
        }
        taken
    }
}

/// A response body that ends with an error if it pauses for too long or grows too large.
pub(super) struct Guarded {
    inner: TransportBody,
    pause: Duration,
    deadline: Pin<Box<Sleep>>,
    left: u64,
    counted: Option<ResponseBytes>,
    /// The request's place among the call's open requests; given back at the end of the body.
    open: Option<OwnedSemaphorePermit>,
    /// Reads the employees in the body.
    employees: Option<Arc<dyn Pieces>>,
}

impl Guarded {
    /// Limits `inner` to `bytes_max` bytes and to pauses of at most `pause` between them.
    pub(super) fn new(inner: TransportBody, pause: Duration, bytes_max: u64) -> Self {
        let deadline = Box::pin(sleep(pause));
        Self { inner, pause, deadline, left: bytes_max, counted: None, open: None, employees: None }
    }

    /// Also has the employees in the body read as it passes.
    pub(super) fn noted_in(self, answer: Arc<dyn Pieces>) -> Self {
        Self { employees: Some(answer), ..self }
    }

    /// Also counts the bytes against those of all answers of the call, and keeps the request's place until the body's
    /// end.
    pub(super) fn counted(self, bytes: ResponseBytes, open: OwnedSemaphorePermit) -> Self {
        Self { counted: Some(bytes), open: Some(open), ..self }
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                let Some(left) = self.left.checked_sub(length) else {
                    return Poll::Ready(Some(Err(Error::HttpResponseBodySize(None))));
                };
                self.left = left;
                if self.counted.as_ref().is_some_and(|counted| !counted.take(length)) {
                    return Poll::Ready(Some(Err(Error::HttpResponseBodySize(None))));
                }
                if let (Some(answer), Some(data)) = (&self.employees, frame.data_ref()) {
                    answer.clone().push(data.clone());
                }
                let next = Instant::now() + self.pause;
                self.deadline.as_mut().reset(next);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(reason))) => {
                tracing::debug!("a response body broke off: {reason}");
                Poll::Ready(Some(Err(Error::HttpResponseIncomplete)))
            }
            Poll::Ready(None) => {
                self.open = None;
                Poll::Ready(None)
            }
            Poll::Pending => match self.deadline.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
