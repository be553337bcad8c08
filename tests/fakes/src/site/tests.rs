use std::{
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::*;
use crate::FaultKind;

const DID: &str = "/.well-known/did.json";

fn site() -> Site {
    let mut site = Site::empty();
    site.insert(DID, r#"{"id":"did:web:acme.example"}"#);
    site.insert("/log/checkpoint", "acme.example/log\n1\n");
    site.insert("/log/tile/0/000", [0xff, 0x00]);
    site.insert("/verify/index.html", "<!doctype html>");
    site
}

fn get(site: &mut Site, path: &str) -> Response {
    site.handle(&Request::new("GET", path), 0.0).response
}

#[test]
fn files_have_the_content_type_of_their_name() {
    let mut site = site();
    for (path, content_type) in [
        (DID, "application/json"),
        ("/log/checkpoint", "text/plain; charset=utf-8"),
        ("/log/tile/0/000", "application/octet-stream"),
        ("/verify/?from=qr", "text/html; charset=utf-8"),
        ("/verify/index%2Ehtml", "text/html; charset=utf-8"),
    ] {
        let response = get(&mut site, path);
        assert_eq!((response.status, response.header("content-type")), (200, Some(content_type)), "{path}");
    }
    assert_eq!(get(&mut site, "/log/tile/0/000").body, [0xff, 0x00]);
    assert_eq!(get(&mut site, "/verify").status, 404);
    assert!(site.remove(DID));
    assert_eq!(get(&mut site, DID).status, 404);
}

#[test]
fn only_reading_is_possible() {
    let mut site = site();
    let response = site.handle(&Request::new("PUT", DID), 5.0).response;
    assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD")));
    let visit = site.log().last().unwrap();
    assert_eq!((visit.request.method.as_str(), visit.status, visit.at), ("PUT", 405, 5.0));
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("published");
    fs::create_dir_all(folder.join(".well-known")).unwrap();
    fs::write(folder.join(".well-known/did.json"), "{}").unwrap();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("link")).unwrap();
    let mut site = Site::folder(&folder);
    assert_eq!(get(&mut site, DID).status, 200);
    for path in ["/../secret", "/%2e%2e/secret", "/.well-known/../../secret", "/link", "//etc/hostname", "/.well-known"]
    {
        assert_eq!(get(&mut site, path).status, 404, "{path}");
    }
    fs::write(folder.join("later.txt"), "later").unwrap();
    assert_eq!(get(&mut site, "/later.txt").body, b"later");
}

#[test]
fn switches_spoil_answers() {
    let mut site = site();
    site.faults.push(Fault::once("/.well-known/", FaultKind::status(500)).times(2));
    site.faults.push(Fault::once(DID, FaultKind::WrongContentType));
    site.delays.push(("/log/".to_owned(), Duration::from_secs(3)));
    assert_eq!(get(&mut site, "/log/checkpoint").status, 200);
    assert_eq!(get(&mut site, DID).status, 500);
    assert_eq!(get(&mut site, DID).status, 500);
    assert_eq!(get(&mut site, DID).header("content-type"), Some("text/html"));
    assert_eq!(get(&mut site, DID).header("access-control-allow-origin"), None);
    site.cross_origin = true;
    site.content_types.push(("did.json".to_owned(), "application/did+json".to_owned()));
    let response = get(&mut site, DID);
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(response.header("content-type"), Some("application/did+json"));
    assert_eq!(site.handle(&Request::new("GET", "/log/checkpoint"), 0.0).after, Duration::from_secs(3));
    assert_eq!(site.handle(&Request::new("GET", DID), 0.0).after, Duration::ZERO);
}

async fn fetch(server: &SiteServer, method: &str, path: &str) -> hyper::Result<(http::response::Parts, Bytes)> {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = hyper::Request::builder().method(method).uri(path).header("Host", "localhost");
    let (head, body) = sender.send_request(request.body(Full::<Bytes>::default()).unwrap()).await?.into_parts();
    Ok((head, body.collect().await?.to_bytes()))
}

#[tokio::test]
async fn the_server_answers_get_and_head() {
    let server = SiteServer::start(Arc::new(Mutex::new(site()))).await.unwrap();
    let (head, body) = fetch(&server, "GET", DID).await.unwrap();
    assert_eq!((head.status.as_u16(), &body[..]), (200, &br#"{"id":"did:web:acme.example"}"#[..]));
    let (head, body) = fetch(&server, "HEAD", DID).await.unwrap();
    assert_eq!((head.status.as_u16(), &head.headers["content-length"], body.len()), (200, &"29".parse().unwrap(), 0));
    assert_eq!(server.url(), format!("http://{}", server.address()));
}

#[tokio::test]
async fn late_answers_are_late_and_dropping_the_server_ends_it() {
    let server = SiteServer::start(Arc::new(Mutex::new(site()))).await.unwrap();
    let late = Duration::from_millis(80);
    server.site().lock().unwrap().delays.push((DID.to_owned(), late));
    let start = Instant::now();
    assert_eq!(fetch(&server, "GET", DID).await.unwrap().0.status, 200);
    assert!(start.elapsed() >= late);
    server.site().lock().unwrap().faults.push(Fault::once(DID, FaultKind::ResetAfter));
    assert!(fetch(&server, "GET", DID).await.is_err());
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    drop(server);
    let request = hyper::Request::get("/").header("Host", "localhost").body(Full::<Bytes>::default()).unwrap();
    assert!(sender.send_request(request).await.is_err());
}
