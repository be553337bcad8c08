//! Attacks by requests of the plugin.

use super::arena::{Arena, Orders, stopped};
use super::servers::{Manners, Rude, redirect};
use hibob_fakes::Service;

const DENIED: &str = "ErrorCode::HttpRequestDenied";

#[tokio::test(flavor = "multi_thread")]
async fn other_origins_are_refused_in_every_notation() {
    let arena = Arena::new().await;
    let port = arena.server.scim_url().split([':', '/']).nth(4).unwrap().to_owned();
    let urls = [
        // Another tenant's service, to which this process also sends requests.
        format!("{}/Users", arena.honest.server.scim_url()),
        format!("{}/people/search", arena.honest.server.hibob_url()),
        "https://evil.example/v1/people/search".to_owned(),
        // The metadata service of a cloud.
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "http://169.254.169.254:80/".to_owned(),
        "http://169.254.169.254./".to_owned(),
        "http://2852039166/".to_owned(),
        "http://0xa9fea9fe/".to_owned(),
        "http://0xa9.0xfe.0xa9.0xfe/".to_owned(),
        "http://0251.0376.0251.0376/".to_owned(),
        "http://169.254.43518/".to_owned(),
        "http://169.16689662/".to_owned(),
        "http://[::ffff:169.254.169.254]/".to_owned(),
        "http://[::ffff:a9fe:a9fe]/".to_owned(),
        "http://[::169.254.169.254]/".to_owned(),
        "http://[64:ff9b::169.254.169.254]/".to_owned(),
        "http://[2002:a9fe:a9fe::]/".to_owned(),
        "http://[fd00:ec2::254]/".to_owned(),
        "http://[fe80::a9fe:a9fe%25eth0]/".to_owned(),
        "http://metadata.google.internal/computeMetadata/v1/".to_owned(),
        // Its own service, in another notation.
        format!("http://2130706433:{port}/api/v2/scim/Users"),
        format!("http://127.1:{port}/api/v2/scim/Users"),
        format!("http://[::1]:{port}/api/v2/scim/Users"),
        format!("http://localhost:{port}/api/v2/scim/Users"),
        format!("https://127.0.0.1:{port}/api/v2/scim/Users"),
        format!("http://user:pass@127.0.0.1:{port}/api/v2/scim/Users"),
        format!("http://127.0.0.1:{port}@evil.example/api/v2/scim/Users"),
        format!("http://evil.example#@127.0.0.1:{port}/api/v2/scim/Users"),
        "http://127.0.0.1/api/v2/scim/Users".to_owned(),
    ];
    let words: Vec<String> = urls.iter().map(|url| format!("GET {url}")).collect();
    let words: Vec<&str> = std::iter::once("requests").chain(words.iter().map(String::as_str)).collect();
    let saw = arena.saw(&Orders::of("check", &words)).await;
    for (url, saw) in urls.iter().zip(&saw) {
        // wasi-http itself refuses what is no URL, before the policy sees it.
        assert!(
            [DENIED, "authority not taken", "ErrorCode::HttpRequestUriInvalid"].contains(&saw.as_str()),
            "{url}: {saw}"
        );
    }
    assert_eq!(saw.len(), urls.len());
    assert!(arena.world().log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_headers_are_refused() {
    let arena = Arena::new().await;
    let users = arena.scim("/Users");
    let forged = [
        "host: evil.example",
        "Host: evil.example",
        "connection: close",
        "transfer-encoding: chunked",
        "upgrade: h2c",
        "proxy-authorization: Basic eDp5",
        "te: trailers",
        "authorization: Bearer stolen",
        "Authorization: ApiKey stolen",
        "AUTHORIZATION: Basic stolen",
        "cookie: session=stolen",
        "x-forwarded-host: evil.example",
        "x-forwarded-for: 127.0.0.1",
        "forwarded: host=evil.example",
        "x-http-method-override: DELETE",
        "x-original-url: /admin",
        "accept-encoding: gzip",
        "expect: 100-continue",
        "user-agent: somebody else",
        "accept: application/json\naccept: text/html",
        "content-length: 5\ncontent-length: 6",
        "accept: a\rb: c",
    ];
    let requests: Vec<String> = forged.iter().map(|header| format!("GET {users}\n{header}")).collect();
    let words: Vec<&str> = std::iter::once("requests").chain(requests.iter().map(String::as_str)).collect();
    let saw = arena.saw(&Orders::of("check", &words)).await;
    for (header, saw) in forged.iter().zip(&saw) {
        assert!(saw == DENIED || saw.contains("HeaderError::"), "{header}: {saw}");
    }
    assert_eq!(saw.len(), forged.len());
    assert!(arena.world().log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_smuggles_a_second_one_does_not_leave() {
    let arena = Arena::new().await;
    let users = arena.scim("/Users");
    let smuggled = "GET /api/v2/scim/Users/2 HTTP/1.1\r\nhost: x\r\n\r\n";
    let requests = [
        format!("GET {users}\ncontent-length: 5\n\n{smuggled}"),
        format!("GET {users}\ncontent-length: 500\n\n{smuggled}"),
    ];
    let saw = arena.saw(&Orders::of("check", &["requests", &requests[0], &requests[1]])).await;
    assert_eq!(saw, ["ErrorCode::HttpProtocolError"; 2]);
    assert!(arena.world().log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_and_leads_the_plugin_nowhere() {
    let arena = Arena::new().await;
    let elsewhere = Rude::start(Manners::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let fields = |server: &Rude| format!("GET {}/company/people/fields", server.url());
    for status in [301, 302, 303, 307, 308] {
        for location in [format!("{}/company/people/fields", elsewhere.url()), "http://169.254.169.254/".to_owned()] {
            let server = Rude::start(redirect(status, &location)).await;
            let follow = format!("GET {location}");
            let orders = Orders::of("check", &["requests", &fields(&server), &follow]).hibob(&server.url());
            let report = arena.mallory(&orders).await;
            let report = hibob_runner::check(
                super::arena::hostile(),
                &report,
                std::sync::Arc::new(hibob_base::progress::NoProgress),
            );
            let saw: Vec<String> = report.await.unwrap().findings.into_iter().map(|finding| finding.message).collect();
            assert_eq!(saw, [format!("{status} [] 0 bytes, whole"), DENIED.to_owned()]);
        }
    }
    let server = Rude::start(redirect(302, &format!("{}/company/people/fields", elsewhere.url()))).await;
    let saw = arena.saw(&Orders::of("check", &["requests", &fields(&server)]).hibob(&server.url())).await;
    assert_eq!((saw, elsewhere.connections()), (vec!["302 [] 0 bytes, whole".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_and_a_check_write_nothing() {
    for export in ["check", "plan"] {
        let arena = Arena::new().await;
        let (users, own) = (arena.scim("/Users"), arena.scim("/Users/1"));
        let patch = r#"{"Operations":[{"op":"replace","path":"active","value":false}]}"#;
        let hibob = arena.server.hibob_url();
        let requests = [
            format!("PATCH {own}\ncontent-type: application/json\n\n{patch}"),
            format!("POST {users}\n\n{{}}"),
            format!("PUT {own}\n\n{{}}"),
            format!("DELETE {own}"),
            format!("TRACE {own}"),
            format!("CONNECT {users}"),
            format!("PUT {hibob}/people/1\n\n{{}}"),
            format!("POST {hibob}/people\n\n{{}}"),
            format!("DELETE {hibob}/people/1"),
            format!("GET {hibob}/people/1"),
            // Allowed by the host's policy, but not declared in the plugin's manifest.
            format!("GET {}", arena.scim("/Schemas")),
        ];
        let words: Vec<&str> = std::iter::once("requests").chain(requests.iter().map(String::as_str)).collect();
        let orders = Orders::of(export, &words);
        let saw: Vec<String> = if export == "check" {
            arena.saw(&orders).await
        } else {
            arena.plan(&orders).await.unwrap().findings.into_iter().map(|finding| finding.message).collect()
        };
        assert_eq!(saw, [DENIED; 11]);
        assert!(arena.world().requests(Service::TravelPerk, "PATCH", "").is_empty() && arena.world().log().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_tiny_requests_end_at_their_number() {
    let arena = Arena::new().await;
    let request = format!("GET {}", arena.scim("/Users?count=1"));
    let orders = Orders::of("check", &["requests-in-a-row", "1000000", &request]).limit("requests_max = 50");
    stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.requests_max)");
    let arena = Arena::new().await;
    let request = format!("GET {}", arena.scim("/Users?count=1"));
    let orders = Orders::of("check", &["requests-at-once", "1000000", &request]).limit("requests_max = 50");
    stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.requests_max)");
}

/// A request is sent when it is complete, so an endless one does not even cause a connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_does_not_leave() {
    let arena = Arena::new().await;
    let request = format!("POST {}/people/search", arena.server.hibob_url());
    let orders = Orders::of("check", &["drip", &request]).limit("check_seconds_max = 1");
    stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.check_seconds_max)");
    assert!(arena.world().log().is_empty());
    let arena = Arena::new().await;
    let request = format!("POST {}/people/search", arena.server.hibob_url());
    let saw = arena.saw(&Orders::of("check", &["pour", &request])).await;
    assert_eq!((saw, arena.world().log().len()), (vec!["ErrorCode::HttpRequestBodySize(Some(1048576))".to_owned()], 0));
}
