//! The issuer's domain: the part of its identity that a verifier can check, by DNS or over HTTPS.

use std::fmt;

/// A domain name in lower-case ASCII, such as `acme.example` (RFC 1035 section 2.3.1). Names in other scripts are
/// written as `xn--…` (RFC 5890), so that letters that look like others are never shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

/// A text that is not a domain name. The error contains the text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a domain name; write it like acme.example: lower case, other scripts as xn--…, no port, no path")]
pub struct DomainError(String);

const DOMAIN_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;
const DID_WEB: &str = "did:web:";

impl Domain {
    /// Reads a domain name of at least two labels.
    ///
    /// # Errors
    /// The text is an IP address, has a port or a path, has only one label, or is not in lower-case ASCII.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let is_label = |label: &str| {
            let ends = [label.bytes().next(), label.bytes().next_back()];
            (1..=LABEL_BYTES_MAX).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !ends.contains(&Some(b'-'))
        };
        let is_domain = text.len() <= DOMAIN_BYTES_MAX
            && text.split('.').count() >= 2
            && text.split('.').all(is_label)
            && text.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_lowercase()));
        if is_domain { Ok(Self(text.to_owned())) } else { Err(DomainError(text.chars().take(300).collect())) }
    }

    /// The domain of a `did:web:` identifier without a port or a path (did:web method specification, section 2.5).
    ///
    /// # Errors
    /// The text is another kind of identifier, or its domain is not one that [`Domain::parse`] accepts.
    pub fn from_did_web(did: &str) -> Result<Self, DomainError> {
        Self::parse(did.strip_prefix(DID_WEB).ok_or_else(|| DomainError(did.chars().take(300).collect()))?)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The issuer's identifier, `did:web:DOMAIN`.
    pub fn did_web(&self) -> String {
        format!("{DID_WEB}{}", self.0)
    }

    /// The `https:` URL of a path on the domain. The path is given without a leading slash.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.0)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_domains() {
        for good in ["acme.example", "a-b.c1.example", "xn--mnchen-3ya.example", "a.xn--p1ai", "acme.xn--90a3ac"] {
            assert_eq!(Domain::from_did_web(&Domain::parse(good).unwrap().did_web()).unwrap().as_str(), good);
        }
        let long = format!("{}.example", "a".repeat(64));
        for bad in [
            "",
            "acme",
            "Acme.example",
            "acme.example.",
            "-a.example",
            "a-.example",
            "a..b",
            "127.0.0.1",
            "acme.123",
            "a.example:8443",
            "a.example/x",
            "a.example%3A1",
            "münchen.example",
            "a_b.example",
            "a.example\n",
            &long,
        ] {
            assert!(Domain::parse(bad).is_err(), "{bad}");
        }
    }
}
