//! Sending one HTTP request over the network.

use crate::address::{AddressPolicy, Resolve, SystemResolver};
use crate::proxy::{Connector, Proxy, ProxyError};
use crate::tls;
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The `User-Agent` of the requests that the host makes for itself.
pub const AGENT: &str = concat!("hibob/", env!("CARGO_PKG_VERSION"));

/// The body of an answer. An error says in words why it broke off.
pub type TransportBody = UnsyncBoxBody<Bytes, String>;

/// Reads the whole body of an answer, of at most `bytes_max` bytes.
///
/// # Errors
/// The body has more bytes, or broke off.
pub async fn read_whole(body: TransportBody, bytes_max: usize) -> Result<Bytes, String> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_long(bytes_max)),
        Err(error) => Err(format!("the answer broke off: {error}")),
    }
}

/// The message for an answer that has more than `bytes_max` bytes.
pub fn too_long(bytes_max: usize) -> String {
    format!("it has more than {bytes_max} bytes")
}

/// Why no connection could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The name cannot be resolved.
    Name,
    /// No server listens there, or the network has no way there.
    Refused,
    /// Connecting took too long.
    Timeout,
    /// TLS failed, for example because of the certificate.
    Tls,
    /// The operator's proxy cannot be reached, or does not make the connection.
    Proxy,
    /// The [`AddressPolicy`] does not allow the address.
    Prohibited,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// No connection was made, so nothing was sent. The text gives the reason.
    NotSent(NotSent, String),
    /// The connection broke, and the request may have been carried out. The text gives the reason.
    Lost(String),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(NotSent::Prohibited, why) => f.write_str(why),
            Self::NotSent(NotSent::Name, why) => write!(f, "its address cannot be found: {why}"),
            Self::NotSent(NotSent::Tls, why) => write!(f, "no secure connection can be made: {why}"),
            Self::NotSent(NotSent::Refused | NotSent::Timeout | NotSent::Proxy, why) => {
                write!(f, "no connection can be made: {why}")
            }
            Self::Lost(why) => write!(f, "the connection broke off: {why}"),
        }
    }
}

/// Sends requests. An embedder may bring its own; it must not retry, nor follow redirects.
pub trait Transport: Send + Sync {
    /// Sends a request, and returns the answer as soon as its head has arrived.
    fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> BoxFuture<'static, Result<http::Response<TransportBody>, TransportError>>;
}

/// HTTP/1.1 with a pool of connections, and TLS. It connects only to addresses that its policy allows.
pub struct HttpTransport {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    policy: Arc<AddressPolicy>,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Most idle connections to one server that are kept open.
const IDLE_CONNECTIONS_MAX: usize = 16;

/// How long an idle connection is kept open, in seconds. That is less than servers usually do, so that a request is
/// rarely sent on a connection that the server is closing.
const IDLE_SECONDS: u64 = 20;

impl HttpTransport {
    /// A transport that trusts the platform's certificates and those in `ca_file`. It connects to nothing yet.
    ///
    /// # Errors
    /// The certificates in `ca_file` cannot be read.
    pub fn new(connect_timeout: Duration, policy: AddressPolicy, ca_file: Option<&Path>) -> Result<Self, String> {
        Self::through(None, connect_timeout, policy, ca_file, Arc::new(SystemResolver))
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
        Self::through(None, connect_timeout, policy, ca_file, resolver)
    }

    /// As [`Self::with_resolver`], with a proxy for HTTPS.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn through(
        proxy: Option<Proxy>,
        connect_timeout: Duration,
        policy: AddressPolicy,
        ca_file: Option<&Path>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, String> {
        let policy = Arc::new(policy);
        let http = Connector::new(connect_timeout, policy.clone(), resolver, proxy);
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
        // The resolver checks addresses of names. An address that the URL has instead of a name is checked here.
        let host = request.uri().host().unwrap_or_default().to_owned();
        if let Err(why) = self.policy.check_host(&host) {
            return Box::pin(async { Err(TransportError::NotSent(NotSent::Prohibited, why)) });
        }
        let answer = self.client.request(request);
        Box::pin(async move {
            let response = answer.await.map_err(|error| {
                let reason = causes(&error);
                if error.is_connect() {
                    match kind(&error, &reason) {
                        NotSent::Tls => TransportError::NotSent(NotSent::Tls, format!("{reason}{TLS_REMEDY}")),
                        kind => TransportError::NotSent(kind, reason),
                    }
                } else {
                    TransportError::Lost(reason)
                }
            })?;
            Ok(response.map(|body| body.map_err(|error| causes(&error)).boxed_unsync()))
        })
    }
}

/// What is added to the reason of a failure of TLS. A proxy that looks into connections, or a server of the company's
/// own, has a certificate of an authority that only the operator knows.
pub const TLS_REMEDY: &str = ": if an authority of the company's own has signed that server's or a proxy's certificate, name \
                              the authority's in network.ca_file of the tenant's file (for a collector and for hibob verify: in \
                              the variable SSL_CERT_FILE)";

/// Why no connection was made, by the error and the causes behind it.
fn kind(error: &(dyn std::error::Error + 'static), reason: &str) -> NotSent {
    let mut source = Some(error);
    while let Some(cause) = source {
        if let Some(kind) = kind_of_one(cause) {
            return kind;
        }
        source = cause.source();
    }
    // hyper-util does not export the type of its DNS error.
    if reason.contains("dns error") { NotSent::Name } else { NotSent::Refused }
}

/// Why no connection was made, by this error alone. The error inside an `io::Error` is not among its sources, so this
/// function looks into it.
fn kind_of_one(error: &(dyn std::error::Error + 'static)) -> Option<NotSent> {
    if error.is::<ProxyError>() {
        return Some(NotSent::Proxy);
    }
    if error.is::<rustls::Error>() {
        return Some(NotSent::Tls);
    }
    let io = error.downcast_ref::<std::io::Error>()?;
    match io.kind() {
        ErrorKind::TimedOut => Some(NotSent::Timeout),
        ErrorKind::PermissionDenied => Some(NotSent::Prohibited),
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Some(NotSent::Tls), // rustls reports these kinds
        _ => io.get_ref().and_then(|inner| kind_of_one(inner)),
    }
}

/// An error and its causes in one line, separated by colons.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
