//! An invented company: its employees as HiBob has them, and HiBob's lists.

mod generator;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use serde_json::Value;

/// The custom field that holds the name of the employing entity; TravelPerk calls these "companies".
/// The id has the form of the field dictionary: `work.custom.field_<digits>`.
pub const ENTITY_FIELD: &str = "work.custom.field_1711530000017";

/// The domain of all generated work e-mails.
pub const DOMAIN: &str = "acme.example";

/// The domain to which some of these e-mails change in the scenario `renames`.
pub const GROUP_DOMAIN: &str = "acme-group.example";

/// One employee's record in HiBob. Items of lists are stored by name here, and sent by id where HiBob does so.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Employee {
    /// The backend id: a number of 19 digits, too large to be exact in an `f64`.
    pub id: String,
    /// `root.firstName`.
    pub first_name: String,
    /// `root.surname`.
    pub surname: String,
    /// `root.email`, the work e-mail.
    pub email: Option<String>,
    /// `work.manager`: the id of another employee.
    pub manager: Option<String>,
    /// `work.title` by name.
    pub title: String,
    /// `work.department` by name.
    pub department: String,
    /// `work.site`.
    pub site: String,
    /// `work.workPhone`.
    pub work_phone: Option<String>,
    /// `work.workMobile`.
    pub work_mobile: Option<String>,
    /// `home.mobilePhone`, the personal mobile.
    pub mobile_phone: Option<String>,
    /// `work.startDate`.
    pub start_date: NaiveDate,
    /// `internal.lifecycleStatus`: `hired`, `employed`, `garden leave`, `parental leave`, `leave`, `terminated`.
    pub lifecycle_status: String,
    /// `internal.status`: `Active` or `Inactive`.
    pub status: String,
    /// `internal.terminationDate`; may be in the future while the person is employed.
    pub termination_date: Option<NaiveDate>,
    /// `employee.lastDayOfWork`.
    pub last_day_of_work: Option<NaiveDate>,
    /// The rows of the lifecycle table (effective date and status), if they do not follow from the dates above.
    pub lifecycle_rows: Vec<(NaiveDate, String)>,
    /// `personal.birthDate`.
    pub birth_date: Option<NaiveDate>,
    /// `home.legalGender`.
    pub gender: Option<String>,
    /// `address.country`.
    pub country: Option<String>,
    /// Custom fields by dotted id.
    pub custom: BTreeMap<String, Value>,
    /// For broken records: values that are sent for these dotted ids instead of the right ones.
    pub overrides: BTreeMap<String, Value>,
    /// For broken records: dotted ids whose keys are left out.
    pub removed: BTreeSet<String>,
}

impl Employee {
    /// An employed person who has only a name and an e-mail.
    #[must_use]
    pub fn new(id: &str, first_name: &str, surname: &str, email: &str) -> Self {
        Self {
            id: id.to_owned(),
            first_name: first_name.to_owned(),
            surname: surname.to_owned(),
            email: Some(email.to_owned()),
            start_date: NaiveDate::from_ymd_opt(2020, 1, 6).expect("a date"),
            lifecycle_status: "employed".to_owned(),
            status: "Active".to_owned(),
            ..Self::default()
        }
    }

    /// `root.displayName`.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first_name, self.surname)
    }

    /// Terminates the employment, with this last day.
    pub fn terminate(&mut self, last_day: NaiveDate) {
        "terminated".clone_into(&mut self.lifecycle_status);
        "Inactive".clone_into(&mut self.status);
        self.termination_date = Some(last_day);
        self.last_day_of_work = Some(last_day);
    }

    /// Begins an employment (again) on this day. The id stays the same; whether HiBob keeps it is unconfirmed.
    pub fn employ(&mut self, from: NaiveDate) {
        "employed".clone_into(&mut self.lifecycle_status);
        "Active".clone_into(&mut self.status);
        self.termination_date = None;
        self.last_day_of_work = None;
        self.start_date = from;
    }

    /// Sets the status that follows from the dates, for a local date at the person's site. A termination takes effect
    /// at the midnight after its date (help centre on lifecycle statuses; employee tables page). Other kinds of leave
    /// stay unchanged.
    pub fn let_time_pass(&mut self, today: NaiveDate) {
        if self.termination_date.is_some_and(|date| date < today) {
            "terminated".clone_into(&mut self.lifecycle_status);
            "Inactive".clone_into(&mut self.status);
        } else if self.termination_date.is_some() && self.last_day_of_work.is_some_and(|date| date < today) {
            "garden leave".clone_into(&mut self.lifecycle_status);
        } else if self.lifecycle_status == "hired" && self.start_date <= today {
            "employed".clone_into(&mut self.lifecycle_status);
            "Active".clone_into(&mut self.status);
        }
    }
}

/// One item of a named list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListItem {
    /// The item's id: a number as text.
    pub id: String,
    /// The item's name, which people see.
    pub name: String,
    /// Whether it is archived. Archived items are listed only on request.
    pub archived: bool,
}

/// A company: employees and named lists.
#[derive(Debug, Clone, Default)]
pub struct Company {
    /// All employees, the highest in rank first.
    pub employees: Vec<Employee>,
    /// The lists `department`, `title` and `site`.
    pub lists: BTreeMap<String, Vec<ListItem>>,
    /// Minutes east of UTC by site name, for "midnight in the site's time zone".
    pub site_offsets: BTreeMap<String, i32>,
    /// The employing entities, by name.
    pub entities: Vec<String>,
}

impl Company {
    /// A company of these employees, with the lists that they need.
    #[must_use]
    pub fn of(employees: Vec<Employee>) -> Self {
        let list = |name: fn(&Employee) -> &String, first_id: u64| {
            let names: BTreeSet<&String> = employees.iter().map(name).filter(|name| !name.is_empty()).collect();
            generator::items(names.into_iter().map(String::as_str), first_id)
        };
        let lists = BTreeMap::from([
            ("department".to_owned(), list(|e| &e.department, 209_192_163)),
            ("title".to_owned(), list(|e| &e.title, 255_490_048)),
            ("site".to_owned(), list(|e| &e.site, 2_154_020)),
        ]);
        Self { employees, lists, ..Self::default() }
    }

    /// Generates an international company of exactly so many people. Equal arguments give equal companies.
    ///
    /// One chief executive has no manager; everybody else has one, with a span of about seven. A few percent
    /// are hired for a later day, on leave or terminated; none of those manages anybody.
    #[must_use]
    pub fn generate(employees: usize, seed: u64, today: NaiveDate) -> Self {
        generator::generate(employees, seed, today)
    }
}

/// The day that is `days` days after this one, or before it if negative.
pub(crate) fn days_from(date: NaiveDate, days: i64) -> NaiveDate {
    date.checked_add_signed(TimeDelta::days(days)).expect("a date of this century")
}
