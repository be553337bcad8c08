//! The commands MAIL, RCPT and DATA.

use super::{Phase, Session};
use crate::smtp::{
    command::Parameters,
    data::{Body, too_big},
    fault::At,
    mailbox::{Mailbox, Security},
    reply::Reply,
};

/// The envelope of a message before the message itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Transaction {
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    pub(super) eight_bit: bool,
    pub(super) utf8: bool,
}

impl Session {
    pub(super) fn mail(&mut self, mailbox: &mut Mailbox, sender: String, parameters: &Parameters) {
        match self.begin(mailbox, sender, parameters) {
            Err(reply) => self.say(mailbox, reply),
            Ok(transaction) => {
                let sender = transaction.sender.clone();
                self.carry_out(mailbox, At::Mail, &[&sender], |session, _| {
                    session.transaction = Some(transaction);
                    Reply::new(250, "2.1.0 sender taken")
                });
            }
        }
    }

    fn begin(&self, mailbox: &Mailbox, sender: String, parameters: &Parameters) -> Result<Transaction, Reply> {
        let hello = self.hello.ok_or_else(|| Reply::bad_order("EHLO first"))?;
        if self.transaction.is_some() {
            return Err(Reply::bad_order("there is a sender"));
        }
        if mailbox.settings.security == Security::StartTls && !self.secure {
            return Err(Reply::new(530, "5.7.0 STARTTLS first"));
        }
        if mailbox.settings.account.is_some() && self.user.is_none() {
            return Err(Reply::new(530, "5.7.0 AUTH first"));
        }
        if !hello.extended && !parameters.is_empty() {
            return Err(Reply::bad_parameter("parameters need EHLO"));
        }
        let mut transaction = Transaction { sender, ..Transaction::default() };
        for (keyword, value) in parameters {
            set(&mut transaction, mailbox, keyword, value.as_deref())?;
        }
        if !transaction.utf8 && !transaction.sender.is_ascii() {
            return Err(Reply::new(550, "5.6.7 an address beyond ASCII needs SMTPUTF8"));
        }
        Ok(transaction)
    }

    pub(super) fn rcpt(&mut self, mailbox: &mut Mailbox, recipient: String, parameters: &Parameters) {
        if let Err(reply) = self.admit(mailbox, &recipient, parameters) {
            return self.say(mailbox, reply);
        }
        let address = recipient.clone();
        self.carry_out(mailbox, At::Rcpt, &[&address], |session, mailbox| {
            let now = session.now;
            let Some(transaction) = &mut session.transaction else { return Reply::bad_order("MAIL first") };
            if let Some(refusal) = mailbox.put_off(&transaction.sender, &recipient, now) {
                return refusal;
            }
            transaction.recipients.push(recipient);
            Reply::new(250, "2.1.5 recipient taken")
        });
    }

    fn admit(&self, mailbox: &Mailbox, recipient: &str, parameters: &Parameters) -> Result<(), Reply> {
        let transaction = self.transaction.as_ref().ok_or_else(|| Reply::bad_order("MAIL first"))?;
        if !parameters.is_empty() {
            return Err(Reply::bad_parameter("RCPT has no parameters here"));
        }
        if !transaction.utf8 && !recipient.is_ascii() {
            return Err(Reply::new(553, "5.6.7 an address beyond ASCII needs SMTPUTF8"));
        }
        if transaction.recipients.len() >= mailbox.settings.recipients_max {
            return Err(Reply::new(452, "4.5.3 too many recipients"));
        }
        Ok(())
    }

    pub(super) fn data(&mut self, mailbox: &mut Mailbox) {
        let Some(transaction) = &self.transaction else {
            return self.say(mailbox, Reply::bad_order("MAIL first"));
        };
        if transaction.recipients.is_empty() {
            return self.say(mailbox, Reply::new(554, "5.5.1 no valid recipients"));
        }
        let recipients = transaction.recipients.clone();
        let addresses: Vec<&str> = recipients.iter().map(String::as_str).collect();
        self.carry_out(mailbox, At::Data, &addresses, |session, mailbox| {
            session.phase = Phase::Message(Body::new(mailbox.settings.size_max));
            Reply::new(354, "end with a dot on a line")
        });
    }
}

/// A parameter of MAIL, if its extension was offered.
fn set(transaction: &mut Transaction, mailbox: &Mailbox, keyword: &str, value: Option<&str>) -> Result<(), Reply> {
    let settings = &mailbox.settings;
    match (keyword, value) {
        ("SIZE", Some(digits)) => {
            // SIZE has up to twenty digits (RFC 1870 section 3).
            let known = digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let size = digits.parse().unwrap_or(u64::MAX);
            match known {
                false => Err(Reply::bad_argument("SIZE is a number")),
                true if size > settings.size_max as u64 => Err(too_big()),
                true => Ok(()),
            }
        }
        ("BODY", Some(body)) if settings.eight_bit => {
            transaction.eight_bit = body.eq_ignore_ascii_case("8BITMIME");
            let known = transaction.eight_bit || body.eq_ignore_ascii_case("7BIT");
            if known { Ok(()) } else { Err(Reply::bad_argument("BODY is 7BIT or 8BITMIME")) }
        }
        ("SMTPUTF8", None) if settings.utf8 => {
            transaction.utf8 = true;
            Ok(())
        }
        // The AUTH parameter, by which a relay names the original sender, is ignored (RFC 4954 section 5).
        ("AUTH", Some(_)) if settings.account.is_some() => Ok(()),
        _ => Err(Reply::bad_parameter(&format!("{keyword} is not known"))),
    }
}
