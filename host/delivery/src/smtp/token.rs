//! Access tokens for XOAUTH2, from the token endpoint of the company's identity provider (RFC 6749): with a refresh token
//! (section 6), else with the client's own credentials (section 4.4).

use crate::Kind;
use crate::smtp::verdict::Trouble;
use bytes::Bytes;
use hibob_base::secret::Secret;
use hibob_net::transport::{AGENT, HttpTransport, Transport, read_whole};
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http_body_util::Full;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// The longest wait for a token.
const TOKEN_TIME_MAX: Duration = Duration::from_secs(30);
/// The most bytes of the endpoint's answer that are read. Tokens have a few thousand.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// For how long a token counts whose endpoint does not say it.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(300);
/// How long before its end a token is not used any more.
const BEFORE_THE_END: Duration = Duration::from_secs(60);

/// Where tokens come from.
pub(super) struct TokenSource {
    pub(super) url: String,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) refresh_token: Option<Secret>,
    pub(super) scope: Option<String>,
    pub(super) transport: HttpTransport,
    pub(super) last: Mutex<Option<(Secret, Instant)>>,
}

impl TokenSource {
    /// A token that counts for a while: the last one, or a new one.
    ///
    /// # Errors
    /// The endpoint cannot be reached, or refuses.
    pub(super) async fn token(&self) -> Result<Secret, Trouble> {
        let mut last = self.last.lock().await;
        if let Some((token, until)) = last.as_ref()
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let late = |_| Trouble::own(Kind::Temporary, "the token endpoint took longer than 30 seconds");
        let (token, lifetime) = timeout(TOKEN_TIME_MAX, self.ask()).await.map_err(late)??;
        *last = Some((token.clone(), Instant::now() + lifetime.saturating_sub(BEFORE_THE_END)));
        Ok(token)
    }

    /// Forgets the last token, which was not accepted.
    pub(super) async fn forget(&self) {
        *self.last.lock().await = None;
    }

    async fn ask(&self) -> Result<(Secret, Duration), Trouble> {
        let own = |kind, what: String| Trouble::own(kind, &format!("no token for the mail server: {what}"));
        let request = Request::post(&self.url)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::<Bytes>::from(self.form()))
            .map_err(|error| own(Kind::Channel, error.to_string()))?;
        let sent = self.transport.send(request).await;
        let response = sent.map_err(|error| own(Kind::of(&error), error.to_string()))?;
        let (head, body) = response.into_parts();
        let body = read_whole(body, ANSWER_BYTES_MAX).await.map_err(|what| own(Kind::Temporary, what))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let word = |name: &str| answer.get(name).and_then(Value::as_str);
        let status = head.status.as_u16();
        if !head.status.is_success() {
            let kind = if matches!(status, 408 | 429 | 500..) { Kind::Temporary } else { Kind::Channel };
            // RFC 6749, section 5.2: one word for programs, and a sentence for people.
            let why = [word("error"), word("error_description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
            return Err(own(
                kind,
                format!(
                    "the token endpoint answered with status {status} {why}; look at the client's id, secret and scope in \
                     [references.smtp.oauth]"
                ),
            ));
        }
        let token = word("access_token").and_then(Secret::checked);
        let token =
            token.ok_or_else(|| own(Kind::Channel, "the token endpoint's answer has no access_token".to_owned()))?;
        // Some endpoints give the number as a text.
        let seconds =
            answer.get("expires_in").and_then(|given| given.as_u64().or_else(|| given.as_str()?.parse().ok()));
        Ok((token, seconds.map_or(LIFETIME_DEFAULT, Duration::from_secs)))
    }

    /// The request's body (RFC 6749, appendix B).
    fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.client_id).append_pair("client_secret", self.client_secret.reveal());
        match &self.refresh_token {
            Some(token) => form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.reveal()),
            None => form.append_pair("grant_type", "client_credentials"),
        };
        form.extend_pairs(self.scope.iter().map(|scope| ("scope", scope)));
        form.finish()
    }
}
