//! Tests of the order of commands, their syntax, extensions and logins.

use super::*;

fn with_account() -> Settings {
    let account = Account { name: "hr".to_owned(), password: "secret".to_owned() };
    Settings { account: Some(account), ..settings() }
}

#[test]
fn a_message_is_taken_step_by_step() {
    let mut client = Client::ready(settings());
    client.now = 7.0;
    assert_eq!(client.send(MESSAGE.as_bytes()), 250);
    let expected = Mail {
        sender: "hr@acme.example".to_owned(),
        recipients: vec!["anna@acme.example".to_owned()],
        data: MESSAGE.as_bytes().to_vec(),
        tls: false,
        user: None,
        at: 7.0,
    };
    assert_eq!(client.mailbox.mails(), [expected]);
    assert_eq!(client.mailbox.mails_to("Anna@acme.example").len(), 1);
    assert!(client.mailbox.mails_to("bert@acme.example").is_empty());
    let codes: Vec<(&str, u16)> =
        client.mailbox.log().iter().map(|entry| (entry.command.as_str(), entry.code)).collect();
    assert_eq!(codes.first(), Some(&("(connect)", 220)));
    assert_eq!(codes[codes.len() - 2..], [("DATA", 354), ("(message)", 250)]);
    let actions = client.act(b"quit\r\n");
    assert_eq!((super::codes(&actions), actions.last()), (vec![221], Some(&Action::Close)));
    assert!(client.act(b"NOOP\r\n").is_empty());
}

#[test]
fn bytes_may_come_one_by_one() {
    let mut client = Client::new(settings());
    let lines = format!(
        "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<anna@acme.example>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n{MESSAGE}.\r\nQUIT\r\n"
    );
    let replies: Vec<u16> = lines.bytes().flat_map(|byte| codes(&client.act(&[byte]))).collect();
    assert_eq!(replies, [250, 250, 250, 250, 354, 250, 221]);
    let mail = &client.mailbox.mails()[0];
    assert_eq!((mail.sender.as_str(), mail.recipients.len()), ("", 2));
    assert_eq!(mail.data, MESSAGE.as_bytes());
}

#[test]
fn commands_have_an_order() {
    let mut client = Client::new(settings());
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 503);
    assert_eq!(client.say("RCPT TO:<a@b.c>"), 503);
    assert_eq!(client.say("DATA"), 503);
    assert_eq!(client.say("HELO client.example"), 250);
    assert_eq!(client.say("MAIL FROM:<a@b.c> SIZE=1"), 555);
    assert_eq!(client.say("RCPT TO:<a@b.c>"), 503);
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 250);
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 503);
    assert_eq!(client.say("DATA"), 554);
    assert_eq!(client.say("RCPT TO:<a@b.c>"), 250);
    assert_eq!(client.say("RSET"), 250);
    assert_eq!(client.say("RCPT TO:<a@b.c>"), 503);
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 250);
    // EHLO ends the transaction (RFC 5321 section 4.1.4).
    assert_eq!(client.say("EHLO client.example"), 250);
    assert_eq!(client.say("RCPT TO:<a@b.c>"), 503);
    for (line, code) in [("NOOP x", 250), ("VRFY anna", 252), ("EXPN all", 502), ("HELP", 214), ("BDAT 5", 500)] {
        assert_eq!(client.say(line), code, "{line}");
    }
    assert_eq!(client.say("STARTTLS"), 502);
    assert_eq!(client.say("AUTH PLAIN"), 502);
}

#[test]
fn a_message_ends_its_transaction() {
    let mut client = Client::ready(settings());
    assert_eq!(client.send(MESSAGE.as_bytes()), 250);
    assert_eq!(client.say("DATA"), 503);
    client.address("bert@acme.example");
    assert_eq!(client.send(b"no header\r\n"), 554);
    assert_eq!(client.say("RCPT TO:<bert@acme.example>"), 503);
    assert_eq!(client.mailbox.mails().len(), 1);
}

#[test]
fn extensions_are_offered_and_used_as_switched() {
    let offered = |settings: &Settings| Client::new(settings.clone()).reply("EHLO x");
    let plain = Settings { eight_bit: false, ..settings() };
    assert_eq!(offered(&plain), "250-mail.stand-in.example\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 10485760\r\n");
    let full = Settings { utf8: true, pipelining: true, security: Security::StartTls, size_max: 99, ..with_account() };
    let expected = "250-mail.stand-in.example\r\n250-ENHANCEDSTATUSCODES\r\n250-SIZE 99\r\n250-8BITMIME\r\n\
         250-SMTPUTF8\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
    assert_eq!(offered(&full), expected);
    assert!(offered(&with_account()).ends_with("250 AUTH PLAIN LOGIN\r\n"));
    let mut client = Client::greeted(plain);
    for (parameter, code) in
        [("BODY=8BITMIME", 555), ("SMTPUTF8", 555), ("SIZE=x", 501), ("X=1", 555), ("AUTH=<>", 555)]
    {
        assert_eq!(client.say(&format!("MAIL FROM:<a@b.c> {parameter}")), code, "{parameter}");
    }
    assert_eq!(client.say("MAIL FROM:<jörg@b.c>"), 550);
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 250);
    assert_eq!(client.say("RCPT TO:<jörg@b.c>"), 553);
    assert_eq!(client.say("RCPT TO:<a@b.c> NOTIFY=NEVER"), 555);
    let mut client = Client::greeted(Settings { utf8: true, ..settings() });
    assert_eq!(client.say("MAIL FROM:<jörg@b.c> SMTPUTF8 BODY=8bitmime"), 250);
    assert_eq!(client.say("RCPT TO:<jörg@bücher.example>"), 250);
}

