//! Offboarding references: who has left, what a reference states about them, and to which address it is delivered.
//! Reads HiBob only.

mod basis;
mod detect;
mod employee;
mod holds;
mod lifecycle_table;
mod notes;
mod overlaps;
mod rules;
mod settings;

pub use detect::{Departure, Detection, Issued, Known, Seen, Standing, detect};
pub use overlaps::Overlap;
pub use settings::{GardenLeave, ReferenceSettings};

use crate::error::JobError;
use crate::hibob::{NameList, RecordReader, named_list_with_archived, read_list, search_one, search_some};
use crate::http::Request;
use crate::read::read;
use crate::sync::each_employee;
use crate::world::World;
use employee::{EmployeeRecord, FIELDS};
use lifecycle_table::lifecycle_rows;
use rules::Rules;
use std::collections::BTreeMap;

/// The statements of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The first name as in HiBob.
    pub given_name: String,
    /// The last name as in HiBob.
    pub family_name: String,
    /// The name of the job title, if the employee has one.
    pub job_title: Option<String>,
    /// The name of the department, if the employee has one.
    pub department: Option<String>,
    /// First day of the employment, YYYY-MM-DD.
    pub started_on: String,
    /// Last day of the employment, YYYY-MM-DD, as in the departure.
    pub ended_on: String,
}

/// The present departure of one employee, whatever was recorded before; none if they have not left, or HiBob does not
/// show when.
///
/// # Errors
/// HiBob cannot be read.
pub fn look_up(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    now_unix_seconds: u64,
    employee_id: &str,
) -> Result<Option<Departure>, JobError> {
    let rules = Rules { settings, now_unix_seconds };
    Ok(departed(world, rules, &[employee_id], |_, departure| Some(departure))?.remove(employee_id))
}

/// The statements of a reference for each of these departures, in their order. None if HiBob does not have that departure
/// any more, or lacks a value that every reference needs. The departures are of different employees.
///
/// # Errors
/// HiBob cannot be read.
pub fn claims(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    now_unix_seconds: u64,
    departures: &[Departure],
) -> Result<Vec<Option<Claims>>, JobError> {
    let mut list = |name: &str| -> Result<NameList, JobError> {
        let request = named_list_with_archived(&settings.hibob_url, name);
        let body = read(world, &request)?;
        read_list(&body).map_err(|error| JobError::nonsense(&request, error))
    };
    let (titles, departments) = (list("title")?, list("department")?);
    let rules = Rules { settings, now_unix_seconds };
    let found: BTreeMap<&str, &Departure> =
        departures.iter().map(|departure| (departure.employee_id.as_str(), departure)).collect();
    let ids: Vec<&str> = found.keys().copied().collect();
    let mut claims = departed(world, rules, &ids, |employee, now| {
        let departure = found.get(now.employee_id.as_str())?;
        let is_same = now.ended_on == departure.ended_on && basis::is_same(&departure.basis, &now.basis);
        if is_same { employee.claims(&now.ended_on, &titles, &departments) } else { None }
    })?;
    Ok(departures.iter().map(|departure| claims.remove(&departure.employee_id)).collect())
}

/// Reads these employees, with their rows of the lifecycle table if the departure depends on those. Calls `look` for each
/// who has left, and returns its answers by employee id.
fn departed<T>(
    world: &mut dyn World,
    rules: Rules<'_>,
    employee_ids: &[&str],
    look: impl Fn(&EmployeeRecord<'_, '_>, Departure) -> Option<T>,
) -> Result<BTreeMap<String, T>, JobError> {
    let request = search_some(&rules.settings.hibob_url, employee_ids, FIELDS);
    let mut records: Vec<Vec<u8>> = Vec::new();
    each_employee(world, &request, &mut |json| records.push(json.to_vec()))?;
    let reader = RecordReader::new(FIELDS);
    let mut read = Vec::with_capacity(records.len());
    for json in &records {
        match reader.read(json) {
            Ok(record) => read.push(record),
            // A record that cannot be read is that employee's trouble, and not that of the others.
            Err(_) if employee_ids.len() > 1 => {}
            Err(what) => return Err(unreadable(&request, &what)),
        }
    }
    let is_asked = |employee: &EmployeeRecord<'_, '_>| employee.id().is_some_and(|id| employee_ids.contains(&id));
    let employees: Vec<_> = read.iter().map(EmployeeRecord::new).filter(is_asked).collect();
    let undecided = employees.iter().filter(|employee| rules.needs_lifecycle_rows(employee));
    let undecided: Vec<String> = undecided.filter_map(|employee| employee.id()).map(str::to_owned).collect();
    let mut rows = BTreeMap::new();
    lifecycle_rows(world, rules.settings, &undecided, &mut rows)?;
    let mut answers = BTreeMap::new();
    for employee in &employees {
        let Some(id) = employee.id() else { continue };
        if rules.standing(employee, rows.get(id)) != Ok(Standing::Left) {
            continue;
        }
        let departure = rules.departure(employee, rows.get(id)).ok();
        let answer = departure.and_then(|departure| look(employee, employee.with_names(departure)));
        answers.extend(answer.map(|answer| (id.to_owned(), answer)));
    }
    Ok(answers)
}

/// The address to which a reference is delivered: the value of the HiBob field that the settings name; none if it is
/// empty.
///
/// # Errors
/// HiBob cannot be read.
pub fn address(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    employee_id: &str,
) -> Result<Option<String>, JobError> {
    let fields = ["root.id", settings.address_field.as_str()];
    let request = search_one(&settings.hibob_url, employee_id, fields);
    let Some(json) = one(world, &request)? else { return Ok(None) };
    let record = RecordReader::new(fields).read(&json).map_err(|what| unreadable(&request, &what))?;
    let is_same = record.at(0).text() == Some(employee_id);
    Ok(record.at(1).text().filter(|_| is_same).map(|address| crate::text_form::address(address).into_owned()))
}

/// The JSON of one employee's record; none if HiBob does not send it.
fn one(world: &mut dyn World, request: &Request) -> Result<Option<Vec<u8>>, JobError> {
    let mut found = None;
    each_employee(world, request, &mut |json| found = Some(json.to_vec()))?;
    Ok(found)
}

fn unreadable(request: &Request, what: &str) -> JobError {
    JobError::nonsense(request, format!("an employee's record: {what}"))
}
