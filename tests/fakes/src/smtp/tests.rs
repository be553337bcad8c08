mod dialogue;
mod faults;
mod message;
mod sockets;

use super::*;

pub(super) const MESSAGE: &str = "From: hr@acme.example\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n\
     To: anna@acme.example\r\nSubject: Your reference\r\n\r\nHello.\r\n";

/// A client without a socket.
pub(super) struct Client {
    mailbox: Mailbox,
    session: Session,
    now: f64,
}

pub(super) fn settings() -> Settings {
    Settings { security: Security::None, ..Settings::default() }
}

impl Client {
    /// A client that has received the greeting.
    fn new(settings: Settings) -> Self {
        let mut client = Self { mailbox: Mailbox::new(settings), session: Session::new(false), now: 0.0 };
        assert_eq!(client.reconnect(), 220);
        client
    }

    /// A client that has sent EHLO.
    fn greeted(settings: Settings) -> Self {
        let mut client = Self::new(settings);
        assert_eq!(client.say("EHLO client.example"), 250);
        client
    }

    /// A client that has sent everything up to DATA, but not the message.
    fn ready(settings: Settings) -> Self {
        let mut client = Self::greeted(settings);
        client.address("anna@acme.example");
        client
    }

    fn address(&mut self, recipient: &str) {
        assert_eq!(self.say("MAIL FROM:<hr@acme.example>"), 250);
        assert_eq!(self.say(&format!("RCPT TO:<{recipient}>")), 250);
        assert_eq!(self.say("DATA"), 354);
    }

    fn reconnect(&mut self) -> u16 {
        self.session = Session::new(false);
        let actions = self.session.open(&mut self.mailbox, self.now);
        codes(&actions)[0]
    }

    fn act(&mut self, bytes: &[u8]) -> Vec<Action> {
        self.session.receive(&mut self.mailbox, bytes, self.now)
    }

    /// The reply to a line, to which there is exactly one.
    fn reply(&mut self, line: &str) -> String {
        let actions = self.act(format!("{line}\r\n").as_bytes());
        let Some(Action::Send(bytes)) = actions.first() else { panic!("{line}: {actions:?}") };
        assert_eq!(codes(&actions).len(), 1, "{line}");
        String::from_utf8(bytes.clone()).unwrap()
    }

    fn say(&mut self, line: &str) -> u16 {
        self.reply(line)[..3].parse().unwrap()
    }

    /// Sends a message without adding dots, and returns the code of the reply.
    fn send(&mut self, message: &[u8]) -> u16 {
        let actions = self.act(&[message, b".\r\n"].concat());
        assert_eq!(codes(&actions).len(), 1);
        codes(&actions)[0]
    }
}

fn codes(actions: &[Action]) -> Vec<u16> {
    let sent = actions.iter().filter_map(|action| match action {
        Action::Send(bytes) => Some(std::str::from_utf8(&bytes[..3]).unwrap().parse().unwrap()),
        _ => None,
    });
    sent.collect()
}
