//! One employee's record, with access to the fields by their meaning.

use super::day::{NoDay, day};
use super::record::{Datum, Record};
use crate::field::{Field, MANAGER, MANDATORY_FIELDS, TEXT_FIELDS, TEXT_FIELDS_COUNT, TextField};
use crate::settings::Settings;
use crate::text_form;
use chrono::NaiveDate;
use std::borrow::Cow;

/// The ids of the HiBob fields that a sync reads, and the position of each in a [`Record`]. Details that are not synced
/// are not read.
#[derive(Debug)]
pub struct FieldIds {
    ids: Vec<String>,
    lifecycle_status: usize,
    start_date: usize,
    site: Option<usize>,
    /// The positions of the line manager's sources; empty if the line manager is not synced.
    manager: Vec<usize>,
    end_date: usize,
    /// The positions of the birth date's sources; empty if it is not read.
    birth_date: Vec<usize>,
    /// The positions of the fields that exclude somebody, in the order of the settings.
    exclusion: Vec<usize>,
    /// For each text field, the positions of its sources.
    sources: [Vec<usize>; TEXT_FIELDS_COUNT],
}

/// The lifecycle status.
pub const LIFECYCLE_STATUS: &str = "internal.lifecycleStatus";
/// The first day of the employment.
pub const START_DATE: &str = "work.startDate";
/// The last day of the employment, also of one that has ended.
pub const END_DATE: &str = "internal.terminationDate";
/// The birth date, where it is read only to compare it.
pub const BIRTH_DATE: &str = "personal.birthDate";
/// The site, by name.
pub const SITE: &str = "work.site";

/// The part of `work.reportsTo` that is read. In a request, `people/search` takes only the whole object.
const REPORTS_TO_ID: &str = "work.reportsTo.id";

impl FieldIds {
    /// The ids for these settings.
    pub fn new(settings: &Settings) -> Self {
        let mut ids: Vec<String> = Vec::new();
        let mut ask = |id: &str| {
            ids.iter().position(|known| known == id).unwrap_or_else(|| {
                ids.push(id.to_owned());
                ids.len() - 1
            })
        };
        let mut sources: [Vec<usize>; TEXT_FIELDS_COUNT] = Default::default();
        for field in MANDATORY_FIELDS {
            if let Some(places) = sources.get_mut(field.index()) {
                places.extend(settings.mandatory_source(field).map(&mut ask));
            }
        }
        let (lifecycle_status, start_date) = (ask(LIFECYCLE_STATUS), ask(START_DATE));
        let site = settings.needs_sites().then(|| ask(SITE));
        let manager = Field::Manager.row().sources.iter().filter(|_| settings.has(MANAGER)).map(|id| ask(id)).collect();
        for (field, places) in TEXT_FIELDS.into_iter().zip(&mut sources) {
            if settings.has_text(field) && !field.is_mandatory() {
                places.extend(settings.source(field).iter().map(|id| ask(id)));
            }
        }
        let end_date = ask(END_DATE);
        let birth_date = match sources.get(TextField::DateOfBirth.index()) {
            Some(places) if !places.is_empty() => places.clone(),
            _ if settings.compare_birth_date => vec![ask(BIRTH_DATE)],
            _ => Vec::new(),
        };
        let exclusion = settings.exclusion.field_ids().map(&mut ask).collect();
        Self { ids, lifecycle_status, start_date, site, manager, end_date, birth_date, exclusion, sources }
    }

    /// The ids, as [`super::RecordReader::new`] takes them.
    pub fn read(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// The ids as `people/search` takes them.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        self.read().map(|id| if id == REPORTS_TO_ID { "work.reportsTo" } else { id })
    }
}

/// HiBob's lifecycle status words (help centre, "Lifecycle statuses"), in machine or human spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Has not started yet.
    Hired,
    /// Works here. Also for leave and parental leave, during which accounts stay.
    Employed,
    /// Still employed, but not working any more.
    GardenLeave,
    /// Has left.
    Terminated,
    /// A word that is not one of HiBob's own.
    Unknown(String),
    /// HiBob sent no status.
    Missing,
}

impl Status {
    fn read(datum: &Datum<'_>) -> Self {
        datum.text().map_or(Self::Missing, Self::of)
    }

