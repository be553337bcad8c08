//! Offboarding references: who has left, what a reference says of them, and where it goes. Reads HiBob only.

mod detect;
mod person;
mod settings;

pub use detect::{Departure, Detection, Issued, Known, Seen, Standing, detect};
pub use settings::ReferenceSettings;

use crate::error::JobError;
use crate::hibob::{NameList, RecordReader, named_list, read_list, search_one};
use crate::http::Request;
use crate::sync::{each_employee, read};
use crate::world::World;
use person::{FIELDS, Person};

/// What a reference says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// As in HiBob.
    pub given_name: String,
    /// As in HiBob.
    pub family_name: String,
    /// The name of the title, where there is one.
    pub job_title: Option<String>,
    /// The name of the department, where there is one.
    pub department: Option<String>,
    /// ISO 8601.
    pub started_on: String,
    /// ISO 8601.
    pub ended_on: String,
}

/// One employee's departure as it is now; none if they have not left.
///
/// # Errors
/// HiBob cannot be read.
pub fn look_up(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    employee_id: &str,
) -> Result<Option<Departure>, JobError> {
    one(world, settings, employee_id, &FIELDS, |person| {
        let person = Person::new(person);
        let has_left = person.id() == Some(employee_id) && settings.is_departure(person.status());
        if has_left { person.departure() } else { None }
    })
}

/// What a reference for a departure says; none if HiBob does not have that departure any more.
///
/// # Errors
/// HiBob cannot be read, or lacks what no reference can be without.
pub fn claims(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    departure: &Departure,
) -> Result<Option<Claims>, JobError> {
    let mut list = |name: &str| -> Result<NameList, JobError> {
        let request = named_list(&settings.hibob_url, name);
        let body = read(world, &request)?;
        read_list(&body).map_err(|error| JobError::nonsense(&request, error))
    };
    let (titles, departments) = (list("title")?, list("department")?);
    one(world, settings, &departure.employee_id, &FIELDS, |person| {
        let person = Person::new(person);
        let same = person.departure().is_some_and(|now| now == *departure);
        if !same || !settings.is_departure(person.status()) {
            return None;
        }
        person.claims(&titles, &departments)
    })
}

/// Where a reference goes: the address in the field that the settings name.
///
/// # Errors
/// HiBob cannot be read.
pub fn address(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    employee_id: &str,
) -> Result<Option<String>, JobError> {
    let fields = ["root.id", settings.address_field.as_str()];
    one(world, settings, employee_id, &fields, |record| {
        let is_same = record.at(0).text() == Some(employee_id);
        record.at(1).text().filter(|_| is_same).map(str::to_owned)
    })
}

/// Asks for one employee, and reads their record. None if HiBob does not send it.
fn one<T>(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    employee_id: &str,
    fields: &[&str],
    look: impl Fn(&crate::hibob::Record<'_>) -> Option<T>,
) -> Result<Option<T>, JobError> {
    let request = search_one(&settings.hibob_url, employee_id, fields.iter().copied());
    let reader = RecordReader::new(fields.iter().copied());
    let (mut found, mut broken) = (None, None);
    each_employee(world, &request, &mut |json| match reader.read(json) {
        Ok(record) => found = look(&record),
        Err(what) => broken = Some(what),
    })?;
    match broken {
        Some(what) => Err(nonsense(&request, &what)),
        None => Ok(found),
    }
}

fn nonsense(request: &Request, what: &str) -> JobError {
    JobError::nonsense(request, format!("an employee's record: {what}"))
}
