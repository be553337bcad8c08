//! Who has left since the last time.

use super::ReferenceSettings;
use super::basis::{Change, compare};
use super::employee::{DETECTION_FIELDS, EmployeeRecord, FIELDS};
use super::lifecycle_table::{LifecycleRows, histories};
use super::notes;
use super::rules::Rules;
use crate::error::JobError;
use crate::finding::Finding;
use crate::hibob::{RecordReader, search};
use crate::sync::each_employee;
use crate::world::World;
use std::collections::BTreeMap;

/// How long after a departure's first reference was issued a correction of what it says makes a new one, in seconds: 90 days.
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
    /// When the departure's first reference was issued, before all corrections.
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
    /// Those who worked here and have left, also where the whole of their employment was missed.
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
    let known = |employee: &EmployeeRecord<'_, '_>| employee.id().and_then(|id| known.get(id).copied());
    let rules = Rules { settings, now_unix_seconds };
    let mut detector = Detector { rules, is_first, detection: Detection::default() };
    let request = search(&settings.hibob_url, fields);
    // Few, and each of them a record of eight fields.
    let mut undecided: Vec<(String, Vec<u8>)> = Vec::new();
    let employees = each_employee(world, &request, &mut |json| match reader.read(json) {
        Ok(record) => {
            let employee = EmployeeRecord::new(&record);
            match employee.id().filter(|_| detector.needs_lifecycle_rows(&employee, known(&employee))) {
                Some(id) => undecided.push((id.to_owned(), json.to_vec())),
                None => detector.look_at(&employee, known(&employee), None),
            }
        }
        Err(what) => detector.note(notes::unreadable(&what)),
    })?;
    world.progress("employees", employees, Some(employees));
    let ids: Vec<String> = undecided.iter().map(|(id, _)| id.clone()).collect();
    let histories = histories(world, settings, &ids)?;
    for (id, json) in &undecided {
        match reader.read(json) {
            Ok(record) => {
                let employee = EmployeeRecord::new(&record);
                detector.look_at(&employee, known(&employee), histories.get(id));
            }
            Err(what) => detector.note(notes::unreadable(&what)),
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

struct Detector<'s> {
    rules: Rules<'s>,
    /// Nothing was recorded yet: whoever has left already waits to be asked for by name.
    is_first: bool,
    detection: Detection,
}

impl Detector<'_> {
    /// Whether it depends on the lifecycle table what is to be told of somebody.
    fn needs_lifecycle_rows(&self, employee: &EmployeeRecord<'_, '_>, known: Option<&Known>) -> bool {
        let is_told_of = |known: &Known| {
            let matters = |issued: &Issued| self.is_young(issued) || is_hired_anew(employee, issued);
            known.standing == Standing::Employed || known.issued.as_ref().is_some_and(matters)
        };
        let is_on_leave = self.rules.settings.is_garden_leave(employee.status());
        self.rules.needs_lifecycle_rows(employee) && (is_on_leave || known.is_some_and(is_told_of))
    }

    /// Whether a reference is so young that a correction makes a new one.
    fn is_young(&self, issued: &Issued) -> bool {
        self.rules.now_unix_seconds.saturating_sub(issued.issued_at_unix_seconds) <= CORRECTION_SECONDS_MAX
    }

    fn look_at(&mut self, employee: &EmployeeRecord<'_, '_>, known: Option<&Known>, history: Option<&LifecycleRows>) {
        let Some(id) = employee.id() else { return self.note(notes::no_id()) };
        if !self.rules.settings.is_known(employee.status()) {
            return self.note(notes::unknown_status().employee(id));
        }
        let standing = match self.rules.standing(employee, history) {
            Ok(standing) => standing,
            // Nothing else is said of them, and they are looked at again the next time.
            Err(missing) => return self.note(notes::missing(missing).employee(id)),
        };
        let before = known.map(|known| known.standing);
        let issued = known.and_then(|known| known.issued.as_ref());
        let is_new = || issued.is_some_and(|issued| is_hired_anew(employee, issued));
        match (before, standing) {
            (Some(before), Standing::Left) if before == Standing::Employed || is_new() => {
                // With a reference of another employment, they came back and left again while nobody looked.
                match self.rules.departure(employee, history) {
                    // Hired anew: the end is still that of the employment before.
                    Ok(departure) if before == Standing::Left && !is_ended(employee, &departure) => {}
                    Ok(departure) => self.detection.departures.push(departure),
                    Err(missing) => return self.note(notes::missing(missing).employee(id)),
                }
            }
            (_, Standing::Left) => self.correct(id, employee, history, issued),
            (Some(Standing::Left), Standing::Employed) => {
                match (self.rules.doubt(employee, issued.is_some()), issued) {
                    (Some(doubt), Some(_)) => return self.note(notes::doubt(doubt).employee(id)),
                    (Some(_), None) => return,
                    (None, Some(issued)) if !is_new() => self.detection.cancelled.push(issued.departure.clone()),
                    (None, _) => {}
                }
            }
            (_, Standing::Employed) => {}
        }
        if before.is_none() && standing == Standing::Left && !self.is_first {
            self.note(notes::left_before().employee(id));
        }
        if before != Some(standing) {
            self.detection.seen.push(Seen { employee_id: id.to_owned(), standing });
        }
    }

    /// Whether what a reference says was corrected lately.
    fn correct(
        &mut self,
        id: &str,
        employee: &EmployeeRecord<'_, '_>,
        history: Option<&LifecycleRows>,
        issued: Option<&Issued>,
    ) {
        let Some(issued) = issued.filter(|issued| self.is_young(issued)) else { return };
        let Ok(now) = self.rules.departure(employee, history) else { return };
        match compare(&issued.departure.basis, &now.basis) {
            Change::Nothing => {}
            Change::Corrected => self.detection.corrected.push(now),
            Change::CorrectedInPart => self.note(notes::emptied().employee(id)),
        }
    }

    fn note(&mut self, finding: Finding) {
        self.detection.findings.push(finding);
    }
}

/// Whether a departure is the end of the employment that somebody has now.
fn is_ended(employee: &EmployeeRecord<'_, '_>, departure: &Departure) -> bool {
    employee.start().is_some_and(|start| start.to_string() <= departure.ended_on)
}

/// Whether somebody's employment began after the one that a reference is about.
fn is_hired_anew(employee: &EmployeeRecord<'_, '_>, issued: &Issued) -> bool {
    employee.start().is_some_and(|start| start.to_string() > issued.departure.ended_on)
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
