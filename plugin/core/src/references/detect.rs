//! Finds who has left since the host last recorded everybody's standing, by comparing HiBob's employees with that
//! record.
//!
//! For each employee, with the standing before (recorded) and now (by `rules.rs`):
//! 1. A record without an id, with an unknown status, or whose standing cannot be worked out gets a finding and nothing
//!    else. It is looked at again the next time.
//! 2. Employed before, left now: a departure.
//! 3. Left before and left now, with a reference about an earlier employment than the present one: the employee was
//!    hired anew and left again unnoticed. That is a departure too, once its last day is in the present employment.
//! 4. Left before and left now otherwise: if the reference is at most 90 days old and its basis has changed, a
//!    correction. For those the names are read as well, in a second search: a corrected name is one too.
//! 5. Left before, employed now, with a reference about the present employment: the departure was cancelled. If that is
//!    in doubt, the recorded standing stays, and there is a finding if there is a reference.
//! 6. Not recorded before, left now: a finding, as such a reference is issued only by name. In the first run of a
//!    tenant there is no finding either.
//! 7. An employee who is missing from HiBob's answer has not left.

use super::ReferenceSettings;
use super::basis::{Change, compare, with_names};
use super::employee::{DETECTION_FIELDS, EmployeeRecord, FIELDS};
use super::holds::{Held, Holds};
use super::lifecycle_table::{LifecycleRows, lifecycle_rows_of_all};
use super::notes;
use super::overlaps::{Leaver, Overlap, overlaps};
use super::rules::Rules;
use crate::error::JobError;
use crate::finding::Finding;
use crate::hibob::{RecordReader, search, search_some};
use crate::sync::each_employee;
use crate::world::World;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// For how long after a departure's first reference a correction in HiBob leads to a new reference, in seconds: 90
/// days.
const CORRECTION_SECONDS_MAX: u64 = 90 * 24 * 60 * 60;

/// Whether an employee had left when they were last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Works here, or is going to.
    Employed,
    /// Has left.
    Left,
}

/// The end of one employment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// HiBob's id.
    pub employee_id: String,
    /// Last day of the employment, YYYY-MM-DD.
    pub ended_on: String,
    /// The values that a reference rests on beside the names, see `basis.rs`.
    pub basis: String,
}

/// A departure that has a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The departure as the latest reference states it.
    pub departure: Departure,
    /// When the first reference of the departure was issued, before any correction, in Unix seconds.
    pub issued_at_unix_seconds: u64,
}

/// What the host has recorded about an employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// HiBob's id.
    pub employee_id: String,
    /// The standing then.
    pub standing: Standing,
    /// The latest departure, if its reference is valid.
    pub issued: Option<Issued>,
}

/// A standing to record: that of an employee who is new, or whose standing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// HiBob's id.
    pub employee_id: String,
    /// The standing now.
    pub standing: Standing,
}

/// The result of [`detect`]. Each list is sorted by employee id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// Standings to record.
    pub seen: Vec<Seen>,
    /// New departures.
    pub departures: Vec<Departure>,
    /// Departures with a reference that are cancelled: the employment goes on.
    pub cancelled: Vec<Departure>,
    /// Departures with a reference whose values were corrected in HiBob, as they are now.
    pub corrected: Vec<Departure>,
    /// Those of the departures, the corrected ones and those with a young reference whose work email somebody who is
    /// employed has.
    pub overlaps: Vec<Overlap>,
    /// The employees of those departures whose reference is held by a setting, or because what the setting is about cannot
    /// be read.
    pub held: Vec<String>,
    /// How many employees HiBob sent.
    pub employees: usize,
    /// What a person should read.
    pub findings: Vec<Finding>,
}

