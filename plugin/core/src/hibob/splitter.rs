//! Splits a `people/search` answer into employees as its bytes arrive.
//!
//! The answer has no pages: 100,000 employees are one body of hundreds of megabytes. Parsing it as a whole would take
//! gigabytes of memory; the splitter keeps one employee at a time.

use crate::http::BYTE_ORDER_MARK;
use memchr::memchr2;
use thiserror::Error;

/// Largest single employee, in bytes. With every field, HiBob sends about 7 kB for an employee.
pub const ELEMENT_BYTES_MAX: usize = 1024 * 1024;

/// Longest part of a key at the answer's top level that is kept, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// The body is not the JSON object that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SplitError {
    /// A byte that the grammar does not allow there.
    #[error("unexpected {found:?} at byte {at}")]
    Unexpected {
        /// The byte as a character.
        found: char,
        /// Its position in the body.
        at: u64,
    },
    /// The body ended before its closing brace.
    #[error("the answer ends in the middle, after {0} bytes")]
    Truncated(u64),
    /// The object has no list of that name, or has two.
    #[error("the answer has no list `{0}`, or has it more than once")]
    NoList(&'static str),
    /// One element is larger than [`ELEMENT_BYTES_MAX`].
    #[error("one entry is larger than {ELEMENT_BYTES_MAX} bytes")]
    TooLarge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the opening brace.
    Start,
    /// After `{`: a key or `}`.
    FirstKey,
    /// After `,` at the top level: a key.
    NextKey,
    /// Inside a key.
    Key,
    /// After a key: `:`.
    Colon,
    /// After `:`: a value.
    Value,
    /// Inside a value that is skipped.
    Skip,
    /// After a value at the top level: `,` or `}`.
    AfterValue,
    /// After `[`: an element or `]`.
    FirstElement,
    /// After `,` in the list: an element.
    NextElement,
    /// Inside an element.
    Element,
    /// After an element: `,` or `]`.
    AfterElement,
    /// After the closing brace: white space only.
    End,
}

/// Splits the list of one name out of a JSON object that arrives in pieces.
///
/// Elements are handed on unchanged. Only their brackets are checked here; the parser of the elements checks the rest.
#[derive(Debug)]
pub struct ArraySplitter {
    list: &'static str,
    state: State,
    seen: bool,
    depth: u32,
    in_string: bool,
    escaped: bool,
    key: Vec<u8>,
    /// The start of an element whose end has not arrived.
    partial: Vec<u8>,
    position: u64,
    /// How many bytes of a byte order mark have come before the object.
    marked: usize,
}

impl ArraySplitter {
    /// A splitter for the list called `list`.
    pub fn new(list: &'static str) -> Self {
        Self {
            list,
            state: State::Start,
            seen: false,
            depth: 0,
            in_string: false,
            escaped: false,
            key: Vec::new(),
            partial: Vec::new(),
            position: 0,
            marked: 0,
        }
    }

    /// Takes the next piece of the body and hands every element that is now complete to `sink`.
    ///
    /// # Errors
    /// The body is not such an object. Elements that were handed on before stay valid.
    pub fn feed(&mut self, mut piece: &[u8], sink: &mut impl FnMut(&[u8])) -> Result<(), SplitError> {
        while let Some((&byte, rest)) = piece.split_first() {
            if self.state == State::Element || self.state == State::Skip {
                piece = self.run(piece, sink)?;
                continue;
            }
            if self.state == State::Key {
                self.key_byte(byte);
            } else if !byte.is_ascii_whitespace() {
                let consumed = self.structure(byte)?;
                if !consumed {
                    continue; // the byte begins an element or a value: `run` takes it
                }
            }
            self.position += 1;
            piece = rest;
        }
        Ok(())
    }

    /// Ends the body. To be called after the last piece.
    ///
    /// # Errors
    /// The body ended too early, or has no such list.
    pub fn finish(self) -> Result<(), SplitError> {
        match (self.state, self.seen) {
            (State::End, true) => Ok(()),
            (State::End, false) => Err(SplitError::NoList(self.list)),
            _ => Err(SplitError::Truncated(self.position)),
        }
    }

