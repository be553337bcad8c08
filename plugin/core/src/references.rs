//! Offboarding references: who has left, what a reference states about them, and to which address it is delivered.
//! Reads HiBob only.

mod basis;
mod detect;
mod employee;
mod lifecycle_table;
mod notes;
mod rules;
mod settings;

pub use detect::{Departure, Detection, Issued, Known, Seen, Standing, detect};
pub use settings::{GardenLeave, ReferenceSettings};

use crate::error::JobError;
use crate::hibob::{NameList, RecordReader, named_list_with_archived, read_list, search_one};
use crate::http::Request;
use crate::read::read;
use crate::sync::each_employee;
use crate::world::World;
use employee::{EmployeeRecord, FIELDS};
use lifecycle_table::lifecycle_rows;
use rules::Rules;

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
    departed(world, rules, employee_id, |_, departure| Some(departure))
}

/// The statements of a reference for a departure. None if HiBob does not have that departure any more, or lacks a value
/// that every reference needs.
///
/// # Errors
/// HiBob cannot be read.
pub fn claims(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    now_unix_seconds: u64,
    departure: &Departure,
) -> Result<Option<Claims>, JobError> {
    let mut list = |name: &str| -> Result<NameList, JobError> {
        let request = named_list_with_archived(&settings.hibob_url, name);
        let body = read(world, &request)?;
        read_list(&body).map_err(|error| JobError::nonsense(&request, error))
    };
    let (titles, departments) = (list("title")?, list("department")?);
    let rules = Rules { settings, now_unix_seconds };
    departed(world, rules, &departure.employee_id, |employee, now| {
        let is_same = now.employee_id == departure.employee_id
            && now.ended_on == departure.ended_on
            && basis::is_same(&departure.basis, &now.basis);
        if is_same { employee.claims(&now.ended_on, &titles, &departments) } else { None }
    })
}

/// Reads one employee, with their rows of the lifecycle table if the departure depends on those. Calls `look` if they
/// have left.
fn departed<T>(
    world: &mut dyn World,
    rules: Rules<'_>,
    employee_id: &str,
    look: impl Fn(&EmployeeRecord<'_, '_>, Departure) -> Option<T>,
) -> Result<Option<T>, JobError> {
    let request = search_one(&rules.settings.hibob_url, employee_id, FIELDS);
    let Some(json) = one(world, &request)? else { return Ok(None) };
    let record = RecordReader::new(FIELDS).read(&json).map_err(|what| unreadable(&request, &what))?;
    let employee = EmployeeRecord::new(&record);
    if employee.id() != Some(employee_id) {
        return Ok(None);
    }
    let rows = match rules.needs_lifecycle_rows(&employee) {
        true => lifecycle_rows(world, rules.settings, employee_id)?,
        false => None,
    };
    if rules.standing(&employee, rows.as_ref()) != Ok(Standing::Left) {
        return Ok(None);
    }
    let departure = rules.departure(&employee, rows.as_ref()).ok();
    Ok(departure.and_then(|departure| look(&employee, employee.with_names(departure))))
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

#[cfg(test)]
mod bob;
#[cfg(test)]
mod claims_tests;
#[cfg(test)]
mod garden_tests;
