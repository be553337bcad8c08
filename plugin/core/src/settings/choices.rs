//! Settings that are one of a few words, and numbers of them.

use super::{Reader, Settings};
use crate::field::TextField;
use crate::value::Value;

/// What a synced detail that is missing in HiBob does to its employee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingDetail {
    /// The employee is neither created nor updated, and an error says why.
    Fail,
    /// The field is left out.
    Skip,
}

/// What becomes of the account of an employee who works at a site that is not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfSelection {
    /// It is left as it is.
    Leave,
    /// It is archived.
    Archive,
}

/// What becomes of the account of an employee on garden leave: still employed, but not working any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GardenLeave {
    /// It stays until the employment ends.
    Keep,
    /// It is archived when the garden leave begins, the day after the last day of work.
    Archive,
}

/// What becomes of an account for a reason that may be a mistake in HiBob, and has lasted for 14 accepted runs in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// It stays, with an error.
    Keep,
    /// It is archived.
    Archive,
}

/// What becomes of an active account without an external id that has the work email of somebody who left before the first
/// sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaversBefore {
    /// It is an error in every plan, until a person has linked the account or given it up.
    Report,
    /// The first sync adopts it, so that the next one archives it.
    Link,
}

/// The default of `rehire-gap-days`.
pub(super) const REHIRE_GAP_DAYS: u16 = 30;

/// The largest `rehire-gap-days`: five years, as with equal birth dates.
pub(super) const REHIRE_GAP_DAYS_MAX: u16 = 1_826;

impl Reader<'_> {
    /// Yes or no; no if the setting is not given.
    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        let flag = self.value(name);
        if flag.is_some_and(|value| !matches!(value, Value::Flag(_))) {
            self.wrong(name, format!("{name} is neither true nor false"), "give true or false");
        }
        flag == Some(&Value::Flag(true))
    }
}

impl Settings {
    /// Whether birth dates are read.
    pub(crate) fn reads_birth_dates(&self) -> bool {
        let field = TextField::DateOfBirth;
        self.compare_birth_date || (self.has_text(field) && !self.source(field).is_empty())
    }
}
