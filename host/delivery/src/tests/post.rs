//! Tests of delivery by webhook, with a receiver that checks the request strictly.

use crate::tests::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request that the receiver has read.
pub(super) struct Posted {
    line: String,
    headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// Reads one request that has a `Content-Length`.
async fn read(stream: &mut TcpStream) -> Posted {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "no whole head");
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let mut headers = BTreeMap::new();
    for header in lines {
        let (name, value) = header.split_once(": ").unwrap();
        assert!(headers.insert(name.to_ascii_lowercase(), value.to_owned()).is_none(), "{name} is there twice");
    }
    let length: usize = headers["content-length"].parse().unwrap();
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        assert!(stream.read_buf(&mut body).await.unwrap() > 0, "no whole body");
    }
    assert_eq!(body.len(), length);
    Posted { line, headers, body }
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/references?x=1", listener.local_addr().unwrap());
    (listener, url)
}

/// A receiver that gives one answer to one request. An empty answer closes the connection.
pub(super) async fn receiver(answer: String) -> (String, JoinHandle<Posted>) {
    let (listener, url) = listener().await;
    let received = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let posted = read(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        posted
    });
    (url, received)
}

pub(super) fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nlocation: http://127.0.0.1:1/\r\n\r\n{body}", body.len())
}

fn table(url: &str, more: &str) -> String {
    format!("[references.webhook]\nurl = \"{url}\"\nkey = \"file:key\"\n{more}\n")
}

async fn send(channel: &Channel) -> Result<(), Failure> {
    let issuer = issuer("ACME GmbH");
    channel.deliver(&letter(&issuer, "Anna Smith"), None).await
}

/// The failure that follows from a receiver's answer.
async fn failure(answer: String) -> Failure {
    let (url, received) = receiver(answer).await;
    let failure = send(&Place::new().await.channel(&table(&url, ""), "").await).await.unwrap_err();
    received.await.unwrap();
    failure
}

/// An independent implementation of HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let padded = |byte: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ byte).collect() };
    let inner = Sha256::new_with_prefix(padded(0x36)).chain_update(text).finalize();
    Sha256::new_with_prefix(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test]
