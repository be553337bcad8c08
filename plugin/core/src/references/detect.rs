//! Who has left since the last time.

use super::ReferenceSettings;
use super::lifecycle_table::{History, histories};
use super::person::{DETECTION_FIELDS, FIELDS, Person};
use super::rules::{Missing, Rules};
use crate::error::JobError;
use crate::finding::{Finding, Severity};
use crate::hibob::{RecordReader, search};
use crate::sync::each_employee;
use crate::world::World;
use std::collections::BTreeMap;

/// How long after a reference was issued a correction of what it says makes a new one, in seconds: 90 days.
const CORRECTION_SECONDS_MAX: u64 = 90 * 24 * 60 * 60;

/// Where an employee stood when they were last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Works here, or will.
    Employed,
    /// Has left.
    Left,
}

/// The end of one employment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// HiBob's id.
    pub employee_id: String,
    /// ISO 8601.
    pub ended_on: String,
    /// What a reference rests on beside the names.
    pub basis: String,
}

/// A departure that has a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// As it was then.
    pub departure: Departure,
    /// When the reference was issued.
    pub issued_at_unix_seconds: u64,
}

/// What was recorded of an employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// HiBob's id.
    pub employee_id: String,
    /// Where they stood.
    pub standing: Standing,
    /// The latest departure with a reference that counts.
    pub issued: Option<Issued>,
}

/// An employee's standing where it is new, or has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// HiBob's id.
    pub employee_id: String,
    /// Where they stand.
    pub standing: Standing,
}

/// What has happened since the last time. Each list is sorted by employee id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// Everybody whose standing is new or has changed.
    pub seen: Vec<Seen>,
    /// Those who worked here and have left.
    pub departures: Vec<Departure>,
    /// Departures with a reference which were taken back.
    pub cancelled: Vec<Departure>,
    /// Departures with a reference which were corrected, as they are now.
    pub corrected: Vec<Departure>,
    /// How many employees came.
    pub employees: usize,
    /// What a person should read.
    pub findings: Vec<Finding>,
}

/// Reads everybody and compares them with what was recorded.
///
/// # Errors
/// HiBob cannot be read.
pub fn detect(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    now_unix_seconds: u64,
    known: &[Known],
) -> Result<Detection, JobError> {
    let fields = FIELDS.iter().take(DETECTION_FIELDS).copied();
    let reader = RecordReader::new(fields.clone());
    let is_first = known.is_empty();
    let known: BTreeMap<&str, &Known> = known.iter().map(|known| (known.employee_id.as_str(), known)).collect();
    let known = |person: &Person<'_, '_>| person.id().and_then(|id| known.get(id).copied());
    let rules = Rules { settings, now_unix_seconds };
    let mut detector = Detector { rules, is_first, detection: Detection::default() };
    let request = search(&settings.hibob_url, fields);
    // Few, and each of them a record of eight fields.
    let mut undecided: Vec<(String, Vec<u8>)> = Vec::new();
    let employees = each_employee(world, &request, &mut |json| match reader.read(json) {
        Ok(record) => {
            let person = Person::new(&record);
            match person.id().filter(|_| detector.needs_history(&person, known(&person))) {
                Some(id) => undecided.push((id.to_owned(), json.to_vec())),
                None => detector.look_at(&person, known(&person), None),
            }
        }
        Err(what) => detector.unreadable(&what),
    })?;
    world.progress("employees", employees, Some(employees));
    let ids: Vec<String> = undecided.iter().map(|(id, _)| id.clone()).collect();
    let histories = histories(world, settings, &ids)?;
    for (id, json) in &undecided {
        match reader.read(json) {
            Ok(record) => {
                let person = Person::new(&record);
                detector.look_at(&person, known(&person), histories.get(id));
            }
            Err(what) => detector.unreadable(&what),
        }
    }
    let mut detection = detector.detection;
    detection.employees = employees;
    detection.seen.sort_by(|a, b| a.employee_id.cmp(&b.employee_id));
    for list in [&mut detection.departures, &mut detection.cancelled, &mut detection.corrected] {
        list.sort_by(|a, b| a.employee_id.cmp(&b.employee_id));
    }
    detection.findings.sort_by(|a, b| a.employee_id.cmp(&b.employee_id));
    Ok(detection)
}

const SUPPORT: &str = "tell HiBob's support; nothing is done for this record";

struct Detector<'s> {
    rules: Rules<'s>,
    /// Nothing was recorded yet: whoever has left already waits to be asked for by name.
    is_first: bool,
    detection: Detection,
}

