//! The tokens of the API: making one, and checking the one that a request shows.

pub use crate::database::{StoredToken, TokenRole};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::secret::Secret;
use rand::TryRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How every token begins, so that a scanner for leaked secrets finds it.
const PREFIX: &str = "hbt_";

/// Length of the public part, in bytes: enough that no two tokens of a host have the same one.
const ID_BYTES: usize = 6;

/// Length of the secret part, in bytes.
const SECRET_BYTES: usize = 32;

/// Length of a token: prefix, id in hexadecimal digits, `_`, secret in base64url (RFC 4648 section 5).
const TOKEN_CHARS: usize = PREFIX.len() + ID_BYTES * 2 + 1 + (SECRET_BYTES * 4).div_ceil(3);

impl TokenRole {
    /// Checks that a token of this role may be limited to this tenant, or to none.
    ///
    /// # Errors
    /// An operator's token is limited to a tenant, or an admin's is not.
    pub fn check(self, tenant: Option<&str>) -> Result<(), HostError> {
        match (self, tenant) {
            (Self::Operator, Some(_)) => {
                Err(HostError::configuration("an operator's token is for all tenants", "leave --tenant out"))
            }
            (Self::Admin, None) => {
                Err(HostError::configuration("an admin's token is for one tenant", "say which: --tenant T"))
            }
            _ => Ok(()),
        }
    }
}

/// A token that a request shows: its public part, and a digest of the whole token.
#[derive(Clone, Debug)]
pub struct ShownToken {
    id: String,
    digest: [u8; 32],
}

impl ShownToken {
    /// Reads a token; none if the text does not have the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX).filter(|_| text.len() == TOKEN_CHARS)?;
        let (id, secret) = rest.split_once('_')?;
        let is_id = id.len() == ID_BYTES * 2 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_secret = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (is_id && is_secret).then(|| Self { id: id.to_owned(), digest: Sha256::digest(text).into() })
    }

    /// The public part.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this is that token. The comparison takes the same time for every digest, so that it does not help to
    /// guess.
    pub fn is(&self, stored: &StoredToken) -> bool {
        self.digest.ct_eq(&stored.digest).into()
    }
}

/// Makes a token. Returns the token itself, which is shown once, and the row that is stored. `days` says for how long
/// it is valid; none means without an end.
///
/// # Errors
/// The role does not permit this tenant (see [`TokenRole::check`]), or the system gives no random numbers.
pub fn new(
    role: TokenRole,
    tenant: Option<String>,
    name: String,
    days: Option<u32>,
) -> Result<(Secret, StoredToken), HostError> {
    role.check(tenant.as_deref())?;
    let mut random = Zeroizing::new([0_u8; ID_BYTES + SECRET_BYTES]);
    let filled = rand::rngs::SysRng.try_fill_bytes(random.as_mut_slice());
    filled.map_err(|error| HostError::Engine(format!("the system gives no random numbers: {error}")))?;
    let (id, secret) = random.split_at(ID_BYTES);
    let id = hex(id);
    // Made at its full length, so that growing leaves no copy behind.
    let mut text = String::with_capacity(TOKEN_CHARS);
    for part in [PREFIX, &id, "_", &Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(secret))] {
        text.push_str(part);
    }
    let digest = Sha256::digest(&text).into();
    let created_at = chrono::Utc::now().timestamp();
    let expires_at = days.map(|days| created_at + 86_400 * i64::from(days));
    let stored =
        StoredToken { id, digest, role, tenant, name, created_at, expires_at, revoked_at: None, used_on: None };
    Ok((Secret::new(text), stored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_from_every_other_text() {
        let (text, stored) = new(TokenRole::Admin, Some("acme".to_owned()), String::new(), None).unwrap();
        let text = text.reveal();
        let shown = ShownToken::parse(text).unwrap();
        assert_eq!((shown.id(), shown.is(&stored)), (stored.id.as_str(), true));
        assert!(!text.contains(&hex(&stored.digest)));
        let (_, other) = new(TokenRole::Operator, None, String::new(), None).unwrap();
        assert!(!shown.is(&other));
        // Another last character is another token.
        let last = if text.ends_with('A') { 'B' } else { 'A' };
        let guess = format!("{}{last}", &text[..text.len() - 1]);
        assert!(!ShownToken::parse(&guess).unwrap().is(&stored));
        let upper = text.replace(&stored.id, "ABCDEFABCDEF");
        for wrong in ["", "hbt_", &text[1..], &text[..text.len() - 1], &format!("{text}A"), &upper] {
            assert!(ShownToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_ends_when_it_expires_or_is_revoked() {
        let (_, token) = new(TokenRole::Reader, None, String::new(), Some(1)).unwrap();
        let (from, until) = (token.created_at, token.created_at + 86_400);
        assert_eq!((token.is_valid(from), token.is_valid(until - 1), token.is_valid(until)), (true, true, false));
        assert_eq!(token.state(until), "expired");
        let revoked = StoredToken { revoked_at: Some(from), ..token };
        assert!(!revoked.is_valid(from));
        assert_eq!(revoked.state(until), "revoked");
    }

    #[test]
    fn each_role_has_its_scope() {
        assert!(TokenRole::Operator.check(Some("acme")).is_err() && TokenRole::Operator.check(None).is_ok());
        assert!(TokenRole::Admin.check(None).is_err() && TokenRole::Admin.check(Some("acme")).is_ok());
        assert!(TokenRole::Reader.check(None).is_ok() && TokenRole::Reader.check(Some("acme")).is_ok());
        assert!(TokenRole::ALL.into_iter().all(|role| TokenRole::of_word(role.word()) == Some(role)));
    }
}
