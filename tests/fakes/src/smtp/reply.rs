//! The server's replies (RFC 5321 section 4.2).

/// A reply: a code, and one or more lines of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The code of three digits. It begins with 2 or 3 for success, 4 for a temporary failure, 5 for a permanent one.
    pub code: u16,
    /// The text. It begins with an enhanced code (RFC 3463) if there is one for the situation.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        Self { code, lines: vec![text.to_owned()] }
    }

    /// The refusal of a command that is not allowed at this point.
    pub(super) fn bad_order(text: &str) -> Self {
        Self::new(503, &format!("5.5.1 {text}"))
    }

    /// The refusal of a malformed argument.
    pub(super) fn bad_argument(text: &str) -> Self {
        Self::new(501, &format!("5.5.4 {text}"))
    }

    /// The refusal of a parameter that is unknown or was not offered (RFC 5321 section 4.1.1.11).
    pub(super) fn bad_parameter(text: &str) -> Self {
        Self::new(555, &format!("5.5.4 {text}"))
    }

    /// The bytes to send. A hyphen after the code means that another line follows (RFC 5321 section 4.2.1).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let last = self.lines.len().saturating_sub(1);
        let line =
            |(at, text): (usize, &String)| format!("{}{}{text}\r\n", self.code, if at == last { ' ' } else { '-' });
        self.lines.iter().enumerate().map(line).collect::<String>().into_bytes()
    }
}
