//! One SMTP connection as a state machine: it gets bytes and returns actions.

mod envelope;
mod greeting;
mod login;

use std::time::Duration;

use super::{
    auth::Dialogue,
    command::{self, Command},
    data::Body,
    fault::{At, MailFaultKind},
    input::{Input, Line},
    mail::Mail,
    mailbox::Mailbox,
    reply::Reply,
};
use envelope::Transaction;

/// The length of the longest command line in bytes, with its end (RFC 5321 section 4.5.3.1.4), plus the additions for
/// SIZE, BODY, SMTPUTF8 and AUTH (RFC 1870 section 3, RFC 6152 section 2, RFC 6531 section 3.1, RFC 4954 section 3).
const COMMAND_BYTES_MAX: usize = 512 + 26 + 17 + 10 + 500;
/// The length of the longest line of a login, in bytes (RFC 4954 section 4).
const LOGIN_BYTES_MAX: usize = 12288;

/// An action that the server has to carry out. Actions are carried out in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Wait so long.
    Wait(Duration),
    /// Make the TLS handshake as the server, then call [`Session::secured`].
    StartTls,
    /// Close the connection normally.
    Close,
    /// Reset the connection.
    Reset,
    /// Send nothing more, and keep the connection.
    Hang,
}

/// The state of a connection.
#[derive(Debug)]
pub struct Session {
    input: Input,
    phase: Phase,
    secure: bool,
    /// The greeting was a refusal: only QUIT is left (RFC 5321 section 3.1).
    turned_away: bool,
    hello: Option<Hello>,
    user: Option<String>,
    transaction: Option<Transaction>,
    /// The command that is being answered, for the log.
    current: String,
    actions: Vec<Action>,
    now: f64,
}

#[derive(Debug)]
enum Phase {
    Command,
    Login(Dialogue),
    Message(Body),
    Handshake,
    Over,
}

#[derive(Debug, Clone, Copy)]
struct Hello {
    extended: bool,
}

impl Session {
    /// The state of a new connection. `secure` says whether it uses TLS already.
    #[must_use]
    pub fn new(secure: bool) -> Self {
        Self {
            input: Input::default(),
            phase: Phase::Command,
            secure,
            turned_away: false,
            hello: None,
            user: None,
            transaction: None,
            current: String::new(),
            actions: Vec::new(),
            now: 0.0,
        }
    }

    /// The actions at the beginning: the greeting, or a fault.
    pub fn open(&mut self, mailbox: &mut Mailbox, now: f64) -> Vec<Action> {
        self.now = now;
        "(connect)".clone_into(&mut self.current);
        self.turned_away = true;
        self.carry_out(mailbox, At::Connect, &[], |session, mailbox| {
            session.turned_away = false;
            Reply::new(220, &format!("{} ESMTP", mailbox.settings.host))
        });
        std::mem::take(&mut self.actions)
    }

    /// Processes bytes from the client, which may arrive in pieces of any size.
    pub fn receive(&mut self, mailbox: &mut Mailbox, bytes: &[u8], now: f64) -> Vec<Action> {
        self.now = now;
        self.input.extend(bytes);
        while self.step(mailbox) {}
        std::mem::take(&mut self.actions)
    }

    /// To be called after the TLS handshake. Everything from before the handshake is discarded (RFC 3207 section 4.2).
    pub fn secured(&mut self) {
        *self = Self::new(true);
    }

    /// Processes the next line, if it has arrived completely. Returns whether it has.
    fn step(&mut self, mailbox: &mut Mailbox) -> bool {
        match self.phase {
            Phase::Over | Phase::Handshake => {
                self.input.clear();
                false
            }
            Phase::Message(_) => self.read_text(mailbox),
            Phase::Login(_) | Phase::Command => self.read_line(mailbox),
        }
    }

    fn read_line(&mut self, mailbox: &mut Mailbox) -> bool {
        let bytes_max = LOGIN_BYTES_MAX.max(COMMAND_BYTES_MAX);
        let Some(line) = self.input.command(bytes_max) else { return false };
        let dialogue = match std::mem::replace(&mut self.phase, Phase::Command) {
            Phase::Login(dialogue) => Some(dialogue),
            _ => None,
        };
        match (line, dialogue) {
            (Line::BareEnd, _) => {
                "(no line)".clone_into(&mut self.current);
                self.say(mailbox, Reply::new(500, "5.5.2 a line ends with CRLF"));
                self.end(Action::Close);
            }
            (Line::TooLong, _) => {
                "(long line)".clone_into(&mut self.current);
                self.say(mailbox, Reply::new(500, "5.5.6 line too long"));
            }
            (Line::Whole(line), Some(dialogue)) => {
                "(login)".clone_into(&mut self.current);
                if !self.is_out_of_step(mailbox, false) {
                    self.go_on_with_login(mailbox, dialogue, &line);
                }
            }
            (Line::Whole(line), None) => self.read_command(mailbox, &line),
        }
        true
    }

