//! Tests of connections that break, hang, are kept for the next delivery, or must not be made.

use crate::tests::mail::{ANNA, LONG, Post, kind, send};
use crate::tests::*;
use hibob_fakes::smtp::{At, MailFault, MailFaultKind, Security, Settings};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Wherever the connection breaks, the failure is temporary. If the server had already accepted the message, a second
/// one with the same `Message-ID` arrives.
#[tokio::test]
async fn a_connection_that_breaks_is_no_verdict() {
    let post = Post::start(Settings::default()).await;
    let channel = post.channel("").await;
    for at in [At::Connect, At::Hello, At::StartTls, At::Mail, At::Rcpt, At::Data, At::EndOfData] {
        for fault in [MailFaultKind::ResetBefore, MailFaultKind::ResetAfter, MailFaultKind::closing()] {
            // A new channel, because an idle connection would skip the beginning of the dialogue.
            let channel = post.channel("").await;
            post.fault(MailFault::once(at, fault.clone()));
            assert_eq!(kind(send(&channel, ANNA).await), Kind::Temporary, "{at:?} {fault:?}");
            assert!(post.mailbox().faults.iter().all(|fault| fault.times == 0));
        }
    }
    for at in [At::Mail, At::Rcpt, At::Data, At::EndOfData] {
        post.fault(MailFault::once(at, MailFaultKind::busy()));
        assert_eq!(kind(send(&channel, ANNA).await), Kind::Temporary, "{at:?}");
    }
    assert_eq!(post.mailbox().mails().len(), 1); // the server accepted it, but its reply did not arrive
    send(&channel, ANNA).await.unwrap();
    let ids: Vec<_> = post.mailbox().mails().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids, ["<6f1c0b9e@acme.example>"; 2]);
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let post = Post::plain().await;
    let channel = post.channel("timeout_seconds = 1").await;
    for at in [At::Connect, At::Hello, At::EndOfData] {
        post.fault(MailFault::once(at, MailFaultKind::Hang));
        let start = Instant::now();
        let failure = send(&channel, ANNA).await.unwrap_err();
        let expected = (Kind::Temporary, "the mail server took longer than 1 seconds");
        assert_eq!((failure.kind, failure.said.as_str()), expected);
        assert!(start.elapsed() < LONG);
    }
    // The delivery that was given up does not disturb the next one.
    send(&channel, ANNA).await.unwrap();
    assert_eq!(post.mailbox().mails().len(), 1);
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    let late = Duration::from_millis(80);
    for at in [At::Connect, At::Rcpt, At::EndOfData] {
        post.fault(MailFault::once(at, MailFaultKind::Late(late)));
    }
    let start = Instant::now();
    send(&channel, ANNA).await.unwrap();
    assert!(start.elapsed() >= 3 * late);
    assert_eq!(post.mailbox().mails().len(), 1);
}

fn connections(post: &Post) -> usize {
    post.mailbox().log().iter().filter(|exchange| exchange.command == "(connect)").count()
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_letters() {
    let post = Post::start(Settings::default()).await;
    let channel = post.channel("").await;
    for number in 0..10 {
        // A refused recipient does not close the connection.
        let fault = MailFault { times: 1, ..MailFault::no_such_user(ANNA) };
        if number == 5 {
            post.fault(fault);
        }
        assert_eq!(send(&channel, ANNA).await.is_ok(), number != 5);
    }
    assert_eq!((connections(&post), post.mailbox().mails().len()), (1, 9));
    for _ in 0..100 {
        send(&channel, ANNA).await.unwrap();
    }
    assert_eq!((connections(&post), post.mailbox().mails().len()), (3, 109));
}

#[tokio::test]
async fn a_kept_connection_that_has_ended_costs_no_letter() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    send(&channel, ANNA).await.unwrap();
    // The server closes it within a delivery, as one does that counts e-mails. The message is sent over a new
    // connection.
    post.fault(MailFault::once(At::Mail, MailFaultKind::closing()));
    send(&channel, ANNA).await.unwrap();
    assert_eq!((connections(&post), post.mailbox().mails().len()), (2, 2));
}

