//! The person scope: what a call about the references of some people may ask HiBob, and which claims HiBob's answers
//! confirm. It is one person, or a batch.
//!
//! The host signs the claims that a plugin returns. So it lets the call ask about these people only, keeps the value of
//! each field that HiBob answers about each of them, and compares each claim with its own field in the record of its own
//! person.

mod answers;

use crate::json;
use crate::request::{LIFECYCLE_TABLE, Refusal, Role};
use crate::text_form::{address, day, written};
pub use answers::is_garden_leave;
pub(crate) use answers::value_of;
use answers::{Answers, NAMED_LISTS};
use bytes::Bytes;
use hibob_contract::offboarding_references::{Claims, Departure};
use http::{Method, StatusCode};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// HiBob's fields that a reference is made from. No setting adds to them: a credential has no other claims.
const CLAIMS_FIELDS: [&str; 11] = [
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
    "root.displayName",
];

/// HiBob's named lists from which a reference may take a name.
const LISTS: [&str; 2] = ["title", "department"];

/// The one query that a request for a list may have: it includes archived items, which a leaver may still have.
const ARCHIVED_TOO: &str = "includeArchived=true";

/// What a call reads about each person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonRead {
    /// The claims of a reference.
    Claims {
        /// The lifecycle statuses that count as a departure.
        statuses: Vec<String>,
        /// Whether the people's rows of HiBob's lifecycle table are read too, because garden leave is a departure.
        garden_leave: bool,
    },
    /// The address to deliver to: the HiBob field with this id.
    Address(String),
}

/// What a call may ask HiBob about some people, and what HiBob has answered.
#[derive(Debug)]
pub struct PersonScope {
    read: PersonRead,
    answers: Mutex<Answers>,
}

impl PersonScope {
    /// The scope of a call that reads `read` of this employee.
    pub fn new(employee_id: &str, read: PersonRead) -> Self {
        Self::of([employee_id.to_owned()], read)
    }