    /// Takes a byte outside keys, elements and skipped values. False if the byte is the first one of an element or
    /// skipped value.
    fn structure(&mut self, byte: u8) -> Result<bool, SplitError> {
        let next = match (self.state, byte) {
            (State::Start, byte)
                if BYTE_ORDER_MARK.get(self.marked) == Some(&byte) && self.position == self.marked as u64 =>
            {
                self.marked += 1;
                State::Start
            }
            (State::Start, b'{') if [0, BYTE_ORDER_MARK.len()].contains(&self.marked) => State::FirstKey,
            (State::FirstKey | State::NextKey, b'"') => {
                self.key.clear();
                State::Key
            }
            (State::FirstKey | State::AfterValue, b'}') => State::End,
            (State::Colon, b':') => State::Value,
            (State::Value, _) if self.key == self.list.as_bytes() => {
                if self.seen {
                    return Err(SplitError::NoList(self.list));
                }
                if byte != b'[' {
                    return Err(self.unexpected(byte));
                }
                self.seen = true;
                State::FirstElement
            }
            (State::AfterValue, b',') => State::NextKey,
            (State::FirstElement | State::AfterElement, b']') => State::AfterValue,
            (State::AfterElement, b',') => State::NextElement,
            (State::Value, b',' | b':' | b'}' | b']') => return Err(self.unexpected(byte)),
            (State::Value, _) => {
                self.begin(State::Skip);
                return Ok(false);
            }
            (State::FirstElement | State::NextElement, b',' | b':' | b'}' | b']') => {
                return Err(self.unexpected(byte));
            }
            (State::FirstElement | State::NextElement, _) => {
                self.begin(State::Element);
                return Ok(false);
            }
            _ => return Err(self.unexpected(byte)),
        };
        self.state = next;
        Ok(true)
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.depth = 0;
        self.in_string = false;
        self.escaped = false;
        self.partial.clear();
    }

    fn key_byte(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.state = State::Colon;
            return;
        }
        if self.key.len() < KEY_BYTES_MAX {
            self.key.push(byte);
        }
    }

    /// Goes on to the end of an element or skipped value, or to the end of the piece. Returns the rest of the piece.
    fn run<'p>(&mut self, piece: &'p [u8], sink: &mut impl FnMut(&[u8])) -> Result<&'p [u8], SplitError> {
        let length = self.value_length(piece);
        let (value, rest) = piece.split_at_checked(length.unwrap_or(piece.len())).unwrap_or((piece, &[]));
        self.position += value.len() as u64;
        if self.state == State::Element {
            if self.partial.len() + value.len() > ELEMENT_BYTES_MAX {
                return Err(SplitError::TooLarge);
            }
            if length.is_some() && self.partial.is_empty() {
                sink(value);
            } else {
                self.partial.extend_from_slice(value);
                if length.is_some() {
                    sink(&self.partial);
                    self.partial.clear();
                }
            }
        }
        if length.is_some() {
            self.state = if self.state == State::Element { State::AfterElement } else { State::AfterValue };
        }
        Ok(rest)
    }

    /// How many bytes of `piece` belong to the value; none if the value does not end in this piece.
    fn value_length(&mut self, piece: &[u8]) -> Option<usize> {
        let mut next = 0; // the first byte that was not looked at
        loop {
            if self.in_string {
                if self.escaped {
                    piece.get(next)?;
                    (self.escaped, next) = (false, next + 1);
                }
                let at = next + memchr2(b'"', b'\\', piece.get(next..)?)?;
                next = at + 1;
                if piece.get(at) == Some(&b'\\') {
                    self.escaped = true;
                    continue;
                }
                self.in_string = false;
                if self.depth == 0 {
                    return Some(next);
                }
            }
            let at = next + piece.get(next..)?.iter().position(|&byte| is_structural(byte))?;
            next = at + 1;
            match piece.get(at)? {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return Some(next),
                b'}' | b']' | b',' if self.depth == 0 => return Some(at), // a bare number or word ends before it
                _ => {}
            }
        }
    }

    fn unexpected(&self, byte: u8) -> SplitError {
        SplitError::Unexpected { found: char::from(byte), at: self.position }
    }
}

/// Whether a byte outside a text can end a JSON value or change its depth.
fn is_structural(byte: u8) -> bool {
    matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',')
}
