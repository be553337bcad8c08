//! One employee's record as a reference reads it.

use super::{Claims, Departure};
use crate::hibob::{NameList, Record};
use chrono::NaiveDate;

/// What is asked for: everything that a reference rests on, and nothing else.
pub(super) const FIELDS: [&str; 9] = [
    "root.id",
    "internal.lifecycleStatus",
    "internal.terminationDate",
    "employee.lastDayOfWork",
    "work.startDate",
    "work.title",
    "work.department",
    "root.firstName",
    "root.surname",
];

/// What detection asks for: no names.
pub(super) const DETECTION_FIELDS: usize = 7;

const ID: usize = 0;
const STATUS: usize = 1;
const TERMINATION_DATE: usize = 2;
const LAST_DAY_OF_WORK: usize = 3;
const START_DATE: usize = 4;
const TITLE: usize = 5;
const DEPARTMENT: usize = 6;
const FIRST_NAME: usize = 7;
const SURNAME: usize = 8;

pub(super) struct Person<'r, 'a>(&'r Record<'a>);

impl<'r, 'a> Person<'r, 'a> {
    pub(super) fn new(record: &'r Record<'a>) -> Self {
        Self(record)
    }

    fn text(&self, position: usize) -> Option<&'r str> {
        self.0.at(position).text()
    }

    /// HiBob's machine values are ISO dates; anything else is not guessed at.
    fn date(&self, position: usize) -> Option<&'r str> {
        self.text(position).filter(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok())
    }

    pub(super) fn id(&self) -> Option<&'r str> {
        self.text(ID)
    }

    pub(super) fn status(&self) -> Option<&'r str> {
        self.text(STATUS)
    }

    /// First day of this employment.
    pub(super) fn start(&self) -> Option<&'r str> {
        self.date(START_DATE)
    }

    /// The end of this employment: the last day of work, else the termination date. None without an end or a beginning.
    pub(super) fn departure(&self) -> Option<Departure> {
        let end = self.date(LAST_DAY_OF_WORK).or_else(|| self.date(TERMINATION_DATE))?;
        let start = self.start()?;
        // The ids of title and department: a list that is renamed changes neither.
        let parts = [start, end, self.text(TITLE).unwrap_or_default(), self.text(DEPARTMENT).unwrap_or_default()];
        Some(Departure { employee_id: self.id()?.to_owned(), ended_on: end.to_owned(), basis: parts.join("|") })
    }

    /// What a reference says; none without names and dates. A title whose name nobody can read is left out.
    pub(super) fn claims(&self, titles: &NameList, departments: &NameList) -> Option<Claims> {
        let named = |list: &NameList, position: usize| {
            self.text(position).and_then(|value| list.resolve(value)).map(|name| name.trim().to_owned())
        };
        Some(Claims {
            given_name: self.text(FIRST_NAME)?.to_owned(),
            family_name: self.text(SURNAME)?.to_owned(),
            job_title: named(titles, TITLE),
            department: named(departments, DEPARTMENT),
            started_on: self.start()?.to_owned(),
            ended_on: self.departure()?.ended_on,
        })
    }
}
