//! The HTTP client with which the exporters send to a collector. It uses the host's own TLS, and the environment's proxy.

use bytes::Bytes;
use futures::future::BoxFuture;
use hibob_net::address::{AddressPolicy, SystemResolver};
use hibob_net::proxy::Proxy;
use hibob_net::transport::{HttpTransport, Transport, read_whole};
use http::{Request, Response};
use http_body_util::Full;
use opentelemetry_http::{HttpClient, HttpError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// Longest time for sending one batch, with retries.
pub(super) const EXPORT_TIME_MAX: Duration = Duration::from_secs(3);

/// Largest answer of a collector that is read, in bytes. Answers are nearly empty.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A client of one collector. It follows no redirects. It logs a warning for the first failure only.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    transport: Arc<HttpTransport>,
    runtime: Handle,
    /// The collector's address, for the warning.
    address: String,
    warned: Arc<AtomicBool>,
}

impl Collector {
    /// A client of the collector at `address`. It sends on `runtime`, since the exporters call it from threads of their
    /// own.
    ///
    /// # Errors
    /// TLS cannot be used, or the environment names a proxy that cannot be used.
    pub(super) fn new(address: &str, runtime: Handle) -> Result<Self, String> {
        // The operator names the collector, which may be anywhere.
        let policy = AddressPolicy::everywhere();
        let (proxy, resolver) = (Proxy::of_environment()?, Arc::new(SystemResolver));
        let transport = HttpTransport::through(proxy, EXPORT_TIME_MAX, policy, None, resolver)?;
        Ok(Self { transport: Arc::new(transport), runtime, address: address.to_owned(), warned: Arc::default() })
    }

    /// Logs a warning, unless one was logged before.
    pub(super) fn warn(&self, what: &str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!("OTLP: {what} ({}); runs go on, and what cannot be sent is lost", self.address);
        }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let answer = self.transport.send(request.map(Full::new));
        let whole = self.runtime.spawn(async move {
            let whole = async {
                let (head, body) =
                    answer.await.map_err(|error| format!("the collector cannot be reached: {error}"))?.into_parts();
                let body = read_whole(body, ANSWER_BYTES_MAX).await;
                let body = body.map_err(|error| format!("the collector's answer cannot be read: {error}"))?;
                Ok(Response::from_parts(head, body))
            };
            let late = |_| format!("the collector took longer than {} seconds", EXPORT_TIME_MAX.as_secs());
            tokio::time::timeout(EXPORT_TIME_MAX, whole).await.map_err(late)?
        });
        whole.await.map_err(|_| "the host is shutting down".to_owned())?
    }
}

impl HttpClient for Collector {
    fn send_bytes<'c, 'f>(&'c self, request: Request<Bytes>) -> BoxFuture<'f, Result<Response<Bytes>, HttpError>>
    where
        'c: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let answer = self.exchange(request).await;
            match &answer {
                Ok(answer) if !answer.status().is_success() => {
                    self.warn(&format!("the collector answered with status {}", answer.status().as_u16()));
                }
                Ok(_) => {}
                Err(reason) => self.warn(reason),
            }
            Ok(answer?)
        })
    }
}
