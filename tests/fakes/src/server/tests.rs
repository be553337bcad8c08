use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::*;
use crate::{
    company::{Company, Employee},
    fault::{Fault, FaultKind},
};

async fn start() -> Server {
    let ana = Employee::new("1000000000000000001", "Ana", "Li", "ana@acme.example");
    let world = World::new(Company::of(vec![ana]), 1);
    Server::start(Arc::new(Mutex::new(world))).await.unwrap()
}

async fn connect(url: &str) -> SendRequest<Full<Bytes>> {
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn search(server: &Server) -> hyper::Request<Full<Bytes>> {
    let authorization = server.world().lock().unwrap().hibob.authorization();
    hyper::Request::post("/v1/people/search")
        .header("Host", "localhost")
        .header("Content-Type", "application/json")
        .header("Authorization", authorization)
        .body(Full::from(json!({ "fields": ["root.email"] }).to_string()))
        .unwrap()
}

fn spoil(server: &Server, kind: FaultKind) {
    server.world().lock().unwrap().hibob.faults.push(Fault::once("/people/search", kind));
}

#[tokio::test]
async fn two_services_answer_on_one_connection_each() {
    let server = start().await;
    let mut hibob = connect(&server.hibob_url()).await;
    for _ in 0..2 {
        let response = hibob.send_request(search(&server)).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers().contains_key("content-length"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["employees"][0]["email"], "ana@acme.example");
        hibob.ready().await.unwrap();
    }
    assert!(server.scim_url().ends_with("/api/v2/scim"));
    let mut perk = connect(&server.rest_url()).await;
    let request = hyper::Request::get("/api/v2/scim/Users?count=1").header("Host", "localhost");
    let response = perk.send_request(request.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(server.world().lock().unwrap().log().len(), 3);
}

#[tokio::test]
async fn reset_closes_without_an_answer() {
    let server = start().await;
    spoil(&server, FaultKind::ResetAfter);
    let mut sender = connect(&server.hibob_url()).await;
    assert!(sender.send_request(search(&server)).await.is_err());
    assert_eq!(server.world().lock().unwrap().log().len(), 1);
}

#[tokio::test]
async fn truncated_promises_more_than_it_sends() {
    let server = start().await;
    spoil(&server, FaultKind::Truncated);
    let mut sender = connect(&server.hibob_url()).await;
    let response = sender.send_request(search(&server)).await.unwrap();
    let promised: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = response.into_body();
    let mut got = 0;
    let error = loop {
        match body.frame().await {
            Some(Ok(frame)) => got += frame.into_data().unwrap().len(),
            other => break other,
        }
    };
    assert!(matches!(error, Some(Err(_))), "{error:?}");
    assert_eq!(got, promised / 2);
}

#[tokio::test]
async fn chunked_has_no_length() {
    let server = start().await;
    spoil(&server, FaultKind::Chunked);
    let mut sender = connect(&server.hibob_url()).await;
    let response = sender.send_request(search(&server)).await.unwrap();
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(response.headers()["transfer-encoding"], "chunked");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(serde_json::from_slice::<Value>(&body).is_ok());
}

/// Asks, and gives up as soon as the server has the request and has not answered.
async fn ask_in_vain(server: &Server) {
    let mut sender = connect(&server.hibob_url()).await;
    let asked = async {
        while server.world().lock().unwrap().log().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await; // between two looks at the condition
        }
        // Time for an answer, should there be one.
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    tokio::select! {
        answer = sender.send_request(search(server)) => panic!("{answer:?}"),
        () = asked => {}
    }
}

#[tokio::test]
async fn hang_never_answers_and_the_server_goes_on() {
    let server = start().await;
    spoil(&server, FaultKind::Hang);
    ask_in_vain(&server).await;
    let mut other = connect(&server.hibob_url()).await;
    assert_eq!(other.send_request(search(&server)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_slow_answer_comes_when_its_time_has_passed_and_holds_nobody_up() {
    let server = start().await;
    let slow = Duration::from_secs(3600);
    server.world().lock().unwrap().answers_within = slow;
    ask_in_vain(&server).await;
    let within = Duration::from_millis(100);
    let expected = {
        let mut world = server.world().lock().unwrap();
        assert_eq!(world.log().len(), 1, "it was asked and answered");
        world.answers_within = within;
        crate::latency::draw(within, 1, 1)
    };
    let mut other = connect(&server.hibob_url()).await;
    let asked = std::time::Instant::now();
    assert_eq!(other.send_request(search(&server)).await.unwrap().status(), 200);
    assert!(asked.elapsed() >= expected, "{expected:?}");
}

#[tokio::test]
async fn a_big_answer_arrives_whole() {
    let server = start().await;
    let big = "x".repeat(8 * 1024 * 1024);
    server
        .world()
        .lock()
        .unwrap()
        .hibob
        .employee_mut("1000000000000000001")
        .overrides
        .insert("root.email".to_owned(), json!(big));
    let mut sender = connect(&server.hibob_url()).await;
    let response = sender.send_request(search(&server)).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.len() > 2 * big.len());
}

#[tokio::test]
async fn dropping_the_server_frees_its_ports() {
    let server = start().await;
    let url = server.hibob_url();
    let mut sender = connect(&url).await;
    let request = search(&server);
    drop(server);
    assert!(sender.send_request(request).await.is_err());
}
