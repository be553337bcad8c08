//! One employee's record as a reference reads it.

use super::basis::{LAST_DAY_OF_WORK as BY_LAST_DAY, basis};
use super::{Claims, Departure};
use crate::hibob::{Datum, NameList, Record};
use chrono::NaiveDate;

/// What is asked for: everything that a reference rests on, and nothing else.
pub(super) const FIELDS: [&str; 10] = [
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

/// What detection asks for: no names.
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

/// What stands in a field, and nobody can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

pub(super) struct EmployeeRecord<'r, 'a>(&'r Record<'a>);

impl<'r, 'a> EmployeeRecord<'r, 'a> {
    pub(super) fn new(record: &'r Record<'a>) -> Self {
        Self(record)
    }

    fn text(&self, position: usize) -> Option<&'r str> {
        self.0.at(position).text()
    }

    /// HiBob's machine values are ISO dates; anything else is not guessed at.
    fn date(&self, position: usize) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.text(position)?, "%Y-%m-%d").ok()
    }

    pub(super) fn id(&self) -> Option<&'r str> {
        self.text(ID)
    }

    pub(super) fn status(&self) -> Option<&'r str> {
        self.text(STATUS)
    }

    /// By name.
    pub(super) fn site(&self) -> Option<&'r str> {
        self.text(SITE)
    }

    /// First day of this employment.
    pub(super) fn start(&self) -> Option<NaiveDate> {
        self.date(START_DATE)
    }

    /// None where HiBob has none.
    ///
    /// # Errors
    /// There is one: no other date may stand in its place.
    pub(super) fn last_day_of_work(&self) -> Result<Option<NaiveDate>, Unreadable> {
        match self.0.at(LAST_DAY_OF_WORK) {
            Datum::Absent | Datum::Null => Ok(None),
            Datum::Text(_) | Datum::Odd => self.date(LAST_DAY_OF_WORK).map(Some).ok_or(Unreadable),
        }
    }

    pub(super) fn termination_date(&self) -> Option<NaiveDate> {
        self.date(TERMINATION_DATE)
    }

    /// The departure on this day. None without a beginning of the employment.
    pub(super) fn departure(&self, end: NaiveDate) -> Option<Departure> {
        let (start, end) = (self.start()?.to_string(), end.to_string());
        // The ids of title and department: a list that is renamed changes neither.
        let place = |position| self.text(position).unwrap_or_default();
        let by = if matches!(self.last_day_of_work(), Ok(Some(_))) { BY_LAST_DAY } else { "" };
        let basis = basis([&start, &end, place(TITLE), place(DEPARTMENT), by]);
        Some(Departure { employee_id: self.id()?.to_owned(), ended_on: end, basis })
    }

    /// What a reference says; none without both names and the dates, or where there is a title or a department and nobody
    /// can read its name: a reference that leaves it out would say less than HiBob does.
    pub(super) fn claims(&self, ended_on: &str, titles: &NameList, departments: &NameList) -> Option<Claims> {
        let named = |list: &NameList, position: usize| match self.0.at(position) {
            Datum::Absent | Datum::Null => Some(None),
            Datum::Text(value) => list.resolve(value).map(|name| Some(name.trim().to_owned())),
            Datum::Odd => None,
        };
        Some(Claims {
            given_name: self.text(FIRST_NAME)?.to_owned(),
            family_name: self.text(SURNAME)?.to_owned(),
            job_title: named(titles, TITLE)?,
            department: named(departments, DEPARTMENT)?,
            started_on: self.start()?.to_string(),
            ended_on: ended_on.to_owned(),
        })
    }
}
