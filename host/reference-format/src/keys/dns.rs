//! The TXT records with a key in the issuer's DNS, in the form of RefPassport 1.0 (draft, 2025) and of Work References,
//! its successor.

use super::{PublicKey, Selector, shortened};
use crate::domain::Domain;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The label between the selector and the domain in a record's name. An issuer publishes its key under both: copies of
/// the standard's page disagree on the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// `_workreferences`, which the present text of the standard has.
    WorkReferences,
    /// `_refpassport`, of RefPassport 1.0.
    RefPassport,
}

impl Label {
    /// Both labels, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::WorkReferences, Self::RefPassport];

    /// The label in a name.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkReferences => "_workreferences",
            Self::RefPassport => "_refpassport",
        }
    }

    /// The value of the tag `v`.
    fn version(self) -> &'static str {
        match self {
            Self::WorkReferences => "workreferences1",
            Self::RefPassport => "refpassport1",
        }
    }
}

/// The longest text of a record that is read, in bytes.
const VALUE_BYTES_MAX: usize = 512;

/// The name of the TXT record with a key: `SELECTOR.LABEL.DOMAIN`.
pub fn record_name(label: Label, selector: &Selector, domain: &Domain) -> String {
    format!("{selector}.{}.{domain}", label.name())
}

/// The text of the TXT record with a key.
pub fn record_value(label: Label, key: &PublicKey) -> String {
    format!("v={}; k=ed25519; p={}", label.version(), STANDARD.encode(key.to_bytes()))
}

/// The text of the TXT record that revokes a key.
pub fn revoked_value(label: Label) -> String {
    format!("v={}; k=ed25519; p=", label.version())
}

/// What a record says of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// This is the key.
    Key(PublicKey),
    /// The tag `p` is empty: the key was revoked, as with DKIM (RFC 6376 section 3.6.1).
    Revoked,
}

/// Why a record that is meant to have a key cannot be read. The text says what to correct.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RecordError {
    /// The text has quotes or backslashes, as when it was entered with them.
    #[error("it has quotes or backslashes in it; it has to be entered without")]
    Quotes,
    /// The text is too long.
    #[error("it has more than {VALUE_BYTES_MAX} bytes")]
    Long,
    /// A part between semicolons is no tag.
    #[error("{0:?} in it is no tag of the form NAME=VALUE")]
    Tag(String),
    /// A tag is there twice.
    #[error("the tag {0:?} is there twice")]
    Twice(String),
    /// A tag is missing.
    #[error("the tag {0:?} is missing")]
    Missing(&'static str),
    /// The version is not known.
    #[error("{0:?} is no known version")]
    Version(String),
    /// The key is of another kind.
    #[error("its key is of the kind {0:?}, not ed25519")]
    Kind(String),
    /// The key has blanks in it.
    #[error("its key has blanks in it")]
    Blanks,
    /// The key is none.
    #[error("{0:?} is no Ed25519 key in base64")]
    Key(String),
}

