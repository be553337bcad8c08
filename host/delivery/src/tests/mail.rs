//! Tests of delivery by e-mail: the messages that arrive, and the failures where none does.

use crate::tests::post::{answer, receiver};
use crate::tests::*;
use hibob_fakes::smtp::{Account, At, MailFault, MailFaultKind, Mechanism, Security, Settings};
use hibob_fakes::{MailServer, Mailbox};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

pub(super) const ANNA: &str = "anna.smith@home.example";
/// A delay longer than any test.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// A mail server, and a tenant that delivers through it.
pub(super) struct Post {
    pub(super) place: Place,
    pub(super) server: MailServer,
}

impl Post {
    pub(super) async fn start(settings: Settings) -> Self {
        let mailbox = Arc::new(Mutex::new(Mailbox::new(settings)));
        Self { place: Place::new().await, server: MailServer::start(mailbox).await.unwrap() }
    }

    /// A server without TLS and accounts.
    pub(super) async fn plain() -> Self {
        Self::start(Settings { security: Security::None, ..Settings::default() }).await
    }

    pub(super) fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.server.mailbox().lock().unwrap()
    }

    pub(super) fn fault(&self, fault: MailFault) {
        self.mailbox().faults.push(fault);
    }

    pub(super) fn table(&self, host: &str, more: &str) -> String {
        let port = self.server.address().port();
        let security = match self.mailbox().settings.security {
            Security::None => "none",
            Security::Tls => "tls",
            Security::StartTls | Security::StartTlsOptional => "starttls",
        };
        format!(
            "[references.smtp]\nhost = \"{host}\"\nport = {port}\nsecurity = \"{security}\"\n\
             from = \"ACME HR <hr@acme.example>\"\n{more}\n"
        )
    }

    /// The channel of a tenant that trusts the server's certificate and has these lines in its table.
    pub(super) async fn channel(&self, more: &str) -> Channel {
        self.place.channel(&self.table("localhost", more), self.server.certificate()).await
    }
}

pub(super) async fn send(channel: &Channel, address: &str) -> Result<(), Failure> {
    let issuer = issuer("ACME GmbH");
    let letter = letter(&issuer, "Anna Smith");
    let sent = tokio::time::timeout(LONG, channel.deliver(&letter, Some(address))).await.unwrap();
    if let Err(failure) = &sent {
        shows_no_address(failure, address);
    }
    sent
}

/// Checks that no part of an address is in a failure, however it is printed.
#[track_caller]
fn shows_no_address(failure: &Failure, address: &str) {
    let text = format!("{failure} {failure:?} {failure:#?}").to_lowercase();
    assert!(!text.contains('@') && !text.contains("anna") && !text.contains("home.example"), "{text}");
    assert!(address.is_empty() || !text.contains(&address.to_lowercase()), "{text}");
}

#[track_caller]
pub(super) fn kind(sent: Result<(), Failure>) -> Kind {
    sent.unwrap_err().kind
}

fn with_account(security: Security, mechanism: Mechanism) -> Settings {
    let account = Account { name: "hr".to_owned(), password: PASSWORD.to_owned() };
    Settings { security, account: Some(account), mechanisms: vec![mechanism], ..Settings::default() }
}

const LOGIN: &str = "user = \"hr\"\npassword = \"file:password\"";

#[tokio::test]
async fn a_letter_arrives_with_its_files_byte_for_byte() {
    for (security, mechanism) in [(Security::StartTls, Mechanism::Plain), (Security::Tls, Mechanism::Login)] {
        let post = Post::start(with_account(security, mechanism)).await;
        let channel = post.channel(LOGIN).await;
        assert!(channel.needs_address());
        send(&channel, ANNA).await.unwrap();
        let mailbox = post.mailbox();
        let [mail] = mailbox.mails() else { panic!("{:?}", mailbox.log()) };
        assert_eq!((mail.sender.as_str(), &mail.recipients[..]), ("hr@acme.example", &[ANNA.to_owned()][..]));
        assert_eq!((mail.tls, mail.user.as_deref()), (true, Some("hr")));
        for (name, value) in [
            ("Message-ID", "<6f1c0b9e@acme.example>"),
            ("From", "\"ACME HR\" <hr@acme.example>"),
            ("To", "\"Anna Smith\" <anna.smith@home.example>"),
            ("Subject", "Your employment reference from ACME GmbH"),
            ("Auto-Submitted", "auto-generated"),
        ] {
            assert_eq!(mail.header(name).as_deref(), Some(value));
        }
        assert!(mail.text("text/plain").unwrap().contains("https://acme.example/verify/"));
        assert!(mail.text("text/html").unwrap().contains("<html lang=\"en\">"));
        let attachments = mail.attachments();
        let names: Vec<_> = attachments.iter().map(|file| (file.name.as_str(), file.content_type.as_str())).collect();
        let expected = [
            ("Reference - Anna Smith - ACME GmbH.pdf", "application/pdf"),
            ("Reference - Anna Smith - ACME GmbH.json", "application/vc"),
            ("Reference - Anna Smith - ACME GmbH.tlog-proof", "application/octet-stream"),
        ];
        assert_eq!(names, expected);
        let contents: Vec<&[u8]> = attachments.iter().map(|file| file.bytes.as_slice()).collect();
        assert_eq!(contents, [PDF, CREDENTIAL, LOG_PROOF.as_bytes()]);
    }
}

