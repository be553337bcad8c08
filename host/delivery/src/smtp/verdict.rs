//! The verdict on a mail server's reply: which kind of failure it is.

use crate::Kind;
use hibob_net::transport::{TLS_REMEDY, causes};
use lettre::transport::smtp::Error;
use std::error::Error as _;

/// What is added to the reason why there is no connection: a network that lets nothing out but through a proxy has to
/// let mail out as well.
const DIRECTLY: &str = " (mail goes to the server directly, never through a proxy)";

/// The stage of a delivery at which something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Making the connection: greeting, EHLO, STARTTLS.
    Connection,
    /// Logging in: AUTH.
    Login,
    /// Naming the sender: MAIL. The sender is the same for every delivery.
    Sender,
    /// Naming the recipient: RCPT.
    Recipient,
    /// Sending the message itself: DATA.
    Letter,
}

/// A failure before its text is redacted. The text may be the server's and contain addresses, so this type does not
/// implement `Debug`, and `smtp.rs` redacts the text before it passes it on.
pub(super) struct Trouble {
    kind: Kind,
    code: Option<u16>,
    text: String,
}

impl Trouble {
    /// A failure that the host describes itself.
    pub(super) fn own(kind: Kind, text: &str) -> Self {
        Self { kind, code: None, text: text.to_owned() }
    }

    /// A failure to make a connection.
    pub(super) fn network(error: &std::io::Error) -> Self {
        Self::own(Kind::Temporary, &format!("the mail server cannot be reached: {error}{DIRECTLY}"))
    }

    /// A reply that does not belong to the last command, because the server has sent a reply too many before.
    pub(super) fn out_of_step() -> Self {
        Self::own(Kind::Temporary, "the mail server's replies do not belong to the commands that were sent")
    }

    /// An error of the SMTP client at a stage of the delivery.
    pub(super) fn at(stage: Stage, error: Error) -> Self {
        if let Some(code) = error.status() {
            let code = u16::from(code);
            let words = error.source().map(ToString::to_string).unwrap_or_default();
            let (kind, enhanced) = (kind(stage, code, enhanced(&words), &words), enhanced(&words));
            let whose = whose(stage, code, enhanced, &words);
            return Self { kind, code: Some(code), text: format!("{code} {words}{whose}") };
        }
        if is_tls(&error) {
            return Self::own(
                Kind::Channel,
                &format!("no secure connection can be made: {}{TLS_REMEDY}", causes(&error)),
            );
        }
        if error.is_client() && stage == Stage::Login {
            return Self::own(Kind::Channel, "the mail server offers neither of the login mechanisms PLAIN and LOGIN");
        }
        if error.is_response() {
            return Self::own(Kind::Temporary, "the mail server's answer cannot be read");
        }
        Self::own(Kind::Temporary, &format!("the connection to the mail server failed: {}{DIRECTLY}", causes(&error)))
    }

    /// The server's reply code, if it gave one.
    pub(super) fn code(&self) -> Option<u16> {
        self.code
    }

    /// The kind of failure, and its text, which is not redacted yet.
    pub(super) fn into_parts(self) -> (Kind, String) {
        (self.kind, self.text)
    }
}

/// Whether TLS itself failed, for example because of a certificate. The error inside of an `io::Error` is not returned
/// by `source`, so it is searched separately.
fn is_tls(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        let inner = io.and_then(|io| io.get_ref()).is_some_and(|inner| inner.is::<rustls::Error>());
        if inner || cause.is::<rustls::Error>() {
            return true;
        }
        source = cause.source();
    }
    false
}

/// The enhanced status code at the beginning of a reply (RFC 2034, section 4): class, subject and detail. `None` if
/// there is none.
fn enhanced(words: &str) -> Option<(u16, u16, u16)> {
    let mut parts = words.split_whitespace().next()?.split('.').map(str::parse);
    match (parts.next()?, parts.next()?, parts.next()?, parts.next()) {
        (Ok(class @ (4 | 5)), Ok(subject), Ok(detail), None) => Some((class, subject, detail)),
        _ => None,
    }
}

/// The kind of failure that a refusal means. The codes are defined in RFC 5321 section 4.2, the enhanced codes in RFC
/// 3463 and the registry of RFC 5248.
fn kind(stage: Stage, code: u16, enhanced: Option<(u16, u16, u16)>, words: &str) -> Kind {
    match (code, enhanced) {
        (..500, _) => Kind::Temporary,
        // Authentication is required, too weak, refused, or allowed under TLS only (RFC 4954, section 6; RFC 3207,
        // section 4).
        (530 | 534 | 535 | 538, _) | (_, Some((_, 7, 8..=11))) => Kind::Channel,
        _ if matches!(stage, Stage::Connection | Stage::Login | Stage::Sender) => Kind::Channel,
        // Microsoft Exchange: the account may not send as this sender. Exchange says so only at RCPT or after the
        // message.
        (_, Some((_, 7, 60))) => Kind::Channel,
        // The mailbox is full.
        (_, Some((_, 2, 2))) => Kind::Temporary,
        // The message is too big for the mailbox or for the system.
        (_, Some((_, 2, 3) | (_, 3, 4))) => Kind::Permanent,
        // Out of storage (RFC 5321, section 4.2.2). At RCPT it has to be treated like 452 (section 4.5.3.1.10).
        (552, _) if stage == Stage::Recipient => Kind::Temporary,
        (552, None) if !is_about_size(words) => Kind::Temporary,
        _ => Kind::Permanent,
    }
}

