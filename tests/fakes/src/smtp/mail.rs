//! A message that was accepted, and its parts.

use mailparse::{DispositionType, MailHeaderMap, ParsedMail};

/// A message with its envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// The sender; empty for `<>`.
    pub sender: String,
    /// The recipients that were accepted.
    pub recipients: Vec<String>,
    /// The message: lines that end with CRLF, without the dots that SMTP adds.
    pub data: Vec<u8>,
    /// Whether it was received over TLS.
    pub tls: bool,
    /// The user who was logged in.
    pub user: Option<String>,
    /// The time at which it arrived, in Unix seconds.
    pub at: f64,
}

/// A file that is attached to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// The content type, such as `application/pdf`.
    pub content_type: String,
    /// The decoded content.
    pub bytes: Vec<u8>,
}

impl Mail {
    /// The first header field of this name, unfolded and decoded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        mailparse::parse_headers(&self.data).ok()?.0.get_first_value(name)
    }

    /// The decoded first part that has this type (`text/plain`, `text/html`) and is not an attachment.
    #[must_use]
    pub fn text(&self, content_type: &str) -> Option<String> {
        let mail = mailparse::parse_mail(&self.data).ok()?;
        let part = mail.parts().find(|part| part.ctype.mimetype == content_type && file_name(part).is_none())?;
        part.get_body().ok()
    }

    /// The attachments, in order.
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
