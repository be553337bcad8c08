//! Receives the message after DATA, and checks it.

use super::reply::Reply;

/// The length of the longest line in bytes, with its end, but without the dot that the client added before it (RFC 5321
/// section 4.5.3.1.6).
const LINE_BYTES_MAX: usize = 1000;
/// Header fields that have to occur exactly once (RFC 5322 section 3.6).
const REQUIRED: [&str; 2] = ["Date", "From"];
/// Header fields that may occur at most once.
const SINGLE: [&str; 9] =
    ["Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject"];

/// A message that is being received. Errors in it are reported at its end.
#[derive(Debug, Default)]
pub(super) struct Body {
    bytes: Vec<u8>,
    size: usize,
    size_max: usize,
    /// The number of bytes of the current line so far.
    column: usize,
    within_line: bool,
    line_too_long: bool,
    bare_end: bool,
}

impl Body {
    pub(super) fn new(size_max: usize) -> Self {
        Self { size_max, ..Self::default() }
    }

    /// Adds a line, or a piece of one. Returns whether it was the end of the message (RFC 5321 section 4.5.2).
    pub(super) fn push(&mut self, line: &[u8], ended: bool) -> bool {
        let mut line = line;
        if !self.within_line {
            if line == b"." && ended {
                return true;
            }
            line = line.strip_prefix(b".").unwrap_or(line);
        }
        self.column += line.len();
        self.line_too_long |= self.column + 2 > LINE_BYTES_MAX;
        self.bare_end |= line.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        self.append(line);
        self.within_line = !ended;
        if ended {
            self.append(b"\r\n");
            self.column = 0;
        }
        false
    }

    /// Stores bytes up to the size limit. Bytes beyond it are only counted.
    fn append(&mut self, bytes: &[u8]) {
        self.size += bytes.len();
        if self.size <= self.size_max {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The message; an error if it is malformed or too large, or needs an extension that this transaction does not use.
    pub(super) fn finish(self, eight_bit: bool, utf8: bool) -> Result<Vec<u8>, Reply> {
        if self.size > self.size_max {
            return Err(too_big());
        }
        if self.bare_end {
            return Err(Reply::new(554, "5.6.0 a line ends with CRLF, and neither is there alone"));
        }
        if self.line_too_long {
            return Err(Reply::new(500, "5.6.0 line too long"));
        }
        if self.bytes.contains(&0) {
            return Err(Reply::new(554, "5.6.0 a message has no NUL"));
        }
        if !eight_bit && !self.bytes.is_ascii() {
            return Err(Reply::new(554, "5.6.3 8-bit content without BODY=8BITMIME"));
        }
        check_headers(&self.bytes, utf8)?;
        Ok(self.bytes)
    }
}

/// The refusal of a message that is larger than the limit (RFC 1870 section 6).
pub(super) fn too_big() -> Reply {
    Reply::new(552, "5.3.4 message too big")
}

fn check_headers(message: &[u8], utf8: bool) -> Result<(), Reply> {
    let malformed = |text: &str| Reply::new(554, &format!("5.6.0 {text}"));
    let (headers, length) = mailparse::parse_headers(message).map_err(|_| malformed("no header"))?;
    if !utf8 && !message.get(..length).unwrap_or_default().is_ascii() {
        return Err(Reply::new(554, "5.6.9 8-bit header without SMTPUTF8"));
    }
    let count = |name: &str| headers.iter().filter(|header| header.get_key_ref().eq_ignore_ascii_case(name)).count();
    if let Some(name) = REQUIRED.iter().find(|name| count(name) != 1) {
        return Err(malformed(&format!("{name} must be there once")));
    }
    if let Some(name) = SINGLE.iter().find(|name| count(name) > 1) {
        return Err(malformed(&format!("{name} must not be there twice")));
    }
    Ok(())
}