/// Reads all employees and compares them with what the host has recorded (`known`; empty in the first run).
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
    let mut detector = Detector { rules, is_first, unchanged: Vec::new(), detection: Detection::default() };
    let request = search(&settings.hibob_url, fields);
    // Employees who need rows of the lifecycle table. They are few, and each record has eight fields.
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
    let rows = lifecycle_rows_of_all(world, settings, &ids)?;
    for (id, json) in &undecided {
        match reader.read(json) {
            Ok(record) => {
                let employee = EmployeeRecord::new(&record);
                detector.look_at(&employee, known(&employee), rows.get(id));
            }
            Err(what) => detector.note(notes::unreadable(&what)),
        }
    }
    let Detector { unchanged, mut detection, .. } = detector;
    compare_names(world, settings, &mut detection, unchanged)?;
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
    /// Whether nothing was recorded before. Then those who have left already get no finding.
    is_first: bool,
    /// Young references whose basis has not changed: the one recorded, and the departure as it is now, without names.
    unchanged: Vec<(String, Departure)>,
    detection: Detection,
}

/// How many employees are asked for in one search for names or by work email.
pub(super) const NAMES_IDS_MAX: usize = 200;

/// For how many employees names are read in one run. Where more have left, something is wrong, and nobody should wait
/// for their names.
const NAMES_MAX: usize = 2_000;

/// Reads names and work emails of those who have left or have a young reference, adds the names' checksum to each
/// departure, and adds the corrections that only the names show, and those whose work email is somebody else's by now.
fn compare_names(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    detection: &mut Detection,
    unchanged: Vec<(String, Departure)>,
) -> Result<(), JobError> {
    let found = detection.departures.iter().chain(&detection.corrected).chain(unchanged.iter().map(|(_, now)| now));
    let ids: Vec<String> = found.map(|departure| departure.employee_id.clone()).collect();
    if ids.len() > NAMES_MAX {
        return Ok(());
    }
    let departed: BTreeSet<String> =
        detection.departures.iter().map(|departure| departure.employee_id.clone()).collect();
    let mut fields = vec!["root.id", "root.firstName", "root.surname", "root.email"];
    let holds = if departed.is_empty() { None } else { Some(Holds::read(world, settings)?) };
    let own = fields.len();
    fields.extend(holds.iter().flat_map(|_| Holds::fields(settings)));
    let reader = RecordReader::new(fields.iter().copied());
    let mut held = BTreeMap::new();
    let mut leavers: BTreeMap<String, Leaver> = BTreeMap::new();
    for ids in ids.chunks(NAMES_IDS_MAX) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        each_employee(world, &search_some(&settings.hibob_url, &ids, fields.iter().copied()), &mut |json| {
            if let Ok(record) = reader.read(json)
                && let Some(id) = record.at(0).text()
            {
                if let Some(holds) = holds.as_ref().filter(|_| departed.contains(id)) {
                    held.insert(id.to_owned(), holds.held((own..fields.len()).map(|at| record.at(at))));
                }
                let [given, family, email] = [1, 2, 3].map(|at| record.at(at).text().map(str::to_owned));
                leavers.insert(id.to_owned(), Leaver { names: [given, family], email });
            }
        })?;
    }
    detection.overlaps = overlaps(world, settings, &leavers)?;
    // Who is not sent any more by now is not known either, if a setting asks for something.
    let unsent = if Holds::fields(settings).is_empty() { Held::No } else { Held::Unknown };
    for id in departed {
        match held.remove(&id).unwrap_or(unsent) {
            Held::No => continue,
            Held::Yes => {}
            Held::Unknown => detection.findings.push(notes::hold_unknown().employee(&id)),
        }
        detection.held.push(id);
    }
    let named = |departure: &mut Departure| {
        if let Some(Leaver { names: [given, family], .. }) = leavers.get(&departure.employee_id) {
            departure.basis = with_names(&departure.basis, given.as_deref(), family.as_deref());
        }
    };
    detection.departures.iter_mut().chain(&mut detection.corrected).for_each(named);
    for (before, mut now) in unchanged {
        named(&mut now);
        if compare(&before, &now.basis) == Change::Corrected {
            detection.corrected.push(now);
        }
    }
    Ok(())
}