async fn a_reference_is_posted_and_signed() {
    let (url, received) = receiver(answer(204, "")).await;
    let channel = Place::new().await.channel(&table(&url, ""), "").await;
    assert!(!channel.needs_address());
    send(&channel).await.unwrap();
    let posted = received.await.unwrap();
    assert_eq!(posted.line, "POST /references?x=1 HTTP/1.1");
    assert_eq!(posted.headers["content-type"], "application/json");
    assert_eq!(posted.headers["webhook-id"], "6f1c0b9e-3f5b-4d4e-9a62-0c9d3f0a1b2c");
    let timestamp = &posted.headers["webhook-timestamp"];
    let age = chrono::Utc::now().timestamp() - timestamp.parse::<i64>().unwrap();
    assert!((0..60).contains(&age), "{age}");
    let signed = [format!("6f1c0b9e-3f5b-4d4e-9a62-0c9d3f0a1b2c.{timestamp}.").as_bytes(), &posted.body].concat();
    let key = STANDARD.decode(KEY.trim_start_matches("whsec_")).unwrap();
    assert_eq!(posted.headers["webhook-signature"], format!("v1,{}", STANDARD.encode(hmac(&key, &signed))));
    let mut body: Value = serde_json::from_slice(&posted.body).unwrap();
    let at = body["timestamp"].take();
    let at = chrono::DateTime::parse_from_rfc3339(at.as_str().unwrap()).unwrap();
    assert_eq!(at.timestamp().to_string(), *timestamp);
    let expected = json!({
        "type": "reference.issued",
        "timestamp": null,
        "data": {
            "reference_id": "6f1c0b9e-3f5b-4d4e-9a62-0c9d3f0a1b2c",
            "employee_id": "2128438131849368421",
            "credential": {"@context": ["x"], "name": "Zoë"},
            "log_proof": LOG_PROOF,
            "pdf": STANDARD.encode(PDF),
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn answers_are_told_without_addresses_and_keys() {
    for (status, expected) in [
        (500, Kind::Temporary),
        (429, Kind::Temporary),
        (401, Kind::Channel),
        (410, Kind::Channel),
        (422, Kind::Permanent),
    ] {
        let words = format!("unknown:\n<anna@home.example> {KEY} {}", KEY.trim_start_matches("whsec_"));
        let failure = failure(answer(status, &words)).await;
        let text = format!("the webhook answered with status {status}: unknown: <[address]> [secret] [secret]");
        assert_eq!((failure.kind, failure.said), (expected, text));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    // No server listens at the redirect's target, so following it would lead to a failure of another kind.
    let failure = failure(answer(307, "")).await;
    assert_eq!((failure.kind, failure.said.as_str()), (Kind::Channel, "the webhook answered with status 307"));
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let failure = failure(answer(500, &"x ".repeat(1_000_000))).await;
    assert_eq!((failure.kind, failure.said.chars().count()), (Kind::Temporary, 400));
}

#[tokio::test]
async fn a_status_counts_though_its_words_never_come() {
    let (listener, url) = listener().await;
    let channel = Place::new().await.channel(&table(&url, "timeout_seconds = 1"), "").await;
    let receive = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await;
        stream.write_all(b"HTTP/1.1 422 X\r\ncontent-length: 9\r\n\r\n").await.unwrap();
        stream
    };
    let (sent, _stream) = tokio::join!(send(&channel), receive);
    let failure = sent.unwrap_err();
    assert_eq!((failure.kind, failure.said.as_str()), (Kind::Permanent, "the webhook answered with status 422"));
}

#[tokio::test]
async fn a_lost_answer_is_no_verdict() {
    assert_eq!(failure(String::new()).await.kind, Kind::Temporary);
    let (listener, url) = listener().await;
    // The receiver listens, but never answers.
    let place = Place::new().await;
    let failure = send(&place.channel(&table(&url, "timeout_seconds = 1"), "").await).await.unwrap_err();
    assert_eq!(failure.said, "the webhook took longer than 1 seconds");
    assert_eq!(failure.kind, Kind::Temporary);
    drop(listener);
    assert_eq!(send(&place.channel(&table(&url, ""), "").await).await.unwrap_err().kind, Kind::Temporary);
}

#[tokio::test]
async fn only_addresses_that_the_policy_lets_through_are_posted_to() {
    let place = Place::new().await;
    let config = place.config(&table("https://intranet.acme.example/references", ""), "");
    let channel = Channel::open_with(&place.data, &config, Arc::new(Always("10.1.2.3"))).await.unwrap();
    let failure = send(&channel).await.unwrap_err();
    assert!(failure.kind == Kind::Channel && failure.said.contains("network.allow_addresses"), "{failure}");
}

#[tokio::test]
async fn a_key_that_is_none_is_not_repeated() {
    let place = Place::new().await;
    let config = place.config(&table("https://intranet.acme.example/references", ""), "");
    std::fs::write(place.path().join("key"), "s3cr3t-and-no-key").unwrap();
    let error = Channel::open(&place.data, &config).await.unwrap_err();
    assert!(error.to_string().contains("references.webhook.key is not whsec_"), "{error}");
    assert!(!format!("{error:?} {}", error.remedy()).contains("s3cr3t"), "{error:?}");
}

#[tokio::test]
async fn a_webhook_goes_through_the_proxy() {
    let (url, received) = receiver(answer(200, "")).await;
    let at = url.split('/').nth(2).unwrap().parse().unwrap();
    let front = hibob_fakes::TlsFront::start("intranet.test", at).await.unwrap();
    let servers = BTreeMap::from([("intranet.test:443".to_owned(), front.address())]);
    let proxy = hibob_fakes::ConnectProxy { servers, ..hibob_fakes::ConnectProxy::default() };
    let proxy = hibob_fakes::ProxyServer::start(proxy).await.unwrap();
    let place = Place::new().await;
    std::fs::write(place.path().join("front.pem"), front.certificate()).unwrap();
    let network = format!("[network]\nca_file = \"front.pem\"\nproxy = \"{}\"", proxy.url());
    let channel = place.channel(&table("https://intranet.test/references", &network), "").await;
    send(&channel).await.unwrap();
    assert_eq!(received.await.unwrap().line, "POST /references HTTP/1.1");
    assert_eq!(proxy.asked(), [("intranet.test:443".to_owned(), 200)]);
    // Without its certificate the channel is at fault, and the setting is named; so it is where the proxy refuses.
    let failing = async |network: &str, url: &str| {
        let channel = place.channel(&table(url, network), "").await;
        send(&channel).await.unwrap_err()
    };
    let untrusted = network.replace("ca_file = \"front.pem\"\n", "");
    let failure = failing(&untrusted, "https://intranet.test/references").await;
    assert!(failure.kind == Kind::Channel && failure.said.contains("network.ca_file"), "{failure}");
    let failure = failing(&network, "https://elsewhere.test/references").await;
    assert!(failure.kind == Kind::Channel && failure.said.contains("status 403"), "{failure}");
}
