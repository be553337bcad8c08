//! The list of revoked tokens: a file of the data directory that tells a restored database which tokens to revoke.
//!
//! It has a JSON object per line: the SHA-256 of a token and a time. Lines are only ever added. A line is on the disk
//! before the token is revoked.

use crate::database::ControlDatabase;
use crate::line_list::LineList;
use hibob_base::digest::{hex, unhex};
use hibob_base::error::HostError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name in the data directory.
pub const FILE: &str = "revoked-tokens.list";

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The SHA-256 of the whole token, in hexadecimal digits.
    token: String,
    /// Unix seconds.
    at: i64,
}

/// Revokes a token, for good: also in a database that is restored from a backup of before. False if there is no token
/// with this id.
///
/// # Errors
/// The list cannot be read or written, or the database failed.
pub async fn revoke(data_dir: &Path, control: &ControlDatabase, id: &str) -> Result<bool, HostError> {
    let Some(token) = control.token(id).await? else { return Ok(false) };
    let (list, at) = (LineList::at(&data_dir.join(FILE)), chrono::Utc::now().timestamp());
    if !digests(&list)?.contains_key(&token.digest) {
        let line = Line { token: hex(&token.digest), at: token.revoked_at.unwrap_or(at) };
        list.add(&line).map_err(|error| failed(&list, &error))?;
    }
    control.revoke_token(id, at).await
}

/// Revokes the tokens on the list that are still valid in the database: after a crash in the middle of a revocation,
/// and after an older backup was restored. It is called before anybody can use a token.
///
/// # Errors
/// The list cannot be read, or the database failed.
pub async fn settle(data_dir: &Path, control: &ControlDatabase) -> Result<(), HostError> {
    let listed = digests(&LineList::at(&data_dir.join(FILE)))?;
    if listed.is_empty() {
        return Ok(());
    }
    for token in control.tokens().await?.into_iter().filter(|token| token.revoked_at.is_none()) {
        if let Some(at) = listed.get(&token.digest) {
            control.revoke_token(&token.id, *at).await?;
        }
    }
    Ok(())
}

/// The text of the list in a file, after a check of each line; empty if there is no file.
///
/// # Errors
/// The file cannot be read, or has a line that cannot be read.
pub fn list_text(path: &Path) -> Result<String, HostError> {
    let list = LineList::at(path);
    digests(&list)?;
    list.text().map_err(|error| failed(&list, &error))
}

/// The digests on the list, each with the time of its revocation in Unix seconds.
fn digests(list: &LineList) -> Result<BTreeMap<[u8; 32], i64>, HostError> {
    let lines: Option<Vec<Line>> = list.lines().map_err(|error| failed(list, &error))?;
    let digest = |line: Line| Some((unhex(&line.token)?.try_into().ok()?, line.at));
    lines.and_then(|lines| lines.into_iter().map(digest).collect()).ok_or_else(|| {
        HostError::configuration(
            format!("the list of revoked tokens {} has a line that cannot be read", list.path().display()),
            "replace it with a copy of the list, such as one from a backup",
        )
    })
}

fn failed(list: &LineList, error: &std::io::Error) -> HostError {
    HostError::configuration(
        format!("the list of revoked tokens {}: {error}", list.path().display()),
        "give the user who runs the host permission to read and write it; without it no token can be revoked for good",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{self, TokenRole};

    async fn database(folder: &Path) -> ControlDatabase {
        std::fs::create_dir_all(folder).unwrap();
        ControlDatabase::open(folder).await.unwrap()
    }

    #[tokio::test]
    async fn a_revoked_token_stays_revoked_in_a_database_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let (now, before) = (folder.path().join("now"), folder.path().join("before"));
        let (control, older) = (database(&now).await, database(&before).await);
        let (_, token) = token::new(TokenRole::Operator, None, String::new(), None).unwrap();
        let (_, other) = token::new(TokenRole::Operator, None, String::new(), None).unwrap();
        for control in [&control, &older] {
            control.add_token(&token).await.unwrap();
            control.add_token(&other).await.unwrap();
        }
        assert!(!revoke(&now, &control, "never-was").await.unwrap() && !now.join(FILE).exists());
        assert!(revoke(&now, &control, &token.id).await.unwrap());
        let list = std::fs::read_to_string(now.join(FILE)).unwrap();
        assert!(revoke(&now, &control, &token.id).await.unwrap());
        assert_eq!(std::fs::read_to_string(now.join(FILE)).unwrap(), list, "it is on the list once");
        settle(&before, &older).await.unwrap();
        assert_eq!(older.token(&token.id).await.unwrap().unwrap().revoked_at, None, "without the list");
        std::fs::copy(now.join(FILE), before.join(FILE)).unwrap();
        settle(&before, &older).await.unwrap();
        let revoked_at = control.token(&token.id).await.unwrap().unwrap().revoked_at;
        assert_eq!(older.token(&token.id).await.unwrap().unwrap().revoked_at, revoked_at);
        assert_eq!(older.token(&other.id).await.unwrap().unwrap().revoked_at, None);
        for wrong in ["x\n", "{\"token\":\"00\",\"at\":1}\n", "{\"token\":\"zz\",\"at\":1}\n"] {
            std::fs::write(before.join(FILE), wrong).unwrap();
            let error = settle(&before, &older).await.unwrap_err();
            assert!(error.to_string().contains("a line that cannot be read"), "{error}");
        }
    }
}
