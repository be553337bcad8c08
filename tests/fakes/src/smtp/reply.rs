//! What the server says (RFC 5321 section 4.2).

/// A code and one line of text or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits: 2 and 3 go on, 4 may be repeated later, 5 may not.
    pub code: u16,
    /// The text, which begins with an enhanced code (RFC 3463) where one is fitting.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        Self { code, lines: vec![text.to_owned()] }
    }

    /// A command at a time when it is not allowed.
    pub(super) fn bad_order(text: &str) -> Self {
        Self::new(503, &format!("5.5.1 {text}"))
    }

    /// An argument that does not have the form it should have.
    pub(super) fn bad_argument(text: &str) -> Self {
        Self::new(501, &format!("5.5.4 {text}"))
    }

    /// A parameter that is not known, or was not offered (RFC 5321 section 4.1.1.11).
    pub(super) fn bad_parameter(text: &str) -> Self {
        Self::new(555, &format!("5.5.4 {text}"))
    }

    /// As it goes over the wire: a hyphen says that another line follows (RFC 5321 section 4.2.1).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let last = self.lines.len().saturating_sub(1);
        let line =
            |(at, text): (usize, &String)| format!("{}{}{text}\r\n", self.code, if at == last { ' ' } else { '-' });
        self.lines.iter().enumerate().map(line).collect::<String>().into_bytes()
    }
}