impl Detector<'_> {
    /// Whether the result for an employee depends on the lifecycle table.
    fn needs_lifecycle_rows(&self, employee: &EmployeeRecord<'_, '_>, known: Option<&Known>) -> bool {
        let may_have_result = |known: &Known| {
            let matters = |issued: &Issued| self.is_young(issued) || is_hired_anew(employee, issued);
            known.standing == Standing::Employed || known.issued.as_ref().is_some_and(matters)
        };
        let is_on_leave = self.rules.settings.is_garden_leave(employee.status());
        self.rules.needs_lifecycle_rows(employee) && (is_on_leave || known.is_some_and(may_have_result))
    }

    /// Whether a reference is so young that a correction leads to a new one.
    fn is_young(&self, issued: &Issued) -> bool {
        self.rules.now_unix_seconds.saturating_sub(issued.issued_at_unix_seconds) <= CORRECTION_SECONDS_MAX
    }

    fn look_at(&mut self, employee: &EmployeeRecord<'_, '_>, known: Option<&Known>, rows: Option<&LifecycleRows>) {
        let Some(id) = employee.id() else { return self.note(notes::no_id()) };
        if !self.rules.settings.is_known(employee.status()) {
            return self.note(notes::unknown_status().employee(id));
        }
        let standing = match self.rules.standing(employee, rows) {
            Ok(standing) => standing,
            // Nothing is recorded, so that they are looked at again the next time.
            Err(missing) => return self.note(notes::missing(missing, employee.unread_date()).employee(id)),
        };
        let before = known.map(|known| known.standing);
        let issued = known.and_then(|known| known.issued.as_ref());
        let is_new = || issued.is_some_and(|issued| is_hired_anew(employee, issued));
        match (before, standing) {
            (Some(before), Standing::Left) if before == Standing::Employed || is_new() => {
                // Rules 2 and 3.
                match self.rules.departure(employee, rows) {
                    // Hired anew, but HiBob's last day is still the one of the employment before.
                    Ok(departure) if before == Standing::Left && !is_ended(employee, &departure) => {}
                    // The standing is recorded, so that this is said once.
                    Ok(departure) if has_never_started(employee, &departure) => {
                        self.note(notes::never_started().employee(id));
                    }
                    Ok(departure) => self.detection.departures.push(departure),
                    Err(missing) => return self.note(notes::missing(missing, employee.unread_date()).employee(id)),
                }
            }
            (_, Standing::Left) => self.correct(id, employee, rows, issued),
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

    /// Compares the basis of a young reference with HiBob's present values.
    fn correct(
        &mut self,
        id: &str,
        employee: &EmployeeRecord<'_, '_>,
        rows: Option<&LifecycleRows>,
        issued: Option<&Issued>,
    ) {
        let Some(issued) = issued.filter(|issued| self.is_young(issued)) else { return };
        let Ok(now) = self.rules.departure(employee, rows) else { return };
        match compare(&issued.departure.basis, &now.basis) {
            Change::Nothing => self.unchanged.push((issued.departure.basis.clone(), now)),
            Change::Corrected => self.detection.corrected.push(now),
            Change::CorrectedInPart => self.note(notes::emptied().employee(id)),
        }
    }

    fn note(&mut self, finding: Finding) {
        self.detection.findings.push(finding);
    }
}

/// Whether a departure ends the present employment, rather than an earlier one.
fn is_ended(employee: &EmployeeRecord<'_, '_>, departure: &Departure) -> bool {
    employee.start().is_some_and(|start| start.to_string() <= departure.ended_on)
}

/// Whether an employment ended before its first day, by every date that HiBob has of its end.
fn has_never_started(employee: &EmployeeRecord<'_, '_>, departure: &Departure) -> bool {
    let is_before = |start: NaiveDate| employee.termination_date().is_none_or(|date| date <= start);
    !is_ended(employee, departure) && employee.start().is_some_and(is_before)
}

/// Whether the present employment began after the one that the reference is about had ended.
fn is_hired_anew(employee: &EmployeeRecord<'_, '_>, issued: &Issued) -> bool {
    employee.start().is_some_and(|start| start.to_string() > issued.departure.ended_on)
}