/// A reply too many must not be taken for the reply to the next command.
#[tokio::test]
async fn a_server_that_answers_twice_delivers_nothing() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    post.fault(MailFault::once(At::Rcpt, MailFaultKind::refuse(550, "5.1.1 no\r\n250 2.0.0 or yes")));
    assert_eq!(kind(send(&channel, ANNA).await), Kind::Permanent);
    let failure = send(&channel, ANNA).await.unwrap_err();
    assert!(failure.kind == Kind::Temporary && failure.said.contains("replies do not belong"), "{failure}");
    assert!(post.mailbox().mails().is_empty());
    send(&channel, ANNA).await.unwrap();
    assert_eq!((connections(&post), post.mailbox().mails().len()), (2, 1));
}

#[tokio::test]
async fn only_addresses_that_the_policy_lets_through_are_connected_to() {
    let post = Post::start(Settings { security: Security::StartTls, ..Settings::default() }).await;
    let table = post.table("smtp.acme.example", "");
    let config = post.place.config(&table, "");
    for address in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1"] {
        let channel = Channel::open_with(&post.place.data, &config, Arc::new(Always(address))).await.unwrap();
        let failure = send(&channel, ANNA).await.unwrap_err();
        assert!(failure.said.contains("network.allow_addresses") && failure.kind == Kind::Channel, "{failure}");
    }
    assert_eq!(connections(&post), 0);
    // Without TLS, `localhost` has to be an address of this machine.
    post.mailbox().settings.security = Security::None;
    let config = post.place.config(&post.table("localhost", ""), "");
    let channel = Channel::open_with(&post.place.data, &config, Arc::new(Always("93.184.215.14"))).await.unwrap();
    assert_eq!(kind(send(&channel, ANNA).await), Kind::Channel);
    // If no server listens, the failure is temporary, because one may listen later.
    let table = post.table("127.0.0.1", "");
    let channel = post.place.channel(&table, "").await;
    drop(post.server);
    assert_eq!(kind(send(&channel, ANNA).await), Kind::Temporary);
}

/// The certificate is for `localhost`. It is compared with the name in the tenant's configuration, whatever its address
/// is.
#[tokio::test]
async fn the_certificate_is_for_the_name() {
    let post = Post::start(Settings { security: Security::Tls, ..Settings::default() }).await;
    let table = post.table("smtp.acme.example", "");
    let mut config = post.place.config(&table, post.server.certificate());
    config.network.allow_addresses = vec!["127.0.0.1/32".parse().unwrap()];
    let channel = Channel::open_with(&post.place.data, &config, Arc::new(Always("127.0.0.1"))).await.unwrap();
    let failure = send(&channel, ANNA).await.unwrap_err();
    assert!(failure.kind == Kind::Channel && failure.said.contains("no secure connection"), "{failure}");
}

/// Replies that an attacker appends to the answer to STARTTLS are not taken for replies under TLS.
#[tokio::test]
async fn replies_put_in_before_tls_are_not_believed() {
    let post = Post::start(Settings::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = post.server.address();
    let middle = tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let (from_client, mut to_client) = client.into_split();
        let (from_server, mut to_server) = tokio::net::TcpStream::connect(server).await.unwrap().into_split();
        let up = async {
            let mut from_client = from_client;
            tokio::io::copy(&mut from_client, &mut to_server).await.ok();
        };
        let down = async {
            let mut lines = BufReader::new(from_server);
            let mut line = String::new();
            while !line.contains("220 ") || line.contains("ESMTP") {
                line.clear();
                lines.read_line(&mut line).await.unwrap();
                if line.contains("220 ") && !line.contains("ESMTP") {
                    line.push_str("250-forged\r\n250 AUTH PLAIN\r\n");
                }
                to_client.write_all(line.as_bytes()).await.unwrap();
            }
            let mut rest = [0; 1024];
            while let Ok(1..) = lines.read(&mut rest).await.map(|length| length.min(1)) {}
        };
        tokio::join!(up, down);
    });
    let table = post.table("localhost", "").replace(&server.port().to_string(), &port.to_string());
    let channel = post.place.channel(&table, post.server.certificate()).await;
    let failure = send(&channel, ANNA).await.unwrap_err();
    assert!(failure.said.contains("no secure connection"), "{failure}");
    middle.abort();
}