    fn read_command(&mut self, mailbox: &mut Mailbox, line: &[u8]) {
        let command = command::parse(line);
        self.current = match &command {
            Ok(Command::Auth { mechanism, .. }) => format!("AUTH {mechanism}"),
            _ => String::from_utf8_lossy(line).into_owned(),
        };
        let is_login = matches!(command, Ok(Command::Auth { .. }));
        if line.len() + 2 > COMMAND_BYTES_MAX && !is_login {
            return self.say(mailbox, Reply::new(500, "5.5.6 line too long"));
        }
        let grouped = mailbox.settings.pipelining && command.as_ref().map_or(true, Command::may_be_followed);
        if self.is_out_of_step(mailbox, grouped) {
            return;
        }
        match command {
            Err(reply) => self.say(mailbox, reply),
            Ok(Command::Quit) => self.say(mailbox, Reply::new(221, "2.0.0 good-bye")),
            Ok(_) if self.turned_away => self.say(mailbox, Reply::bad_order("only QUIT is left")),
            Ok(command) => self.obey(mailbox, command),
        }
    }

    fn obey(&mut self, mailbox: &mut Mailbox, command: Command) {
        match command {
            Command::Hello { extended } => self.hello(mailbox, extended),
            Command::StartTls => self.start_tls(mailbox),
            Command::Auth { mechanism, initial } => self.log_in(mailbox, &mechanism, initial.as_deref()),
            Command::Mail { sender, parameters } => self.mail(mailbox, sender, &parameters),
            Command::Rcpt { recipient, parameters } => self.rcpt(mailbox, recipient, &parameters),
            Command::Data => self.data(mailbox),
            Command::Rset => {
                self.transaction = None;
                self.say(mailbox, Reply::new(250, "2.0.0 forgotten"));
            }
            Command::Noop => self.say(mailbox, Reply::new(250, "2.0.0 nothing done")),
            Command::Help => self.say(mailbox, Reply::new(214, "2.0.0 see RFC 5321")),
            // The reply does not show whether the mailbox exists (RFC 5321 section 7.3).
            Command::Vrfy => self.say(mailbox, Reply::new(252, "2.1.5 send it, and see")),
            Command::Expn => self.say(mailbox, Reply::new(502, "5.5.1 not here")),
            Command::Quit => {}
        }
    }

    /// Closes the connection if the client has sent more before a reply that it has to wait for, because an attacker
    /// may have injected these bytes (RFC 2920 section 3.1, RFC 3207 section 6).
    fn is_out_of_step(&mut self, mailbox: &mut Mailbox, grouped: bool) -> bool {
        let out = !grouped && !self.input.is_empty();
        if out {
            self.say(mailbox, Reply::new(554, "5.5.0 wait for the answer"));
            self.end(Action::Close);
        }
        out
    }

    fn read_text(&mut self, mailbox: &mut Mailbox) -> bool {
        let Some((line, ended)) = self.input.text() else { return false };
        let Phase::Message(body) = &mut self.phase else { return false };
        if body.push(&line, ended)
            && let Phase::Message(body) = std::mem::replace(&mut self.phase, Phase::Command)
        {
            "(message)".clone_into(&mut self.current);
            self.take_message(mailbox, body);
        }
        true
    }

    /// Processes the end of a message. The transaction ends, whether it is accepted or not (RFC 5321 section 4.1.1.4).
    fn take_message(&mut self, mailbox: &mut Mailbox, body: Body) {
        let Some(transaction) = self.transaction.take() else { return };
        let grouped = mailbox.settings.pipelining;
        if self.is_out_of_step(mailbox, grouped) {
            return;
        }
        let data = match body.finish(transaction.eight_bit, transaction.utf8) {
            Ok(data) => data,
            Err(reply) => return self.say(mailbox, reply),
        };
        let recipients = transaction.recipients.clone();
        let addresses: Vec<&str> = recipients.iter().map(String::as_str).collect();
        self.carry_out(mailbox, At::EndOfData, &addresses, |session, mailbox| {
            let Transaction { sender, recipients, .. } = transaction;
            let (tls, user, at) = (session.secure, session.user.clone(), session.now);
            let number = mailbox.keep(Mail { sender, recipients, data, tls, user, at });
            Reply::new(250, &format!("2.0.0 taken as {number}"))
        });
    }

    /// Carries out a command, unless a fault prevents it.
    fn carry_out(
        &mut self,
        mailbox: &mut Mailbox,
        at: At,
        addresses: &[&str],
        process: impl FnOnce(&mut Self, &mut Mailbox) -> Reply,
    ) {
        match mailbox.next_fault(at, addresses) {
            None => {
                let reply = process(self, mailbox);
                self.say(mailbox, reply);
            }
            Some(MailFaultKind::Refuse { code, text }) => self.say(mailbox, Reply::new(code, &text)),
            Some(MailFaultKind::Late(delay)) => {
                let reply = process(self, mailbox);
                self.actions.push(Action::Wait(delay));
                self.say(mailbox, reply);
            }
            Some(kind) => {
                if kind == MailFaultKind::ResetAfter {
                    process(self, mailbox);
                }
                mailbox.note(&self.current, 0, self.now);
                self.end(if kind == MailFaultKind::Hang { Action::Hang } else { Action::Reset });
            }
        }
    }

    fn say(&mut self, mailbox: &mut Mailbox, reply: Reply) {
        mailbox.note(&self.current, reply.code, self.now);
        self.actions.push(Action::Send(reply.to_bytes()));
        if matches!(reply.code, 221 | 421) {
            self.end(Action::Close);
        } else if matches!(self.phase, Phase::Handshake) {
            self.actions.push(Action::StartTls);
        }
    }

    fn end(&mut self, action: Action) {
        self.phase = Phase::Over;
        self.actions.push(action);
    }
}
