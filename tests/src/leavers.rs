//! People who have left, for the benchmarks of references.

use chrono::NaiveDate;
use hibob_fakes::company::Employee;

/// HiBob's id of a leaver.
pub fn id(number: usize) -> String {
    format!("27{number:017}")
}

/// Somebody who has left, with letters beyond ASCII in the names.
#[must_use]
pub fn leaver(number: usize) -> Employee {
    let mut employee =
        Employee::new(&id(number), "Zoë", &format!("Łukasz{number}"), &format!("z{number}@acme.example"));
    employee.terminate(NaiveDate::from_ymd_opt(2026, 10, 30).unwrap());
    employee
}