/// Whether the words of a refusal without an enhanced code are about the size of the message. Servers give 552 for that
/// (RFC 1870, section 6) and for a mailbox that is full (RFC 5321, section 4.2.2).
fn is_about_size(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["size", "large", "big", "length", "limit"].iter().any(|word| words.contains(word))
}

/// Whose side a refusal with code 552 is on, as an addition to the server's words.
fn whose(stage: Stage, code: u16, enhanced: Option<(u16, u16, u16)>, words: &str) -> &'static str {
    const SIZE: &str = " (a mail server on the way takes no message of this size: the address is right. Ask whoever runs the \
                        server in references.smtp.host for a higher limit)";
    const FULL: &str = " (the mailbox of this address is full)";
    const SENDER: &str = " (the account that sends, references.smtp.from, has no room left at its mail server)";
    match (code, enhanced) {
        (552, _) if stage == Stage::Sender => SENDER,
        (552, Some((_, 3, 4) | (_, 2, 3))) => SIZE,
        (552, Some((_, 2, 2))) => FULL,
        (552, None) if stage == Stage::Letter && is_about_size(words) => SIZE,
        (552, None) if matches!(stage, Stage::Letter | Stage::Recipient) => FULL,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_code_and_stage() {
        use Kind::{Channel, Permanent, Temporary};
        for (stage, answer, expected) in [
            (Stage::Connection, "421 4.3.2 closing", Temporary),
            (Stage::Connection, "554 5.7.1 you are on a list", Channel),
            (Stage::Connection, "454 4.7.0 no TLS for now", Temporary),
            (Stage::Login, "454 4.7.0 try later", Temporary),
            (Stage::Login, "535 5.7.8 wrong", Channel),
            (Stage::Login, "504 5.5.4 no such mechanism", Channel),
            (Stage::Sender, "530 5.7.0 log in first", Channel),
            (Stage::Sender, "550 5.7.1 not your address", Channel),
            (Stage::Sender, "452 4.3.1 out of storage", Temporary),
            (Stage::Recipient, "450 4.2.1 busy", Temporary),
            (Stage::Recipient, "451 4.7.1 greylisted", Temporary),
            (Stage::Recipient, "550 5.1.1 no such user", Permanent),
            (Stage::Recipient, "550 no such user", Permanent),
            (Stage::Recipient, "550 5.2.1 disabled", Permanent),
            (Stage::Recipient, "552 5.2.2 full", Temporary),
            (Stage::Recipient, "552 full", Temporary),
            (Stage::Recipient, "550 5.7.60 may not send as this sender", Channel),
            (Stage::Recipient, "530 5.7.0 log in first", Channel),
            (Stage::Letter, "552 5.3.4 too big", Permanent),
            (Stage::Letter, "552 5.2.2 full", Temporary),
            (Stage::Letter, "552 too big", Permanent),
            (Stage::Letter, "552 message exceeds maximum size", Permanent),
            (Stage::Letter, "552 mailbox full", Temporary),
            (Stage::Letter, "554 5.7.1 spam", Permanent),
            (Stage::Letter, "554 5.7.9 too weak", Channel),
            (Stage::Letter, "451 4.3.0 later", Temporary),
        ] {
            let (code, words) = answer.split_once(' ').unwrap();
            assert_eq!(kind(stage, code.parse().unwrap(), enhanced(words), words), expected, "{stage:?} {answer}");
        }
    }

    #[test]
    fn a_552_says_on_whose_side_it_is() {
        for (stage, answer, expected) in [
            (Stage::Sender, "552 out of storage", "references.smtp.from"),
            (Stage::Recipient, "552 full", "mailbox of this address is full"),
            (Stage::Letter, "552 5.2.2 full", "mailbox of this address is full"),
            (Stage::Letter, "552 mailbox full", "mailbox of this address is full"),
            (Stage::Letter, "552 5.3.4 too big", "the address is right"),
            (Stage::Letter, "552 Message too large", "the address is right"),
            (Stage::Letter, "552 5.7.0 content refused", ""),
            (Stage::Letter, "554 5.7.1 spam", ""),
        ] {
            let (code, words) = answer.split_once(' ').unwrap();
            let whose = whose(stage, code.parse().unwrap(), enhanced(words), words);
            assert!(whose.contains(expected) && whose.is_empty() == expected.is_empty(), "{answer}: {whose}");
        }
    }

    #[test]
    fn an_enhanced_code_has_three_numbers() {
        assert_eq!(enhanced("5.1.1 x"), Some((5, 1, 1)));
        for words in ["", "x", "5.1", "5.1.1.1 x", "2.1.0 x", "127.0.0.1 x", "5.a.1"] {
            assert_eq!(enhanced(words), None, "{words}");
        }
    }
}
