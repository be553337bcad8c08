//! What `verify` is given: a PDF or JSON file, an attachment taken out of the PDF, a saved mail, or the link of a code.

use super::mail;
use hibob_base::error::HostError;
use hibob_base::files::read_at_most;
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::log::proof;
use hibob_reference_format::pdf::seal;
use hibob_reference_format::qr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The name of the log proof among the PDF's attachments, as readers save it.
const ATTACHED_LOG_PROOF: &str = "log.tlog-proof";

/// The name of the JSON file among the PDF's attachments.
const ATTACHED_CREDENTIAL: &str = "credential.json";

const EXTENSION: &str = "tlog-proof";

/// What is to be verified.
pub(super) enum Input {
    /// A file, with the log proof that belongs to it.
    File(Vec<u8>, Option<Vec<u8>>),
    /// The reference of a code, and its place in the log, in which its proof is.
    Code(Box<SignedCredential>, u64),
}

impl Input {
    /// Reads what is named: a link, or a file. `log_proof` is the file that the user gave for a JSON file.
    ///
    /// # Errors
    /// There is no such file, it is too large, or the link is none of a reference.
    pub(super) fn read(named: &Path, log_proof: Option<&Path>) -> Result<Self, HostError> {
        if let Some(link) = named.to_str().filter(|text| text.starts_with("https://") || text.starts_with("http://")) {
            return of_link(link);
        }
        let bytes = read(named, mail::BYTES_MAX, "give the PDF or JSON file of a reference")?;
        if mail::is_mail(&bytes) {
            return of_mail(named, &bytes);
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
        Ok(Self::File(bytes, given))
    }
}

/// Whether a file is a log proof; an editor may have put a mark before it.
fn is_log_proof(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).starts_with(proof::HEADER.as_bytes())
}

/// The log proof beside a JSON file: under its name, or as an attachment that was saved from the PDF.
fn beside(named: &Path) -> Result<Option<Vec<u8>>, HostError> {
    let candidates = [named.with_extension(EXTENSION), named.with_file_name(ATTACHED_LOG_PROOF)];
    let found = candidates.into_iter().find(|path| path != named && path.exists());
    found.map(|path| read(&path, proof::BYTES_MAX, "name the right one with --log-proof FILE")).transpose()
}

/// A log proof that was given in place of its reference: the reference beside it.
fn of_log_proof(named: &Path, log_proof: Vec<u8>) -> Result<Input, HostError> {
    let candidates = [named.with_extension("json"), named.with_file_name(ATTACHED_CREDENTIAL)];
    let found: Option<PathBuf> = candidates.into_iter().find(|path| path.exists());
    let path = found.ok_or_else(|| {
        let message = format!("{} is the log proof of a reference, and not the reference", named.display());
        HostError::configuration(message, "give the PDF, or the JSON file beside it")
    })?;
    let document = read(&path, seal::BYTES_MAX, "give the JSON file of a reference")?;
    Ok(Input::File(document, Some(log_proof)))
}

/// The reference among the attachments of a mail: the PDF, or else the JSON file with its log proof.
fn of_mail(named: &Path, bytes: &[u8]) -> Result<Input, HostError> {
    if bytes.len() > mail::BYTES_MAX {
        return Err(too_long(named, mail::BYTES_MAX, "save the attachment by itself, and give that"));
    }
    let contents = mail::contents(bytes);
    let is_json = |content: &&Vec<u8>| SignedCredential::parse(content).is_ok();
    let find = |is: &dyn Fn(&&Vec<u8>) -> bool| contents.iter().find(is).cloned();
    if let Some(pdf) = find(&|content| seal::is_pdf(content) && content.len() <= seal::BYTES_MAX) {
        return Ok(Input::File(pdf, None));
    }
    let json = find(&is_json).ok_or_else(|| {
        let message = format!("{} is a mail without a reference among its attachments", named.display());
        HostError::configuration(message, "save the mail whole, with its attachments, or give the PDF")
    })?;
    Ok(Input::File(json, find(&|content| is_log_proof(content))))
}

fn of_link(link: &str) -> Result<Input, HostError> {
    let content = qr::parse(link).map_err(|error| {
        HostError::configuration(error.to_string(), "copy the whole link, from https:// to its end, in quotes")
    })?;
    match content.reference {
        Some((signed, index)) => Ok(Input::Code(Box::new(signed), index)),
        None => Err(HostError::configuration(
            format!(
                "the code names the reference {} by its hash only: what it says did not fit into a code",
                content.id
            ),
            "verify the file that came with it: hibob verify FILE",
        )),
    }
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