    /// The scope of a call that reads `read` of these employees.
    pub fn of(employee_ids: impl IntoIterator<Item = String>, read: PersonRead) -> Self {
        Self { read, answers: Mutex::new(Answers::about(employee_ids)) }
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks a request and returns the body to send: the host's own rendering of the JSON.
    ///
    /// # Errors
    /// The request is about anybody else, or asks for more than this scope allows.
    pub fn check(&self, method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> Result<Bytes, Refusal> {
        let refuse = |why: &str| {
            Refusal::new(format!("the plugin wanted to send {method} {path}, which a reference may not ask: {why}"))
        };
        if method == Method::GET {
            let is_list = || path.strip_prefix(NAMED_LISTS).is_some_and(|list| LISTS.contains(&list));
            let right = match &self.read {
                PersonRead::Claims { garden_leave: true, .. } if path == LIFECYCLE_TABLE => self.is_own(query),
                PersonRead::Claims { .. } => is_list() && query.is_none_or(|query| query == ARCHIVED_TOO),
                PersonRead::Address(_) => false,
            };
            return match right && body.is_empty() {
                true => Ok(Bytes::new()),
                false => Err(refuse("it asks for another list, or not about these people alone")),
            };
        }
        let body = json::read(body).map_err(|what| refuse(&format!("its body is not plain JSON ({what})")))?;
        if !self.is_filter(body.get("filters")) {
            return Err(refuse("it is not about these people alone"));
        }
        let allowed = |field: &str| match &self.read {
            PersonRead::Claims { .. } => CLAIMS_FIELDS.contains(&field),
            PersonRead::Address(address) => field == "root.id" || field == address,
        };
        let fields = body.get("fields").and_then(Value::as_array);
        let right = fields.is_some_and(|fields| fields.iter().all(|field| field.as_str().is_some_and(allowed)));
        let keys = ["fields", "filters", "showInactive"];
        let known = body.as_object().is_some_and(|body| body.keys().all(|key| keys.contains(&key.as_str())));
        if right && known {
            Ok(Bytes::from(body.to_string()))
        } else {
            Err(refuse("it asks for more than a reference needs"))
        }
    }

    /// Whether these are the filters of a search for people of this call and for nobody else: one filter, with ids.
    fn is_filter(&self, filters: Option<&Value>) -> bool {
        let Some([Value::Object(filter)]) = filters.and_then(Value::as_array).map(Vec::as_slice) else { return false };
        let is = |key: &str, text: &str| filter.get(key).and_then(Value::as_str) == Some(text);
        let ids = filter.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let answers = self.answers();
        filter.len() == 3
            && is("fieldPath", "root.id")
            && is("operator", "equals")
            && !ids.is_empty()
            && ids.iter().all(|id| id.as_str().is_some_and(|id| answers.is_about(id)))
    }

    /// Whether the query of a request for the lifecycle table asks for a page of the rows of people of this call.
    fn is_own(&self, query: Option<&str>) -> bool {
        let Some(value) = query.and_then(|query| query.strip_prefix("employeeIds=")) else { return false };
        let (ids, limit) = value.split_once("&limit=").unwrap_or((value, "1"));
        let answers = self.answers();
        // An id with an escape in it could be read as several.
        ids.split(',').all(|id| answers.is_about(id) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            && limit.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Takes in an answer to a request of this call.
    pub fn note_answer(&self, role: Role, path: &str, status: StatusCode, body: &[u8]) {
        if role != Role::HiBob || !status.is_success() {
            return;
        }
        let (claims, address) = match &self.read {
            PersonRead::Claims { .. } => (CLAIMS_FIELDS.as_slice(), None),
            PersonRead::Address(field) => ([].as_slice(), Some(field.as_str())),
        };
        self.answers().note(claims.iter().copied().chain(address), path, body);
    }

    /// Checks the claims against HiBob's answers, each with the value of its own field in the record of the
    /// departure's employee:
    ///
    /// 1. The departure is of an employee of this scope.
    /// 2. Names and the first day are those of the record; one of the two names may be empty where the record has none.
    ///    Names, titles and departments are compared in the form in which they are written ([`written`]).
    /// 3. Job title and department are those of the record, by the names that HiBob's lists have for their ids.
    /// 4. The lifecycle status is one that counts as a departure. Garden leave counts where the tenant says so, and the
    ///    employee's lifecycle rows have one.
    /// 5. The last day is that of the departure, and the record's last day of work. If the record has none, it is the
    ///    day before a garden leave among the employee's lifecycle rows, where that counts, or the termination date: the
    ///    host works that day out itself.
    ///
    /// # Errors
    /// The name of the first claim that is not confirmed.
    pub fn confirm(&self, departure: &Departure, claims: &Claims) -> Result<(), &'static str> {
        // Whole, without `..`: a new claim does not compile until it is compared.
        let Claims { given_name, family_name, job_title, department, started_on, ended_on } = claims;
        let PersonRead::Claims { statuses, garden_leave } = &self.read else { return Err("employee") };
        let (answers, of) = (self.answers(), departure.employee_id.as_str());
        let is_day = |known: Option<&str>, value: &str| known.and_then(day).is_some_and(|day| day.to_string() == value);
        let is_same = |known: Option<&str>, value: &str| known.is_some_and(|known| written(known) == written(value));
        let has_name = |field: &str, value: &str| is_same(Some(answers.value(of, field).unwrap_or_default()), value);
        let has_some_name = !given_name.is_empty() || !family_name.is_empty();
        let named = |field: &str, list: &str, value: &Option<String>| {
            value.as_deref().is_none_or(|value| is_same(answers.value_by_name(of, field, list), value))
        };
        let has_left = answers.value(of, "internal.lifecycleStatus").is_some_and(|status| {
            statuses.iter().any(|departed| departed.to_lowercase() == status.to_lowercase())
                || (*garden_leave && is_garden_leave(status) && answers.has_leave(of))
        });
        let is_last_day = match answers.value(of, "employee.lastDayOfWork") {
            Some(last) => is_day(Some(last), ended_on),
            None => {
                let ends = is_day(answers.value(of, "internal.terminationDate"), ended_on);
                ends || (*garden_leave && answers.is_day_before_leave(of, ended_on))
            }
        };
        for (name, right) in [
            ("employee", answers.is_about(of)),
            ("given-name", has_some_name && has_name("root.firstName", given_name)),
            ("family-name", has_name("root.surname", family_name)),
            ("job-title", named("work.title", "title", job_title)),
            ("department", named("work.department", "department", department)),
            ("started-on", is_day(answers.value(of, "work.startDate"), started_on)),
            ("status", has_left),
            ("ended-on", *ended_on == departure.ended_on && is_last_day),
        ] {
            if !right {
                return Err(name);
            }
        }
        Ok(())
    }

    /// Whether this is the value of the address field in this employee's own record, as HiBob has answered it. Always
    /// false for a scope that reads claims.
    pub fn has_address(&self, employee_id: &str, value: &str) -> bool {
        match &self.read {
            PersonRead::Address(field) => {
                self.answers().value(employee_id, field).is_some_and(|known| address(known) == address(value))
            }
            PersonRead::Claims { .. } => false,
        }
    }

    /// The value of one of HiBob's fields in this employee's own record, as HiBob has answered it in this call.
    pub fn value(&self, employee_id: &str, field: &str) -> Option<String> {
        self.answers().value(employee_id, field).map(str::to_owned)
    }

    /// SHA-256 over the digests of all answers, in the order of the answers.
    pub fn answers_digest(&self) -> [u8; 32] {
        self.answers().digest()
    }
}

#[cfg(test)]
mod tests;
