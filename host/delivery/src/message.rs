//! Composes the e-mail as bytes (RFC 5322, MIME).

use crate::address::Recipient;
use crate::{Letter, Occasion, words};
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};

/// The header field that marks the e-mail as written by a program, so that no automatic reply is sent (RFC 3834,
/// section 5).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The e-mail that delivers a reference to a recipient, as bytes.
///
/// # Errors
/// A text that says which part of the e-mail cannot be written. It does not contain that part.
pub(super) fn compose(letter: &Letter<'_>, from: &Mailbox, to: &Recipient) -> Result<Vec<u8>, String> {
    let name = one_line(letter.name);
    let letter = &Letter { name: &name, ..*letter };
    let to = Mailbox::new((!name.is_empty()).then(|| name.clone()), to.address().clone());
    let file = words::file_name(letter);
    let written = MultiPart::alternative()
        .singlepart(SinglePart::plain(words::plain(letter)))
        .singlepart(SinglePart::html(words::html(letter)));
    if matches!(letter.occasion, Occasion::Revocation { .. }) {
        return formatted(letter, from, to, written);
    }
    let parts = MultiPart::mixed()
        .multipart(written)
        .singlepart(attached(format!("{file}.pdf"), "application/pdf", letter.pdf)?)
        // Registered with IANA for Verifiable Credentials Data Model 2.0.
        .singlepart(attached(format!("{file}.json"), "application/vc", letter.credential)?)
        // Not a text part, because that would change the line ends.
        .singlepart(attached(format!("{file}.tlog-proof"), "application/octet-stream", letter.log_proof.as_bytes())?);
    formatted(letter, from, to, parts)
}

/// The whole e-mail with these parts.
fn formatted(letter: &Letter<'_>, from: &Mailbox, to: Mailbox, parts: MultiPart) -> Result<Vec<u8>, String> {
    let message = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(one_line(&words::subject(letter)))
        .date_now()
        .message_id(Some(one_line(letter.message_id)))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .multipart(parts)
        .map_err(|error| error.to_string())?;
    Ok(message.formatted())
}

/// An attachment that arrives with exactly these bytes.
fn attached(name: String, media_type: &str, bytes: &[u8]) -> Result<SinglePart, String> {
    let media_type = ContentType::parse(media_type).map_err(|error| error.to_string())?;
    let body = Body::new_with_encoding(bytes.to_vec(), ContentTransferEncoding::Base64);
    let body = body.map_err(|_| "an attachment cannot be encoded".to_owned())?;
    Ok(Attachment::new(name).body(body, media_type))
}

/// A text as the value of a header field. Control characters become spaces, because a line break would begin another
/// field.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{issuer, letter};

    fn composed(issuer_name: &str, name: &str) -> String {
        let issuer = issuer(issuer_name);
        let to = Recipient::parse("anna@acme.example").unwrap();
        let from = "ACME HR <hr@acme.example>".parse().unwrap();
        String::from_utf8(compose(&letter(&issuer, name), &from, &to).unwrap()).unwrap()
    }

    /// The header's fields, unfolded (RFC 5322, section 2.2.3).
    fn fields(message: &str) -> Vec<String> {
        let head = message.split("\r\n\r\n").next().unwrap();
        head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn every_field_is_there_once() {
        let message = composed("ACME GmbH", "Anna Smith");
        let fields = fields(&message);
        let names: Vec<&str> = fields.iter().map(|field| field.split(':').next().unwrap()).collect();
        let expected =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert_eq!(names, expected);
        assert!(fields.contains(&"Message-ID: <6f1c0b9e@acme.example>".to_owned()), "{fields:?}");
        assert!(fields.contains(&"Auto-Submitted: auto-generated".to_owned()), "{fields:?}");
    }

    #[test]
    fn names_in_any_script_and_of_any_length_make_short_lines_of_ascii() {
        let long = "Wolfeschlegelsteinhausenbergerdorff ".repeat(3);
        for name in ["李小龍", "محمد بن سلمان", "Нина ".repeat(20).trim(), long.trim(), "O\"Brien, \\ (x) <y@z>"]
        {
            let message = composed(name, name);
            assert!(message.is_ascii());
            assert!(message.split("\r\n").all(|line| line.len() <= 998), "{message}");
            assert_eq!(fields(&message).len(), 8, "{message}");
        }
    }

    #[test]
    fn a_name_begins_no_header() {
        let message = composed("ACME GmbH", "Anna\r\nBcc: bo@acme.example\n\nx");
        assert!(!message.contains("\nBcc:") && fields(&message).len() == 8, "{message}");
    }
}
