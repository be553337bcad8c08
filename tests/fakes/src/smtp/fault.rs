//! Faults a test puts in the way of deliveries.

use std::time::Duration;

/// The points at which something can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The greeting of a new connection.
    Connect,
    /// EHLO and HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// The verdict on a name and a password.
    Auth,
    /// The sender.
    Mail,
    /// One recipient.
    Rcpt,
    /// Before the message.
    Data,
    /// After the message's final dot.
    EndOfData,
}

/// A fault that waits for its point. Faults are used up as they match, first come first; commands that are wrong by
/// themselves use up none.
#[derive(Debug, Clone)]
pub struct MailFault {
    /// Where it waits.
    pub at: At,
    /// Only for addresses that contain this, whatever their case: the sender at [`At::Mail`], the recipient at
    /// [`At::Rcpt`], any recipient of the message later, the name at [`At::Auth`].
    pub address_contains: String,
    /// Let this many matching points pass first.
    pub after: usize,
    /// Then spoil this many.
    pub times: usize,
    /// What happens.
    pub kind: MailFaultKind,
}

/// What happens instead of the right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFaultKind {
    /// Not carried out, but refused. After 421 the server closes the connection (RFC 5321 section 3.8).
    Refuse {
        /// 4xx for now, 5xx for good.
        code: u16,
        /// The text; `{address}` in it becomes the address.
        text: String,
    },
    /// Carried out, and answered so much later.
    Late(Duration),
    /// Not carried out and never answered.
    Hang,
    /// Not carried out; the connection is reset.
    ResetBefore,
    /// Carried out; then the connection is reset without an answer. At [`At::EndOfData`] the message has arrived, and
    /// the client cannot know.
    ResetAfter,
}

impl MailFaultKind {
    /// A refusal with this code and text.
    #[must_use]
    pub fn refuse(code: u16, text: &str) -> Self {
        Self::Refuse { code, text: text.to_owned() }
    }

    /// Come again later.
    #[must_use]
    pub fn busy() -> Self {
        Self::refuse(451, "4.3.0 <{address}>: try again later")
    }

    /// Come again later; the connection is closed.
    #[must_use]
    pub fn closing() -> Self {
        Self::refuse(421, "4.3.2 the service is closing")
    }
}

impl MailFault {
    /// Spoils the next time this point is reached.
    #[must_use]
    pub fn once(at: At, kind: MailFaultKind) -> Self {
        Self { at, address_contains: String::new(), after: 0, times: 1, kind }
    }

    /// Spoils it each time.
    #[must_use]
    pub fn always(at: At, kind: MailFaultKind) -> Self {
        Self::once(at, kind).times(usize::MAX)
    }

    /// Refuses a recipient for good, and says the address again, as servers do.
    #[must_use]
    pub fn no_such_user(address: &str) -> Self {
        Self::always(At::Rcpt, MailFaultKind::refuse(550, "5.1.1 <{address}>: no such user")).to(address)
    }

    /// The same fault for some addresses only.
    #[must_use]
    pub fn to(mut self, address_contains: &str) -> Self {
        self.address_contains = address_contains.to_lowercase();
        self
    }

    /// The same fault for so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The same fault, after letting so many matching points pass.
    #[must_use]
    pub fn after(mut self, after: usize) -> Self {
        self.after = after;
        self
    }

    /// The address that it is for, empty where there is none.
    fn matching<'a>(&self, at: At, addresses: &[&'a str]) -> Option<&'a str> {
        if self.at != at || self.times == 0 {
            return None;
        }
        let found = addresses.iter().find(|address| address.to_lowercase().contains(&self.address_contains)).copied();
        found.or_else(|| self.address_contains.is_empty().then_some(""))
    }
}

/// Takes the next fault for this point out of the list, with the address in its text.
pub(super) fn next_fault(faults: &mut [MailFault], at: At, addresses: &[&str]) -> Option<MailFaultKind> {
    for fault in faults.iter_mut() {
        let Some(address) = fault.matching(at, addresses) else { continue };
        if fault.after > 0 {
            fault.after -= 1;
            continue;
        }
        fault.times -= 1;
        return Some(match &fault.kind {
            MailFaultKind::Refuse { code, text } => MailFaultKind::refuse(*code, &text.replace("{address}", address)),
            kind => kind.clone(),
        });
    }
    None
}
