//! One employee's record as a reference reads it.

use super::basis::{LAST_DAY_OF_WORK as BY_LAST_DAY, basis, with_names};
use super::{Claims, Departure};
use crate::hibob::{Datum, NameList, NoDay, Record, day};
use crate::text_form;
use chrono::NaiveDate;
use std::borrow::Cow;

/// The fields that are read: all that a reference depends on, and no others.
pub(super) const FIELDS: [&str; 11] = [
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
    // For the host, where its settings have references state it.
    "root.displayName",
];

/// How many of [`FIELDS`] detection reads: it leaves out the names, which are last.
pub(super) const DETECTION_FIELDS: usize = 8;

const ID: usize = 0;
const STATUS: usize = 1;
const TERMINATION_DATE: usize = 2;
const LAST_DAY_OF_WORK: usize = 3;
const START_DATE: usize = 4;
const TITLE: usize = 5;
const DEPARTMENT: usize = 6;
const SITE: usize = 7;
const FIRST_NAME: usize = 8;
const SURNAME: usize = 9;

/// A field has a value that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// A record that was read for [`FIELDS`], or for the first [`DETECTION_FIELDS`] of them.
pub(super) struct EmployeeRecord<'r, 'a>(&'r Record<'a>);

impl<'r, 'a> EmployeeRecord<'r, 'a> {
    pub(super) fn new(record: &'r Record<'a>) -> Self {
        Self(record)
    }

    fn text(&self, position: usize) -> Option<&'r str> {
        self.0.at(position).text()
    }

    /// A date in the form that [`day`] reads; any other text counts as none.
    fn date(&self, position: usize) -> Option<NaiveDate> {
        day(self.text(position)?).ok()
    }

    /// The first of the dates that HiBob sent and that is not read, with what is to be said of it.
    pub(super) fn unread_date(&self) -> Option<String> {
        [(LAST_DAY_OF_WORK, "last day of work"), (START_DATE, "start date"), (TERMINATION_DATE, "termination date")]
            .into_iter()
            .find_map(|(position, name)| match day(self.text(position)?) {
                Err(NoDay::NotRead(why)) => Some(format!("the {name} in HiBob {why}")),
                _ => None,
            })
    }

    pub(super) fn id(&self) -> Option<&'r str> {
        self.text(ID)
    }

    pub(super) fn status(&self) -> Option<&'r str> {
        self.text(STATUS)
    }

    /// The name of the site, in the form in which names are compared ([`text_form::key`]).
    pub(super) fn site(&self) -> Option<Cow<'r, str>> {
        self.text(SITE).map(text_form::key)
    }

    /// The first day of the present employment.
    pub(super) fn start(&self) -> Option<NaiveDate> {
        self.date(START_DATE)
    }

    /// The last day of work; none if the field is empty in HiBob.
    ///
    /// # Errors
    /// The field has a value that is not a date. Then no other date may be used instead.
    pub(super) fn last_day_of_work(&self) -> Result<Option<NaiveDate>, Unreadable> {
        match self.0.at(LAST_DAY_OF_WORK) {
            Datum::Absent | Datum::Null => Ok(None),
            Datum::Text(_) | Datum::Odd => self.date(LAST_DAY_OF_WORK).map(Some).ok_or(Unreadable),
        }
    }

    pub(super) fn termination_date(&self) -> Option<NaiveDate> {
        self.date(TERMINATION_DATE)
    }

    /// The departure with `end` as its last day; none if the employee id or the start date is missing.
    pub(super) fn departure(&self, end: NaiveDate) -> Option<Departure> {
        let stated = Claims {
            // Looking for leavers does not read the names.
            given_name: String::new(),
            family_name: String::new(),
            job_title: self.text(TITLE).map(|title| text_form::key(title).into_owned()),
            department: self.text(DEPARTMENT).map(|department| text_form::key(department).into_owned()),
            started_on: self.start()?.to_string(),
            ended_on: end.to_string(),
        };
        let by = if matches!(self.last_day_of_work(), Ok(Some(_))) { BY_LAST_DAY } else { "" };
        let basis = basis(&stated, by);
        Some(Departure { employee_id: self.id()?.to_owned(), ended_on: stated.ended_on, basis })
    }

    /// A departure of this employee with the checksum of the names, which the record has to have been read with.
    pub(super) fn with_names(&self, departure: Departure) -> Departure {
        let basis = with_names(&departure.basis, self.text(FIRST_NAME), self.text(SURNAME));
        Departure { basis, ..departure }
    }

    /// The statements of a reference. None if both names or the start date are missing, or if the employee has a title or
    /// department whose name cannot be found: a reference without it would state less than HiBob does.
    pub(super) fn claims(&self, ended_on: &str, titles: &NameList, departments: &NameList) -> Option<Claims> {
        let named = |list: &NameList, position: usize| match self.0.at(position) {
            Datum::Absent | Datum::Null => Some(None),
            Datum::Text(value) => list.resolve(value).map(|name| Some(text_form::text(name).into_owned())),
            Datum::Odd => None,
        };
        // Some people have one name; the other one is empty then.
        let name = |position: usize| text_form::text(self.text(position).unwrap_or_default()).into_owned();
        let (given_name, family_name) = (name(FIRST_NAME), name(SURNAME));
        if given_name.is_empty() && family_name.is_empty() {
            return None;
        }
        Some(Claims {
            given_name,
            family_name,
            job_title: named(titles, TITLE)?,
            department: named(departments, DEPARTMENT)?,
            started_on: self.start()?.to_string(),
            ended_on: ended_on.to_owned(),
        })
    }
}
