//! One employee's record as a reference reads it.

use super::{Claims, Departure};
use crate::hibob::{NameList, Record};
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

pub(super) struct Person<'r, 'a>(&'r Record<'a>);

impl<'r, 'a> Person<'r, 'a> {
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

    pub(super) fn last_day_of_work(&self) -> Option<NaiveDate> {
        self.date(LAST_DAY_OF_WORK)
    }

    pub(super) fn termination_date(&self) -> Option<NaiveDate> {
        self.date(TERMINATION_DATE)
    }

    /// The departure on this day. None without a beginning of the employment.
    pub(super) fn departure(&self, end: NaiveDate) -> Option<Departure> {
        let (start, end) = (self.start()?.to_string(), end.to_string());
        // The ids of title and department: a list that is renamed changes neither.
        let place = |position| self.text(position).unwrap_or_default();
        let basis = [start.as_str(), &end, place(TITLE), place(DEPARTMENT)].join("|");
        Some(Departure { employee_id: self.id()?.to_owned(), ended_on: end, basis })
    }

    /// What a reference says; none without names and dates. A title whose name nobody can read is left out.
    pub(super) fn claims(&self, ended_on: &str, titles: &NameList, departments: &NameList) -> Option<Claims> {
        let named = |list: &NameList, position: usize| {
            self.text(position).and_then(|value| list.resolve(value)).map(|name| name.trim().to_owned())
        };
        Some(Claims {
            given_name: self.text(FIRST_NAME)?.to_owned(),
            family_name: self.text(SURNAME)?.to_owned(),
            job_title: named(titles, TITLE),
            department: named(departments, DEPARTMENT),
            started_on: self.start()?.to_string(),
            ended_on: ended_on.to_owned(),
        })
    }
}
