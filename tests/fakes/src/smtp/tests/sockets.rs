//! Tests of the server with a real client, over sockets.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Attachment as Attached, MultiPart, SinglePart, header::ContentType},
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism as Offered},
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

use super::*;

const ANNA: &str = "anna@acme.example";
/// A time limit longer than any test needs.
const LONG: Duration = Duration::from_secs(20);

fn with_account(security: Security) -> Settings {
    let account = Account { name: "hr".to_owned(), password: "sécret \"x\"".to_owned() };
    Settings { security, account: Some(account), ..Settings::default() }
}

async fn start(settings: Settings) -> MailServer {
    MailServer::start(Arc::new(Mutex::new(Mailbox::new(settings)))).await.unwrap()
}

fn mailbox(server: &MailServer) -> MutexGuard<'_, Mailbox> {
    server.mailbox().lock().unwrap()
}

/// The client's settings.
struct Sender {
    trusts: bool,
    password: &'static str,
    mechanism: Offered,
}

const SENDER: Sender = Sender { trusts: true, password: "sécret \"x\"", mechanism: Offered::Plain };

impl Sender {
    async fn send(&self, server: &MailServer, message: &Message) -> Result<(), Error> {
        let mut parameters = TlsParameters::builder("localhost".to_owned());
        if self.trusts {
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(server.certificate().as_bytes()).unwrap());
        }
        let tls = match mailbox(server).settings.security {
            Security::None => Tls::None,
            Security::StartTls | Security::StartTlsOptional => Tls::Required(parameters.build().unwrap()),
            Security::Tls => Tls::Wrapper(parameters.build().unwrap()),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(server.address().port())
            .hello_name(ClientId::Domain("client.example".to_owned()))
            .tls(tls);
        if mailbox(server).settings.account.is_some() {
            let credentials = Credentials::new("hr".to_owned(), self.password.to_owned());
            builder = builder.credentials(credentials).authentication(vec![self.mechanism]);
        }
        let transport = builder.build::<Tokio1Executor>();
        // The client's own time limit is for connecting only.
        timeout(LONG, transport.send(message.clone())).await.unwrap().map(|_| ())
    }
}

fn message() -> Message {
    Message::builder()
        .from("HR <hr@acme.example>".parse().unwrap())
        .to(ANNA.parse().unwrap())
        .subject("Ihr Zeugnis, Jörg")
        .message_id(Some("<1@acme.example>".to_owned()))
        .multipart(
            MultiPart::mixed()
                .multipart(MultiPart::alternative_plain_html(
                    ".\r\n..dots, and ümlauts\r\n.".to_owned(),
                    "<p>Grüße</p>".to_owned(),
                ))
                .singlepart(Attached::new("reference.pdf".to_owned()).body(file(), "application/pdf".parse().unwrap()))
                .singlepart(
                    Attached::new("Zeugnis Łukasiewicz.json".to_owned())
                        .body("{}".to_owned(), "application/json".parse().unwrap()),
                ),
        )
        .unwrap()
}

/// A file with every byte value, more than once.
fn file() -> Vec<u8> {
    (0..100_000_u32).map(|at| u8::try_from(at * 7 % 256).unwrap()).collect()
}

#[tokio::test]
async fn attachments_arrive_as_they_were() {
    for (security, mechanism) in [(Security::StartTls, Offered::Plain), (Security::Tls, Offered::Login)] {
        let server = start(with_account(security)).await;
        Sender { mechanism, ..SENDER }.send(&server, &message()).await.unwrap();
        let mailbox = mailbox(&server);
        let [mail] = mailbox.mails() else { panic!("{:?}", mailbox.log()) };
        assert_eq!((mail.sender.as_str(), &mail.recipients[..]), ("hr@acme.example", &[ANNA.to_owned()][..]));
        assert_eq!((mail.tls, mail.user.as_deref()), (true, Some("hr")));
        assert!(mail.at > 1.7e9);
        assert_eq!(mail.header("Subject").as_deref(), Some("Ihr Zeugnis, Jörg"));
        assert_eq!(mail.header("Message-ID").as_deref(), Some("<1@acme.example>"));
        let text = mail.text("text/plain").unwrap();
        assert_eq!(text.trim_end(), ".\r\n..dots, and ümlauts\r\n.");
        assert_eq!(mail.text("text/html").unwrap().trim_end(), "<p>Grüße</p>");
        let attachments = mail.attachments();
        let named: Vec<(&str, &str)> =
            attachments.iter().map(|file| (file.name.as_str(), file.content_type.as_str())).collect();
        let expected = [("reference.pdf", "application/pdf"), ("Zeugnis Łukasiewicz.json", "application/json")];
        assert_eq!(named, expected);
        assert!(attachments[0].bytes == file() && attachments[1].bytes == b"{}");
    }
}

