//! The stand-in for the HiBob public API, version 1.

mod catalogue;
mod guard;
mod lists;
mod rendering;
mod search;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};

pub use self::catalogue::Category;
use self::guard::Guard;
use crate::{
    company::{Company, Employee, ListItem},
    fault::Fault,
    message::{Request, Response},
};

/// The requests per minute for each endpoint, in fixed windows with `X-RateLimit-*` headers (rate limiting page).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `POST people/search`: 50 (people/search reference page).
    pub search: u32,
    /// `POST people/{identifier}`: unconfirmed.
    pub person: u32,
    /// Fields and named lists together: unconfirmed.
    pub metadata: u32,
    /// Bulk tables: unconfirmed.
    pub tables: u32,
}

/// The people whom the service user may see (people page, "access data for").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone: the condition on the lifecycle status was deleted, as the setup guides require.
    Everyone,
    /// The default condition "lifecycle status equals Employed": nobody else is in the answers.
    EmployedOnly,
    /// The conditions match nobody: every answer is a 200 without people.
    Nobody,
}

/// The value of `work.department`. Unconfirmed: official samples show an id, a tenant's answer shows a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepartmentBy {
    /// The id of the list item.
    Id,
    /// Its name.
    Name,
}

/// The key of the items in a named list. Unconfirmed: production code reads `values`, the OpenAPI `items`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKey {
    /// `values`
    Values,
    /// `items`
    Items,
}

/// The answer for the named list `site` if the service user may not manage company sites. Unconfirmed: it is known only
/// that the setup guide requires the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenSites {
    /// Status 403.
    Refused,
    /// Status 200 and no items.
    Empty,
    /// The whole list, as with the permission.
    Listed,
}

/// The form of a human-readable date. Unconfirmed: the pages on lists and on field types disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HumanDate {
    /// `08/09/2019` for the eighth of September.
    DayFirst,
    /// `09/08/2019` for the eighth of September.
    MonthFirst,
    /// `2019-09-08`
    Iso,
}

/// Switches for behaviour that the vendor does not document, or documents in different ways.
#[derive(Debug, Clone, Copy)]
pub struct Switches {
    /// Whether a null value also has its slash key. Unconfirmed; the one real sample has none.
    pub null_twins: bool,
    /// Whether a null value has its nested key. It has in the real sample.
    pub nested_nulls: bool,
    /// Whether `work.department` has the id or the name.
    pub department_by: DepartmentBy,
    /// The form of dates in the human-readable modes.
    pub human_date: HumanDate,
    /// Whether the value of `humanReadable` may be in upper or lower case. Unconfirmed; a Ruby client sends `replace`.
    pub human_readable_any_case: bool,
    /// Whether `filters: []` is allowed. Unconfirmed; third parties quote the reference for a 400.
    pub empty_filters_allowed: bool,
    /// Whether a search or a table answers 400 to unknown keys. Unconfirmed; strict by default, to catch typing errors.
    pub unknown_keys_refused: bool,
    /// Whether a single person is wrapped in `{"employees":[..]}`: the OpenAPI says so, the contract page shows a bare
    /// object.
    pub person_wrapped: bool,
    /// The status of the answer for an unknown identifier: unconfirmed.
    pub unknown_person_status: u16,
    /// Whether the field list is wrapped in `{"fields":[..]}`: one third party says so; production code reads a bare
    /// array.
    pub fields_wrapped: bool,
    /// Whether all named lists are an array instead of an object by name: the OpenAPI says so.
    pub lists_as_array: bool,
    /// The key of the items in a named list.
    pub list_key: ListKey,
    /// Whether list items have numbers as ids: the OpenAPI allows both.
    pub list_ids_as_numbers: bool,
    /// The answer for the list of sites without its permission.
    pub hidden_sites: HiddenSites,
    /// Whether a 429 carries `Retry-After` besides `X-RateLimit-Reset`: unconfirmed.
    pub retry_after: bool,
    /// The status of the removed `GET /v1/people`: unconfirmed (410 or 404).
    pub removed_endpoint_status: u16,
    /// The seed by which the order of `employees` is shuffled, because no order is promised. `None` for the order of
    /// ids.
    pub shuffled_by: Option<u64>,
    /// Whether each row of a table is in an object with `values`: one connector has observed that, the reference page
    /// does not show it.
    pub rows_wrapped: bool,
    /// By how many seconds HiBob's clock is ahead of the real one, as its `Date` headers say (RFC 9110, section 6.6.1).
    /// `None` for the header that the server sends by itself.
    pub clock_ahead_seconds: Option<i64>,
    /// Whether dates change the lifecycle status, at midnight of the site (help centre). If not, statuses stay as set.
    pub statuses_follow_dates: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            null_twins: false,
            nested_nulls: true,
            department_by: DepartmentBy::Id,
            human_date: HumanDate::DayFirst,
            human_readable_any_case: false,
            empty_filters_allowed: false,
            unknown_keys_refused: true,
            person_wrapped: false,
            unknown_person_status: 404,
            fields_wrapped: false,
            lists_as_array: false,
            list_key: ListKey::Values,
            list_ids_as_numbers: false,
            hidden_sites: HiddenSites::Refused,
            retry_after: false,
            removed_endpoint_status: 410,
            shuffled_by: None,
            rows_wrapped: false,
            clock_ahead_seconds: None,
            statuses_follow_dates: false,
        }
    }
}

