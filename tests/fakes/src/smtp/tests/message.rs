//! Tests of the message after DATA.

use super::*;

fn mail(settings: Settings, parameters: &str) -> Client {
    let mut client = Client::greeted(settings);
    assert_eq!(client.say(&format!("MAIL FROM:<a@b.c>{parameters}")), 250);
    assert_eq!(client.say("RCPT TO:<anna@acme.example>"), 250);
    assert_eq!(client.say("DATA"), 354);
    client
}

fn with_body(body: &[u8]) -> Vec<u8> {
    [MESSAGE.as_bytes(), body].concat()
}

#[test]
fn dots_are_taken_off_and_only_a_line_of_one_ends_it() {
    let mut client = mail(settings(), "");
    assert_eq!(client.send(&with_body(b"..\r\n..a\r\n.b\r\na.\r\n\r\n")), 250);
    assert_eq!(client.mailbox.mails()[0].data, with_body(b".\r\n.a\r\nb\r\na.\r\n\r\n"));
}

#[test]
fn a_bare_line_feed_ends_nothing() {
    for body in
        [&b"a\nb\r\n"[..], b"a\rb\r\n", b"a\n.\nMAIL FROM:<evil@b.c>\r\n", b"a\n.\r\nb\r\n", b"a\r\r\n", b"a\r.\r\n"]
    {
        let mut client = mail(settings(), "");
        assert_eq!(client.send(&with_body(body)), 554, "{body:?}");
        assert!(client.mailbox.mails().is_empty());
        assert_eq!(client.say("NOOP"), 250);
    }
}

#[test]
fn lines_have_a_length() {
    for (length, code) in [(998, 250), (999, 500), (70_000, 500), (200_000, 500)] {
        let mut line = vec![b'x'; length];
        line.extend(b"\r\n");
        assert_eq!(mail(settings(), "").send(&with_body(&line)), code, "{length}");
        // A dot in the middle of a long line does not end the message, wherever the pieces are cut.
        let mut client = mail(settings(), "");
        let mut replies = Vec::new();
        for piece in with_body(&line).chunks(1000).chain([&b".\r\n"[..]]) {
            replies.extend(codes(&client.act(piece)));
        }
        assert_eq!(replies, [code], "{length}");
    }
    let stuffed = [b"..".as_slice(), &[b'x'; 997], b"\r\n"].concat();
    assert_eq!(mail(settings(), "").send(&with_body(&stuffed)), 250);
    let mut client = mail(settings(), "");
    assert!(client.act(&with_body(&[&[b'x'; 100_000], &b"."[..]].concat())).is_empty());
    assert!(client.act(b"\r\n").is_empty());
    assert_eq!(client.send(b""), 500);
}

#[test]
fn a_message_has_a_size() {
    let exact = Settings { size_max: MESSAGE.len(), ..settings() };
    assert_eq!(mail(exact.clone(), &format!(" SIZE={}", MESSAGE.len())).send(MESSAGE.as_bytes()), 250);
    let mut client = Client::greeted(exact.clone());
    assert_eq!(client.say(&format!("MAIL FROM:<a@b.c> SIZE={}", MESSAGE.len() + 1)), 552);
    assert_eq!(client.say("MAIL FROM:<a@b.c> SIZE=99999999999999999999"), 552);
    assert_eq!(client.say("MAIL FROM:<a@b.c> SIZE=999999999999999999999"), 501);
    let mut client = mail(exact, "");
    assert_eq!(client.send(&with_body(b"x\r\n")), 552);
    assert!(client.mailbox.mails().is_empty());
}

#[test]
fn eight_bits_are_announced() {
    let body = with_body("Grüße\r\n".as_bytes());
    assert_eq!(mail(settings(), "").send(&body), 554);
    assert_eq!(mail(settings(), " BODY=7BIT").send(&body), 554);
    assert_eq!(mail(settings(), " BODY=8BITMIME").send(&body), 250);
    assert_eq!(mail(settings(), " BODY=8BITMIME").send(&with_body(b"a\0b\r\n")), 554);
    let header = MESSAGE.replace("Your", "Für").into_bytes();
    assert_eq!(mail(settings(), " BODY=8BITMIME").send(&header), 554);
    let utf8 = Settings { utf8: true, ..settings() };
    assert_eq!(mail(utf8, " BODY=8BITMIME SMTPUTF8").send(&header), 250);
}

#[test]
fn a_header_is_complete_and_without_doubles() {
    for (from, to) in [
        ("From: hr@acme.example\r\n", ""),
        ("Date:", "X-Date:"),
        ("Date:", "From: other@acme.example\r\nDate:"),
        ("Subject:", "subject: one\r\nSubject:"),
    ] {
        let message = MESSAGE.replace(from, to);
        assert_eq!(mail(settings(), "").send(message.as_bytes()), 554, "{to}");
    }
    assert_eq!(mail(settings(), "").send(b""), 554);
}

#[test]
fn a_message_that_breaks_off_did_not_arrive() {
    let mut client = Client::ready(settings());
    assert!(client.act(MESSAGE.as_bytes()).is_empty());
    assert_eq!(client.reconnect(), 220);
    assert!(client.mailbox.mails().is_empty());
}

#[test]
fn parts_are_told_apart() {
    let data = MESSAGE.replace(
        "\r\n\r\nHello.",
        "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi.\r\n--b\r\n\
         Content-Type: application/json\r\nContent-Disposition: attachment; filename=\"a.json\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\ne30=\r\n--b--",
    );
    let mut client = mail(settings(), "");
    assert_eq!(client.send(data.as_bytes()), 250);
    let mail = &client.mailbox.mails()[0];
    assert_eq!(mail.header("subject").as_deref(), Some("Your reference"));
    assert_eq!(mail.text("text/plain").as_deref().map(str::trim_end), Some("Hi."));
    assert_eq!((mail.text("application/json"), mail.text("text/html")), (None, None));
    let expected =
        Attachment { name: "a.json".to_owned(), content_type: "application/json".to_owned(), bytes: b"{}".to_vec() };
    assert_eq!(mail.attachments(), [expected]);
}