#[tokio::test]
async fn eight_bits_and_dots_go_through_as_they_are() {
    let server = start(Settings { security: Security::None, ..Settings::default() }).await;
    let body = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .header(lettre::message::header::ContentTransferEncoding::EightBit)
        .body(".\r\n.ü\r\n..\r\n".to_owned());
    let message = Message::builder().from("hr@acme.example".parse().unwrap()).to(ANNA.parse().unwrap());
    SENDER.send(&server, &message.singlepart(body).unwrap()).await.unwrap();
    let mailbox = mailbox(&server);
    let mail = &mailbox.mails()[0];
    assert_eq!((mail.tls, &mail.user), (false, &None));
    let data = str::from_utf8(&mail.data).unwrap();
    // The client adds empty lines at the end.
    assert!(data.trim_end().ends_with("\r\n\r\n.\r\n.ü\r\n.."), "{data}");
}

#[tokio::test]
async fn strangers_get_nowhere() {
    let server = start(with_account(Security::StartTls)).await;
    let error = Sender { trusts: false, ..SENDER }.send(&server, &message()).await.unwrap_err();
    assert!(!error.is_permanent() && !error.is_transient(), "{error:?}");
    let error = Sender { password: "wrong", ..SENDER }.send(&server, &message()).await.unwrap_err();
    assert_eq!(error.status().map(|code| code.to_string()).as_deref(), Some("535"));
    let refused = MailFaultKind::refuse(454, "4.7.0 no TLS for now");
    mailbox(&server).faults.push(MailFault::once(At::StartTls, refused));
    assert!(SENDER.send(&server, &message()).await.unwrap_err().is_transient());
    assert!(mailbox(&server).mails().is_empty());
    SENDER.send(&server, &message()).await.unwrap();
}

#[tokio::test]
async fn a_script_of_failures_is_played() {
    let server = start(with_account(Security::StartTls)).await;
    let all = |kind: fn() -> MailFaultKind| {
        [At::Mail, At::Rcpt, At::Data, At::EndOfData].map(|at| MailFault::once(at, kind()))
    };
    mailbox(&server).faults.extend(all(MailFaultKind::busy).into_iter().chain(all(MailFaultKind::closing)));
    for attempt in 0..8 {
        let error = SENDER.send(&server, &message()).await.unwrap_err();
        assert!(error.is_transient(), "{attempt}: {error:?}");
    }
    mailbox(&server).faults.push(MailFault { times: 1, ..MailFault::no_such_user(ANNA) });
    let error = SENDER.send(&server, &message()).await.unwrap_err();
    assert!(error.is_permanent());
    assert!(format!("{error:?}").contains("<anna@acme.example>: no such user"), "{error:?}");
    mailbox(&server).settings.greylisting = Some(0.0);
    assert!(SENDER.send(&server, &message()).await.unwrap_err().is_transient());
    assert!(mailbox(&server).mails().is_empty());
    SENDER.send(&server, &message()).await.unwrap();
    assert_eq!(mailbox(&server).mails_to(ANNA).len(), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_message() {
    for security in [Security::None, Security::StartTls] {
        let server = start(Settings { security, ..Settings::default() }).await;
        mailbox(&server).faults.push(MailFault::once(At::EndOfData, MailFaultKind::ResetAfter));
        let error = SENDER.send(&server, &message()).await.unwrap_err();
        assert!(error.status().is_none() && !error.is_timeout(), "{error:?}");
        assert_eq!(mailbox(&server).mails().len(), 1);
    }
}

#[tokio::test]
async fn no_answer_at_all_keeps_the_client_waiting() {
    let server = start(Settings { security: Security::None, ..Settings::default() }).await;
    mailbox(&server).faults.push(MailFault::once(At::EndOfData, MailFaultKind::Hang));
    let message = message();
    let silent = async {
        while mailbox(&server).log().last().is_none_or(|entry| entry.code != 0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        sent = SENDER.send(&server, &message) => panic!("{sent:?}"),
        waited = timeout(LONG, silent) => waited.unwrap(),
    }
    assert!(mailbox(&server).mails().is_empty());
    SENDER.send(&server, &message).await.unwrap();
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_late_answer_comes() {
    let server = start(Settings { security: Security::None, ..Settings::default() }).await;
    let late = Duration::from_millis(80);
    let faults = [MailFaultKind::ResetBefore, MailFaultKind::Late(late)].map(|kind| MailFault::once(At::Connect, kind));
    mailbox(&server).faults.extend(faults);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let error = stream.read(&mut [0]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let start = std::time::Instant::now();
    SENDER.send(&server, &message()).await.unwrap();
    assert!(start.elapsed() >= late);
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let server = start(Settings::default()).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"220 ");
    let address = server.address();
    drop(server);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"ESMTP\r\n"));
    assert!(TcpStream::connect(address).await.is_err());
}
