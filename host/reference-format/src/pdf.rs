//! The page of a reference: a PDF/A-3a and PDF/UA-1 file with the credential and the log proof attached, and a seal over the whole
//! file.
//!
//! Everything on the page comes from the credential and the proof, so the same input gives the same bytes. If a
//! character is in none of the fonts, rendering fails rather than leaving it out.

mod canvas;
mod fonts;
mod language;
mod page;
pub mod seal;
mod text;
mod texts;

use crate::credential::{Credential, SignedCredential};
use crate::keys::{KeyReference, SecretKey};
use crate::log::proof::LogProof;
use crate::qr;
use chrono::{Datelike as _, Timelike as _};
pub use fonts::{FontError, Fonts};
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::metadata::{DateTime, Metadata};
pub use texts::{PageTexts, texts};

/// The name of the attached credential.
pub const CREDENTIAL_FILE: &str = "credential.json";

/// The name of the attached log proof.
pub const LOG_PROOF_FILE: &str = "log.tlog-proof";

/// The name of the attached seal.
pub const SEAL_FILE: &str = "page.seal";

/// Why no page can be made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// None of the fonts has a character.
    #[error(
        "no font of the page has the letter {character:?} (U+{number:04X}); put a font that has it into a folder, and name the \
         folder in references.fonts of the tenant's file; or write the text in the source with letters that the page has \
         (Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian, Devanagari, Thai, Chinese, Japanese, Korean)"
    )]
    MissingGlyph {
        /// The character.
        character: char,
        /// The character's Unicode code point.
        number: u32,
    },
    /// A bundled font cannot be unpacked.
    #[error("a bundled font cannot be read; build the program anew")]
    Font,
    /// The texts do not fit on the page.
    #[error("the texts are too long for one page; shorten the name, the title or the department in the source")]
    TooLong,
    /// The reference is signed by a key that only the document itself contains.
    #[error("the reference names no key that its issuer publishes; sign it with a key of the issuer")]
    Key,
    /// The proof is of another reference.
    #[error("the log proof does not belong to the reference; take the one of its own digest")]
    LogProof,
    /// The PDF library refused to write the file.
    #[error("the page cannot be written as PDF/A-3a: {0}")]
    Write(String),
    /// The file that was written does not have its seal and its attachments exactly once.
    #[error(transparent)]
    Seal(#[from] seal::SealError),
}

/// Checks, before a reference is signed, that a page can be made of it with these fonts.
///
/// # Errors
/// A character is in no font, or the texts do not fit.
pub fn check(credential: &Credential, fonts: &Fonts) -> Result<(), PdfError> {
    page::Body::fitted(fonts, credential).map(drop)
}

/// Renders the page of a reference with these fonts and seals it with the key that signed the reference.
///
/// # Errors
/// A character is in no font, the texts do not fit, or the key or the proof belongs to another reference.
pub fn render(
    signed: &SignedCredential,
    log_proof: &LogProof,
    key: &SecretKey,
    fonts: &Fonts,
) -> Result<Vec<u8>, PdfError> {
    let KeyReference::Published { domain, selector } = signed.proof().key() else { return Err(PdfError::Key) };
    signed.verify(&key.public()).map_err(|_| PdfError::Key)?;
    // Checked before sealing, because a wrong attachment would be sealed as well.
    log_proof.verify(&signed.digest(), domain, &[key.public()], &[]).map_err(|_| PdfError::LogProof)?;
    let content = page::Content {
        fonts,
        credential: signed.credential(),
        selector,
        log_index: log_proof.index,
        url: qr::url(signed, log_proof.index),
    };
    let write = |error: String| PdfError::Write(error);
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish();
    let configuration = configuration.map_err(|error| write(format!("{error:?}")))?;
    let mut document = krilla::Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    page::draw(&mut document, &content)?;

    let date = date(signed);
    let claims = &signed.credential().claims;
    document.set_metadata(
        Metadata::new()
            .title(format!("Employment reference: {}", claims.name()))
            .description(format!("Employment reference by {} ({domain})", claims.issuer().name))
            .authors(vec![claims.issuer().name.to_string()])
            .creator("hibob-references".to_owned())
            .language("en".to_owned())
            .document_id(signed.credential().id.to_string())
            .creation_date(date),
    );
    let files = [
        (CREDENTIAL_FILE, "application/json", "The reference as signed data", signed.canonical().to_vec()),
        (LOG_PROOF_FILE, "text/plain", "The reference's place in the issuer's log", log_proof.to_string().into_bytes()),
        (SEAL_FILE, "text/plain", "The issuer's signature over this file", seal::placeholder().into_bytes()),
    ];
    for (path, mime_type, description, data) in files {
        let is_seal = path == SEAL_FILE;
        let file = EmbeddedFile {
            path: path.to_owned(),
            mime_type: MimeType::new(mime_type),
            description: Some(description.to_owned()),
            association_kind: if is_seal { AssociationKind::Supplement } else { AssociationKind::Data },
            data: data.into(),
            modification_date: Some(date),
            compress: Some(false),
            location: None,
        };
        document.embed_file(file).ok_or_else(|| write(format!("{path} is there twice")))?;
    }
    let bytes = document.finish().map_err(|error| write(format!("{error:?}")))?;
    let sealed = seal::seal(without_suspects(bytes), key)?;
    // A verifier searches the file for the attachments; check that it will find those that were attached.
    let opened = seal::open(&sealed)?;
    if opened.credential != signed.canonical() || !opened.is_sealed_by(&key.public()) {
        return Err(PdfError::LogProof);
    }
    Ok(sealed)
}

/// Replaces `/Suspects false` by blanks, of which there are as many, so that nothing in the file moves. It says what is
/// so without it (ISO 32000-1 table 321), and poppler complains of it.
fn without_suspects(mut bytes: Vec<u8>) -> Vec<u8> {
    const ENTRY: &[u8] = b"/Suspects false";
    let place = bytes.windows(ENTRY.len()).position(|window| window == ENTRY);
    if let Some(entry) = place.and_then(|place| bytes.get_mut(place..place + ENTRY.len())) {
        entry.fill(b' ');
    }
    bytes
}

fn date(signed: &SignedCredential) -> DateTime {
    let issued = signed.credential().issued;
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(issued.year()).unwrap_or_default())
        .month(small(issued.month()))
        .day(small(issued.day()))
        .hour(small(issued.hour()))
        .minute(small(issued.minute()))
        .second(small(issued.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

#[cfg(test)]
#[path = "pdf_tests.rs"]
mod tests;
