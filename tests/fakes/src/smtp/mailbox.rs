//! What the server is like, and what it has got.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    fault::{At, MailFault, MailFaultKind, next_fault},
    mail::Mail,
    reply::Reply,
};

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// With STARTTLS (RFC 3207); mail before it is refused.
    StartTls,
    /// With STARTTLS, for those who want it.
    StartTlsOptional,
    /// From the first byte (RFC 8314 section 3).
    Tls,
}

/// How a client may say who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Never standardised, widely used.
    Login,
}

impl Mechanism {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }
}

/// The only account that may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// The switches of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What it calls itself.
    pub host: String,
    /// How connections are protected; default: STARTTLS.
    pub security: Security,
    /// Who has to log in before sending; nobody by default. Over TLS where there is any.
    pub account: Option<Account>,
    /// The mechanisms offered to log in; default: both.
    pub mechanisms: Vec<Mechanism>,
    /// The largest message in bytes (RFC 1870); default: 10 MiB.
    pub size_max: usize,
    /// The most recipients of one message; default: 100, the least that is allowed (RFC 5321 section 4.5.3.1.8).
    pub recipients_max: usize,
    /// Whether content with the eighth bit is taken (8BITMIME, RFC 6152); default: yes.
    pub eight_bit: bool,
    /// Whether addresses and headers beyond ASCII are taken (SMTPUTF8, RFC 6531); default: no.
    pub utf8: bool,
    /// Whether commands may come without waiting for answers (PIPELINING, RFC 2920); default: no.
    pub pipelining: bool,
    /// How many seconds a sender is put off from a recipient that it has not written to before; default: not at all.
    pub greylisting: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "mail.stand-in.example".to_owned(),
            security: Security::StartTls,
            account: None,
            mechanisms: vec![Mechanism::Plain, Mechanism::Login],
            size_max: 10 * 1024 * 1024,
            recipients_max: 100,
            eight_bit: true,
            utf8: false,
            pipelining: false,
            greylisting: None,
        }
    }
}

/// A command and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The line, without what is secret; `(connect)` and `(message)` for what is none.
    pub command: String,
    /// The code answered; 0 where there was no answer.
    pub code: u16,
    /// When, in Unix seconds.
    pub at: f64,
}

/// What arrived, and what is to go wrong.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    /// The switches. They count for commands from now on, and `security` for new connections.
    pub settings: Settings,
    /// Faults, used up as they match.
    pub faults: Vec<MailFault>,
    /// Where each message is also written to, with its attachments, in a folder of its own from 1; nowhere by default.
    pub folder: Option<PathBuf>,
    mails: Vec<Mail>,
    log: Vec<Exchange>,
    /// When a sender first wrote to a recipient.
    first_seen: BTreeMap<(String, String), f64>,
}

impl Mailbox {
    /// An empty mailbox behind a server with these switches.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Every message so far, in order.
    #[must_use]
    pub fn mails(&self) -> &[Mail] {
        &self.mails
    }

    /// The messages to a recipient, in order.
    #[must_use]
    pub fn mails_to(&self, recipient: &str) -> Vec<&Mail> {
        let is_to = |mail: &&Mail| mail.recipients.iter().any(|known| known.eq_ignore_ascii_case(recipient));
        self.mails.iter().filter(is_to).collect()
    }

    /// Every command so far, in order. Connections are not told apart.
    #[must_use]
    pub fn log(&self) -> &[Exchange] {
        &self.log
    }

    /// Forgets messages and commands, but not what greylisting has seen.
    pub fn clear(&mut self) {
        self.mails.clear();
        self.log.clear();
    }

    pub(super) fn next_fault(&mut self, at: At, addresses: &[&str]) -> Option<MailFaultKind> {
        next_fault(&mut self.faults, at, addresses)
    }

    pub(super) fn keep(&mut self, mail: Mail) -> usize {
        if let Some(folder) = &self.folder {
            // Who looks at the folder sees that something is missing; the message has arrived all the same.
            save(&folder.join((self.mails.len() + 1).to_string()), &mail).ok();
        }
        self.mails.push(mail);
        self.mails.len()
    }

    pub(super) fn note(&mut self, command: &str, code: u16, at: f64) {
        self.log.push(Exchange { command: command.to_owned(), code, at });
    }

    pub(super) fn lets_in(&self, name: &str, password: &str) -> bool {
        self.settings.account.as_ref().is_some_and(|account| account.name == name && account.password == password)
    }

    /// The refusal of those who did not come before (RFC 6647 section 2).
    pub(super) fn put_off(&mut self, sender: &str, recipient: &str, now: f64) -> Option<Reply> {
        let seconds = self.settings.greylisting?;
        let pair = (sender.to_lowercase(), recipient.to_lowercase());
        let first = self.first_seen.get(&pair).copied();
        self.first_seen.entry(pair).or_insert(now);
        let waited = first.is_some_and(|first| now >= first + seconds);
        (!waited).then(|| Reply::new(451, &format!("4.7.1 <{recipient}>: greylisted, come again later")))
    }
}

fn save(folder: &Path, mail: &Mail) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("message.eml"), &mail.data)?;
    for attachment in mail.attachments() {
        // A name is only a name, whatever the sender made of it.
        let name = Path::new(&attachment.name).file_name().unwrap_or_else(|| OsStr::new("attachment"));
        fs::write(folder.join(name), &attachment.bytes)?;
    }
    Ok(())
}
