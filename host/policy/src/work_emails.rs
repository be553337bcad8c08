//! What HiBob's answers have shown of the employees: which work email each one has, and who has left.
//!
//! A plan names the employee and the work email of each account that it creates or renames, and says whose account is
//! to be archived. The host reads that in HiBob's own answers while the plan is made, so that a plugin cannot make it up:
//!
//! 1. Of each employee in an answer, ids, work emails, lifecycle statuses and last days are read
//!    ([`AnswerReader`](crate::answer_reader::AnswerReader)).
//! 2. [`WorkEmails`] keeps a keyed hash of each pair of employee and email, and what each employee's status says.
//! 3. [`WorkEmails::unknown`] finds the first change whose user name HiBob has not shown for its employee.
//! 4. [`WorkEmails::has_left`]: somebody has left whose whole record came in these answers, where each record of them has
//!    the status "terminated" and no last day that is still to come.

use crate::answer_reader::Notes;
use crate::guard::{LAST_DAYS, STATUSES};
use crate::text_form::{address_compared, compared, day};
use chrono::{DateTime, Days, NaiveDate};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::{NamedValue, Value};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// The pairs of employee and work email that HiBob's answers have shown.
#[derive(Clone, Debug, Default)]
pub struct WorkEmails {
    /// Hashes with a random key, so that a plugin cannot look for two pairs with one hash.
    pairs: HashSet<u64>,
    /// What the records of each employee say, by a hash of the id.
    standings: HashMap<u64, Standing>,
    /// How many records have a lifecycle status.
    with_status: usize,
    /// How many records have a last day.
    with_last_day: usize,
    key: RandomState,
    /// Comes before everything that is hashed; see [`WorkEmails::keyed`].
    secret: u128,
}

/// What the records of an employee say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The status is "terminated", with this last day.
    Left(Option<NaiveDate>),
    /// Another status, or two records that say different things, or a last day that cannot be read.
    Other,
}

impl WorkEmails {
    /// None shown yet. `secret` is a random number that the plugin does not learn: for machines whose standard library has
    /// no random numbers of its own, as wasm without WASI.
    pub fn keyed(secret: u128) -> Self {
        Self { secret, ..Self::default() }
    }

    fn employee(&self, employee_id: &str) -> u64 {
        self.key.hash_one((self.secret, compared(employee_id)))
    }

    fn pair(&self, employee_id: &str, email: &str) -> u64 {
        self.key.hash_one((self.secret, compared(employee_id), address_compared(email)))
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

    /// Notes what one whole record says of an employee. A record without a status says nothing.
    fn note_standing(&mut self, employee_id: &str, statuses: &[Cow<'_, str>], last_days: &[Cow<'_, str>]) {
        self.with_status += usize::from(!statuses.is_empty());
        self.with_last_day += usize::from(!last_days.is_empty());
        if statuses.is_empty() {
            return;
        }
        let is_terminated = statuses.iter().all(|status| {
            if status.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return *status == "terminated";
            }
            let letters = status.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
            letters.eq("terminated".chars())
        });
        let days: Option<Vec<NaiveDate>> = last_days.iter().map(|text| day(text)).collect();
        let standing = match days {
            Some(days) if is_terminated => Standing::Left(days.into_iter().max()),
            _ => Standing::Other,
        };
        let before = self.standings.entry(self.employee(employee_id)).or_insert(standing);
        if *before != standing {
            *before = Standing::Other;
        }
    }

    /// Whether HiBob has shown in these answers that this employee has left: every record of the employee has the
    /// status "terminated", and no last day after the day that follows `today` (in UTC, since it may be tomorrow already
    /// at the employee's site).
    pub fn has_left(&self, employee_id: &str, today: NaiveDate) -> bool {
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        match self.standings.get(&self.employee(employee_id)) {
            Some(Standing::Left(last_day)) => last_day.is_none_or(|last_day| last_day <= tomorrow),
            Some(Standing::Other) | None => false,
        }
    }

    /// Adds to a plan what these answers have shown of departures: which of the people whose accounts it archives have
    /// left, and how many records have a lifecycle status and a last day.
    pub fn show_departures(&self, planned: &mut Planned) {
        let seconds = i64::try_from(planned.created_at).unwrap_or(i64::MAX);
        let Some(today) = DateTime::from_timestamp(seconds, 0).map(|now| now.date_naive()) else { return };
        let archived = planned.changes.iter().filter(|change| change.kind == ChangeKind::Archive);
        let employees = archived.filter_map(|change| change.employee_id.clone());
        planned.has_left = employees.filter(|id| self.has_left(id, today)).collect();
        let counted = [(STATUSES, self.with_status), (LAST_DAYS, self.with_last_day)];
        planned.baseline.extend(counted.map(|(name, number)| NamedValue {
            name: name.to_owned(),
            value: Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
        }));
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

/// What an employee's object says about id, work email, lifecycle status and last day. Each may be there in both of
/// HiBob's forms: under its name, and under its path with a slash.
#[derive(Default)]
pub struct Employee<'a> {
    ids: Vec<Cow<'a, str>>,
    emails: Vec<Cow<'a, str>>,
    statuses: Vec<Cow<'a, str>>,
    last_days: Vec<Cow<'a, str>>,
}

impl Notes for WorkEmails {
    type Employee<'a> = Employee<'a>;

