//! The QR code on the page: a URL of the issuer's verify page, with the reference in its fragment.
//!
//! The URL is `https://DOMAIN/verify/#r1.ID.HASH.SIGNATURE.VALUES`. A browser does not send the part after `#` (RFC
//! 3986 section 3.5), so no server learns whose reference is being checked. All documents have the same shape, so the
//! values are enough to rebuild the document, and the hash shows whether the result is right. The URL of a reference
//! that is too long for this ends after `#r1.ID.HASH`.

use crate::claims::{ClaimText, Claims, Employment, Issuer};
use crate::context::Terms;
use crate::credential::{Credential, CredentialId, SignedCredential};
use crate::domain::Domain;
use crate::keys::{KeyReference, Selector};
use crate::status_list::StatusPosition;
use crate::time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The longest URL of a QR code, in bytes. With error correction M it needs a code of at most 109 by 109 modules, which
/// is easily read from paper.
pub const URL_BYTES_MAX: usize = 850;

/// The path of the verify page in URLs, below the issuer's domain.
pub const VERIFY_PATH: &str = "verify/";

const VERSION: &str = "r1";

/// Why a URL is not the QR code of a reference.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is not the link of a reference ({0}); scan the code anew")]
pub struct QrError(&'static str);

/// The content of a QR code.
#[derive(Clone, Debug)]
pub struct QrContent {
    /// The issuer's domain: the host of the URL.
    pub domain: Domain,
    /// The reference's id.
    pub id: CredentialId,
    /// SHA-256 of the signed reference, which is its entry in the log.
    pub digest: [u8; 32],
    /// The reference and its index in the log; `None` if the URL has only id and hash. It fits the hash, but neither
    /// its signature nor its place in the log is checked.
    pub reference: Option<(SignedCredential, u64)>,
}

/// The values from which a document is rebuilt, in this order. The domain comes from the URL.
#[derive(Serialize, Deserialize)]
struct Values(
    String,         // issuer's name
    String,         // name
    Option<String>, // job title
    Option<String>, // department
    String,         // first day
    String,         // last day
    String,         // time of issue
    u32,            // status list
    u32,            // status index
    String,         // selector
    u64,            // index in the log
);

/// The URL for a reference whose entry in the log has the index `log_index`.
pub fn url(signed: &SignedCredential, log_index: u64) -> String {
    let (credential, claims) = (signed.credential(), &signed.credential().claims);
    let Employment { name, job_title, department, start, end } = claims.employment();
    let base = format!("{}#{VERSION}", claims.issuer().domain.url(VERIFY_PATH));
    let (id, digest) = (URL_SAFE_NO_PAD.encode(credential.id.to_bytes()), URL_SAFE_NO_PAD.encode(signed.digest()));
    let short = format!("{base}.{id}.{digest}");
    let KeyReference::Published { selector, .. } = signed.proof().key() else { return short };
    let values = Values(
        claims.issuer().name.to_string(),
        name.to_string(),
        job_title.as_ref().map(ClaimText::to_string),
        department.as_ref().map(ClaimText::to_string),
        time::format_date(*start),
        time::format_date(*end),
        time::format(credential.issued),
        credential.status.list,
        credential.status.index,
        selector.to_string(),
        log_index,
    );
    let Ok(values) = serde_json::to_vec(&values) else { return short };
    let signature = URL_SAFE_NO_PAD.encode(signed.proof().signature());
    let long = format!("{short}.{signature}.{}", URL_SAFE_NO_PAD.encode(values));
    if long.len() <= URL_BYTES_MAX { long } else { short }
}

/// Reads a URL.
///
/// # Errors
/// The URL is longer than [`URL_BYTES_MAX`], has another form, or its values do not fit its hash.
pub fn parse(url: &str) -> Result<QrContent, QrError> {
    if url.len() > URL_BYTES_MAX {
        return Err(QrError("it is too long"));
    }
    let parts = url.strip_prefix("https://").and_then(|rest| rest.split_once('#'));
    let (place, fragment) = parts.ok_or(QrError("it is no https URL with a fragment"))?;
    let domain = place.strip_suffix(VERIFY_PATH).and_then(|place| Domain::parse(place.strip_suffix('/')?).ok());
    let domain = domain.ok_or(QrError("it is not of a verify page"))?;
    let mut parts = fragment.split('.');
    if parts.next() != Some(VERSION) {
        return Err(QrError("it is of another version"));
    }
    let id =
        parts.next().and_then(decode::<16>).and_then(CredentialId::from_bytes).ok_or(QrError("its id is wrong"))?;
    let digest = parts.next().and_then(decode::<32>).ok_or(QrError("its hash is wrong"))?;
    let reference = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => None,
        (Some(signature), Some(values), None) => {
            let signature = decode::<64>(signature).ok_or(QrError("its signature is wrong"))?;
            // The link does not say which form the document has; the hash does.
            let form = |terms| restore(&domain, id, &signature, values, terms);
            let mut forms = Terms::ALL.into_iter().filter_map(form).peekable();
            forms.peek().ok_or(QrError("its values are wrong"))?;
            let reference = forms.find(|(signed, _)| signed.digest() == digest);
            Some(reference.ok_or(QrError("its values are not those of its hash"))?)
        }
        _ => return Err(QrError("it has too few or too many parts")),
    };
    Ok(QrContent { domain, id, digest, reference })
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

fn restore(
    domain: &Domain,
    id: CredentialId,
    signature: &[u8; 64],
    values: &str,
    terms: Terms,
) -> Option<(SignedCredential, u64)> {
    let values = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(values).ok()?).ok()?;
    let Values(company, name, job_title, department, start, end, issued, list, index, selector, log_index) = values;
    let claim = |field, text: String| ClaimText::parse(field, &text).ok();
    let optional = |field, text: Option<String>| match text {
        None => Some(None),
        Some(text) => claim(field, text).map(Some),
    };
    let employment = Employment {
        name: claim("name", name)?,
        job_title: optional("jobTitle", job_title)?,
        department: optional("department", department)?,
        start: time::parse_date(&start)?,
        end: time::parse_date(&end)?,
    };
    let issuer = Issuer { domain: domain.clone(), name: claim("issuer name", company)? };
    let credential = Credential {
        id,
        issued: time::parse(&issued)?,
        claims: Claims::new(issuer, employment).ok()?,
        status: StatusPosition { list, index },
        terms,
    };
    let signed = SignedCredential::restore(credential, &Selector::parse(&selector).ok()?, signature).ok()?;
    Some((signed, log_index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{claims_of, credential_of, key, selector, signed};

    #[test]
    fn a_url_is_read_as_it_is_written() {
        for terms in Terms::ALL {
            let credential = Credential { terms, ..signed().credential().clone() };
            let signed = SignedCredential::sign(credential, &key(), &selector()).unwrap();
            let url = url(&signed, 17);
            assert!(url.starts_with("https://acme.example/verify/#r1."), "{url}");
            let read = parse(&url).unwrap();
            assert_eq!((read.id, read.digest), (signed.credential().id, signed.digest()));
            let (restored, log_index) = read.reference.unwrap();
            assert_eq!((restored.canonical(), log_index), (signed.canonical(), 17));
            restored.verify(&key().public()).unwrap();
        }
    }

    /// The part before `#` has no personal data, and in the part after it no name or title can be read directly.
    #[test]
    fn personal_data_is_in_the_fragment_only() {
        let signed = signed();
        let url = url(&signed, 17);
        assert_eq!(url.split_once('#').unwrap().0, "https://acme.example/verify/");
        let Employment { name, job_title, department, start: _, end: _ } = signed.credential().claims.employment();
        for text in [Some(name), job_title.as_ref(), department.as_ref()].map(Option::unwrap) {
            assert!(text.as_str().split(' ').all(|word| word.len() < 4 || !url.contains(word)), "{text}");
        }
    }

    #[test]
    fn the_limit_holds_and_a_long_reference_has_the_short_form() {
        let with = |length: usize| {
            let text = "山".repeat(length);
            let credential = credential_of(claims_of(&text, Some(&text), Some(&text), &text));
            url(&SignedCredential::sign(credential, &key(), &selector()).unwrap(), u64::MAX)
        };
        let lengths: Vec<usize> = (1..=crate::claims::TEXT_CHARACTERS_MAX).map(|length| with(length).len()).collect();
        assert!(lengths.iter().all(|length| *length <= URL_BYTES_MAX), "{lengths:?}");
        assert!(lengths.iter().any(|length| *length > URL_BYTES_MAX - 30), "{lengths:?}");
        let long = parse(&with(crate::claims::TEXT_CHARACTERS_MAX)).unwrap();
        assert!(long.reference.is_none());
        assert!(parse(&with(20)).unwrap().reference.is_some());
    }

    #[test]
    fn other_urls_are_refused() {
        let good = url(&signed(), 17);
        let parts: Vec<&str> = good.split('.').collect();
        for bad in [
            good.replace("https", "http"),
            good.replace("/verify/", "/verify"),
            good.replace("acme.example/", "acme.example:8443/"),
            good.replace("acme.example", "other.example"),
            good.replace("#r1", "#r2"),
            good.replace('#', "?"),
            format!("{good}.x"),
            format!("{good}A"),
            good[..good.len() - 4].to_owned(),
            parts[..parts.len() - 1].join("."),
            format!("{good}{}", "A".repeat(URL_BYTES_MAX)),
            String::new(),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
        assert!(parse(&parts[..parts.len() - 2].join(".")).unwrap().reference.is_none());
    }
}
