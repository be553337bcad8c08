//! Leavers whose reference is held by a setting: for the reason of the termination, or the type of the employment.
//!
//! Both are read only where a setting names some, for those who have left, and are given to nobody.

use super::ReferenceSettings;
use crate::error::JobError;
use crate::hibob::{Datum, NameList, named_list_with_archived, read_list};
use crate::read::read;
use crate::world::World;
use std::collections::BTreeSet;

/// HiBob's field with the reason, an item of the list of this name (reference, "terminationReason").
const REASON: (&str, &str) = ("internal.terminationReason", "terminationReason");
/// HiBob's field with the type of the employment.
const TYPE: &str = "payroll.employment.type";

/// Whether a reference is held by a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It is not.
    No,
    /// It is.
    Yes,
    /// HiBob does not send the field, so that it is empty or may not be read; or its value has no name.
    Unknown,
}

/// What is read to decide it.
pub(super) struct Holds<'s> {
    settings: &'s ReferenceSettings,
    reasons: Option<NameList>,
}

impl<'s> Holds<'s> {
    /// Reads the names of the reasons, if a setting names some.
    pub(super) fn read(world: &mut dyn World, settings: &'s ReferenceSettings) -> Result<Self, JobError> {
        if settings.hold_reasons.is_empty() {
            return Ok(Self { settings, reasons: None });
        }
        let request = named_list_with_archived(&settings.hibob_url, REASON.1);
        let list = read_list(&read(world, &request)?).map_err(|error| JobError::nonsense(&request, error))?;
        Ok(Self { settings, reasons: Some(list) })
    }

    /// The fields to read of each leaver, in the order of the values of [`Self::held`].
    pub(super) fn fields(settings: &ReferenceSettings) -> Vec<&'static str> {
        let reason = (!settings.hold_reasons.is_empty()).then_some(REASON.0);
        reason.into_iter().chain((!settings.hold_types.is_empty()).then_some(TYPE)).collect()
    }

    /// What the settings say of a leaver with these values.
    pub(super) fn held<'v>(&self, mut values: impl Iterator<Item = &'v Datum<'v>>) -> Held {
        let mut held = Held::No;
        if let Some(list) = &self.reasons {
            held = among(values.next(), &self.settings.hold_reasons, |value| list.resolve(value));
        }
        if !self.settings.hold_types.is_empty() && held != Held::Yes {
            match among(values.next(), &self.settings.hold_types, Some) {
                Held::No => {}
                more => held = more,
            }
        }
        held
    }
}

/// Whether a value, or its name, is among those that the setting names.
fn among<'v>(
    value: Option<&'v Datum<'v>>,
    named: &BTreeSet<String>,
    name: impl Fn(&'v str) -> Option<&'v str>,
) -> Held {
    let is_named = |word: &str| named.contains(&word.trim().to_lowercase());
    match value {
        Some(Datum::Null) => Held::No,
        Some(Datum::Text(value)) if is_named(value) => Held::Yes,
        Some(Datum::Text(value)) => {
            name(value).map_or(Held::Unknown, |name| if is_named(name) { Held::Yes } else { Held::No })
        }
        // One record does not show whether a field is empty, or may not be read.
        Some(Datum::Absent | Datum::Odd) | None => Held::Unknown,
    }
}
