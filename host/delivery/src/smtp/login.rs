//! Logging in at the mail server (RFC 4954): by PLAIN or LOGIN with a password, or by XOAUTH2 with an access token
//! (<https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>, and Microsoft's "Authenticate an IMAP, POP or
//! SMTP connection using OAuth").

use crate::Kind;
use crate::smtp::token::TokenSource;
use crate::smtp::verdict::{Stage, Trouble};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Auth, Ehlo};
use lettre::transport::smtp::extension::ClientId;

/// The mechanisms for a password, the preferred one first.
const WITH_PASSWORD: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
/// The reply code with which a server asks for more (RFC 4954, section 4).
const CHALLENGE: u16 = 334;
/// Most questions of a server in one login; LOGIN has two.
const CHALLENGES_MAX: usize = 4;

/// How the host logs in.
pub(super) enum Login {
    /// With a password.
    Password(Credentials),
    /// As this user, with an access token.
    Token(String, Box<TokenSource>),
}

impl Login {
    /// Logs in.
    pub(super) async fn at(&self, connection: &mut AsyncSmtpConnection, hello: &ClientId) -> Result<(), Trouble> {
        match self {
            Self::Password(credentials) => {
                let Some(mechanism) = offered(connection, hello, &WITH_PASSWORD).await? else {
                    let text = "the mail server offers neither of the login mechanisms PLAIN and LOGIN, and \
                                references.smtp.password is for these; some servers take tokens only: [references.smtp.oauth]";
                    return Err(Trouble::own(Kind::Channel, text));
                };
                with_password(connection, mechanism, credentials).await
            }
            Self::Token(user, source) => {
                if offered(connection, hello, &[Mechanism::Xoauth2]).await?.is_none() {
                    let text = "the mail server does not offer the login mechanism XOAUTH2, which [references.smtp.oauth] \
                                is for";
                    return Err(Trouble::own(Kind::Channel, text));
                }
                let token = source.token().await?;
                let credentials = Credentials::new(user.clone(), token.reveal().to_owned());
                let result = with_token(connection, credentials).await;
                if result.is_err() {
                    // It may have been withdrawn before its end; the next attempt asks for a new one.
                    source.forget().await;
                }
                result
            }
        }
    }
}

/// The first of these mechanisms that the server offers. Some servers offer theirs in an old form, `AUTH=LOGIN`, or in
/// small letters, both of which `lettre` does not read; then the answer to EHLO is asked for and read here.
async fn offered(
    connection: &mut AsyncSmtpConnection,
    hello: &ClientId,
    wanted: &[Mechanism],
) -> Result<Option<Mechanism>, Trouble> {
    if let Some(mechanism) = connection.server_info().get_auth_mechanism(wanted) {
        return Ok(Some(mechanism));
    }
    let answer = connection.command(Ehlo::new(hello.clone())).await;
    let answer = answer.map_err(|error| Trouble::at(Stage::Connection, error))?;
    let words: Vec<String> = answer.message().flat_map(mechanisms).collect();
    Ok(wanted.iter().copied().find(|mechanism| words.contains(&mechanism.to_string())))
}

/// The mechanisms in a line of the answer to EHLO, in capitals.
fn mechanisms(line: &str) -> Vec<String> {
    let line = line.trim().to_ascii_uppercase();
    match line.strip_prefix("AUTH").filter(|rest| rest.starts_with([' ', '='])) {
        Some(rest) => rest.split([' ', '=']).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        None => Vec::new(),
    }
}

async fn with_password(
    connection: &mut AsyncSmtpConnection,
    mechanism: Mechanism,
    credentials: &Credentials,
) -> Result<(), Trouble> {
    let failed = |error| Trouble::at(Stage::Login, error);
    let first = Auth::new(mechanism, credentials.clone(), None).map_err(failed)?;
    let mut answer = connection.command(first).await.map_err(failed)?;
    for _ in 0..CHALLENGES_MAX {
        if !answer.has_code(CHALLENGE) {
            return Ok(());
        }
        let next = Auth::new_from_response(mechanism, credentials.clone(), &answer).map_err(failed)?;
        answer = connection.command(next).await.map_err(failed)?;
    }
    Err(Trouble::own(Kind::Channel, "the mail server asks for name and password without end"))
}

/// A server that does not accept the token says why as a question, which an empty line answers; then it refuses.
async fn with_token(connection: &mut AsyncSmtpConnection, credentials: Credentials) -> Result<(), Trouble> {
    let failed = |error| Trouble::at(Stage::Login, error);
    let command = Auth::new(Mechanism::Xoauth2, credentials, None).map_err(failed)?;
    let answer = connection.command(command).await.map_err(failed)?;
    if !answer.has_code(CHALLENGE) {
        return Ok(());
    }
    let status = answer.first_word().and_then(status).map(|status| format!(" (status {status})")).unwrap_or_default();
    let refused = connection.command("\r\n").await;
    let text = match refused {
        Ok(_) => "the mail server asks for more than a token".to_owned(),
        Err(error) => {
            let (_, words) = failed(error).into_parts();
            format!(
                "the mail server does not accept the token{status}: {words}; it has to be for references.smtp.user, and \
                 for sending mail (scope)"
            )
        }
    };
    Err(Trouble::own(Kind::Channel, &text))
}

/// The status in a server's reason, which is JSON in base64.
fn status(challenge: &str) -> Option<String> {
    let reason: serde_json::Value = serde_json::from_slice(&STANDARD.decode(challenge).ok()?).ok()?;
    let status = reason.get("status")?;
    let text = status.as_str().map_or_else(|| status.to_string(), str::to_owned);
    let is_plain = text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mechanisms_are_read_in_the_new_form_and_in_the_old_one() {
        for line in
            ["AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN", "auth=plain login", "AUTH=PLAIN=LOGIN", "AUTH  PLAIN  LOGIN "]
        {
            assert_eq!(mechanisms(line), ["PLAIN", "LOGIN"], "{line}");
        }
        for line in ["AUTHENTICATE PLAIN", "SIZE 1000", "", "XAUTH LOGIN"] {
            assert_eq!(mechanisms(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn the_reason_of_a_refused_token_is_a_status() {
        let status = |json: &str| status(&STANDARD.encode(json));
        assert_eq!(status(r#"{"status":"401","schemes":"bearer"}"#).as_deref(), Some("401"));
        assert_eq!(status(r#"{"status":"invalid_token"}"#).as_deref(), Some("invalid_token"));
        assert_eq!(status(r#"{"status":"a b\n"}"#), None);
        assert_eq!(status("no JSON"), None);
    }
}
