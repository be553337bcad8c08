//! Attacks by answers of services: endless, huge or packed ones.

use super::arena::{Arena, Orders, growth, stopped};
use super::servers::{Manners, Rude};
use std::io::Write;

/// Memory that other tests of this process may take at the same time, in bytes.
const OTHERS: u64 = 300 * 1024 * 1024;

fn read(server: &Rude) -> String {
    format!("GET {}/company/people/fields", server.url())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_ten_gigabytes_is_cut_off_at_its_limit() {
    let arena = Arena::new().await;
    let server = Rude::start(Manners::Pours(10_000_000_000)).await;
    let orders = Orders::of("check", &["requests", &read(&server)]).hibob(&server.url());
    let (saw, grown) = growth(arena.saw(&orders.clone().limit("response_bytes_max = 20000000"))).await;
    assert!(saw[0].starts_with("200 ") && saw[0].ends_with("broken off"), "{saw:?}");
    assert!(grown < OTHERS, "{grown}");
    let arena = Arena::new().await;
    stopped(
        arena.check(&orders.limit("call_response_bytes_max = 20000000")).await,
        "OVER_LIMIT",
        "(limits.call_response_bytes_max)",
    );
}

/// The host reads a page as a whole, and stops much earlier.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_ten_gigabytes_is_not_gathered() {
    let arena = Arena::new().await;
    let server = Rude::start(Manners::Pours(10_000_000_000)).await;
    let request = format!("GET {}/Users", server.url());
    let orders = Orders::of("check", &["requests", &request]).scim(&server.url()).limit("read_attempts_max = 2");
    let (saw, grown) = growth(arena.saw(&orders)).await;
    assert_eq!(saw, ["ErrorCode::ConnectionTerminated"]);
    assert!(grown < OTHERS, "{grown}");
}

/// Members of a mebibyte that are packed to a thousandth, one behind the other: ten gigabytes if they were unpacked.
#[tokio::test(flavor = "multi_thread")]
async fn a_decompression_bomb_ends_the_call() {
    let packed = |plain: &[u8]| {
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        member.write_all(plain).unwrap();
        member.finish().unwrap()
    };
    let says = |member: &[u8]| {
        let bomb = member.repeat(10_000); // gzip files one after the other are a gzip file (RFC 1952, section 2.2)
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            bomb.len()
        );
        [head.into_bytes(), bomb].concat()
    };
    let zeros = vec![0; 1024 * 1024];
    let member = packed(&zeros);
    assert!(member.len() < 2_000);
    let server = Rude::start(Manners::Says(says(&member))).await;
    let arena = Arena::new().await;
    let orders = Orders::of("check", &["requests", &read(&server)]).hibob(&server.url());
    let (ended, grown) = growth(arena.check(&orders)).await;
    stopped(ended, "OVER_LIMIT", "(limits.unpacked_times_max)");
    assert!(grown < OTHERS, "{grown}");

    // Where the operator allows the ratio, the limit of bytes holds. Here it is some three hundred, since two thousand
    // bytes of each member do not pack.
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..2_048)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    let member = packed(&[noise, zeros].concat());
    assert!((2_000..8_000).contains(&member.len()));
    let says = says(&member);
    let server = Rude::start(Manners::Says(says.clone())).await;
    let arena = Arena::new().await;
    let orders = Orders::of("check", &["requests", &read(&server)])
        .hibob(&server.url())
        .limit("unpacked_times_max = 1000\nresponse_bytes_max = 20000000");
    let (saw, grown) = growth(arena.saw(&orders)).await;
    assert!(saw[0].starts_with("200 ") && saw[0].ends_with("broken off"), "{saw:?}");
    assert!(grown < OTHERS, "{grown}");

    // A page that the host gathers has its own.
    let server = Rude::start(Manners::Says(says)).await;
    let arena = Arena::new().await;
    let request = format!("GET {}/Users", server.url());
    let orders = Orders::of("check", &["requests", &request])
        .scim(&server.url())
        .limit("unpacked_times_max = 1000\nread_attempts_max = 1");
    let (saw, grown) = growth(arena.saw(&orders)).await;
    assert_eq!(saw, ["ErrorCode::ConnectionTerminated"]);
    assert!(grown < OTHERS, "{grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_ends_ends_at_the_wall_clock() {
    let arena = Arena::new().await;
    let server = Rude::start(Manners::DripsBody(20)).await;
    let orders = Orders::of("check", &["requests", &read(&server)]).hibob(&server.url()).limit("check_seconds_max = 1");
    stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.check_seconds_max)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_within_an_answer_ends_it() {
    let arena = Arena::new().await;
    let server = Rude::start(Manners::DripsBody(60_000)).await;
    let orders = Orders::of("check", &["requests", &read(&server)])
        .hibob(&server.url())
        .limit("between_bytes_timeout_seconds = 1");
    assert_eq!(arena.saw(&orders).await, ["200 [content-type] 1 bytes, broken off"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_given_up() {
    let arena = Arena::new().await;
    let server = Rude::start(Manners::DripsHead(20)).await;
    let orders = Orders::of("check", &["requests", &read(&server)])
        .hibob(&server.url())
        .limit("first_byte_timeout_seconds = 1\nread_attempts_max = 1");
    assert_eq!(arena.saw(&orders).await, ["ErrorCode::ConnectionReadTimeout"]);
    let arena = Arena::new().await;
    let server = Rude::start(Manners::PoursHead).await;
    let orders = Orders::of("check", &["requests", &read(&server)]).hibob(&server.url()).limit("read_attempts_max = 1");
    let (saw, grown) = growth(arena.saw(&orders)).await;
    assert_eq!(saw, ["ErrorCode::ConnectionTerminated"]);
    assert!(grown < OTHERS, "{grown}");
}