#[tokio::test]
async fn names_of_other_scripts_arrive_as_they_are() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    let name = "李小龍 Łukasiewicz-Núñez, \"Zoë\" محمد";
    let issuer = issuer("Общество с ограниченной ответственностью «Ромашка и Ко»");
    channel.deliver(&letter(&issuer, name), Some(ANNA)).await.unwrap();
    let mailbox = post.mailbox();
    let mail = &mailbox.mails()[0];
    let subject = format!("Your employment reference from {}", issuer.name.as_str());
    assert_eq!(mail.header("Subject"), Some(subject));
    assert!(mail.text("text/plain").unwrap().contains(&format!("Dear {name},")));
    let files: Vec<String> = mail.attachments().into_iter().map(|file| file.name).collect();
    assert!(files[0].starts_with("Reference - 李小龍 Łukasiewicz-Núñez, Zoë محمد - Общество"), "{files:?}");
    assert!(files[0].ends_with(".pdf") && files[2].ends_with(".tlog-proof"), "{files:?}");
    assert!(mail.header("To").unwrap().contains("李小龍 Łukasiewicz-Núñez"), "{:?}", mail.header("To"));
}

#[tokio::test]
async fn strangers_are_told_nothing() {
    let post = Post::start(with_account(Security::StartTls, Mechanism::Plain)).await;
    // A certificate of an authority that is not trusted has the same effect as none.
    let other = Post::plain().await;
    for security in [Security::StartTls, Security::Tls] {
        post.mailbox().settings.security = security;
        let channel = post.place.channel(&post.table("localhost", LOGIN), other.server.certificate()).await;
        let failure = send(&channel, ANNA).await.unwrap_err();
        assert!(failure.said.contains("no secure connection") && failure.kind == Kind::Channel, "{failure}");
    }
    let logged_in = post.mailbox().log().iter().any(|exchange| exchange.command.starts_with("AUTH"));
    assert!(!logged_in && post.mailbox().mails().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_where_tls_is_not_offered() {
    let post = Post::start(with_account(Security::StartTls, Mechanism::Plain)).await;
    let channel = post.channel(LOGIN).await;
    post.mailbox().settings.security = Security::None;
    let failure = send(&channel, ANNA).await.unwrap_err();
    assert!(failure.said.contains("does not offer STARTTLS") && failure.kind == Kind::Channel, "{failure}");
    assert!(post.mailbox().log().iter().all(|exchange| !exchange.command.starts_with("AUTH")));
}

#[tokio::test]
async fn a_refused_login_is_about_the_channel() {
    let post = Post::start(with_account(Security::StartTls, Mechanism::Plain)).await;
    let channel = post.channel("user = \"somebody\"\npassword = \"file:password\"").await;
    let failure = send(&channel, ANNA).await.unwrap_err();
    assert_eq!((failure.kind, failure.said.as_str()), (Kind::Channel, "535 5.7.8 wrong name or password"));
    // A missing login is a failure of the channel as well, if the server requires one.
    assert_eq!(kind(send(&post.channel("").await, ANNA).await), Kind::Channel);
    // If the server repeats the password in its reply, the failure does not.
    post.fault(MailFault::once(At::Auth, MailFaultKind::refuse(535, &format!("5.7.8 {PASSWORD} is wrong"))));
    let failure = send(&post.channel(LOGIN).await, ANNA).await.unwrap_err();
    assert_eq!(failure.said, "535 5.7.8 [secret] is wrong");
    // If the server cannot reach its user directory, the failure is temporary.
    post.fault(MailFault::once(At::Auth, MailFaultKind::refuse(454, "4.7.0 try later")));
    assert_eq!(kind(send(&post.channel(LOGIN).await, ANNA).await), Kind::Temporary);
    post.mailbox().settings.mechanisms = Vec::new();
    assert_eq!(kind(send(&post.channel(LOGIN).await, ANNA).await), Kind::Channel);
}

#[tokio::test]
async fn refusals_keep_their_codes_and_lose_the_address() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    post.fault(MailFault { times: 1, ..MailFault::no_such_user(ANNA) });
    let failure = send(&channel, ANNA).await.unwrap_err();
    assert_eq!((failure.kind, failure.said.as_str()), (Kind::Permanent, "550 5.1.1 <[address]>: no such user"));
    let words = "5.1.1 Anna.Smith (ANNA.SMITH@HOME.EXAMPLE) is not at home.example; ask bo@acme.example \u{1b}[2J";
    post.fault(MailFault::once(At::Rcpt, MailFaultKind::refuse(550, words)));
    let failure = send(&channel, ANNA).await.unwrap_err();
    let expected = "550 5.1.1 [address] ([address]) is not at [address]; ask [address] \u{fffd}[2J";
    assert_eq!(failure.said, expected);
    post.mailbox().settings.greylisting = Some(0.0);
    let failure = send(&channel, ANNA).await.unwrap_err();
    let expected = "451 4.7.1 <[address]>: greylisted, come again later";
    assert_eq!((failure.kind, failure.said.as_str()), (Kind::Temporary, expected));
    send(&channel, ANNA).await.unwrap();
    assert_eq!(post.mailbox().mails().len(), 1);
}

/// The log output at the most verbose level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_address_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(subscriber.finish());
    let post = Post::start(with_account(Security::StartTls, Mechanism::Plain)).await;
    let channel = post.channel(LOGIN).await;
    tracing::trace!("it begins");
    for at in [At::Rcpt, At::EndOfData] {
        post.fault(MailFault::once(at, MailFaultKind::refuse(550, "5.1.1 <anna.smith@home.example>: unknown")));
        assert_eq!(kind(send(&channel, ANNA).await), Kind::Permanent);
    }
    send(&channel, ANNA).await.unwrap();
    send(&channel, "anna smith").await.unwrap_err();
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap().to_lowercase();
    assert!(logged.contains("it begins"), "{logged}");
    assert!(!logged.contains("anna") && !logged.contains("home.example") && !logged.contains(PASSWORD), "{logged}");
}

