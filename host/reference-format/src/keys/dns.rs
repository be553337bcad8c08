//! The TXT record with a key in the issuer's DNS, in the form of RefPassport 1.0 (draft, 2025).

use super::{KeyError, PublicKey, Selector, shortened};
use crate::domain::Domain;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The label between the selector and the domain in the record's name.
const LABEL: &str = "_refpassport";

/// The first tag of a record. A TXT record without it serves another purpose.
const VERSION: &str = "v=refpassport1";

/// The longest text of a record that is read, in bytes.
const VALUE_BYTES_MAX: usize = 512;

/// The name of the TXT record with a key: `SELECTOR._refpassport.DOMAIN`.
pub fn record_name(selector: &Selector, domain: &Domain) -> String {
    format!("{selector}.{LABEL}.{domain}")
}

/// The text of the TXT record with a key.
pub fn record_value(key: &PublicKey) -> String {
    format!("{VERSION}; k=ed25519; p={}", STANDARD.encode(key.to_bytes()))
}

/// Reads the text of a TXT record: the three tags in this order, with any spaces around the semicolons, and an optional
/// semicolon at the end. `None` means that the record serves another purpose.
///
/// # Errors
/// The text begins as the record of a key, but the rest has another form.
pub fn parse_record(text: &str) -> Result<Option<PublicKey>, KeyError> {
    let wrong = || KeyError::PublicKey(shortened(text));
    let trimmed = text.trim_matches(' ');
    let trimmed = trimmed.strip_suffix(';').unwrap_or(trimmed);
    let mut tags = trimmed.split(';').map(|tag| tag.trim_matches(' '));
    if tags.next() != Some(VERSION) {
        return Ok(None);
    }
    let (kind, key, rest) = (tags.next(), tags.next(), tags.next());
    if text.len() > VALUE_BYTES_MAX || kind != Some("k=ed25519") || rest.is_some() {
        return Err(wrong());
    }
    // The decoder accepts only the canonical spelling: padded, unused bits zero, no spaces.
    let key = key.and_then(|tag| tag.strip_prefix("p=")).and_then(|key| STANDARD.decode(key).ok()).ok_or_else(wrong)?;
    PublicKey::from_bytes(&key).map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    #[test]
    fn a_record_is_read_as_it_is_written() {
        let key = SecretKey::from_seed(&[7; 32]).public();
        let name = record_name(&Selector::parse("K2026").unwrap(), &Domain::parse("acme.example").unwrap());
        assert_eq!(name, "k2026._refpassport.acme.example");
        let value = record_value(&key);
        assert_eq!(parse_record(&value), Ok(Some(key)));
        let base64 = STANDARD.encode(key.to_bytes());
        for same in
            [format!("v=refpassport1;k=ed25519;p={base64}"), format!("  v=refpassport1 ; k=ed25519 ;p={base64} ; ")]
        {
            assert_eq!(parse_record(&same), Ok(Some(key)), "{same}");
        }
        for other in
            ["", "v=spf1 -all", "v=workreferences1; k=ed25519; p=AAAA", "k=ed25519; v=refpassport1", "v=refpassport12"]
        {
            assert_eq!(parse_record(other), Ok(None), "{other}");
        }
        for bad in [
            "v=refpassport1".to_owned(),
            "v=refpassport1; k=ed25519; p=".to_owned(),
            format!("v=refpassport1; k=rsa; p={base64}"),
            format!("v=refpassport1; p={base64}; k=ed25519"),
            format!("v=refpassport1; k=ed25519; p={base64}; p={base64}"),
            format!("v=refpassport1; k=ed25519; p={}", base64.trim_end_matches('=')),
            format!("v=refpassport1; k=ed25519; p={base64}=="),
            format!("v=refpassport1; k=ed25519; p={}", &base64[..40]),
            format!("v=refpassport1; k=ed25519; p={base64}; {}", "x".repeat(600)),
        ] {
            assert!(parse_record(&bad).is_err(), "{bad}");
        }
    }
}
