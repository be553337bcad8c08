//! The sessions of the console, and the links that sign in once, in the control database. Neither table has what a browser
//! or a person holds: both have SHA-256 digests, which is enough for 256 random bits.

use crate::database::ControlDatabase;
use crate::database::statement::query;
use hibob_base::error::HostError;
use sqlx::FromRow;

/// A session of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The id of the token that says what it may do, and with which it ends.
    pub token: String,
    /// The work email of whoever signed in.
    pub person: String,
    /// When it began, in Unix seconds.
    pub started_at: i64,
    /// When it was used last, in Unix seconds; it may lag behind by a minute.
    pub seen_at: i64,
    /// When its person last showed the token, or a link, in Unix seconds.
    pub proved_at: i64,
}

#[derive(FromRow)]
struct SessionRow {
    token: String,
    person: String,
    started_at: i64,
    seen_at: i64,
    proved_at: i64,
}

#[derive(FromRow)]
struct LinkRow {
    token: String,
    person: String,
}

impl ControlDatabase {
    /// Stores a new session, and removes those that began, or were seen last, before these times.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_console_session(
        &self,
        digest: &[u8; 32],
        session: &ConsoleSession,
        oldest_start: i64,
        oldest_sight: i64,
    ) -> Result<(), HostError> {
        query("DELETE FROM console_sessions WHERE started_at < $1 OR seen_at < $2")
            .bind(oldest_start)
            .bind(oldest_sight)
            .execute(&self.store)
            .await?;
        query(
            "INSERT INTO console_sessions (digest, token, person, started_at, seen_at, proved_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(digest.as_slice())
        .bind(&session.token)
        .bind(&session.person)
        .bind(session.started_at)
        .bind(session.seen_at)
        .bind(session.proved_at)
        .execute(&self.store)
        .await?;
        Ok(())
    }

    /// The session with this digest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn console_session(&self, digest: &[u8; 32]) -> Result<Option<ConsoleSession>, HostError> {
        let select =
            query("SELECT token, person, started_at, seen_at, proved_at FROM console_sessions WHERE digest = $1");
        let row: Option<SessionRow> = select.bind(digest.as_slice()).fetch_optional(&self.store).await?;
        Ok(row.map(|row| ConsoleSession {
            token: row.token,
            person: row.person,
            started_at: row.started_at,
            seen_at: row.seen_at,
            proved_at: row.proved_at,
        }))
    }

    /// Notes when a session was seen, and when its person last proved to be there.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_console_session(&self, digest: &[u8; 32], seen_at: i64, proved_at: i64) -> Result<(), HostError> {
        query("UPDATE console_sessions SET seen_at = $1, proved_at = $2 WHERE digest = $3")
            .bind(seen_at)
            .bind(proved_at)
            .bind(digest.as_slice())
            .execute(&self.store)
            .await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_console_session(&self, digest: &[u8; 32]) -> Result<(), HostError> {
        query("DELETE FROM console_sessions WHERE digest = $1").bind(digest.as_slice()).execute(&self.store).await?;
        Ok(())
    }

    /// Stores a link that signs in once until `expires_at` (Unix seconds), and removes those whose time is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_console_link(
        &self,
        digest: &[u8; 32],
        token: &str,
        person: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<(), HostError> {
        query("DELETE FROM console_links WHERE expires_at <= $1").bind(now).execute(&self.store).await?;
        query("INSERT INTO console_links (digest, token, person, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(digest.as_slice())
            .bind(token)
            .bind(person)
            .bind(expires_at)
            .execute(&self.store)
            .await?;
        Ok(())
    }

    /// Uses a link up: of all who do so, one gets the id of its token and its person. None if there is no such link, it was
    /// used, or its time is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_console_link(&self, digest: &[u8; 32], now: i64) -> Result<Option<(String, String)>, HostError> {
        let take = query("DELETE FROM console_links WHERE digest = $1 AND expires_at > $2 RETURNING token, person");
        let row: Option<LinkRow> = take.bind(digest.as_slice()).bind(now).fetch_optional(&self.store).await?;
        Ok(row.map(|row| (row.token, row.person)))
    }
}
