//! Which work email HiBob's answers have shown for which employee.
//!
//! A plan names the employee and the work email of each account that it creates or renames. The host reads both in
//! HiBob's own answers while the plan is made, so that a plugin cannot make up either:
//!
//! 1. An answer to `POST /people/search` is a JSON object with a list of employees (HiBob's API, "Search for
//!    employees"). [`AnswerReader`] reads the ids and work emails of each as the bytes pass, and keeps one employee at
//!    a time.
//! 2. [`WorkEmails`] keeps a keyed hash of each pair, eight bytes an employee.
//! 3. [`WorkEmails::unknown`] finds the first change whose user name HiBob has not shown for its employee.

use crate::text_form::{address_compared, compared};
use hibob_contract::directory_sync::Change;
use hibob_contract::types::Value;
use memchr::memchr2;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// Largest employee that is read, in bytes; a larger one is passed over. With every field, HiBob sends about 7 kB.
const EMPLOYEE_BYTES_MAX: usize = 1024 * 1024;

/// How many brackets are open in an employee's object: the answer's, the list's, and its own.
const EMPLOYEE_DEPTH: usize = 3;

/// The pairs of employee and work email that HiBob's answers have shown.
#[derive(Clone, Debug, Default)]
pub struct WorkEmails {
    /// Hashes with a random key, so that a plugin cannot look for two pairs with one hash.
    pairs: HashSet<u64>,
    key: RandomState,
}

impl WorkEmails {
    fn pair(&self, employee_id: &str, email: &str) -> u64 {
        self.key.hash_one((compared(employee_id), address_compared(email)))
    }

    /// Remembers that HiBob has this work email for this employee.
    pub fn note(&mut self, employee_id: &str, email: &str) {
        let pair = self.pair(employee_id, email);
        self.pairs.insert(pair);
    }

    /// Whether HiBob has shown this work email for this employee. Both are compared as they look, and the address
    /// without regard to case.
    pub fn has(&self, employee_id: &str, email: &str) -> bool {
        self.pairs.contains(&self.pair(employee_id, email))
    }

