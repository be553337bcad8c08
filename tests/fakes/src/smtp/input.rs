//! The buffer of bytes that the client has sent and the server has not processed yet.

use bytes::BytesMut;

/// The size of the pieces, in bytes, in which a long line of a message is taken.
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: BytesMut,
    /// Whether the rest of the line is skipped, because the line is too long.
    skipping: bool,
}

/// A command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A whole line, without its end.
    Whole(BytesMut),
    TooLong,
    /// A line that ends with a line feed only.
    BareEnd,
}

impl Input {
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next command line, of at most `bytes_max` bytes with its end; `None` if it has not arrived completely.
    pub(super) fn command(&mut self, bytes_max: usize) -> Option<Line> {
        let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n') else {
            if self.bytes.len() >= bytes_max {
                self.bytes.clear();
                self.skipping = true;
            }
            return None;
        };
        let line = self.bytes.split_to(end + 1);
        if std::mem::take(&mut self.skipping) || line.len() > bytes_max {
            return Some(Line::TooLong);
        }
        Some(match line.strip_suffix(b"\r\n") {
            Some(text) => Line::Whole(text.into()),
            None => Line::BareEnd,
        })
    }

    /// The next line of a message and `true`, or a piece of a long line and `false`. Only CRLF ends a line (RFC 5321
    /// section 2.3.8).
    pub(super) fn text(&mut self) -> Option<(BytesMut, bool)> {
        let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\r\n") else {
            // The last byte may be the first half of the line's end.
            let piece = self.bytes.len().checked_sub(1).filter(|&length| length >= PIECE_BYTES)?;
            return Some((self.bytes.split_to(piece), false));
        };
        let mut line = self.bytes.split_to(end + 2);
        line.truncate(end);
        Some((line, true))
    }
}
