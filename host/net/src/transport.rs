//! Sending one HTTP request over the network.

use crate::address::{AddressPolicy, Checked, Resolve, SystemResolver};
use crate::tls;
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Who asks in the host's own name, as servers see it.
pub const AGENT: &str = concat!("hibob/", env!("CARGO_PKG_VERSION"));

/// The body of an answer. Its errors say what happened to the connection.
pub type TransportBody = UnsyncBoxBody<Bytes, String>;

/// The whole of an answer's body, of `bytes_max` bytes at most.
///
/// # Errors
/// It has more, or broke off.
pub async fn read_whole(body: TransportBody, bytes_max: usize) -> Result<Bytes, String> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_long(bytes_max)),
        Err(error) => Err(format!("the answer broke off: {error}")),
    }
}

/// What is said of an answer that has more bytes than it may.
pub fn too_long(bytes_max: usize) -> String {
    format!("it has more than {bytes_max} bytes")
}

/// Why no connection could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The name cannot be resolved.
    Name,
    /// Nobody listens there, or the network does not lead there.
    Refused,
    /// It took too long.
    Timeout,
    /// TLS failed, for example over a certificate.
    Tls,
    /// Its address is not one that the host connects to.
    Prohibited,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// No connection was made, so nothing was sent.
    NotSent(NotSent, String),
    /// The request may have been carried out.
    Lost(String),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(NotSent::Prohibited, why) => f.write_str(why),
            Self::NotSent(NotSent::Name, why) => write!(f, "its address cannot be found: {why}"),
            Self::NotSent(NotSent::Tls, why) => write!(f, "no secure connection can be made: {why}"),
            Self::NotSent(NotSent::Refused | NotSent::Timeout, why) => write!(f, "no connection can be made: {why}"),
            Self::Lost(why) => write!(f, "the connection broke off: {why}"),
        }
    }
}

/// Sends requests. An embedder may bring its own; it must not retry, nor follow redirects.
pub trait Transport: Send + Sync {
    /// Sends a request and returns the answer as soon as its head is there.
    fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> BoxFuture<'static, Result<http::Response<TransportBody>, TransportError>>;
}

/// HTTP/1.1 with a pool of connections, TLS through rustls. It connects only to addresses that its policy lets through.
pub struct HttpTransport {
    client: Client<HttpsConnector<HttpConnector<Checked>>, Full<Bytes>>,
    policy: Arc<AddressPolicy>,
}

/// Connections to one host that are kept open while idle.
const IDLE_CONNECTIONS_MAX: usize = 16;

/// How long an idle connection is kept, in seconds; less than what servers usually allow, so that a request rarely
/// meets a connection that is being closed.
const IDLE_SECONDS: u64 = 20;

impl HttpTransport {
    /// A transport with no connections yet.
    ///
    /// # Errors
    /// The certificates of `ca_file` cannot be read.
    pub fn new(connect_timeout: Duration, policy: AddressPolicy, ca_file: Option<&Path>) -> Result<Self, String> {
        Self::with_resolver(connect_timeout, policy, ca_file, Arc::new(SystemResolver))
    }

    /// As [`Self::new`], with a resolver of the embedder's.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_resolver(
        connect_timeout: Duration,
        policy: AddressPolicy,
        ca_file: Option<&Path>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, String> {
        let policy = Arc::new(policy);
        let mut http = HttpConnector::new_with_resolver(Checked { resolver, policy: policy.clone() });
        http.enforce_http(false);
        http.set_connect_timeout(Some(connect_timeout));
        http.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(ca_file)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(IDLE_SECONDS))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self { client, policy })
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> BoxFuture<'static, Result<http::Response<TransportBody>, TransportError>> {
        // An address in a URL is not resolved, so it is checked here.
        let host = request.uri().host().unwrap_or_default().to_owned();
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse()
            && let Err(why) = self.policy.check(&host, address)
        {
            return Box::pin(async { Err(TransportError::NotSent(NotSent::Prohibited, why)) });
        }
        let answer = self.client.request(request);
        Box::pin(async move {
            let response = answer.await.map_err(|error| {
                let reason = causes(&error);
                if error.is_connect() {
                    TransportError::NotSent(kind(&error, &reason), reason)
                } else {
                    TransportError::Lost(reason)
                }
            })?;
            Ok(response.map(|body| body.map_err(|error| causes(&error)).boxed_unsync()))
        })
    }
}

/// What kind of failure to connect an error is.
fn kind(error: &(dyn std::error::Error + 'static), reason: &str) -> NotSent {
    let mut source = Some(error);
    while let Some(cause) = source {
        if let Some(kind) = known(cause) {
            return kind;
        }
        source = cause.source();
    }
    // hyper-util keeps its DNS error private.
    if reason.contains("dns error") { NotSent::Name } else { NotSent::Refused }
}

/// What kind of failure this very error is. What an `io::Error` holds is not among its sources, so it is looked at here.
fn known(error: &(dyn std::error::Error + 'static)) -> Option<NotSent> {
    if error.is::<rustls::Error>() {
        return Some(NotSent::Tls);
    }
    let io = error.downcast_ref::<std::io::Error>()?;
    match io.kind() {
        ErrorKind::TimedOut => Some(NotSent::Timeout),
        ErrorKind::PermissionDenied => Some(NotSent::Prohibited),
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Some(NotSent::Tls), // as rustls says it
        _ => io.get_ref().and_then(|inner| known(inner)),
    }
}

/// An error and what is behind it, in one line.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
