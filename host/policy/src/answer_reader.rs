//! Reads the employees in an answer of HiBob as its bytes pass, and keeps one employee at a time.
//!
//! An answer to `POST /people/search` is a JSON object with a list of employees (HiBob's API, "Search for employees").

use memchr::memchr2;
use serde::Deserialize;
use std::borrow::Cow;

/// Largest employee that is read, in bytes; a larger one is passed over. With every field, HiBob sends about 7 kB.
pub(crate) const EMPLOYEE_BYTES_MAX: usize = 1024 * 1024;

/// How many brackets are open in an employee's object: the answer's, the list's, and its own.
const EMPLOYEE_DEPTH: usize = 3;

/// What is noted of the employees in HiBob's answers.
pub trait Notes {
    /// What is read of an employee's object.
    type Employee<'a>: Deserialize<'a>;

    /// Notes it.
    fn note_employee(&mut self, employee: Self::Employee<'_>);
}

/// Reads the employees of one answer as its bytes arrive.
#[derive(Debug, Default)]
pub struct AnswerReader {
    /// Number of open brackets.
    depth: usize,
    in_text: bool,
    /// Whether the last byte was a backslash in a text.
    is_escaped: bool,
    /// The beginning of an employee whose end has not arrived.
    begun: Vec<u8>,
    /// Whether the present employee is larger than [`EMPLOYEE_BYTES_MAX`].
    is_too_large: bool,
}

impl AnswerReader {
    /// Takes the next piece of the answer, and notes the employees that are complete with it. An employee that cannot be
    /// read is passed over; a plugin cannot read it either.
    pub fn read<N: Notes>(&mut self, piece: &[u8], notes: &mut N) {
        let text = valid_utf8(piece);
        let mut start = 0; // of the present employee's bytes in this piece
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
            if self.in_text {
                if self.is_escaped {
                    self.is_escaped = false;
                    at += 1;
                    continue;
                }
                let Some(found) = piece.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) else { break };
                at += found;
                match piece.get(at) {
                    Some(b'"') => self.in_text = false,
                    _ => self.is_escaped = true,
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'{' if self.depth == EMPLOYEE_DEPTH - 1
                        && let Some((employee, length)) = text.get(at..).and_then(whole::<N>) =>
                    {
                        notes.note_employee(employee);
                        at += length;
                        continue;
                    }
                    b'{' | b'[' => {
                        self.depth += 1;
                        if self.depth == EMPLOYEE_DEPTH {
                            (start, self.is_too_large) = (at, false);
                            self.begun.clear();
                        }
                    }
                    b'}' | b']' => {
                        if self.depth == EMPLOYEE_DEPTH {
                            self.employee(piece.get(start..=at).unwrap_or_default(), notes);
                        }
                        self.depth = self.depth.saturating_sub(1);
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        if self.depth >= EMPLOYEE_DEPTH {
            self.keep(piece.get(start..).unwrap_or_default());
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.is_too_large |= self.begun.len() + bytes.len() > EMPLOYEE_BYTES_MAX;
        if self.is_too_large {
            self.begun.clear();
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// Notes an employee, whose last bytes these are.
    fn employee<N: Notes>(&mut self, end: &[u8], notes: &mut N) {
        let whole = if self.begun.is_empty() {
            Cow::Borrowed(end)
        } else {
            self.keep(end);
            Cow::Owned(std::mem::take(&mut self.begun))
        };
        if self.is_too_large {
            return;
        }
        let Ok(employee) = serde_json::from_slice::<N::Employee<'_>>(&whole) else { return };
        notes.note_employee(employee);
    }
}

/// The beginning of a piece that is UTF-8; its end may have half a character.
fn valid_utf8(piece: &[u8]) -> &str {
    match simdutf8::compat::from_utf8(piece) {
        Ok(text) => text,
        Err(error) => piece.get(..error.valid_up_to()).and_then(|valid| str::from_utf8(valid).ok()).unwrap_or(""),
    }
}

/// The employee with which a text begins, and the number of bytes; none if it is not whole in the text, cannot be read, or
/// is too large. Nearly every employee is whole, and is looked at once.
fn whole<N: Notes>(text: &str) -> Option<(N::Employee<'_>, usize)> {
    let mut employees = serde_json::Deserializer::from_str(text).into_iter::<N::Employee<'_>>();
    let employee = employees.next()?.ok()?;
    Some((employee, employees.byte_offset())).filter(|(_, length)| *length <= EMPLOYEE_BYTES_MAX)
}