/// Reads the text of a TXT record at one of the two names, whichever of them it is: tags in any order, with blanks
/// around them and their `=`; unknown ones are ignored. `None` means that the record serves another purpose, as one
/// with a wildcard for its name does.
///
/// # Errors
/// The record is meant to have a key, and cannot be read.
pub fn parse_record(text: &str) -> Result<Option<Record>, RecordError> {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    // What somebody meant to write, whatever came of it.
    let meant: String = text
        .chars()
        .filter(|c| !is_blank(*c) && !matches!(c, '"' | '\\' | '\''))
        .collect::<String>()
        .to_ascii_lowercase();
    let mut named = meant.split(';').filter_map(|tag| tag.split_once('='));
    let version = named.clone().find(|(name, _)| *name == "v").map(|(_, value)| value);
    let names_us = |text: &str| ["workreferences", "refpassport"].iter().any(|word| text.contains(word));
    let is_ours = match version {
        Some(version) => names_us(version),
        None => names_us(&meant) || named.any(|(name, _)| matches!(name, "k" | "p")),
    };
    if !is_ours {
        return Ok(None);
    }
    if text.len() > VALUE_BYTES_MAX {
        return Err(RecordError::Long);
    }
    if text.contains(['"', '\\', '\'']) {
        return Err(RecordError::Quotes);
    }
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for part in text.split(';').map(|part| part.trim_matches(is_blank)).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(|| RecordError::Tag(shortened(part)))?;
        let (name, value) = (name.trim_matches(is_blank), value.trim_matches(is_blank));
        if tags.iter().any(|(other, _)| *other == name) {
            return Err(RecordError::Twice(shortened(name)));
        }
        tags.push((name, value));
    }
    let tag = |name: &'static str| {
        tags.iter().find(|(other, _)| *other == name).map(|(_, value)| *value).ok_or(RecordError::Missing(name))
    };
    let version = tag("v")?;
    if !Label::ALL.iter().any(|label| label.version() == version) {
        return Err(RecordError::Version(shortened(version)));
    }
    let key = tag("p")?;
    if key.is_empty() {
        return Ok(Some(Record::Revoked));
    }
    match tag("k")? {
        "ed25519" => {}
        other => return Err(RecordError::Kind(shortened(other))),
    }
    if key.contains(is_blank) {
        return Err(RecordError::Blanks);
    }
    // The decoder accepts only the canonical spelling: padded, unused bits zero.
    let bytes = STANDARD.decode(key).ok();
    let read = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
    read.map(|key| Some(Record::Key(key))).ok_or_else(|| RecordError::Key(shortened(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    #[test]
    fn a_record_is_read_as_it_is_written() {
        let key = SecretKey::from_seed(&[7; 32]).public();
        let (selector, domain) = (Selector::parse("K2026").unwrap(), Domain::parse("acme.example").unwrap());
        let names = Label::ALL.map(|label| record_name(label, &selector, &domain));
        assert_eq!(names, ["k2026._workreferences.acme.example", "k2026._refpassport.acme.example"]);
        let base64 = STANDARD.encode(key.to_bytes());
        let written = Label::ALL.map(|label| record_value(label, &key));
        for same in written.into_iter().chain([
            format!("v=refpassport1;k=ed25519;p={base64}"),
            format!("  v=workreferences1 ; k=ed25519 ;p={base64} ; "),
            format!("p={base64}; v=workreferences1; k=ed25519"),
            format!("k = ed25519; n=a note; v = refpassport1; t=y; p = {base64}"),
        ]) {
            assert_eq!(parse_record(&same), Ok(Some(Record::Key(key))), "{same}");
        }
        let written = Label::ALL.map(revoked_value);
        for revoked in [
            written[0].as_str(),
            &written[1],
            "v=workreferences1; p=",
            "v=refpassport1; k=ed25519; p=;",
            "p= ; k=rsa; v=workreferences1",
        ] {
            assert_eq!(parse_record(revoked), Ok(Some(Record::Revoked)), "{revoked}");
        }
        for other in ["", "v=spf1 -all", "v=DKIM1; k=rsa; p=AAAA", "google-site-verification=x", &"x".repeat(3_000)] {
            assert_eq!(parse_record(other), Ok(None), "{other}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_one_for_another_purpose() {
        use RecordError as E;
        let base64 = STANDARD.encode(SecretKey::from_seed(&[7; 32]).public().to_bytes());
        let with = |key: &str| format!("v=workreferences1; k=ed25519; p={key}");
        let key = |text: &str| E::Key(text.to_owned());
        let weak = STANDARD.encode([0; 32]);
        for (bad, error) in [
            ("v=refpassport1".to_owned(), E::Missing("p")),
            (format!("v=refpassport1; p={base64}"), E::Missing("k")),
            (format!("k=ed25519; p={base64}"), E::Missing("v")),
            (format!("v=refpassport1; k=rsa; p={base64}"), E::Kind("rsa".to_owned())),
            (format!("v=refpassport2; k=ed25519; p={base64}"), E::Version("refpassport2".to_owned())),
            (format!("v=WorkReferences1; k=ed25519; p={base64}"), E::Version("WorkReferences1".to_owned())),
            (format!("v=refpassport1; k=ed25519; p={base64}; p="), E::Twice("p".to_owned())),
            (format!("v=refpassport1; k=ed25519 p={base64}; p"), E::Tag("p".to_owned())),
            (format!("\"{}\"", with(&base64)), E::Quotes),
            (format!("\"v=workreferences1; k=ed25519;\" \"p={base64}\""), E::Quotes),
            (with(&format!("\\\"{base64}\\\"")), E::Quotes),
            ("v = \"workreferences1\"; p=;".to_string(), E::Quotes),
            (with(&format!("{} {}", &base64[..20], &base64[20..])), E::Blanks),
            (with(base64.trim_end_matches('=')), key(base64.trim_end_matches('='))),
            (with(&base64[..40]), key(&base64[..40])),
            (with(&weak), key(&weak)),
            (format!("{}; n={}", with(&base64), "x".repeat(600)), E::Long),
        ] {
            assert_eq!(parse_record(&bad), Err(error), "{bad}");
        }
    }
}
