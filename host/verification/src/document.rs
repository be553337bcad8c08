//! What is verified, taken out of what a person has: a PDF or JSON file, a saved mail, or the link of a code.

use crate::mail;
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::log::proof;
use hibob_reference_format::pdf::seal;
use hibob_reference_format::qr;

/// What is to be verified.
#[derive(Debug)]
pub enum Document {
    /// A PDF or JSON file, with the log proof that belongs to it; a PDF has its own.
    File(Vec<u8>, Option<Vec<u8>>),
    /// The reference of a code, and its place in the log, in which its proof is.
    Code(Box<SignedCredential>, u64),
}

/// Why there is nothing to verify, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDocument {
    /// What is wrong.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

impl NoDocument {
    fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }
}

impl Document {
    /// The document in these bytes: a link, a mail, or else a file, whatever is in it. A JSON file comes without its log
    /// proof.
    ///
    /// # Errors
    /// It is larger than a reference can be, a mail without one, the link of something else, or a log proof by itself.
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, NoDocument> {
        if let Some(link) = std::str::from_utf8(&bytes).ok().map(str::trim).filter(|text| is_link(text)) {
            return Self::of_link(link);
        }
        if mail::is_mail(&bytes) {
            return Self::of_mail(&bytes);
        }
        if bytes.len() > seal::BYTES_MAX {
            let message = format!("it has more than {} bytes: it cannot be a reference", seal::BYTES_MAX);
            return Err(NoDocument::new(message, "give the PDF or JSON file of a reference"));
        }
        if is_log_proof(&bytes) {
            let message = "this is the log proof of a reference, and not the reference";
            return Err(NoDocument::new(message, "give the PDF, which has both"));
        }
        Ok(Self::File(bytes, None))
    }

    /// The reference among the attachments of a mail: the PDF, or else the JSON file with its log proof.
    ///
    /// # Errors
    /// The mail has none.
    pub fn of_mail(bytes: &[u8]) -> Result<Self, NoDocument> {
        let contents = mail::contents(bytes);
        let is_json = |content: &&Vec<u8>| SignedCredential::parse(content).is_ok();
        let find = |is: &dyn Fn(&&Vec<u8>) -> bool| contents.iter().find(is).cloned();
        if let Some(pdf) = find(&|content| seal::is_pdf(content) && content.len() <= seal::BYTES_MAX) {
            return Ok(Self::File(pdf, None));
        }
        let json = find(&is_json).ok_or_else(|| {
            let message = "this is a mail without a reference among its attachments";
            NoDocument::new(message, "save the mail whole, with its attachments, or give the PDF")
        })?;
        Ok(Self::File(json, find(&|content| is_log_proof(content))))
    }

    /// The reference in the link of a code.
    ///
    /// # Errors
    /// The link is none of a reference, or names one by its hash only.
    pub fn of_link(link: &str) -> Result<Self, NoDocument> {
        let content = qr::parse(link).map_err(|error| {
            NoDocument::new(error.to_string(), "copy the whole link, from https:// to its end, in quotes")
        })?;
        match content.reference {
            Some((signed, index)) => Ok(Self::Code(Box::new(signed), index)),
            None => {
                let message = format!(
                    "the code names the reference {} by its hash only: what it says did not fit into a code",
                    content.id
                );
                Err(NoDocument::new(message, "verify the file that came with it: hibob verify FILE"))
            }
        }
    }
}

/// Whether a text is a link.
pub fn is_link(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Whether a file is a log proof; an editor may have put a mark before it.
pub fn is_log_proof(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).starts_with(proof::HEADER.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_reference_is_told_apart() {
        let message = |bytes: &[u8]| Document::of_bytes(bytes.to_vec()).map(drop).map_err(|error| error.message);
        assert_eq!(message(b"%PDF-1.7\n"), Ok(()));
        assert_eq!(message(b"{}"), Ok(()), "whether it is one, the verdict says");
        assert!(message(b" https://acme.example/x\n").unwrap_err().contains("link"), "{:?}", message(b"https://a/"));
        assert!(message(b"From: ana@acme.example\r\n\r\nhello").unwrap_err().contains("a mail without a reference"));
        assert!(message(proof::HEADER.as_bytes()).unwrap_err().contains("is the log proof"));
        assert!(message(&vec![0; seal::BYTES_MAX + 1]).unwrap_err().contains("more than"));
    }
}
