//! Over a real connection.

use crate::api::listen::Bounds;
use crate::api::places::PlacesMax;
use crate::api::tests::Site;
use crate::api::{Access, Listener};
use crate::serve::Phase;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

async fn ask(stream: &mut TcpStream, head: &str) -> String {
    stream.write_all(format!("{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_address_that_others_reach_has_to_be_allowed() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let error = Listener::bind(address.parse().unwrap(), Access::default()).await.unwrap_err();
        assert!(error.remedy().contains("--allow-remote"), "{address}: {error}");
    }
    assert!(
        Listener::bind("0.0.0.0:0".parse().unwrap(), Access { is_remote_allowed: true, ..Access::default() })
            .await
            .is_ok()
    );
    let taken = Listener::bind("127.0.0.1:0".parse().unwrap(), Access::default()).await.unwrap();
    let error = Listener::bind(taken.address(), Access::default()).await.unwrap_err();
    assert!(error.to_string().contains("cannot listen") && error.remedy().contains("--listen"));
}

#[tokio::test]
async fn requests_are_answered_until_the_host_has_no_more_work() {
    let site = Site::new().await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Access::default()).await.unwrap();
    let (address, token, job) = (listener.address(), site.operator().await, site.job().await);
    let (api, phase) = (site.api.clone(), site.phase.subscribe());
    let (work, left) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(async move { listener.serve(&api, phase, async { drop(left.await) }).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut stream, "GET /healthz HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("alive\n"), "{answer}");
    // One that only draining ends.
    let mut following = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /v1/jobs/{job}/events HTTP/1.1\r\nauthorization: Bearer {token}");
    let mut first = [0; 12];
    following.write_all(format!("{head}\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    following.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    site.phase.send_replace(Phase::Drain);
    let mut rest = String::new();
    following.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("event: job") && rest.ends_with("0\r\n\r\n"), "{rest}");
    // Who asks while the last jobs end learns that the host drains.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut stream, "GET /readyz HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains(r#""draining":true"#), "{answer}");
    drop(work);
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_host_that_has_to_leave_at_once_answers_no_more() {
    let site = Site::new().await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Access::default()).await.unwrap();
    let (address, api, phase) = (listener.address(), site.api.clone(), site.phase.subscribe());
    let serving = tokio::spawn(async move { listener.serve(&api, phase, std::future::pending()).await });
    site.phase.send_replace(Phase::Save);
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

/// A listener of this machine that answers until the test ends.
async fn listening(site: &Site, bounds: Bounds, serves_all: bool) -> std::net::SocketAddr {
    let address = "127.0.0.1:0".parse().unwrap();
    let mut listener = match serves_all {
        true => Listener::bind(address, Access::default()).await.unwrap(),
        false => Listener::bind_monitoring(address, Access::default()).await.unwrap(),
    };
    listener.bounds = bounds;
    let (address, api, phase) = (listener.address(), site.api.clone(), site.phase.subscribe());
    tokio::spawn(async move { listener.serve(&api, phase, std::future::pending()).await });
    address
}

/// Everything that a connection gets for one request.
async fn answer(address: std::net::SocketAddr, head: &str) -> String {
    ask(&mut TcpStream::connect(address).await.unwrap(), head).await
}

fn bounds(regular: usize, further: usize) -> Bounds {
    Bounds { places: PlacesMax { regular, further, of_one_address: 1 }, ..Bounds::default() }
}

/// The first place is taken by a stream of events, which is being answered as long as its job waits.
async fn following(site: &Site, address: std::net::SocketAddr) -> TcpStream {
    let (token, job) = (site.operator().await, site.job().await);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head =
        format!("GET /v1/jobs/{job}/events HTTP/1.1\r\nauthorization: Bearer {token}\r\nhost: localhost\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

#[tokio::test]
async fn a_connection_that_asks_and_never_reads_ends() {
    let site = Site::new().await;
    let unread = Bounds { unread_time_max: Duration::from_millis(200), ..Bounds::default() };
    let address = listening(&site, unread, true).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    // Each answer is some thousand bytes, and sooner or later no buffer takes any more.
    let asking =
        async { while stream.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n").await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("its connection is ended");
}

#[tokio::test]
async fn connections_without_progress_give_their_places_to_others() {
    let site = Site::new().await;
    let address = listening(&site, bounds(2, 0), true).await;
    let mut idle = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        idle.push(stream);
    }
    let answering = answer(address, "GET /healthz HTTP/1.1");
    // Without their places it would be answered when the others have been idle for too long.
    let answered = tokio::time::timeout(Bounds::default().head_time_max / 2, answering).await.unwrap();
    assert!(answered.starts_with("HTTP/1.1 200 OK\r\n"), "{answered}");
    let mut rest = String::new();
    idle[0].read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("alive\n"), "it has had its answer, and then the end: {rest}");
}

#[tokio::test]
async fn a_host_that_is_full_still_says_how_it_is() {
    let site = Site::new().await;
    let short = Bounds { further_time_max: Duration::from_millis(300), ..bounds(1, 1) };
    let address = listening(&site, short, true).await;
    let mut following = following(&site, address).await;
    // One that says nothing holds up the next for a short time only.
    let mut silent = TcpStream::connect(address).await.unwrap();
    let answered = answer(address, "GET /healthz HTTP/1.1").await;
    assert!(answered.starts_with("HTTP/1.1 200 OK\r\n") && answered.ends_with("alive\n"), "{answered}");
    let mut nothing = String::new();
    silent.read_to_string(&mut nothing).await.unwrap();
    let answered = answer(address, "GET /readyz HTTP/1.1").await;
    assert!(answered.contains(r#""missing":["#), "{answered}");
    let answered = answer(address, "GET /openapi.json HTTP/1.1").await;
    assert!(answered.starts_with("HTTP/1.1 503 ") && answered.contains("TOO_MANY_CONNECTIONS"), "{answered}");
    assert!(answered.contains("\r\nretry-after: 5\r\n"), "{answered}");
    // The stream of events was not ended for it.
    site.phase.send_replace(Phase::Drain);
    let mut rest = String::new();
    following.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("event: job") && rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[tokio::test]
async fn hosts_that_are_not_the_apis_are_refused_on_the_wire() {
    let site = Site::new().await;
    let address = listening(&site, Bounds::default(), true).await;
    // Each request has `host: localhost` as well, at its end.
    for (head, status) in [
        ("GET /openapi.json HTTP/1.1", 200),
        ("GET http://localhost/openapi.json HTTP/1.1", 200),
        ("GET /openapi.json HTTP/1.1\r\nhost: localhost", 400),
        ("GET /healthz HTTP/1.1\r\nhost: attacker.example", 400),
        ("GET http://attacker.example/openapi.json HTTP/1.1", 421),
        ("GET http://attacker.example/healthz HTTP/1.1", 200),
        ("GET /v1/tenants HTTP/1.1\r\norigin: https://attacker.example", 403),
        ("CONNECT attacker.example:443 HTTP/1.1", 421),
    ] {
        let answered = answer(address, head).await;
        assert!(answered.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answered}");
        assert!(answered.contains("\r\nx-content-type-options: nosniff\r\n"), "{answered}");
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /v1/tenants HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answered = String::new();
    stream.read_to_string(&mut answered).await.unwrap();
    assert!(answered.starts_with("HTTP/1.0 400 "), "{answered}");
}

#[tokio::test]
async fn monitoring_has_an_address_of_its_own() {
    let site = Site::new().await;
    let address = listening(&site, Bounds::default(), false).await;
    let token = site.operator().await;
    for (path, status) in
        [("/healthz", 200), ("/readyz", 503), ("/metrics", 200), ("/v1/tenants", 404), ("/openapi.json", 404)]
    {
        let answered = answer(address, &format!("GET {path} HTTP/1.1\r\nauthorization: Bearer {token}")).await;
        assert!(answered.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answered}");
    }
    assert!(answer(address, "GET /metrics HTTP/1.1").await.starts_with("HTTP/1.1 401 "));
}
