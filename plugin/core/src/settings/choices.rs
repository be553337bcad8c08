//! Settings that are one of a few words.

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

/// What becomes of an active account without an external id that has the work email of somebody who left before the first
/// sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaversBefore {
    /// It is an error in every plan, until a person has linked the account or given it up.
    Report,
    /// The first sync adopts it, so that the next one archives it.
    Link,
}
