//! The operator's proxy. HTTPS connections are made through it with CONNECT (RFC 9110, section 9.3.6), by name.
//!
//! What a name means to the proxy is the proxy's to know. The host refuses what it can know itself, before it asks the
//! proxy: a URL that is an address, and a name that this host resolves to an address that the policy does not allow. A
//! name that this host cannot resolve goes to the proxy. This machine is never reached through a proxy.

use crate::address::{AddressPolicy, Checked, Resolve};
use crate::literal::{Literal, literal};
use crate::transport::causes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::{Authority, Scheme};
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// The variables that name the proxy of this process. The first that is there and not empty counts.
const PROXY_VARIABLES: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
/// The variables that list what is reached without a proxy.
const EXCEPTION_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A proxy, and which servers are reached without it.
#[derive(Clone)]
pub struct Proxy {
    address: Uri,
    authorization: Option<HeaderValue>,
    exceptions: Arc<Matcher>,
}

/// The credentials are not shown.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.to_string()).finish_non_exhaustive()
    }
}

/// The URL, without credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.address.authority().map_or("", Authority::as_str))
    }
}

impl Proxy {
    /// The proxy at a URL such as `http://proxy.acme.example:3128`, with a user name and a password if it asks for
    /// them. Servers in the environment's `NO_PROXY` are reached without it.
    ///
    /// # Errors
    /// What is wrong with the URL: it is none, has another scheme than `http`, a path, or a user name. The text does
    /// not repeat the URL.
    pub fn new(url: &str, credentials: Option<(&str, &str)>) -> Result<Self, String> {
        if url.contains('@') {
            return Err("it has a user name in it".to_owned());
        }
        let mut proxy = Self::read(url)?;
        if let Some((user, password)) = credentials {
            let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            let mut value =
                HeaderValue::from_str(&text).map_err(|_| "its credentials cannot be a header's value".to_owned())?;
            value.set_sensitive(true);
            proxy.authorization = Some(value);
        }
        Ok(proxy)
    }

    /// The proxy that `HTTPS_PROXY` names, which may have a user name and a password in it; `None` if it is not set or
    /// empty.
    ///
    /// # Errors
    /// What is wrong with the variable's value. The text does not repeat the value.
    pub fn of_environment() -> Result<Option<Self>, String> {
        variable(PROXY_VARIABLES)
            .map(|(name, url)| Self::read(&url).map_err(|what| format!("{name}: {what}")))
            .transpose()
    }

    fn read(url: &str) -> Result<Self, String> {
        let none = || "it is not a URL such as http://proxy.acme.example:3128".to_owned();
        let uri: Uri = url.parse().map_err(|_| none())?;
        if uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP) {
            return Err("only proxies with http:// are supported".to_owned());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("it has more than a name and a port".to_owned());
        }
        let exceptions = variable(EXCEPTION_VARIABLES).map(|(_, list)| list).unwrap_or_default();
        let matcher = |list: &str| Matcher::builder().https(url).no(list).build();
        let any = Uri::from_static("https://server.invalid/");
        let found = matcher("").intercept(&any).ok_or_else(none)?;
        if found.uri().host().is_none_or(str::is_empty) {
            return Err(none());
        }
        Ok(Self {
            address: found.uri().clone(),
            authorization: found.basic_auth().cloned(),
            exceptions: Arc::new(matcher(&exceptions.to_ascii_lowercase())),
        })
    }

    /// Whether a server is reached without this proxy: it is this machine, or in `NO_PROXY`.
    fn is_without(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_here = match literal(&host) {
            Some(Literal::Usual(address) | Literal::Odd(address)) => address.is_loopback(),
            Some(Literal::Broken) => false,
            None => host == "localhost" || host.ends_with(".localhost"),
        };
        is_here || Uri::try_from(format!("https://{host}/")).is_ok_and(|uri| self.exceptions.intercept(&uri).is_none())
    }
}

fn variable(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let value = |name| Some((name, std::env::var(name).ok().filter(|value| !value.is_empty())?));
    names.into_iter().find_map(value)
}

/// An error of the proxy itself, or on the way to it.
#[derive(Debug)]
pub(crate) struct ProxyError(String);

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProxyError {}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections: for HTTPS through the proxy if there is one, everything else directly.
#[derive(Clone)]
pub(crate) struct Connector {
    direct: HttpConnector<Checked>,
    through: Option<Arc<Through>>,
}