#[test]
fn only_who_may_talk_ahead_does() {
    let group = b"MAIL FROM:<a@b.c>\r\nRCPT TO:<anna@acme.example>\r\nRCPT TO:<bert@acme.example>\r\nDATA\r\n";
    let mut patient = Client::greeted(settings());
    let actions = patient.act(group);
    assert_eq!((codes(&actions), actions.last()), (vec![554], Some(&Action::Close)));
    let mut client = Client::greeted(Settings { pipelining: true, ..settings() });
    assert_eq!(codes(&client.act(group)), [250, 250, 250, 354]);
    let rest = format!("{MESSAGE}.\r\nQUIT\r\n");
    assert_eq!(codes(&client.act(rest.as_bytes())), [250, 221]);
    let mut client = Client::greeted(Settings { pipelining: true, ..settings() });
    // DATA is the last of a group (RFC 2920 section 3.1).
    assert_eq!(codes(&client.act(b"RSET\r\nDATA\r\nRSET\r\n")), [250, 554]);
}

#[test]
fn nothing_said_before_tls_counts_after_it() {
    let security = Security::StartTls;
    let mut client = Client::new(Settings { security, ..with_account() });
    assert_eq!(client.say("STARTTLS"), 503);
    assert_eq!(client.say("EHLO x"), 250);
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 530);
    assert_eq!(client.say("AUTH PLAIN"), 538);
    assert_eq!(client.say("STARTTLS now"), 501);
    let injected = client.act(b"STARTTLS\r\nRSET\r\n");
    assert_eq!((codes(&injected), injected.last()), (vec![554], Some(&Action::Close)));
    assert_eq!(client.reconnect(), 220);
    assert_eq!(client.say("EHLO x"), 250);
    let actions = client.act(b"STARTTLS\r\n");
    assert_eq!((codes(&actions), actions.last()), (vec![220], Some(&Action::StartTls)));
    client.session.secured();
    assert_eq!(client.say("STARTTLS"), 503);
    assert_eq!(client.say("AUTH PLAIN"), 503);
    assert!(client.reply("EHLO x").ends_with("250 AUTH PLAIN LOGIN\r\n"));
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 530);
    let mut optional = Client::greeted(Settings { security: Security::StartTlsOptional, ..settings() });
    assert_eq!(optional.say("MAIL FROM:<a@b.c>"), 250);
}

#[test]
fn who_sends_has_logged_in() {
    let mut client = Client::greeted(with_account());
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 530);
    assert_eq!(client.say("AUTH CRAM-MD5"), 504);
    // The base64 of "\0hr\0wrong", then of "\0hr\0secret".
    assert_eq!(client.say("AUTH PLAIN AGhyAHdyb25n"), 535);
    assert_eq!(client.say("AUTH LOGIN"), 334);
    assert_eq!(client.say("*"), 501);
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 530);
    assert_eq!(client.say("AUTH plain AGhyAHNlY3JldA=="), 235);
    assert_eq!(client.say("AUTH PLAIN AGhyAHNlY3JldA=="), 503);
    client.address("anna@acme.example");
    assert_eq!(client.send(MESSAGE.as_bytes()), 250);
    assert_eq!(client.mailbox.mails()[0].user.as_deref(), Some("hr"));
    let log = format!("{:?}", client.mailbox.log());
    assert!(log.contains("AUTH PLAIN") && !log.contains("AGhy"), "{log}");
    let mut client = Client::greeted(Settings { mechanisms: vec![Mechanism::Login], ..with_account() });
    assert_eq!(client.say("AUTH PLAIN"), 504);
    assert_eq!((client.say("AUTH LOGIN aHI="), client.say("c2VjcmV0")), (334, 235));
    assert_eq!(client.say("MAIL FROM:<a@b.c> AUTH=<>"), 250);
    assert_eq!(client.say("AUTH LOGIN"), 503);
}

#[test]
fn command_lines_have_a_length_and_an_end() {
    let mut client = Client::greeted(settings());
    assert_eq!(client.say(&format!("NOOP {}", "x".repeat(1058))), 250);
    assert_eq!(client.say(&format!("NOOP {}", "x".repeat(1059))), 500);
    let endless: Vec<u16> = (0..100).flat_map(|_| codes(&client.act(&[b'x'; 1000]))).collect();
    assert!(endless.is_empty());
    assert_eq!(client.say(""), 500);
    assert_eq!(client.say("NOOP"), 250);
    let actions = client.act(b"NOOP\n");
    assert_eq!((codes(&actions), actions.last()), (vec![500], Some(&Action::Close)));
}

#[test]
fn there_are_only_so_many_recipients() {
    let mut client = Client::greeted(Settings { recipients_max: 2, ..settings() });
    assert_eq!(client.say("MAIL FROM:<a@b.c>"), 250);
    let replies = ["a", "b", "c"].map(|name| client.say(&format!("RCPT TO:<{name}@acme.example>")));
    assert_eq!(replies, [250, 250, 452]);
}
