//! The login mechanisms PLAIN (RFC 4616) and LOGIN, within the command AUTH (RFC 4954 section 4).

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{mailbox::Mechanism, reply::Reply};

/// The state of a login that waits for the client's next line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dialogue {
    Plain,
    LoginName,
    LoginPassword {
        name: String,
    },
    Token,
    /// The server has said why it does not accept the token, and waits for an empty line.
    TokenRefused,
}

/// The result of a line from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// The server asks for more.
    Ask(Dialogue, Reply),
    /// The client has sent name and password.
    Complete {
        name: String,
        password: String,
    },
    Refused(Reply),
}

/// Begins a login. `initial` is the initial response, if the client sent one with AUTH.
pub(super) fn begin(mechanism: Mechanism, initial: Option<&str>) -> Turn {
    let (dialogue, prompt) = match mechanism {
        Mechanism::Plain => (Dialogue::Plain, ""),
        Mechanism::Login => (Dialogue::LoginName, "Username:"),
        Mechanism::Xoauth2 => (Dialogue::Token, ""),
    };
    match initial {
        None => Turn::Ask(dialogue, question(prompt)),
        // An equals sign means an empty initial response (RFC 4954 section 4).
        Some("=") => answered(dialogue, &[]),
        Some(text) => go_on(dialogue, text.as_bytes()),
    }
}

/// Continues a login with the client's line.
pub(super) fn go_on(dialogue: Dialogue, line: &[u8]) -> Turn {
    if line == b"*" {
        return Turn::Refused(Reply::new(501, "5.7.0 cancelled"));
    }
    if dialogue == Dialogue::TokenRefused {
        return if line.is_empty() { denied() } else { Turn::Refused(Reply::new(501, "5.5.2 an empty line")) };
    }
    match BASE64_STANDARD.decode(line) {
        Ok(bytes) => answered(dialogue, &bytes),
        Err(_) => Turn::Refused(Reply::new(501, "5.5.2 not base64")),
    }
}

fn answered(dialogue: Dialogue, bytes: &[u8]) -> Turn {
    let Ok(text) = str::from_utf8(bytes) else { return denied() };
    match dialogue {
        Dialogue::Plain => {
            let parts: Vec<&str> = text.split('\0').collect();
            match *parts.as_slice() {
                // An authorization identity other than the user is not supported.
                [identity, name, password] if identity.is_empty() || identity == name => complete(name, password),
                _ => denied(),
            }
        }
        Dialogue::LoginName => Turn::Ask(Dialogue::LoginPassword { name: text.to_owned() }, question("Password:")),
        Dialogue::LoginPassword { name } => complete(&name, text),
        // user=NAME ^A auth=Bearer TOKEN ^A ^A
        Dialogue::Token => {
            let parts: Vec<&str> = text.split('\u{1}').collect();
            match *parts.as_slice() {
                [user, auth, "", ""] => match (user.strip_prefix("user="), auth.strip_prefix("auth=Bearer ")) {
                    (Some(user), Some(token)) => complete(user, token),
                    _ => denied(),
                },
                _ => denied(),
            }
        }
        Dialogue::TokenRefused => denied(),
    }
}

fn complete(name: &str, password: &str) -> Turn {
    Turn::Complete { name: name.to_owned(), password: password.to_owned() }
}

fn denied() -> Turn {
    Turn::Refused(wrong())
}

/// The reply to a wrong login. It does not say whether name or password is wrong.
pub(super) fn wrong() -> Reply {
    Reply::new(535, "5.7.8 wrong name or password")
}

/// What a server says of a token that it does not accept.
pub(super) fn token_refused() -> Turn {
    Turn::Ask(Dialogue::TokenRefused, question(r#"{"status":"401","schemes":"bearer","scope":"smtp"}"#))
}

fn question(prompt: &str) -> Reply {
    Reply::new(334, &BASE64_STANDARD.encode(prompt))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Turn {
        begin(Mechanism::Plain, Some(&BASE64_STANDARD.encode(text)))
    }

    #[test]
    fn plain_is_said_at_once_or_when_asked() {
        let expected = complete("anna", "pass word");
        assert_eq!(plain("\0anna\0pass word"), expected);
        assert_eq!(plain("anna\0anna\0pass word"), expected);
        let Turn::Ask(dialogue, reply) = begin(Mechanism::Plain, None) else { panic!("no question") };
        assert_eq!(reply.to_bytes(), b"334 \r\n");
        assert_eq!(go_on(dialogue, BASE64_STANDARD.encode("\0anna\0pass word").as_bytes()), expected);
    }

    #[test]
    fn login_asks_twice() {
        let Turn::Ask(dialogue, reply) = begin(Mechanism::Login, None) else { panic!("no question") };
        assert_eq!(reply.to_bytes(), b"334 VXNlcm5hbWU6\r\n");
        let Turn::Ask(dialogue, reply) = go_on(dialogue, b"YW5uYQ==") else { panic!("no question") };
        assert_eq!(reply.to_bytes(), b"334 UGFzc3dvcmQ6\r\n");
        assert_eq!(go_on(dialogue, b"eA=="), complete("anna", "x"));
    }

    #[test]
    fn nonsense_is_refused() {
        let code = |turn| match turn {
            Turn::Refused(reply) => reply.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(plain("other\0anna\0x")), 535);
        assert_eq!(code(plain("anna\0x")), 535);
        assert_eq!(code(begin(Mechanism::Plain, Some("="))), 535);
        assert_eq!(code(begin(Mechanism::Plain, Some("%%"))), 501);
        assert_eq!(code(go_on(Dialogue::LoginName, b"*")), 501);
        assert_eq!(code(go_on(Dialogue::LoginName, b"/w==")), 535);
    }
}