/// The way through a proxy.
struct Through {
    proxy: Proxy,
    to_proxy: HttpConnector,
    resolver: Arc<dyn Resolve>,
    policy: Arc<AddressPolicy>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(
        timeout: Duration,
        policy: Arc<AddressPolicy>,
        resolver: Arc<dyn Resolve>,
        proxy: Option<Proxy>,
    ) -> Self {
        let mut direct =
            HttpConnector::new_with_resolver(Checked { resolver: resolver.clone(), policy: policy.clone() });
        direct.enforce_http(false);
        direct.set_connect_timeout(Some(timeout));
        direct.set_nodelay(true);
        let through = proxy.map(|proxy| {
            // The operator names the proxy, which may well have a private address.
            let mut to_proxy = HttpConnector::new();
            to_proxy.set_connect_timeout(Some(timeout));
            to_proxy.set_nodelay(true);
            Arc::new(Through { proxy, to_proxy, resolver, policy, timeout })
        });
        Self { direct, through }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = uri.host().unwrap_or_default().to_owned();
        let through = self
            .through
            .clone()
            .filter(|through| uri.scheme() == Some(&Scheme::HTTPS) && !through.proxy.is_without(&host));
        let mut direct = self.direct.clone();
        Box::pin(async move {
            match through {
                Some(through) if !through.leads_here(&host).await? => through.connect(uri).await,
                _ => Ok(direct.call(uri).await?),
            }
        })
    }
}

impl Through {
    /// Whether a name is this machine, as an URL of the configuration allows it: then there is no proxy between.
    ///
    /// # Errors
    /// The host is an address, or a name that this host resolves to one that the policy does not allow.
    async fn leads_here(&self, host: &str) -> Result<bool, BoxError> {
        if literal(host).is_some() {
            let why = format!(
                "{host} is an address, and the proxy {} is asked for names only: give the server's name, or list the address in NO_PROXY",
                self.proxy
            );
            return Err(io::Error::new(ErrorKind::PermissionDenied, why).into());
        }
        // Who cannot resolve a name leaves that to the proxy.
        let Ok(Ok(addresses)) = tokio::time::timeout(self.timeout, self.resolver.resolve(host)).await else {
            return Ok(false);
        };
        self.policy.check_all(host, &addresses)?;
        Ok(addresses.iter().any(IpAddr::is_loopback))
    }

    async fn connect(&self, to: Uri) -> Result<TokioIo<TcpStream>, BoxError> {
        let server = format!("{}:{}", to.host().unwrap_or_default(), to.port_u16().unwrap_or(443));
        let proxy = &self.proxy;
        let what = match tokio::time::timeout(self.timeout, self.ask_for(&server)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(Trouble::Unreached(why))) => format!("the proxy {proxy} cannot be reached: {why}"),
            Ok(Err(Trouble::Refused(StatusCode::PROXY_AUTHENTICATION_REQUIRED))) => format!(
                "the proxy {proxy} asks for a user name and a password, or does not accept those it was given (status 407): set network.proxy_user and network.proxy_password, or correct HTTPS_PROXY"
            ),
            Ok(Err(Trouble::Refused(status))) => format!(
                "the proxy {proxy} does not connect to {server} (status {}): ask whoever runs the proxy to allow that server",
                status.as_u16()
            ),
            Err(_) => format!("the proxy {proxy} did not answer within {} seconds", self.timeout.as_secs()),
        };
        Err(ProxyError(what).into())
    }

    /// Asks the proxy for a connection to a server, `NAME:PORT`.
    async fn ask_for(&self, server: &str) -> Result<TokioIo<TcpStream>, Trouble> {
        let stream = self.to_proxy.clone().call(self.proxy.address.clone()).await.map_err(|error| unreached(&error))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(stream).await.map_err(|error| unreached(&error))?;
        // It ends with the answer, or is taken over.
        tokio::spawn(connection.with_upgrades());
        let mut request = Request::connect(server).header(HOST, server);
        if let Some(authorization) = &self.proxy.authorization {
            request = request.header(PROXY_AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| unreached(&error))?;
        let response = sender.send_request(request).await.map_err(|error| unreached(&error))?;
        if !response.status().is_success() {
            return Err(Trouble::Refused(response.status()));
        }
        let taken = hyper::upgrade::on(response).await.map_err(|error| unreached(&error))?;
        let parts = taken.downcast::<TokioIo<TcpStream>>();
        let parts = parts.map_err(|_| Trouble::Unreached("its connection cannot be taken over".to_owned()))?;
        // The server speaks second in TLS, so nothing of it can be there yet.
        match parts.read_buf.is_empty() {
            true => Ok(parts.io),
            false => Err(Trouble::Unreached("it sent something of its own after its answer".to_owned())),
        }
    }
}

/// Why the proxy did not make a connection.
enum Trouble {
    /// It cannot be reached, or its answer cannot be read.
    Unreached(String),
    /// It answered with this status.
    Refused(StatusCode),
}

fn unreached(error: &(dyn std::error::Error + 'static)) -> Trouble {
    Trouble::Unreached(causes(error))
}
