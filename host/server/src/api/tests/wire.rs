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
async fn requests_are_answered_until_the_host_is_to_leave() {
    let site = Site::new().await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    let (address, token, job) = (listener.address(), site.operator().await, site.job().await);
    let (api, phase) = (site.api.clone(), site.phase.subscribe());
    let serving = tokio::spawn(async move { listener.serve(&api, phase).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut stream, "GET /healthz HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("alive\n"), "{answer}");
    // One that only the leaving ends.
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
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
