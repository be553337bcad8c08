//! Tests of connecting: the host itself checks addresses and TLS certificates.

use futures::future::BoxFuture;
use hibob_net::address::{AddressPolicy, Resolve};
use hibob_net::transport::{HttpTransport, NotSent, Transport, TransportError};
use http_body_util::{BodyExt, Full};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn loopback() -> AddressPolicy {
    AddressPolicy { allowed: vec!["127.0.0.1/32".parse().unwrap()], localhost: false }
}

/// A resolver that gives the next of these addresses each time, as a name server in a DNS rebinding attack does.
struct Rebinding {
    answers: Vec<Ipv4Addr>,
    asked: AtomicUsize,
}

impl Resolve for Rebinding {
    fn resolve(&self, _name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let address = self.answers[number.min(self.answers.len() - 1)];
        Box::pin(async move { Ok(vec![address.into()]) })
    }
}

async fn get(transport: &HttpTransport, url: &str) -> Result<String, TransportError> {
    let request = http::Request::get(url).body(Full::new(bytes::Bytes::new())).unwrap();
    let response = transport.send(request).await?;
    Ok(String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

fn refused(answer: &Result<String, TransportError>, words: &str) {
    match answer {
        Err(TransportError::NotSent(NotSent::Prohibited, why)) => assert!(why.contains(words), "{why}"),
        other => panic!("{other:?}"),
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_to_this_machine_is_refused() {
    let answers = vec![Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 0, 0, 5)];
    let resolver = Arc::new(Rebinding { answers, asked: AtomicUsize::new(0) });
    let transport = HttpTransport::with_resolver(TIMEOUT, AddressPolicy::default(), None, resolver).unwrap();
    for words in ["link-local", "this machine", "private"] {
        refused(&get(&transport, "http://api.hibob.example/v1").await, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_write_an_address_is_looked_through() {
    let transport = HttpTransport::new(TIMEOUT, AddressPolicy::default(), None).unwrap();
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/latest",
        "http://[::ffff:a9fe:a9fe]/latest",
        "http://[64:ff9b::a9fe:a9fe]/latest",
        "http://127.0.0.1:1/",
        "http://[::1]:1/",
        "http://[fd00:ec2::254]/latest",
    ] {
        refused(&get(&transport, url).await, "network.allow_addresses");
    }
    // The system's resolver accepts these as addresses: 2852039166, 0xa9fea9fe and 169.254.43518 are the same one.
    for host in ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "localhost", "0"] {
        match get(&transport, &format!("http://{host}:1/")).await {
            Err(TransportError::NotSent(NotSent::Prohibited | NotSent::Name, _)) => {}
            other => panic!("{host}: {other:?}"),
        }
    }
}

/// A new certificate authority, in a file, and a server with a certificate from it.
async fn tls_server(folder: &Path) -> (std::path::PathBuf, u16) {
    let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, certified.cert.pem()).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi").await;
            let _ = stream.shutdown().await;
        }
    });
    (ca_file, port)
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_trusts_the_given_authority_and_no_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let (ca_file, port) = tls_server(folder.path()).await;
    let url = format!("https://127.0.0.1:{port}/");
    let transport = |ca_file: Option<&Path>| HttpTransport::new(TIMEOUT, loopback(), ca_file).unwrap();
    assert_eq!(get(&transport(Some(&ca_file)), &url).await.unwrap(), "hi");
    match get(&transport(None), &url).await {
        Err(TransportError::NotSent(NotSent::Tls, _)) => {}
        other => panic!("{other:?}"),
    }
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let error = HttpTransport::new(TIMEOUT, loopback(), Some(&empty)).err().unwrap();
    assert!(error.contains("it has no certificate"), "{error}");
}
