//! The commands EHLO, HELO and STARTTLS.

use super::{Hello, Phase, Session};
use crate::smtp::{
    fault::At,
    mailbox::{Mailbox, Security},
    reply::Reply,
};

impl Session {
    pub(super) fn hello(&mut self, mailbox: &mut Mailbox, extended: bool) {
        self.carry_out(mailbox, At::Hello, &[], |session, mailbox| {
            session.hello = Some(Hello { extended });
            session.transaction = None;
            let settings = &mailbox.settings;
            let mut lines = vec![settings.host.clone()];
            if extended {
                lines.push("ENHANCEDSTATUSCODES".to_owned());
                lines.push(format!("SIZE {}", settings.size_max));
                let mechanisms: Vec<&str> = settings.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
                for (offered, line) in [
                    (settings.eight_bit, "8BITMIME".to_owned()),
                    (settings.utf8, "SMTPUTF8".to_owned()),
                    (settings.pipelining, "PIPELINING".to_owned()),
                    (session.may_start_tls(mailbox), "STARTTLS".to_owned()),
                    (
                        session.may_log_in(mailbox),
                        format!("AUTH{}{}", if settings.old_auth { '=' } else { ' ' }, mechanisms.join(" ")),
                    ),
                ] {
                    lines.extend(offered.then_some(line));
                }
            }
            Reply { code: 250, lines }
        });
    }

    fn may_start_tls(&self, mailbox: &Mailbox) -> bool {
        let offered = matches!(mailbox.settings.security, Security::StartTls | Security::StartTlsOptional);
        offered && !self.secure
    }

    pub(super) fn start_tls(&mut self, mailbox: &mut Mailbox) {
        if self.secure {
            return self.say(mailbox, Reply::bad_order("TLS is on"));
        }
        if !self.may_start_tls(mailbox) {
            return self.say(mailbox, Reply::new(502, "5.5.1 no TLS here"));
        }
        if !self.hello.is_some_and(|hello| hello.extended) {
            return self.say(mailbox, Reply::bad_order("EHLO first"));
        }
        self.carry_out(mailbox, At::StartTls, &[], |session, _| {
            session.phase = Phase::Handshake;
            Reply::new(220, "2.0.0 go ahead")
        });
    }
}
