//! Over a real connection.

use crate::api::Listener;
use crate::api::tests::Site;
use crate::serve::Phase;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn ask(stream: &mut TcpStream, head: &str) -> String {
    stream.write_all(format!("{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_address_that_others_reach_has_to_be_allowed() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let error = Listener::bind(address.parse().unwrap(), false).await.unwrap_err();
        assert!(error.remedy().contains("--allow-remote"), "{address}: {error}");
    }
    assert!(Listener::bind("0.0.0.0:0".parse().unwrap(), true).await.is_ok());
    let taken = Listener::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    let error = Listener::bind(taken.address(), false).await.unwrap_err();
    assert!(error.to_string().contains("cannot listen") && error.remedy().contains("--listen"));
}

#[tokio::test]
async fn requests_are_answered_until_the_host_has_no_more_work() {
    let site = Site::new().await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
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
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    let (address, api, phase) = (listener.address(), site.api.clone(), site.phase.subscribe());
    let serving = tokio::spawn(async move { listener.serve(&api, phase, std::future::pending()).await });
    site.phase.send_replace(Phase::Save);
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