/// The stand-in for HiBob.
#[derive(Debug, Clone)]
pub struct HiBob {
    /// The service user's id: the user name in HTTP Basic.
    pub service_user_id: String,
    /// The service user's token: the password in HTTP Basic.
    pub token: String,
    /// A second service user, for two tenants with one company or for a rotated token.
    pub second_service_user: Option<(String, String)>,
    /// The employees by id.
    pub employees: BTreeMap<String, Employee>,
    /// Named lists: `department`, `title`, `site`.
    pub lists: BTreeMap<String, Vec<ListItem>>,
    /// Minutes east of UTC by site.
    pub site_offsets: BTreeMap<String, i32>,
    /// The categories that the service user may view. Fields of other categories are silently left out (identifiers
    /// page).
    pub permissions: BTreeSet<Category>,
    /// Whether "edit" on Personal is granted too: the full birth date needs view and edit.
    pub personal_edit: bool,
    /// Whether "view history" on Lifecycle is granted too: without it a table shows only the current row.
    pub lifecycle_history: bool,
    /// Whether the service user may manage company sites. The setup guide requires it to provision companies.
    pub site_settings: bool,
    /// The people whom the service user may see.
    pub audience: Audience,
    /// The requests per minute.
    pub limits: Limits,
    /// The switches for undocumented behaviour.
    pub switches: Switches,
    /// The faults for single requests.
    pub faults: Vec<Fault>,
    guard: Guard,
}

impl HiBob {
    /// A stand-in for HiBob with this company, and with every permission granted.
    #[must_use]
    pub fn new(company: Company) -> Self {
        Self {
            service_user_id: "SERVICE-8143".to_owned(),
            token: "hibob-test-token".to_owned(),
            second_service_user: None,
            employees: company.employees.into_iter().map(|e| (e.id.clone(), e)).collect(),
            lists: company.lists,
            site_offsets: company.site_offsets,
            permissions: Category::ALL.into_iter().collect(),
            personal_edit: true,
            lifecycle_history: true,
            site_settings: true,
            audience: Audience::Everyone,
            limits: Limits { search: 50, person: 100, metadata: 50, tables: 100 },
            switches: Switches::default(),
            faults: Vec::new(),
            guard: Guard::default(),
        }
    }

    /// Makes the firewall count refusals over so many seconds instead of ten.
    pub fn count_refusals_over(&mut self, seconds: f64) {
        self.guard.refusal_seconds = Some(seconds);
    }

    /// Whether the firewall has ever blocked a caller.
    #[must_use]
    pub fn has_blocked(&self) -> bool {
        self.guard.has_blocked
    }

    /// The number of refusals that the firewall has counted.
    #[must_use]
    pub fn refusals_counted(&self) -> usize {
        self.guard.refused
    }

    /// The `Authorization` header of the service user.
    #[must_use]
    pub fn authorization(&self) -> String {
        guard::basic(&self.service_user_id, &self.token)
    }

    /// Adds or replaces an employee.
    pub fn insert(&mut self, employee: Employee) {
        self.employees.insert(employee.id.clone(), employee);
    }

    /// The employee with this id. Panics if there is none.
    #[must_use]
    pub fn employee_mut(&mut self, id: &str) -> &mut Employee {
        self.employees.get_mut(id).expect("an employee of this id")
    }

    /// Answers one request.
    pub fn handle(&mut self, request: &Request, now: f64) -> Response {
        if self.guard.blocked(now) {
            let page = b"<html><head><title>403 Forbidden</title></head></html>".to_vec();
            return Response::bytes(403, "text/html", page);
        }
        if self.switches.statuses_follow_dates {
            self.let_time_pass(now);
        }
        let response = if self.knows(request) {
            self.route(request, now)
        } else {
            refusal(401, "unauthorized", "The credentials are missing or wrong")
        };
        self.guard.count(response.status, now);
        response
    }

