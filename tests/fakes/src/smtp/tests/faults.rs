//! Tests of the faults.

use std::time::Duration;

use super::*;

fn fail(client: &mut Client, fault: MailFault) {
    client.mailbox.faults.push(fault);
}

#[test]
fn refusals_say_the_address_again() {
    let mut client = Client::greeted(settings());
    fail(&mut client, MailFault::no_such_user("anna@acme.example"));
    assert_eq!(client.say("MAIL FROM:<hr@acme.example>"), 250);
    let reply = client.reply("RCPT TO:<Anna@acme.example>");
    assert_eq!(reply, "550 5.1.1 <Anna@acme.example>: no such user\r\n");
    assert_eq!(client.say("RCPT TO:<bert@acme.example>"), 250);
    assert_eq!(client.say("DATA"), 354);
    assert_eq!(client.send(MESSAGE.as_bytes()), 250);
    assert_eq!(client.mailbox.mails()[0].recipients, ["bert@acme.example"]);
}

#[test]
fn each_point_can_refuse_for_now() {
    let points = [(At::Mail, 0), (At::Rcpt, 1), (At::Data, 2), (At::EndOfData, 3)];
    for (at, refused) in points {
        let mut client = Client::greeted(settings());
        fail(&mut client, MailFault::once(at, MailFaultKind::busy()).to("acme.example"));
        let message = format!("{MESSAGE}.");
        let lines = ["MAIL FROM:<hr@acme.example>", "RCPT TO:<anna@acme.example>", "DATA", &message];
        let mut reply = String::new();
        for line in &lines[..=refused] {
            reply = client.reply(line);
        }
        let address = if at == At::Mail { "hr@acme.example" } else { "anna@acme.example" };
        assert_eq!(reply, format!("451 4.3.0 <{address}>: try again later\r\n"), "{at:?}");
        assert!(client.mailbox.mails().is_empty());
        assert_eq!(client.say("RSET"), 250);
        client.address("anna@acme.example");
        assert_eq!(client.send(MESSAGE.as_bytes()), 250);
    }
}

#[test]
fn faults_come_in_order_and_are_used_up() {
    let mut client = Client::greeted(settings());
    fail(&mut client, MailFault::once(At::Mail, MailFaultKind::refuse(452, "4.3.1 full")).after(1).times(2));
    fail(&mut client, MailFault::once(At::Mail, MailFaultKind::busy()).to("other@"));
    let mut replies = Vec::new();
    for _ in 0..4 {
        replies.push(client.say("MAIL FROM:<hr@acme.example>"));
        // A command that is refused anyway uses up no fault.
        assert_eq!(client.say("MAIL FROM:<hr@acme.example"), 501);
        assert_eq!(client.say("RSET"), 250);
    }
    assert_eq!(replies, [250, 452, 452, 250]);
}

#[test]
fn the_service_closes_after_421() {
    let mut client = Client::greeted(settings());
    fail(&mut client, MailFault::once(At::Rcpt, MailFaultKind::closing()));
    assert_eq!(client.say("MAIL FROM:<hr@acme.example>"), 250);
    let actions = client.act(b"RCPT TO:<anna@acme.example>\r\n");
    assert_eq!((codes(&actions), actions.last()), (vec![421], Some(&Action::Close)));
    assert!(client.act(b"NOOP\r\n").is_empty());
}

#[test]
fn who_is_turned_away_may_only_go() {
    let mut client = Client::new(settings());
    fail(&mut client, MailFault::once(At::Connect, MailFaultKind::refuse(554, "5.7.1 not you")));
    assert_eq!(client.reconnect(), 554);
    assert_eq!(client.say("EHLO x"), 503);
    assert_eq!(client.say("QUIT"), 221);
    assert_eq!(client.reconnect(), 220);
    assert_eq!(client.say("EHLO x"), 250);
}

#[test]
fn an_answer_can_be_late_or_missing() {
    let late = Duration::from_secs(40);
    let mut client = Client::ready(settings());
    fail(&mut client, MailFault::once(At::EndOfData, MailFaultKind::Late(late)));
    let actions = client.act(format!("{MESSAGE}.\r\n").as_bytes());
    assert!(matches!(&actions[..], [Action::Wait(delay), Action::Send(_)] if *delay == late), "{actions:?}");
    for (kind, action, arrived) in [
        (MailFaultKind::Hang, Action::Hang, 1),
        (MailFaultKind::ResetBefore, Action::Reset, 1),
        (MailFaultKind::ResetAfter, Action::Reset, 2),
    ] {
        assert_eq!(client.reconnect(), 220);
        assert_eq!(client.say("EHLO x"), 250);
        client.address("anna@acme.example");
        fail(&mut client, MailFault::once(At::EndOfData, kind));
        assert_eq!(client.act(format!("{MESSAGE}.\r\n").as_bytes()), [action]);
        assert_eq!(client.mailbox.mails().len(), arrived);
        assert_eq!(client.mailbox.log().last().map(|entry| entry.code), Some(0));
        assert!(client.act(b"NOOP\r\n").is_empty());
    }
}

#[test]
fn tls_and_logins_can_be_refused() {
    let account = Account { name: "hr".to_owned(), password: "secret".to_owned() };
    let mut client = Client::greeted(Settings { account: Some(account), ..Settings::default() });
    fail(&mut client, MailFault::once(At::StartTls, MailFaultKind::refuse(454, "4.7.0 no TLS for now")));
    fail(&mut client, MailFault::once(At::Auth, MailFaultKind::refuse(454, "4.7.0 <{address}> later")).to("hr"));
    assert_eq!(client.act(b"STARTTLS\r\n"), [Action::Send(b"454 4.7.0 no TLS for now\r\n".to_vec())]);
    assert!(client.act(b"STARTTLS\r\n").contains(&Action::StartTls));
    client.session.secured();
    assert_eq!(client.say("EHLO x"), 250);
    assert_eq!(client.reply("AUTH PLAIN AGhyAHNlY3JldA=="), "454 4.7.0 <hr> later\r\n");
    assert_eq!(client.say("MAIL FROM:<hr@acme.example>"), 530);
    assert_eq!(client.say("AUTH PLAIN AGhyAHNlY3JldA=="), 235);
}

#[test]
fn greylisting_lets_in_who_comes_again_later() {
    let mut client = Client::greeted(Settings { greylisting: Some(300.0), ..settings() });
    let mut ask = |now: f64, recipient: &str| {
        client.now = now;
        assert_eq!(client.say("RSET"), 250);
        assert_eq!(client.say("MAIL FROM:<hr@acme.example>"), 250);
        client.say(&format!("RCPT TO:<{recipient}>"))
    };
    assert_eq!(ask(0.0, "anna@acme.example"), 451);
    assert_eq!(ask(299.0, "anna@acme.example"), 451);
    assert_eq!(ask(300.0, "bert@acme.example"), 451);
    assert_eq!(ask(300.0, "Anna@acme.example"), 250);
}