#[tokio::test]
async fn nonsense_is_no_address_and_reaches_no_server() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    for address in
        ["", "N/A", "anna smith@home.example", "a@b.example, c@d.example", "a@b.example\r\nRCPT TO:<c@d.example>"]
    {
        let failure = send(&channel, address).await.unwrap_err();
        assert!(failure.kind == Kind::Permanent && failure.said.starts_with("the address in HiBob"), "{failure}");
    }
    let issuer = issuer("ACME GmbH");
    let none = channel.deliver(&letter(&issuer, "Anna"), None).await;
    assert_eq!(kind(none), Kind::Permanent);
    assert!(post.mailbox().log().is_empty());
}

#[tokio::test]
async fn addresses_of_other_scripts_need_a_server_that_takes_them() {
    let post = Post::plain().await;
    let channel = post.channel("").await;
    send(&channel, "anna@bücher.example").await.unwrap();
    assert_eq!(post.mailbox().mails()[0].recipients, ["anna@xn--bcher-kva.example"]);
    let failure = send(&channel, "änne@bücher.example").await.unwrap_err();
    assert!(failure.kind == Kind::Permanent && failure.said.contains("SMTPUTF8"), "{failure}");
    // It is the server's side.
    assert!(failure.said.contains("references.smtp.host does not offer") && failure.said.contains("address is right"));
    post.mailbox().settings.utf8 = true;
    // A new channel, because a server's extensions are read at the beginning of a connection.
    let channel = post.channel("").await;
    send(&channel, "änne@bücher.example").await.unwrap();
    assert_eq!(post.mailbox().mails()[1].recipients, ["änne@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn a_letter_that_is_too_big_never_goes_through() {
    let post = Post::start(Settings { security: Security::None, size_max: 1000, ..Settings::default() }).await;
    let failure = send(&post.channel("").await, ANNA).await.unwrap_err();
    assert_eq!(failure.kind, Kind::Permanent);
    assert!(failure.said.starts_with("552 5.3.4 message too big (") && failure.said.contains("the address is right"));
}

/// Old servers write `AUTH=LOGIN`.
#[tokio::test]
async fn login_mechanisms_are_found_in_their_old_form() {
    for mechanism in [Mechanism::Login, Mechanism::Plain] {
        let post = Post::start(Settings { old_auth: true, ..with_account(Security::StartTls, mechanism) }).await;
        send(&post.channel(LOGIN).await, ANNA).await.unwrap();
        assert_eq!(post.mailbox().mails()[0].user.as_deref(), Some("hr"));
    }
}

const TOKEN: &str = "token-of-the-mail-server";

fn oauth(url: &str, more: &str) -> String {
    format!(
        "user = \"hr\"\n[references.smtp.oauth]\ntoken_url = \"{url}\"\nclient_id = \"a b&c\"\n\
         client_secret = \"file:password\"\nscope = \"https://mail.example/.default\"\n{more}"
    )
}

#[tokio::test]
async fn a_token_is_fetched_once_and_logs_in() {
    let account = Account { name: "hr".to_owned(), password: TOKEN.to_owned() };
    let settings = Settings { account: Some(account), ..with_account(Security::StartTls, Mechanism::Xoauth2) };
    let post = Post::start(settings).await;
    for (more, expected) in [
        ("", "grant_type=client_credentials"),
        (
            "refresh_token = \"file:key\"\n",
            "grant_type=refresh_token&refresh_token=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ),
    ] {
        let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3600}}"#);
        let (url, asked) = receiver(answer(200, &body)).await;
        let channel = post.channel(&oauth(&url, more)).await;
        // Each probe logs in anew; the endpoint answers one request only.
        channel.probe().await.unwrap();
        channel.probe().await.unwrap();
        send(&channel, ANNA).await.unwrap();
        let expected = format!(
            "client_id=a+b%26c&client_secret={PASSWORD}&{expected}&scope=https%3A%2F%2Fmail.example%2F.default"
        );
        assert_eq!(String::from_utf8(asked.await.unwrap().body).unwrap(), expected);
    }
    assert_eq!(post.mailbox().mails()[0].user.as_deref(), Some("hr"));
}

#[tokio::test]
async fn a_login_by_token_says_on_whose_side_it_fails() {
    let account = Account { name: "hr".to_owned(), password: TOKEN.to_owned() };
    let settings = Settings { account: Some(account), ..with_account(Security::StartTls, Mechanism::Xoauth2) };
    let post = Post::start(settings).await;
    let failing = async |status: u16, body: &str| {
        let (url, _asked) = receiver(answer(status, body)).await;
        send(&post.channel(&oauth(&url, "")).await, ANNA).await.unwrap_err()
    };
    let failure = failing(200, r#"{"access_token":"another-token"}"#).await;
    assert_eq!(failure.kind, Kind::Channel);
    assert!(failure.said.contains("does not accept the token (status 401)"), "{failure}");
    let failure = failing(400, r#"{"error":"invalid_scope","error_description":"no such scope"}"#).await;
    assert_eq!(failure.kind, Kind::Channel);
    assert!(failure.said.contains("status 400 invalid_scope: no such scope"), "{failure}");
    // What repeats the client's secret does not show it.
    let failure = failing(401, &format!(r#"{{"error":"{PASSWORD}"}}"#)).await;
    assert!(failure.said.contains("[secret]") && !failure.said.contains(PASSWORD), "{failure}");
    assert_eq!(failing(503, "").await.kind, Kind::Temporary);
    assert!(failing(200, "{}").await.said.contains("has no access_token"));
    // A server that takes tokens only, and one that takes none.
    let failure = send(&post.channel(LOGIN).await, ANNA).await.unwrap_err();
    assert!(failure.kind == Kind::Channel && failure.said.contains("[references.smtp.oauth]"), "{failure}");
    post.mailbox().settings.mechanisms = vec![Mechanism::Plain];
    let failure = failing(200, &format!(r#"{{"access_token":"{TOKEN}"}}"#)).await;
    assert!(
        failure.kind == Kind::Channel && failure.said.contains("does not offer the login mechanism XOAUTH2"),
        "{failure}"
    );
}
