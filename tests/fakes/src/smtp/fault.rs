//! Faults that a test injects into deliveries.

use std::time::Duration;

/// The points of a delivery at which a fault can be injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At the greeting of a new connection.
    Connect,
    /// At EHLO or HELO.
    Hello,
    /// At STARTTLS.
    StartTls,
    /// At the reply to a name and a password.
    Auth,
    /// At MAIL, which names the sender.
    Mail,
    /// At RCPT, which names a recipient.
    Rcpt,
    /// At DATA, before the message.
    Data,
    /// After the message's final dot.
    EndOfData,
}

/// A fault at a point of the delivery. Each time, the first fault in the list that matches is used up. Commands that
/// are refused anyway use up none.
#[derive(Debug, Clone)]
pub struct MailFault {
    /// The point.
    pub at: At,
    /// The fault applies only to addresses that contain this text, in upper or lower case: the sender at [`At::Mail`],
    /// the recipient at [`At::Rcpt`], any recipient of the message at later points, the user name at [`At::Auth`].
    pub address_contains: String,
    /// The number of matches before the fault applies.
    pub after: usize,
    /// The number of matches after these to which the fault applies.
    pub times: usize,
    /// What happens instead of the right answer.
    pub kind: MailFaultKind,
}

/// What happens instead of the right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFaultKind {
    /// The command is refused and not carried out. After 421 the server closes the connection (RFC 5321 section 3.8).
    Refuse {
        /// The reply code: 4xx is temporary, 5xx permanent.
        code: u16,
        /// The text. `{address}` in it is replaced by the address.
        text: String,
    },
    /// The command is carried out, and the reply is sent so much later.
    Late(Duration),
    /// The command is not carried out and never answered.
    Hang,
    /// The command is not carried out, and the connection is reset.
    ResetBefore,
    /// The command is carried out; then the connection is reset without a reply. At [`At::EndOfData`] the message has
    /// been accepted, but the client does not know it.
    ResetAfter,
}

impl MailFaultKind {
    /// A refusal with this code and text.
    #[must_use]
    pub fn refuse(code: u16, text: &str) -> Self {
        Self::Refuse { code, text: text.to_owned() }
    }

    /// A temporary refusal.
    #[must_use]
    pub fn busy() -> Self {
        Self::refuse(451, "4.3.0 <{address}>: try again later")
    }

    /// A temporary refusal, after which the server closes the connection.
    #[must_use]
    pub fn closing() -> Self {
        Self::refuse(421, "4.3.2 the service is closing")
    }
}

impl MailFault {
    /// A fault for the next time that this point is reached.
    #[must_use]
    pub fn once(at: At, kind: MailFaultKind) -> Self {
        Self { at, address_contains: String::new(), after: 0, times: 1, kind }
    }

    /// A fault for each time that this point is reached.
    #[must_use]
    pub fn always(at: At, kind: MailFaultKind) -> Self {
        Self::once(at, kind).times(usize::MAX)
    }

    /// A permanent refusal of a recipient, with the address in the reply, as many servers send it.
    #[must_use]
    pub fn no_such_user(address: &str) -> Self {
        Self::always(At::Rcpt, MailFaultKind::refuse(550, "5.1.1 <{address}>: no such user")).to(address)
    }

    /// Limits the fault to addresses that contain the text.
    #[must_use]
    pub fn to(mut self, address_contains: &str) -> Self {
        self.address_contains = address_contains.to_lowercase();
        self
    }

    /// Applies the fault so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Applies the fault only after so many matches.
    #[must_use]
    pub fn after(mut self, after: usize) -> Self {
        self.after = after;
        self
    }

    /// The address that matches, which is empty if the point has none; `None` if the fault does not apply.
    fn matching<'a>(&self, at: At, addresses: &[&'a str]) -> Option<&'a str> {
        if self.at != at || self.times == 0 {
            return None;
        }
        let found = addresses.iter().find(|address| address.to_lowercase().contains(&self.address_contains)).copied();
        found.or_else(|| self.address_contains.is_empty().then_some(""))
    }
}

/// Finds the first fault that matches at this point, uses it up, and puts the address into its text.
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