    /// The status that a word means.
    pub(crate) fn of(word: &str) -> Self {
        let is_usual = word.bytes().all(|byte| byte.is_ascii_lowercase());
        let normalized: Cow<'_, str> = if is_usual { word.into() } else { Self::letters(word).into() };
        match &*normalized {
            "hired" => Self::Hired,
            "employed" | "leave" | "parentalleave" => Self::Employed,
            "gardenleave" => Self::GardenLeave,
            "terminated" => Self::Terminated,
            _ => Self::Unknown(word.to_owned()),
        }
    }

    /// A word without blanks and signs, in small letters.
    fn letters(word: &str) -> String {
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    }
}

/// One employee's record.
#[derive(Debug)]
pub struct Employee<'r, 'a> {
    record: &'r Record<'a>,
    ids: &'r FieldIds,
}

impl<'r, 'a> Employee<'r, 'a> {
    /// The employee that a record describes.
    pub fn new(record: &'r Record<'a>, ids: &'r FieldIds) -> Self {
        Self { record, ids }
    }

    /// HiBob's id. Without it an employee cannot be matched.
    pub fn id(&self) -> Option<&'r str> {
        self.text_field(TextField::ExternalId).text()
    }

    /// The lifecycle status.
    pub fn status(&self) -> Status {
        Status::read(self.record.at(self.ids.lifecycle_status))
    }

    /// The first day of the present employment.
    ///
    /// # Errors
    /// It is missing or not read.
    pub fn start_date(&self) -> Result<NaiveDate, NoDay> {
        day(self.record.at(self.ids.start_date).text().ok_or(NoDay::Missing)?)
    }

    /// The last day of the employment; none if HiBob gives none that can be read.
    pub fn end_date(&self) -> Option<NaiveDate> {
        day(self.record.at(self.ids.end_date).text()?).ok()
    }

    /// The birth date; none if it is not read, or HiBob gives none that can be read.
    pub fn birth_date(&self) -> Option<NaiveDate> {
        day(self.first_text(&self.ids.birth_date).text()?).ok()
    }

    /// The name of the site, in the form in which names are compared ([`text_form::key`]).
    pub fn site(&self) -> Option<Cow<'r, str>> {
        let site = self.record.at(self.ids.site?).text()?;
        Some(text_form::key(site)).filter(|site| !site.is_empty())
    }

    /// The values of the fields that exclude somebody, in the order of the settings.
    pub(crate) fn exclusion(&self) -> impl Iterator<Item = &'r Datum<'a>> {
        self.ids.exclusion.iter().map(|position| self.record.at(*position))
    }

    /// The line manager's employee id.
    pub fn manager(&self) -> &'r Datum<'a> {
        self.first_text(&self.ids.manager)
    }

    /// HiBob's value of a text field: that of the first source with a text. Null only if every source was sent as null.
    pub fn text_field(&self, field: TextField) -> &'r Datum<'a> {
        self.first_text(self.ids.sources.get(field.index()).map(Vec::as_slice).unwrap_or_default())
    }

    /// The first of these fields that has a text. Null only if all of them are null: one that was not sent may have a
    /// value that the service user is not permitted to read.
    fn first_text(&self, positions: &[usize]) -> &'r Datum<'a> {
        let mut nothing = &Datum::Absent;
        for (at, position) in positions.iter().enumerate() {
            let datum = self.record.at(*position);
            if datum.text().is_some() {
                return datum;
            }
            let is_null = *datum == Datum::Null && (at == 0 || *nothing == Datum::Null);
            nothing = if is_null { &Datum::Null } else { &Datum::Absent };
        }
        nothing
    }

    /// Whether HiBob sent a value of a field, given by its position in [`FieldIds::read`].
    pub fn has(&self, position: usize) -> bool {
        self.record.at(position).text().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_are_read_in_both_spellings() {
        let read = |word: &'static str| Status::read(&Datum::Text(Cow::Borrowed(word)));
        assert_eq!(read("employed"), Status::Employed);
        assert_eq!(read("Parental leave"), Status::Employed);
        assert_eq!(read("garden leave"), Status::GardenLeave);
        assert_eq!(read("TERMINATED"), Status::Terminated);
        assert_eq!(read("offboarded"), Status::Unknown("offboarded".to_owned()));
        assert_eq!(Status::read(&Datum::Null), Status::Missing);
    }
}