    /// The stand-in's state, for `/_stand-in/state`.
    pub(crate) fn state(&self) -> Value {
        let row = |e: &Employee| json!({ "id": e.id, "email": e.email, "lifecycleStatus": e.lifecycle_status });
        let employees: Vec<Value> = self.employees.values().map(row).collect();
        json!({ "count": employees.len(), "employees": employees })
    }

    fn knows(&self, request: &Request) -> bool {
        let second = self.second_service_user.iter().map(|(id, token)| guard::basic(id, token));
        let mut expected = std::iter::once(self.authorization()).chain(second);
        request.header("authorization").is_some_and(|given| expected.any(|one| one == given))
    }

    fn route(&mut self, request: &Request, now: f64) -> Response {
        let path = request.decoded_path();
        let Some(path) = path.strip_prefix("/v1/") else {
            return refusal(404, "not_found", "No such resource");
        };
        let parts: Vec<&str> = path.split('/').collect();
        if request.method == "POST" && request.media_type() != "application/json" {
            return refusal(400, "bad_request", "The content type must be application/json");
        }
        let limits = self.limits;
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["people", "search"]) => {
                self.limited("search", limits.search, now, |bob| bob.search(&request.body, now))
            }
            ("POST", ["people", identifier]) => {
                self.limited("person", limits.person, now, |bob| bob.person(identifier, &request.body, now))
            }
            ("GET", ["company", "people", "fields"]) => {
                self.limited("metadata", limits.metadata, now, |bob| bob.fields())
            }
            ("GET", ["company", "named-lists"]) => {
                self.limited("metadata", limits.metadata, now, |bob| bob.named_lists(request))
            }
            ("GET", ["company", "named-lists", name]) => {
                self.limited("metadata", limits.metadata, now, |bob| bob.named_list(name, request))
            }
            ("GET", ["bulk", "people", "lifecycle"]) => {
                self.limited("tables", limits.tables, now, |bob| bob.lifecycle_table(request))
            }
            ("GET", ["people"] | ["people", _]) => {
                let text = "This endpoint was removed, use POST people/search";
                refusal(self.switches.removed_endpoint_status, "gone", text)
            }
            // This changes nothing. A test sees in the log that the client wrote to the HR system.
            ("PUT", ["people", _]) => Response::empty(200),
            _ => refusal(404, "not_found", "No such resource"),
        }
    }

    fn limited(
        &mut self,
        endpoint: &'static str,
        limit: u32,
        now: f64,
        answer: impl FnOnce(&Self) -> Response,
    ) -> Response {
        let response = match self.guard.admit(endpoint, limit, now) {
            Ok(headers) => headers.onto(answer(self)),
            Err(headers) => {
                let response = refusal(429, "rate_limit", "You have exceeded the rate limit");
                let wait = self.switches.retry_after.then_some(now);
                headers.with_retry_after(wait).onto(response)
            }
        };
        match self.switches.clock_ahead_seconds {
            Some(ahead) => response.with_header("Date", &http_date(now, ahead)),
            None => response,
        }
    }

    fn let_time_pass(&mut self, now: f64) {
        for employee in self.employees.values_mut() {
            let minutes_east = self.site_offsets.get(&employee.site).copied().unwrap_or_default();
            employee.let_time_pass(date(now + f64::from(minutes_east) * 60.0));
        }
    }

    /// Whether the service user may see this person.
    fn covers(&self, employee: &Employee) -> bool {
        match self.audience {
            Audience::Everyone => true,
            Audience::EmployedOnly => employee.lifecycle_status == "employed",
            Audience::Nobody => false,
        }
    }
}

/// A time that is so many seconds after another one, in the form of a `Date` header.
#[expect(clippy::cast_possible_truncation, reason = "Unix seconds of this century")]
fn http_date(now: f64, ahead: i64) -> String {
    let date = DateTime::from_timestamp(now as i64 + ahead, 0).unwrap_or_default();
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The UTC date of a time in Unix seconds.
#[expect(clippy::cast_possible_truncation, reason = "Unix seconds of this century")]
pub(crate) fn date(now: f64) -> NaiveDate {
    DateTime::from_timestamp(now as i64, 0).unwrap_or_default().date_naive()
}

/// An error body as in the specification: `{"error":..,"key":..}`. The values of `key` are unconfirmed.
fn refusal(status: u16, key: &str, text: &str) -> Response {
    Response::json(status, &json!({ "error": text, "key": key }))
}

#[cfg(test)]
mod tests;
