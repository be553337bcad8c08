//! Splits a `people/search` answer into employees as its bytes arrive.
//!
//! The answer has no pages: 100,000 employees are one body of hundreds of megabytes. Parsing it as a whole would take
//! gigabytes of memory; the splitter keeps one employee at a time.

use crate::http::BYTE_ORDER_MARK;
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
        let mut bytes = piece.iter().enumerate();
        loop {
            if self.in_string {
                if self.escaped {
                    bytes.next()?;
                    self.escaped = false;
                }
                let (at, &byte) = bytes.find(|&(_, &byte)| byte == b'"' || byte == b'\\')?;
                if byte == b'\\' {
                    self.escaped = true;
                    continue;
                }
                self.in_string = false;
                if self.depth == 0 {
                    return Some(at + 1);
                }
            }
            let (at, &byte) = bytes.find(|&(_, &byte)| is_structural(byte))?;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return Some(at + 1),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(body: &[u8], piece: usize) -> Result<Vec<String>, SplitError> {
        let mut elements = Vec::new();
        let mut splitter = ArraySplitter::new("employees");
        for part in body.chunks(piece) {
            splitter.feed(part, &mut |element| elements.push(String::from_utf8_lossy(element).into_owned()))?;
        }
        splitter.finish()?;
        Ok(elements)
    }

    #[test]
    fn elements_come_out_whole_whatever_the_pieces() {
        let body =
            br#" {"meta":{"a":[1,"]}"]},"employees":[{"id":"1","x":"a\"}]\\"}, {"id":"2","n":[{}]} ],"z":null} "#;
        for piece in 1..body.len() {
            assert_eq!(split(body, piece).unwrap(), [r#"{"id":"1","x":"a\"}]\\"}"#, r#"{"id":"2","n":[{}]}"#]);
        }
        assert_eq!(split(br#"{"employees":[]}"#, 3).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_the_answer_is_an_error() {
        for body in [
            "",
            "<html>",
            "[]",
            r#"{"employees":{}}"#,
            r#"{"employees":[{}]"#,
            r#"{"employees":[{}]}x"#,
            r#"{"employees":[{},]}"#,
        ] {
            assert!(split(body.as_bytes(), 4).is_err(), "{body}");
        }
        assert_eq!(split(b"{}", 1), Err(SplitError::NoList("employees")));
        assert_eq!(split(br#"{"employees":[],"employees":[]}"#, 9), Err(SplitError::NoList("employees")));
        assert_eq!(split(br#"{"employees":[{"id":"#, 64), Err(SplitError::Truncated(20)));
    }

    #[test]
    fn an_endless_element_is_refused() {
        let mut splitter = ArraySplitter::new("employees");
        splitter.feed(br#"{"employees":[{"a":""#, &mut |_| {}).unwrap();
        let filler = vec![b'x'; ELEMENT_BYTES_MAX];
        assert_eq!(splitter.feed(&filler, &mut |_| {}), Err(SplitError::TooLarge));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(".*", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(elements in prop::collection::vec(json(), 0..6), before in json(), piece in 1_usize..40) {
            let body = serde_json::to_vec(&serde_json::json!({ "a": before, "employees": elements, "z": [before] })).unwrap();
            let split = split(&body, piece).unwrap();
            let parsed: Vec<serde_json::Value> = split.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            prop_assert_eq!(parsed, elements);
        }

        #[test]
        fn never_panics(body in prop::collection::vec(prop_oneof![
            any::<u8>(), prop::sample::select(br#"{}[]",:\e"#.to_vec())], 0..200), piece in 1_usize..20) {
            let _ = split(&body, piece);
        }
    }
}
