//! What `verify` is given: a PDF or JSON file, an attachment taken out of the PDF, a saved mail, or the link of a code.

use hibob_base::error::HostError;
use hibob_base::files::read_at_most;
use hibob_reference_format::log::proof;
use hibob_reference_format::pdf::seal;
use hibob_verification::document::{Document, NoDocument, is_link, is_log_proof};
use hibob_verification::mail;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The name of the log proof among the PDF's attachments, as readers save it.
const ATTACHED_LOG_PROOF: &str = "log.tlog-proof";

/// The name of the JSON file among the PDF's attachments.
const ATTACHED_CREDENTIAL: &str = "credential.json";

const EXTENSION: &str = "tlog-proof";

/// Reads what is named: a link, or a file. `log_proof` is the file that the user gave for a JSON file.
///
/// # Errors
/// There is no such file, it is too large, or the link is none of a reference.
pub(super) fn document(named: &Path, log_proof: Option<&Path>) -> Result<Document, HostError> {
    if let Some(link) = named.to_str().filter(|text| is_link(text)) {
        return Document::of_link(link).map_err(none);
    }
    let bytes = read(named, mail::BYTES_MAX, "give the PDF or JSON file of a reference")?;
    if mail::is_mail(&bytes) {
        return Document::of_mail(&bytes).map_err(none);
    }
    if bytes.len() > seal::BYTES_MAX {
        return Err(too_long(named, seal::BYTES_MAX, "give the PDF or JSON file of a reference"));
    }
    if is_log_proof(&bytes) {
        return of_log_proof(named, bytes);
    }
    let given = match (log_proof, seal::is_pdf(&bytes)) {
        (None, true) => None,
        (Some(_), true) => {
            return Err(HostError::configuration(
                "--log-proof is for JSON files, and this is a PDF, which has its log proof in it",
                "leave --log-proof out",
            ));
        }
        (Some(path), false) => {
            Some(read(path, proof::BYTES_MAX, "give the .tlog-proof file that came with the reference")?)
        }
        (None, false) => beside(named)?,
    };
    Ok(Document::File(bytes, given))
}

fn none(none: NoDocument) -> HostError {
    HostError::configuration(none.message, none.remedy)
}

/// The log proof beside a JSON file: under its name, or as an attachment that was saved from the PDF.
fn beside(named: &Path) -> Result<Option<Vec<u8>>, HostError> {
    let candidates = [named.with_extension(EXTENSION), named.with_file_name(ATTACHED_LOG_PROOF)];
    let found = candidates.into_iter().find(|path| path != named && path.exists());
    found.map(|path| read(&path, proof::BYTES_MAX, "name the right one with --log-proof FILE")).transpose()
}

/// A log proof that was given in place of its reference: the reference beside it.
fn of_log_proof(named: &Path, log_proof: Vec<u8>) -> Result<Document, HostError> {
    let candidates = [named.with_extension("json"), named.with_file_name(ATTACHED_CREDENTIAL)];
    let found: Option<PathBuf> = candidates.into_iter().find(|path| path.exists());
    let path = found.ok_or_else(|| {
        let message = format!("{} is the log proof of a reference, and not the reference", named.display());
        HostError::configuration(message, "give the PDF, or the JSON file beside it")
    })?;
    let document = read(&path, seal::BYTES_MAX, "give the JSON file of a reference")?;
    Ok(Document::File(document, Some(log_proof)))
}

/// A file of `bytes_max` bytes at most.
pub(super) fn read(path: &Path, bytes_max: usize, remedy: &str) -> Result<Vec<u8>, HostError> {
    let wrong = |what: String| HostError::configuration(format!("{} {what}", path.display()), remedy);
    match read_at_most(path, bytes_max as u64) {
        Ok(bytes) => bytes.ok_or_else(|| too_long(path, bytes_max, remedy)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(wrong("does not exist".to_owned())),
        Err(error) => Err(wrong(format!("cannot be read: {error}"))),
    }
}

fn too_long(path: &Path, bytes_max: usize, remedy: &str) -> HostError {
    let message = format!("{} has more than {bytes_max} bytes: it cannot be that file", path.display());
    HostError::configuration(message, remedy)
}