    /// The first change that writes a user name which HiBob has not shown as the work email of the change's employee.
    /// A temporary address is right as well: `swap_address`, the tenant's setting, with the employee's id for `{id}`.
    pub fn unknown<'c>(&self, changes: &'c [Change], swap_address: Option<&str>) -> Option<&'c Change> {
        changes.iter().find(|change| {
            let written = change.fields.iter().find(|field| field.field == "user-name");
            let Some(Value::Text(name)) = written.and_then(|field| field.after.as_ref()) else { return false };
            let id = change.employee_id.as_deref().unwrap_or_default();
            let temporary = swap_address.map(|pattern| pattern.replace("{id}", id));
            temporary.as_deref() != Some(name) && !self.has(id, name)
        })
    }
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
    pub fn read(&mut self, piece: &[u8], work_emails: &mut WorkEmails) {
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
                    b'{' | b'[' => {
                        self.depth += 1;
                        if self.depth == EMPLOYEE_DEPTH {
                            (start, self.is_too_large) = (at, false);
                            self.begun.clear();
                        }
                    }
                    b'}' | b']' => {
                        if self.depth == EMPLOYEE_DEPTH {
                            self.employee(piece.get(start..=at).unwrap_or_default(), work_emails);
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
    fn employee(&mut self, end: &[u8], work_emails: &mut WorkEmails) {
        let whole = if self.begun.is_empty() {
            Cow::Borrowed(end)
        } else {
            self.keep(end);
            Cow::Owned(std::mem::take(&mut self.begun))
        };
        if self.is_too_large {
            return;
        }
        let Ok(Employee { ids, emails }) = serde_json::from_slice(&whole) else { return };
        for id in &ids {
            emails.iter().for_each(|email| work_emails.note(id, email));
        }
    }
}

/// What an employee's object says about id and work email. Each may be there in both of HiBob's forms: under its name,
/// and under its path with a slash.
struct Employee {
    ids: Vec<String>,
    emails: Vec<String>,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "id", alias = "/id", alias = "/root/id")]
    Id,
    #[serde(rename = "email", alias = "/email", alias = "/root/email")]
    Email,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Employee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Employee;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an employee object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Employee, A::Error> {
                let mut employee = Employee { ids: Vec::new(), emails: Vec::new() };
                while let Some(key) = map.next_key()? {
                    let texts = match key {
                        Key::Id => &mut employee.ids,
                        Key::Email => &mut employee.emails,
                        Key::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    texts.extend(text(map.next_value()?));
                }
                Ok(employee)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// A text, or a number or truth value as text; also in an object as its `value`.
fn text(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Bool(flag) => Some(flag.to_string()),
        serde_json::Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => Some(number.to_string()),
            None => Some(number.to_string()),
        },
        serde_json::Value::Object(mut object) => {
            object.remove("value").filter(|value| !value.is_object()).and_then(text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::{ChangeKind, FieldChange};

    fn read(pieces: &[&[u8]]) -> WorkEmails {
        let (mut reader, mut work_emails) = (AnswerReader::default(), WorkEmails::default());
        pieces.iter().for_each(|piece| reader.read(piece, &mut work_emails));
        work_emails
    }

    const ANSWER: &str = r#"{"a":{"b":[{"id":"9","email":"no@acme.example"}]},"employees":[
        {"id":"1","email":"Ana@acme.example","work":{"manager":{"id":"2","email":"x@acme.example"}},"note":"\"}]\\"},
        {"/root/id":{"value":3332883884017713938},"/root/email":{"value":"b\u0065n\u200b@acme.example"}},
        {"id":4,"email":null},{"id":5,"email":["list@acme.example"]},
        {"email":"late@acme.example","id":"6"}],"more":[[1]]}"#;

    const SHOWN: [(&str, &str); 3] =
        [("1", "ana@acme.example"), ("3332883884017713938", "ben@acme.example"), ("6", "late@acme.example")];

    #[test]
    fn an_employees_own_email_is_noted_wherever_the_answer_is_cut() {
        for cut in 0..=ANSWER.len() {
            let (one, two) = ANSWER.as_bytes().split_at(cut);
            let work_emails = read(&[one, two]);
            assert!(SHOWN.iter().all(|(id, email)| work_emails.has(id, email)), "{cut}");
            assert_eq!(work_emails.pairs.len(), SHOWN.len(), "{cut}");
        }
        let bytes: Vec<&[u8]> = ANSWER.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes).pairs.len(), SHOWN.len());
    }

    #[test]
    fn an_email_of_somebody_else_is_not_the_employees() {
        let work_emails = read(&[ANSWER.as_bytes()]);
        for (id, email) in
            [("1", "x@acme.example"), ("2", "x@acme.example"), ("6", "ana@acme.example"), ("9", "no@acme.example")]
        {
            assert!(!work_emails.has(id, email), "{id} {email}");
        }
    }

    #[test]
    fn a_large_employee_is_passed_over_and_the_next_one_is_read() {
        let large = format!(r#"{{"id":"1","note":"{}","email":"a@b.c"}}"#, "x".repeat(EMPLOYEE_BYTES_MAX));
        let answer = format!(r#"{{"employees":[{large},{{"id":"2","email":"b@b.c"}}]}}"#);
        let work_emails = read(&answer.as_bytes().chunks(65_536).collect::<Vec<_>>());
        assert!(!work_emails.has("1", "a@b.c") && work_emails.has("2", "b@b.c"));
    }

    #[test]
    fn what_is_no_json_notes_nothing() {
        for answer in ["", "]]]]", r#"{"employees":[{"id":"1","email":"a@b.c"]}"#, r#"[[{"id""#] {
            assert!(read(&[answer.as_bytes()]).pairs.is_empty(), "{answer}");
        }
    }

    fn change(kind: ChangeKind, employee_id: Option<&str>, user_name: Option<&str>) -> Change {
        let after = user_name.map(|name| Value::Text(name.to_owned()));
        Change {
            id: "1".to_owned(),
            kind,
            employee_id: employee_id.map(str::to_owned),
            target_id: None,
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: vec![FieldChange { field: "user-name".to_owned(), before: None, after }],
            reason: String::new(),
        }
    }

    #[test]
    fn a_user_name_that_hibob_did_not_show_is_unknown() {
        let work_emails = read(&[ANSWER.as_bytes()]);
        let is_unknown = |employee_id, name| {
            let changes = [ChangeKind::Create, ChangeKind::Update, ChangeKind::Adopt].map(|kind| {
                work_emails.unknown(&[change(kind, employee_id, name)], Some("swap-{id}@acme.example")).is_some()
            });
            assert!(changes.iter().all(|is_unknown| *is_unknown == changes[0]), "{employee_id:?} {name:?}");
            changes[0]
        };
        assert!(!is_unknown(Some("1"), Some("ANA@acme.example")) && !is_unknown(Some("1"), None));
        assert!(!is_unknown(Some("1"), Some("swap-1@acme.example")));
        for (employee_id, name) in [
            (Some("1"), "eve@acme.example"),
            (Some("7"), "ana@acme.example"),
            (None, "ana@acme.example"),
            (Some("1"), "swap-2@acme.example"),
            (Some("1"), ""),
        ] {
            assert!(is_unknown(employee_id, Some(name)), "{employee_id:?} {name}");
        }
    }
}
