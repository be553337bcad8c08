//! What a call for one person's reference may ask, and what HiBob answered.
//!
//! The host signs what a plugin says of somebody. So it sees to it that nobody else is asked about, and keeps what was
//! answered until it has compared every value with it.

mod answers;

use crate::json;
use crate::request::{LIFECYCLE_TABLE, Refusal, Role};
pub use answers::is_garden_leave;
use answers::{NAMED_LISTS, PersonAnswers};
use bytes::Bytes;
use hibob_contract::offboarding_references::{Claims, Departure};
use http::{Method, StatusCode};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Fields that a reference rests on. A tenant's file cannot make them more: the credential holds nothing else.
const CLAIMS_FIELDS: [&str; 10] = [
    "root.id",
    "internal.lifecycleStatus",
    "internal.terminationDate",
    "employee.lastDayOfWork",
    "work.startDate",
    "work.title",
    "work.department",
    "work.site",
    "root.firstName",
    "root.surname",
];

/// The lists whose names a reference may hold.
const LISTS: [&str; 2] = ["title", "department"];

/// What a question for a list may ask besides: items that are archived, which leavers still have.
const ARCHIVED_TOO: &str = "includeArchived=true";

/// What of a person is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonRead {
    /// What a reference says.
    Claims {
        /// Whether the person's rows of the lifecycle table are read too: garden leave is a departure.
        garden_leave: bool,
    },
    /// Where it goes: this one field.
    Address(String),
}

/// One person, and what may be asked of HiBob about them.
#[derive(Debug)]
pub struct PersonScope {
    employee_id: String,
    read: PersonRead,
    answers: Mutex<PersonAnswers>,
}

impl PersonScope {
    /// For reading this of this employee.
    pub fn new(employee_id: &str, read: PersonRead) -> Self {
        Self { employee_id: employee_id.to_owned(), read, answers: Mutex::default() }
    }

    fn answers(&self) -> MutexGuard<'_, PersonAnswers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a request pass, and returns its body as it is to leave.
    ///
    /// # Errors
    /// It asks for somebody else, or for more.
    pub fn check(&self, method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> Result<Bytes, Refusal> {
        let refuse = |why: &str| Refusal::new(format!("{method} {path} is not what one reference may ask: {why}"));
        if method == Method::GET {
            let is_list = || path.strip_prefix(NAMED_LISTS).is_some_and(|list| LISTS.contains(&list));
            let right = match &self.read {
                PersonRead::Claims { garden_leave: true } if path == LIFECYCLE_TABLE => self.is_own(query),
                PersonRead::Claims { .. } => is_list() && query.is_none_or(|query| query == ARCHIVED_TOO),
                PersonRead::Address(_) => false,
            };
            return match right && body.is_empty() {
                true => Ok(Bytes::new()),
                false => Err(refuse("it is another list, or not about this one person")),
            };
        }
        let body = json::read(body).map_err(|what| refuse(&format!("its body is not plain JSON ({what})")))?;
        let filter = serde_json::json!([
            { "fieldPath": "root.id", "operator": "equals", "values": [self.employee_id] }
        ]);
        if body.get("filters") != Some(&filter) {
            return Err(refuse("it is not about this one person"));
        }
        let allowed = |field: &str| match &self.read {
            PersonRead::Claims { .. } => CLAIMS_FIELDS.contains(&field),
            PersonRead::Address(address) => field == "root.id" || field == address,
        };
        let fields = body.get("fields").and_then(Value::as_array);
        let right = fields.is_some_and(|fields| fields.iter().all(|field| field.as_str().is_some_and(allowed)));
        let keys = ["fields", "filters", "showInactive"];
        let known = body.as_object().is_some_and(|body| body.keys().all(|key| keys.contains(&key.as_str())));
        if right && known { Ok(Bytes::from(body.to_string())) } else { Err(refuse("it asks for more")) }
    }

    /// Whether a query of a table asks for a page of this one person's rows.
    fn is_own(&self, query: Option<&str>) -> bool {
        let Some(asked) = query.and_then(|query| query.strip_prefix("employeeIds=")) else { return false };
        let (id, limit) = asked.split_once("&limit=").unwrap_or((asked, "1"));
        // An id with a comma or an escape in it could be read as several.
        id == self.employee_id
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && limit.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Notes an answer.
    pub fn note_answer(&self, role: Role, path: &str, status: StatusCode, body: &[u8]) {
        if role != Role::HiBob || !status.is_success() {
            return;
        }
        self.answers().note(&self.employee_id, path, body);
    }

    /// Whether every value of these claims stands in what HiBob has answered, and the departure is the one that was asked
    /// for. It may also end on the day before a garden leave whose row HiBob has answered, where that is a departure: a day
    /// that the host works out from the row itself.
    ///
    /// # Errors
    /// The name of the first value that does not.
    pub fn confirm(&self, departure: &Departure, claims: &Claims) -> Result<(), &'static str> {
        let answers = self.answers();
        let has = |value: &str| answers.has_value(value);
        let optional = |value: &Option<String>, list: &str| {
            value.as_deref().is_none_or(|value| has(value) || answers.has_list_name(list, value))
        };
        let ended_on = claims.ended_on.as_str();
        for (name, right) in [
            ("employee", departure.employee_id == self.employee_id),
            ("given-name", has(&claims.given_name)),
            ("family-name", has(&claims.family_name)),
            ("job-title", optional(&claims.job_title, "title")),
            ("department", optional(&claims.department, "department")),
            ("started-on", has(&claims.started_on)),
            ("ended-on", ended_on == departure.ended_on && (has(ended_on) || answers.is_day_before_leave(ended_on))),
        ] {
            if !right {
                return Err(name);
            }
        }
        Ok(())
    }

    /// Whether HiBob has answered this address.
    pub fn has_value(&self, address: &str) -> bool {
        self.answers().has_value(address)
    }

    /// A hash over all answers, in the order in which they came.
    pub fn answers_digest(&self) -> [u8; 32] {
        self.answers().digest()
    }
}

#[cfg(test)]
mod tests;
