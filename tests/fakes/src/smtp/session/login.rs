//! The command AUTH.

use super::{Phase, Session};
use crate::smtp::{
    auth::{self, Dialogue, Turn},
    fault::At,
    mailbox::{Mailbox, Mechanism, Security},
    reply::Reply,
};

impl Session {
    /// Whether a login is allowed now. If the server supports TLS, it is allowed over TLS only.
    pub(super) fn may_log_in(&self, mailbox: &Mailbox) -> bool {
        let settings = &mailbox.settings;
        let safe = self.secure || settings.security == Security::None;
        safe && settings.account.is_some() && !settings.mechanisms.is_empty()
    }

    /// Processes the command AUTH (RFC 4954 section 4).
    pub(super) fn log_in(&mut self, mailbox: &mut Mailbox, mechanism: &str, initial: Option<&str>) {
        let refusal = if !self.hello.is_some_and(|hello| hello.extended) {
            Some(Reply::bad_order("EHLO first"))
        } else if mailbox.settings.account.is_none() {
            Some(Reply::new(502, "5.5.1 nobody has to log in"))
        } else if self.user.is_some() {
            Some(Reply::bad_order("you are logged in"))
        } else if self.transaction.is_some() {
            Some(Reply::bad_order("not between MAIL and the message"))
        } else if !self.may_log_in(mailbox) {
            Some(Reply::new(538, "5.7.11 STARTTLS first"))
        } else {
            None
        };
        let known = mailbox.settings.mechanisms.iter().find(|known| known.name() == mechanism).copied();
        match (refusal, known) {
            (Some(reply), _) => self.say(mailbox, reply),
            (None, None) => self.say(mailbox, Reply::new(504, "5.5.4 no such mechanism")),
            (None, Some(mechanism)) => self.take_turn(mailbox, auth::begin(mechanism, initial)),
        }
    }

    pub(super) fn go_on_with_login(&mut self, mailbox: &mut Mailbox, dialogue: Dialogue, line: &[u8]) {
        self.take_turn(mailbox, auth::go_on(dialogue, line));
    }

    fn take_turn(&mut self, mailbox: &mut Mailbox, turn: Turn) {
        match turn {
            Turn::Refused(reply) => self.say(mailbox, reply),
            Turn::Ask(dialogue, reply) => {
                self.phase = Phase::Login(dialogue);
                self.say(mailbox, reply);
            }
            Turn::Complete { name, password } => {
                let is_token = mailbox.settings.mechanisms == [Mechanism::Xoauth2];
                if is_token && !mailbox.lets_in(&name, &password) {
                    return self.take_turn(mailbox, auth::token_refused());
                }
                let user = name.clone();
                self.carry_out(mailbox, At::Auth, &[&user], |session, mailbox| {
                    if !mailbox.lets_in(&name, &password) {
                        return auth::wrong();
                    }
                    session.user = Some(name);
                    Reply::new(235, "2.7.0 welcome")
                });
            }
        }
    }
}
