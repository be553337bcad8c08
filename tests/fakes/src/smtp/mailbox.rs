//! The mail server's settings, its faults, and the messages that it has received.

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
    /// Without TLS.
    None,
    /// With STARTTLS (RFC 3207). Mail before it is refused.
    StartTls,
    /// With STARTTLS if the client wants it.
    StartTlsOptional,
    /// With TLS from the first byte (RFC 8314 section 3).
    Tls,
}

/// The login mechanisms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN, which was never standardised, but is widely used.
    Login,
    /// XOAUTH2, Google's and Microsoft's: the password of the account is the access token.
    Xoauth2,
}

impl Mechanism {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::Xoauth2 => "XOAUTH2",
        }
    }
}

/// The only account that may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// The server's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The host name in the greeting.
    pub host: String,
    /// How connections are protected; default: STARTTLS.
    pub security: Security,
    /// The account with which a client has to log in before it sends; none by default. If there is TLS, the login has
    /// to use it.
    pub account: Option<Account>,
    /// The login mechanisms that the server offers; default: both.
    pub mechanisms: Vec<Mechanism>,
    /// Whether they are offered in the form of old servers, `AUTH=LOGIN`, alone; default: no. Seen in the field.
    pub old_auth: bool,
    /// The largest message in bytes (RFC 1870); default: 10 MiB.
    pub size_max: usize,
    /// The most recipients of one message; default: 100, the lowest limit that is allowed (RFC 5321 section 4.5.3.1.8).
    pub recipients_max: usize,
    /// Whether 8-bit content is accepted (8BITMIME, RFC 6152); default: yes.
    pub eight_bit: bool,
    /// Whether addresses and headers beyond ASCII are accepted (SMTPUTF8, RFC 6531); default: no.
    pub utf8: bool,
    /// Whether a client may send commands without waiting for replies (PIPELINING, RFC 2920); default: no.
    pub pipelining: bool,
    /// Greylisting: for how many seconds a sender is refused who has not written to the recipient before; default:
    /// none.
    pub greylisting: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "mail.stand-in.example".to_owned(),
            security: Security::StartTls,
            account: None,
            mechanisms: vec![Mechanism::Plain, Mechanism::Login],
            old_auth: false,
            size_max: 10 * 1024 * 1024,
            recipients_max: 100,
            eight_bit: true,
            utf8: false,
            pipelining: false,
            greylisting: None,
        }
    }
}

/// A command in the log, with the code of its reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The command line without secrets; `(connect)` for a new connection, `(message)` for the end of a message.
    pub command: String,
    /// The reply code; 0 if there was no reply.
    pub code: u16,
    /// The time of the command, in Unix seconds.
    pub at: f64,
}

/// The messages and commands so far, the settings and the faults.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    /// The settings. A change applies to later commands; a change of `security` applies to new connections.
    pub settings: Settings,
    /// Faults, used up as they match.
    pub faults: Vec<MailFault>,
    /// A folder into which each message is also written, with its attachments, in subfolders numbered from 1; none by
    /// default.
    pub folder: Option<PathBuf>,
    mails: Vec<Mail>,
    log: Vec<Exchange>,
    /// For greylisting: the time at which a sender first wrote to a recipient.
    first_seen: BTreeMap<(String, String), f64>,
}

impl Mailbox {
    /// An empty mailbox of a server with these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// All messages so far, in order.
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

    /// All commands so far, in order. Commands of different connections are mixed.
    #[must_use]
    pub fn log(&self) -> &[Exchange] {
        &self.log
    }

    /// Removes all messages and commands. The memory of greylisting stays.
    pub fn clear(&mut self) {
        self.mails.clear();
        self.log.clear();
    }

    pub(super) fn next_fault(&mut self, at: At, addresses: &[&str]) -> Option<MailFaultKind> {
        next_fault(&mut self.faults, at, addresses)
    }

    pub(super) fn keep(&mut self, mail: Mail) -> usize {
        if let Some(folder) = &self.folder {
            // An error is ignored: a missing file is noticed by whoever reads the folder, and the message has arrived
            // anyway.
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

    /// The temporary refusal of greylisting (RFC 6647 section 2); `None` if the sender has waited long enough.
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
        // Only the last part of the name is used, so that no file is written outside of the folder.
        let name = Path::new(&attachment.name).file_name().unwrap_or_else(|| OsStr::new("attachment"));
        fs::write(folder.join(name), &attachment.bytes)?;
    }
    Ok(())
}