    fn note_employee(&mut self, employee: Employee<'_>) {
        for id in &employee.ids {
            employee.emails.iter().for_each(|email| self.note(id, email));
            self.note_standing(id, &employee.statuses, &employee.last_days);
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "id", alias = "/id", alias = "/root/id")]
    Id,
    #[serde(rename = "email", alias = "/email", alias = "/root/email")]
    Email,
    #[serde(rename = "internal", alias = "/internal", alias = "/root/internal")]
    Internal,
    #[serde(rename = "/internal/lifecycleStatus", alias = "/root/internal/lifecycleStatus")]
    Status,
    #[serde(rename = "/internal/terminationDate", alias = "/root/internal/terminationDate")]
    LastDay,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Employee<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Employee<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an employee object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Employee<'de>, A::Error> {
                let mut employee = Employee::default();
                while let Some(key) = map.next_key()? {
                    let texts = match key {
                        Key::Id => &mut employee.ids,
                        Key::Email => &mut employee.emails,
                        Key::Status => &mut employee.statuses,
                        Key::LastDay => &mut employee.last_days,
                        Key::Internal => {
                            let internal = map.next_value_seed(Reading::INTERNAL)?;
                            employee.statuses.extend(internal.status);
                            employee.last_days.extend(internal.last_day);
                            continue;
                        }
                        Key::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    texts.extend(map.next_value_seed(Reading::TEXT)?.text);
                }
                Ok(employee)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// The keys of an object within an employee's that matter.
#[derive(Deserialize)]
#[serde(field_identifier)]
enum Part {
    #[serde(rename = "value")]
    Value,
    #[serde(rename = "lifecycleStatus")]
    Status,
    #[serde(rename = "terminationDate")]
    LastDay,
    #[serde(other)]
    Other,
}

/// What a value says: a text, or a number or truth value as text; or the parts of an object that matter. Neither of it
/// stands for anything else.
#[derive(Default)]
struct Said<'a> {
    /// The text, also of one in an object as its `value`.
    text: Option<Cow<'a, str>>,
    /// Of an object, or of one in it as its `value`: the status and the last day.
    status: Option<Cow<'a, str>>,
    last_day: Option<Cow<'a, str>>,
    is_object: bool,
}

impl<'a> Said<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// Reads what a value says.
#[derive(Clone, Copy)]
struct Reading {
    /// Whether what an object has as its `value` counts in the object's place.
    may_wrap: bool,
    /// Whether the status and the last day are read too.
    has_parts: bool,
}

impl Reading {
    /// Of the object `internal`.
    const INTERNAL: Self = Self { may_wrap: true, has_parts: true };
    /// Of a value that is a text.
    const TEXT: Self = Self { may_wrap: true, has_parts: false };
}

impl<'de> DeserializeSeed<'de> for Reading {
    type Value = Said<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Said<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Said<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Said<'de>, E> {
        Ok(Said::text(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Said<'de>, E> {
        Ok(Said::text(text.to_owned()))
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Said<'de>, E> {
        Ok(Said::text(flag.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Said<'de>, E> {
        Ok(Said::text(number.to_string()))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Said<'de>, E> {
        Ok(Said::text(number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Said<'de>, E> {
        Ok(Said::text(number.to_string()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Said<'de>, E> {
        Ok(Said::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Said<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Said::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said<'de>, A::Error> {
        let (mut own, mut value) = (Said { is_object: true, ..Said::default() }, Said::default());
        while let Some(key) = map.next_key::<Part>()? {
            match key {
                Part::Status if self.has_parts => own.status = map.next_value_seed(Self::TEXT)?.text,
                Part::LastDay if self.has_parts => own.last_day = map.next_value_seed(Self::TEXT)?.text,
                Part::Value if self.may_wrap => value = map.next_value_seed(Self { may_wrap: false, ..self })?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(if value.is_object { value } else { Said { text: value.text, ..own } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer_reader::{AnswerReader, EMPLOYEE_BYTES_MAX};
    use hibob_contract::directory_sync::FieldChange;

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
    fn who_has_left_is_read_in_every_form_and_only_where_every_record_says_so() {
        const ANSWER: &str = r#"{"employees":[
            {"id":"1","internal":{"lifecycleStatus":"terminated","terminationDate":"2026-03-31"}},
            {"/root/id":{"value":"2"},"/internal/lifecycleStatus":{"value":"Terminated"}},
            {"id":"3","internal":{"lifecycleStatus":"terminated","terminationDate":"2026-04-03"}},
            {"id":"4","internal":{"lifecycleStatus":"terminated"}},{"id":"4","internal":{"lifecycleStatus":"employed"}},
            {"id":"5","internal":{"lifecycleStatus":"employed","terminationDate":"2026-03-01"}},
            {"id":"6","internal":{"lifecycleStatus":null,"terminationDate":"2026-03-01"}},
            {"id":"7","internal":{"lifecycleStatus":"terminated","terminationDate":"soon"}},
            {"id":"8","/internal":{"value":{"lifecycleStatus":"terminated"}}},
            {"id":"9","work":{"internal":{"lifecycleStatus":"terminated"}}},
            {"id":"10","internal":{"lifecycleStatus":"terminated"}"#;
        let work_emails = read(&[ANSWER.as_bytes()]);
        let today = "2026-04-01".parse().unwrap();
        let left: Vec<u32> = (1..=11).filter(|id| work_emails.has_left(&id.to_string(), today)).collect();
        assert_eq!(left, [1, 2, 8], "10 did not come whole");
        assert_eq!((work_emails.with_status, work_emails.with_last_day), (8, 5));
        assert!(work_emails.has_left("3", "2026-04-02".parse().unwrap()));
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
