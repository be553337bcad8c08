//! Sessions: who has signed in, what ends a session, and links that sign in once.
//!
//! A browser holds 256 random bits in a cookie, the database their SHA-256. A session belongs to a token of the API: it may
//! what the token may, and ends within one request when the token is revoked or expires. It ends after half an hour without
//! a request, and after twelve hours in any case.

use crate::Console;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hibob_base::error::HostError;
use hibob_store::database::{ConsoleSession, ControlDatabase};
use hibob_store::token::StoredToken;
use rand::TryRng;
use sha2::{Digest, Sha256};

/// After how many seconds without a request a session ends.
pub(crate) const IDLE_SECONDS: i64 = 30 * 60;

/// After how many seconds a session ends in any case.
pub(crate) const SESSION_SECONDS: i64 = 12 * 60 * 60;

/// For how many seconds after showing the token, or a link, somebody may decide about a plan without showing it again.
pub(crate) const PROOF_SECONDS: i64 = 10 * 60;

/// For how many seconds a link that signs in can be used.
pub const LINK_SECONDS: i64 = 60;

/// How often a session's last use is noted, in seconds.
const NOTED_SECONDS: i64 = 60;

/// The length of what a browser, or a link, holds, in bytes.
const SECRET_BYTES: usize = 32;

/// A session that holds, with the token that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) digest: [u8; 32],
    pub(crate) row: ConsoleSession,
    pub(crate) token: StoredToken,
}

/// The time now, in Unix seconds.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// Draws what a browser or a link holds. Returns it as text, and its digest.
fn draw() -> Result<(String, [u8; 32]), HostError> {
    let mut random = [0_u8; SECRET_BYTES];
    let filled = rand::rngs::SysRng.try_fill_bytes(&mut random);
    filled.map_err(|error| HostError::Engine(format!("the system gives no random numbers: {error}")))?;
    Ok((BASE64_URL_SAFE_NO_PAD.encode(random), Sha256::digest(random).into()))
}

/// The digest of what a browser or a link holds; none if the text cannot be that.
pub(crate) fn digest(text: &str) -> Option<[u8; 32]> {
    let random = BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|random| random.len() == SECRET_BYTES)?;
    Some(Sha256::digest(random).into())
}

/// Makes a link that signs a person in once within [`LINK_SECONDS`], with what this token may. Returns the end of its
/// address, below that of the host.
///
/// # Errors
/// The database failed, or the system gives no random numbers.
pub async fn new_link(control: &ControlDatabase, token: &str, person: &str) -> Result<String, HostError> {
    let (code, digest) = draw()?;
    let now = now();
    control.add_console_link(&digest, token, person, now, now + LINK_SECONDS).await?;
    Ok(format!("/console/link?code={code}"))
}

impl Console {
    /// Begins a session of this person with this token. Returns what the browser has to hold.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn begin_session(&self, token: &str, person: &str) -> Result<String, HostError> {
        let (secret, digest) = draw()?;
        let now = now();
        let session = ConsoleSession {
            token: token.to_owned(),
            person: person.to_owned(),
            started_at: now,
            seen_at: now,
            proved_at: now,
        };
        let (oldest_start, oldest_sight) = (now - SESSION_SECONDS, now - IDLE_SECONDS);
        self.data.control().add_console_session(&digest, &session, oldest_start, oldest_sight).await?;
        Ok(secret)
    }

    /// The session of which a browser holds this; none if there is none that holds.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn session(&self, secret: &str) -> Result<Option<Session>, HostError> {
        let control = self.data.control();
        let Some(digest) = digest(secret) else { return Ok(None) };
        let Some(row) = control.console_session(&digest).await? else { return Ok(None) };
        let now = now();
        let is_over = now - row.seen_at >= IDLE_SECONDS || now - row.started_at >= SESSION_SECONDS;
        let token = control.token(&row.token).await?.filter(|token| !is_over && token.is_valid(now));
        let Some(token) = token else {
            control.end_console_session(&digest).await?;
            return Ok(None);
        };
        if now - row.seen_at >= NOTED_SECONDS {
            control.note_console_session(&digest, now, row.proved_at).await?;
        }
        Ok(Some(Session { digest, row, token }))
    }
}

impl Session {
    /// Whether its person has to show the token, or a link, before they decide about a plan.
    pub(crate) fn needs_proof(&self) -> bool {
        now() - self.row.proved_at >= PROOF_SECONDS
    }
}
