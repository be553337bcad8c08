//! A message that arrived.

use mailparse::{DispositionType, MailHeaderMap, ParsedMail};

/// A message with its envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// Who sent it; empty for `<>`.
    pub sender: String,
    /// The recipients that were accepted.
    pub recipients: Vec<String>,
    /// The message: lines that end with CRLF, without the dots of the transport.
    pub data: Vec<u8>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Who was logged in.
    pub user: Option<String>,
    /// When, in Unix seconds.
    pub at: f64,
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Such as `application/pdf`.
    pub content_type: String,
    /// Its content, decoded.
    pub bytes: Vec<u8>,
}

impl Mail {
    /// The first header field of this name, unfolded and decoded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        mailparse::parse_headers(&self.data).ok()?.0.get_first_value(name)
    }

    /// The first part of this type that is no attachment, decoded: `text/plain`, `text/html`.
    #[must_use]
    pub fn text(&self, content_type: &str) -> Option<String> {
        let mail = mailparse::parse_mail(&self.data).ok()?;
        let part = mail.parts().find(|part| part.ctype.mimetype == content_type && file_name(part).is_none())?;
        part.get_body().ok()
    }

    /// The files that came with it, in order.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        let Ok(mail) = mailparse::parse_mail(&self.data) else { return Vec::new() };
        let attachment = |part: &ParsedMail<'_>| {
            let (name, bytes) = (file_name(part)?, part.get_body_raw().ok()?);
            Some(Attachment { name, content_type: part.ctype.mimetype.clone(), bytes })
        };
        mail.parts().filter_map(attachment).collect()
    }
}

fn file_name(part: &ParsedMail<'_>) -> Option<String> {
    let disposition = part.get_content_disposition();
    let attached = disposition.disposition == DispositionType::Attachment;
    attached.then(|| disposition.params.get("filename").cloned().unwrap_or_default())
}