impl Detector<'_> {
    /// Whether it depends on the lifecycle table what is to be told of somebody.
    fn needs_history(&self, person: &Person<'_, '_>, known: Option<&Known>) -> bool {
        let is_told_of = |known: &Known| {
            known.standing == Standing::Employed || known.issued.as_ref().is_some_and(|issued| self.is_young(issued))
        };
        let is_on_leave = self.rules.settings.is_garden_leave(person.status());
        self.rules.need_history(person) && (is_on_leave || known.is_some_and(is_told_of))
    }

    /// Whether a reference is so young that a correction makes a new one.
    fn is_young(&self, issued: &Issued) -> bool {
        self.rules.now_unix_seconds.saturating_sub(issued.issued_at_unix_seconds) <= CORRECTION_SECONDS_MAX
    }

    fn look_at(&mut self, person: &Person<'_, '_>, known: Option<&Known>, history: Option<&History>) {
        let Some(id) = person.id() else {
            return self.note(None, "MISSING_EMPLOYEE_ID", "HiBob sent an employee without an id", SUPPORT);
        };
        if !self.rules.settings.is_known(person.status()) {
            let message = "HiBob gives no lifecycle status that this plugin knows";
            let remedy = "grant People, Lifecycle, View, or name the status in references.statuses";
            return self.note(Some(id), "UNKNOWN_LIFECYCLE_STATUS", message, remedy);
        }
        let standing = match self.rules.standing(person, history) {
            Ok(standing) => standing,
            Err(missing) => return self.lacks(id, missing),
        };
        let before = known.map(|known| known.standing);
        let issued = known.and_then(|known| known.issued.as_ref());
        match (before, standing) {
            (Some(Standing::Employed), Standing::Left) => match self.rules.departure(person, history) {
                Ok(departure) => self.detection.departures.push(departure),
                Err(missing) => return self.lacks(id, missing),
            },
            (_, Standing::Left) => self.correct(person, history, issued),
            (Some(Standing::Left), Standing::Employed) => self.come_back(person, issued),
            (_, Standing::Employed) => {}
        }
        if before.is_none() && standing == Standing::Left && !self.is_first {
            let message = "has left already, and was not seen here before";
            let remedy = "if they should have a reference, issue it by name: hibob references issue TENANT EMPLOYEE";
            self.note(Some(id), "LEFT_BEFORE_FIRST_SEEN", message, remedy);
        }
        if before != Some(standing) {
            self.detection.seen.push(Seen { employee_id: id.to_owned(), standing });
        }
    }

    /// Notes what is missing to tell a departure. Nothing else is said of its employee, who is looked at again the next time.
    fn lacks(&mut self, id: &str, missing: Missing) {
        let (code, message, remedy) = match missing {
            Missing::Dates => (
                "MISSING_EMPLOYMENT_DATES",
                "has left, and HiBob gives no start date, or neither a last day of work nor a termination date",
                "fill in the dates in HiBob; the reference is issued by the next run",
            ),
            Missing::History => (
                "MISSING_LIFECYCLE_HISTORY",
                "has left or is on garden leave, and HiBob does not show since when",
                "grant People, Lifecycle, View history; the reference is issued by the next run",
            ),
        };
        self.note(Some(id), code, message, remedy);
    }

    /// Whether what a reference says was corrected lately.
    fn correct(&mut self, person: &Person<'_, '_>, history: Option<&History>, issued: Option<&Issued>) {
        let issued = issued.filter(|issued| self.is_young(issued));
        if let (Some(issued), Ok(now)) = (issued, self.rules.departure(person, history))
            && issued.departure.basis != now.basis
        {
            self.detection.corrected.push(now);
        }
    }

    /// Somebody who had left works here again: hired anew, or their departure was taken back.
    fn come_back(&mut self, person: &Person<'_, '_>, issued: Option<&Issued>) {
        let Some(issued) = issued else { return };
        let is_new_employment = person.start().is_some_and(|start| start.to_string() > issued.departure.ended_on);
        if !is_new_employment {
            self.detection.cancelled.push(issued.departure.clone());
        }
    }

    fn unreadable(&mut self, what: &str) {
        self.note(None, "UNREADABLE_EMPLOYEE", &format!("HiBob sent a record that {what}"), SUPPORT);
    }

    fn note(&mut self, employee_id: Option<&str>, code: &'static str, message: &str, remedy: &'static str) {
        let finding = Finding::new(Severity::Warning, code, message.to_owned(), remedy);
        self.detection.findings.push(match employee_id {
            Some(id) => finding.employee(id),
            None => finding,
        });
    }
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
