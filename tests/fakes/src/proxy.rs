//! A forward proxy that makes connections by CONNECT (RFC 9110, section 9.3.6), and servers with TLS behind it.
//!
//! Like a company's proxy it resolves names itself: it knows the servers that it was given by name and port, and refuses
//! every other one with status 403.

use crate::listen::{Running, listen, lock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivateKeyDer;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// What the proxy knows and has seen.
#[derive(Debug, Default)]
pub struct ConnectProxy {
    /// The servers that it connects to, by name and port such as `api.hibob.com:443`, and where they really are.
    pub servers: BTreeMap<String, SocketAddr>,
    /// The user name and password that it asks for with status 407; `None` if it asks for none.
    pub credentials: Option<(String, String)>,
    /// Whether it never answers.
    pub is_silent: bool,
    /// The servers that it was asked for, in order, each with the status of the answer.
    pub asked: Vec<(String, u16)>,
}

impl ConnectProxy {
    /// The status of the answer to a request with these lines, and where the server is.
    fn answer(&mut self, lines: &[String]) -> (u16, Option<SocketAddr>) {
        let mut words = lines.first().map_or("", String::as_str).split(' ');
        let (method, server) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let header = |name: &str| {
            let mut found = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
            found.find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let is_known = |(user, password): &(String, String)| {
            let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            header("proxy-authorization").as_deref() == Some(expected.as_str())
        };
        let to = self.servers.get(server).copied();
        let status = match (&self.credentials, to) {
            _ if method != "CONNECT" => 405,
            // RFC 9112, section 3.2.3: the target is an authority with a port; and section 3.2: a Host header is there.
            _ if server.rsplit_once(':').is_none() || header("host").is_none() => 400,
            (Some(credentials), _) if !is_known(credentials) => 407,
            (_, None) => 403,
            (_, Some(_)) => 200,
        };
        self.asked.push((server.to_owned(), status));
        (status, to.filter(|_| status == 200))
    }
}

/// The proxy on a port of 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct ProxyServer {
    proxy: Arc<Mutex<ConnectProxy>>,
    address: SocketAddr,
    _running: Running,
}

impl ProxyServer {
    /// Starts the proxy. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn start(proxy: ConnectProxy) -> io::Result<Self> {
        let proxy = Arc::new(Mutex::new(proxy));
        let shared = Arc::clone(&proxy);
        let (address, running) = listen(move |stream| {
            let proxy = Arc::clone(&shared);
            async move {
                // A client that goes away is no failure of the stand-in.
                let _ = serve(stream, &proxy).await;
            }
        })
        .await?;
        Ok(Self { proxy, address, _running: running })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The servers that it was asked for since the last call, each with the status of the answer.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut lock(&self.proxy).asked)
    }

    /// Its settings and log.
    #[must_use]
    pub fn proxy(&self) -> &Arc<Mutex<ConnectProxy>> {
        &self.proxy
    }
}

async fn serve(stream: TcpStream, proxy: &Mutex<ConnectProxy>) -> io::Result<()> {
    let mut stream = BufStream::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    if lock(proxy).is_silent {
        return std::future::pending().await;
    }
    let (status, to) = lock(proxy).answer(&lines);
    let Some(to) = to else {
        let answer = format!("HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await?;
        return stream.shutdown().await;
    };
    let mut server = TcpStream::connect(to).await?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    stream.flush().await?;
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}

/// Speaks TLS for a server without it, on a port of 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    certificate: String,
    _running: Running,
}

impl TlsFront {
    /// Starts it for the server at `to`, with a self-signed certificate for this name. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn start(name: &str, to: SocketAddr) -> io::Result<Self> {
        let certified = rcgen::generate_simple_self_signed(vec![name.to_owned()]).map_err(io::Error::other)?;
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .map_err(io::Error::other)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (address, running) = listen(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let (Ok(mut stream), Ok(mut server)) = (acceptor.accept(stream).await, TcpStream::connect(to).await)
                else {
                    return;
                };
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            }
        })
        .await?;
        Ok(Self { address, certificate: certified.cert.pem(), _running: running })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its certificate in PEM, which is that of its own authority.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}
