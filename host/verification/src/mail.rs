//! The attachments of a saved e-mail (RFC 5322, MIME of RFC 2045 and 2046), as far as a reference needs them.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The size of the largest mail that is read, in bytes.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most levels of parts within parts.
const DEPTH_MAX: usize = 8;

/// The most parts that are read.
const PARTS_MAX: usize = 200;

/// The header fields of which one stands in every mail, and in no file that is a reference.
const FIELDS: [&str; 9] = [
    "return-path",
    "received",
    "delivered-to",
    "from",
    "date",
    "message-id",
    "mime-version",
    "x-mozilla-status",
    "dkim-signature",
];

/// Whether a file is a saved mail: its first line is a header field of mails.
pub fn is_mail(file: &[u8]) -> bool {
    let line = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = line.split(|byte| *byte == b':').next().filter(|name| name.len() < line.len());
    let name = name.and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default().to_ascii_lowercase();
    FIELDS.contains(&name.as_str()) || file.starts_with(b"From ")
}

/// The contents of all parts that have no parts themselves, decoded, in their order.
pub(crate) fn contents(mail: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    collect(mail, 0, &mut found);
    found
}

fn collect(part: &[u8], depth: usize, found: &mut Vec<Vec<u8>>) {
    if depth > DEPTH_MAX || found.len() >= PARTS_MAX {
        return;
    }
    let (header, body) = split(part);
    let header = unfolded(header);
    let kind = field(&header, "content-type").unwrap_or_default();
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        let Some(boundary) = parameter(&kind, "boundary") else { return };
        return parts(body, &boundary).into_iter().for_each(|part| collect(part, depth + 1, found));
    }
    let content = decoded(body, &field(&header, "content-transfer-encoding").unwrap_or_default());
    if lower.starts_with("message/rfc822") {
        return collect(&content, depth + 1, found);
    }
    found.push(content);
}

/// Header and body: the first blank line is between them. A part may have no header (RFC 2046 section 5.1).
fn split(part: &[u8]) -> (&[u8], &[u8]) {
    if let Some(body) = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")) {
        return (&[], body);
    }
    let blank = [&b"\r\n\r\n"[..], b"\n\n"].into_iter().filter_map(|blank| {
        let place = part.windows(blank.len()).position(|window| window == blank)?;
        Some((place, place + blank.len()))
    });
    match blank.min() {
        Some((header, body)) => (part.get(..header).unwrap_or_default(), part.get(body..).unwrap_or_default()),
        None => (part, &[]),
    }
}

/// The lines of a header, of which each is one field (RFC 5322 section 2.2.3).
fn unfolded(header: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in String::from_utf8_lossy(header).lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn field(header: &[String], name: &str) -> Option<String> {
    header.iter().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The parts between the boundary's lines (RFC 2046 section 5.1.1).
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let (mut found, mut start, mut place) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let rest = line.strip_prefix(delimiter.as_bytes());
        if let Some(rest) = rest.filter(|rest| rest.trim_ascii().is_empty() || rest.trim_ascii() == b"--") {
            found.extend(start.and_then(|start| body.get(start..place)));
            start = rest.trim_ascii().is_empty().then_some(place + line.len());
            if found.len() >= PARTS_MAX {
                return found;
            }
        }
        place += line.len();
    }
    // A mail that was cut off has no last line of the boundary.
    found.extend(start.and_then(|start| body.get(start..)));
    found
}

fn decoded(body: &[u8], encoding: &str) -> Vec<u8> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" => {
            let text: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            GeneralPurpose::new(&STANDARD, config).decode(text).unwrap_or_default()
        }
        "quoted-printable" => quoted_printable(body),
        _ => body.strip_suffix(b"\r\n").or_else(|| body.strip_suffix(b"\n")).unwrap_or(body).to_vec(),
    }
}

/// RFC 2045 section 6.7.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'=' {
            bytes.push(*first);
        } else if let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
            rest = after;
        } else if let Some(byte) =
            rest.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok())
        {
            bytes.push(byte);
            rest = rest.get(2..).unwrap_or_default();
        } else {
            bytes.push(b'=');
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_are_found_in_parts_of_parts() {
        let mail = "Received: by mail.example\r\nContent-Type: multipart/mixed;\r\n boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n\
                    Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\nplain=20\r\n--in\r\n\
                    Content-Transfer-Encoding: quoted-printable\r\n\r\n=7Bsoft=\r\n line=7D\r\n--in--\r\n--a b\r\n\
                    content-transfer-encoding: BASE64\r\nContent-Type: application/pdf\r\n\r\nJVBE\r\nRi0=\r\n--a b\r\n\
                    Content-Type: message/rfc822\r\n\r\nFrom: x\r\n\r\ninner\r\n--a b--\r\nepilogue";
        assert!(is_mail(mail.as_bytes()));
        let expected = ["plain=20", "{soft line}\r\n", "%PDF-", "inner"].map(|text| text.as_bytes().to_vec());
        let with_quoted = |texts: Vec<Vec<u8>>| texts.iter().map(|text| text.trim_ascii().to_vec()).collect::<Vec<_>>();
        let expected = with_quoted(expected.to_vec());
        assert_eq!(with_quoted(contents(mail.as_bytes())), expected);
        assert_eq!(with_quoted(contents(mail.replace("\r\n", "\n").as_bytes())), expected);
        for other in ["{\"from\": 1}", "%PDF-1.7\n", "c2sp.org/tlog-proof@v1\n", "", "from"] {
            assert!(!is_mail(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_part_without_a_header_is_read_whole() {
        let mail =
            b"From: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n\r\ntwo\r\n--b--\r\n";
        assert_eq!(contents(mail), [b"one\r\n\r\ntwo"]);
    }

    #[test]
    fn hostile_mails_are_read_in_no_time() {
        let nested = "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(10_000);
        assert!(contents(nested.as_bytes()).len() <= PARTS_MAX);
        let many = format!("Content-Type: multipart/mixed; boundary=a\n\n{}", "--a\n\n".repeat(100_000));
        assert!(contents(many.as_bytes()).len() <= PARTS_MAX);
        assert_eq!(contents(b"Content-Transfer-Encoding: base64\n\n!!!"), [b""]);
    }
}
