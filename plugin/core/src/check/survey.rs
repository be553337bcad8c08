//! The survey: counts for which fields HiBob sends something, to find out which permissions are granted.

use crate::field::{Field, MANAGER, MANDATORY_FIELDS, TEXT_FIELDS, TextField};
use crate::hibob::{
    BIRTH_DATE, Datum, END_DATE, FieldIds, LIFECYCLE_STATUS, PERMISSIONS, Permission, Record, RecordReader, SITE,
    START_DATE,
};
use crate::link::Links;
use crate::settings::{MissingDetail, Settings};
use std::collections::BTreeSet;

/// The status in the default condition on a permission group's audience.
const EMPLOYED: &str = "employed";

/// For how many employees HiBob sent at least one field of a group.
#[derive(Debug, Default)]
pub(super) struct Tally {
    positions: Vec<usize>,
    /// Employees for whom HiBob sent a field of the group, with a value or as null.
    pub(super) came: usize,
    /// Employees for whom HiBob sent a field of the group with a value.
    pub(super) filled: usize,
}

impl Tally {
    fn of(positions: Vec<usize>) -> Self {
        Self { positions, came: 0, filled: 0 }
    }

    fn add(&mut self, record: &Record<'_>) {
        let data = || self.positions.iter().map(|position| record.at(*position));
        self.came += usize::from(data().any(|datum| *datum != Datum::Absent));
        self.filled += usize::from(data().any(|datum| datum.text().is_some()));
    }
}

/// A field that the check reads.
#[derive(Debug)]
pub(super) struct AskedField {
    pub(super) id: String,
    pub(super) permission: Option<Permission>,
    pub(super) tally: Tally,
}

/// A value that is synced, and the fields from which it is read.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) name: &'static str,
    /// Whether an employee without it is not synced.
    pub(super) required: bool,
    pub(super) tally: Tally,
    /// For each permission that it needs, the tally of its fields that need that permission.
    pub(super) permissions: Vec<(Permission, Tally)>,
}

impl Detail {
    pub(super) fn needs(&self, permission: Permission) -> bool {
        self.permissions.iter().any(|(needed, _)| *needed == permission)
    }

    pub(super) fn reads(&self, field: usize) -> bool {
        self.tally.positions.contains(&field)
    }
}

/// Counts the fields that HiBob sends. It leaves out a field that may not be read for everybody, with status 200 and
/// without a null (people reference page). So a null shows that a permission is granted just as a value does.
#[derive(Debug)]
pub(super) struct Survey {
    reader: RecordReader,
    pub(super) fields: Vec<AskedField>,
    /// How many of `fields` the sync itself reads. The probes of permissions come after them.
    pub(super) own: usize,
    pub(super) permissions: Vec<(Permission, Tally)>,
    pub(super) details: Vec<Detail>,
    /// Employees with a lifecycle status.
    pub(super) with_status: usize,
    /// Those of them whose status is not `employed`.
    pub(super) not_employed: usize,
    /// Ids of employees with a managed account whom HiBob has not sent so far.
    pub(super) unseen: BTreeSet<Box<str>>,
    id: usize,
    lifecycle: usize,
}

impl Survey {
    /// A survey of the fields that a sync with these settings reads, and of the probes.
    pub(super) fn new(settings: &Settings, own: &FieldIds, links: &Links) -> Self {
        let mut ids: Vec<String> = own.read().map(str::to_owned).collect();
        let own = ids.len();
        let probes = PERMISSIONS.into_iter().flat_map(Permission::probes);
        for probe in probes {
            if !ids.iter().any(|id| id == probe) {
                ids.push((*probe).to_owned());
            }
        }
        let position = |wanted: &str| ids.iter().position(|id| id == wanted).unwrap_or(usize::MAX);
        let details = details(settings)
            .into_iter()
            .map(|(name, required, sources)| detail(name, required, &sources, position))
            .collect();
        let permissions = PERMISSIONS
            .into_iter()
            .filter(|permission| *permission != Permission::SiteSettings)
            .map(|permission| {
                let shows = |id: &str| evidence(id).any(|shown| shown == permission);
                let positions = (0..).zip(&ids).filter(|(_, id)| shows(id)).map(|(position, _)| position);
                (permission, Tally::of(positions.collect()))
            })
            .collect();
        Self {
            reader: RecordReader::new(ids.iter().map(String::as_str)),
            own,
            permissions,
            details,
            with_status: 0,
            not_employed: 0,
            unseen: links.iter().map(|(employee, _)| employee.into()).collect(),
            id: position(own_id()),
            lifecycle: position(LIFECYCLE_STATUS),
            fields: (0..)
                .zip(ids)
                .map(|(position, id)| AskedField {
                    permission: Permission::of(&id),
                    id,
                    tally: Tally::of(vec![position]),
                })
                .collect(),
        }
    }

    /// The probes, which are requested beside the sync's own fields, in the form that `people/search` takes.
    pub(super) fn probes(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().skip(self.own).map(|field| field.id.as_str())
    }

    /// Counts one employee, given as JSON. A record that cannot be read counts nothing.
    pub(super) fn employee(&mut self, json: &[u8]) {
        let Ok(record) = self.reader.read(json) else { return };
        self.fields.iter_mut().for_each(|field| field.tally.add(&record));
        self.permissions.iter_mut().for_each(|(_, tally)| tally.add(&record));
        for detail in &mut self.details {
            detail.tally.add(&record);
            detail.permissions.iter_mut().for_each(|(_, tally)| tally.add(&record));
        }
        if let Some(status) = record.at(self.lifecycle).text() {
            self.with_status += 1;
            self.not_employed += usize::from(!status.eq_ignore_ascii_case(EMPLOYED));
        }
        if let Some(id) = record.at(self.id).text() {
            self.unseen.remove(id);
        }
    }

    /// Whether HiBob sent a field that needs this permission.
    pub(super) fn shows(&self, permission: Permission) -> bool {
        self.permissions.iter().any(|(shown, tally)| *shown == permission && tally.came > 0)
    }
}

/// The HiBob field with the employee's id.
fn own_id() -> &'static str {
    TextField::ExternalId.row().sources.first().copied().unwrap_or_default()
}

/// The permissions that are granted if HiBob sends this field. It sends the id without any permission (page on lists).
fn evidence(id: &str) -> impl Iterator<Item = Permission> {
    let permission = Permission::of(id).filter(|_| id != own_id());
    let view = permission.filter(|permission| *permission == Permission::PersonalEdit).map(|_| Permission::Personal);
    permission.into_iter().chain(view)
}

fn detail(name: &'static str, required: bool, sources: &[&str], position: impl Fn(&str) -> usize) -> Detail {
    let mut permissions: Vec<(Permission, Tally)> = Vec::new();
    for source in sources {
        for permission in evidence(source) {
            let at = permissions.iter().position(|(known, _)| *known == permission).unwrap_or_else(|| {
                permissions.push((permission, Tally::default()));
                permissions.len() - 1
            });
            if let Some((_, tally)) = permissions.get_mut(at) {
                tally.positions.push(position(source));
            }
        }
    }
    Detail { name, required, tally: Tally::of(sources.iter().map(|id| position(id)).collect()), permissions }
}

/// The values that are synced with these settings: name, whether an employee without it is not synced, and the fields
/// from which it is read.
fn details(settings: &Settings) -> Vec<(&'static str, bool, Vec<&str>)> {
    let mandatory =
        MANDATORY_FIELDS.into_iter().map(|field| (field.name(), true, settings.mandatory_source(field).collect()));
    let mut details: Vec<_> = mandatory.collect();
    details.push(("lifecycle-status", true, vec![LIFECYCLE_STATUS]));
    details.push(("start-date", true, vec![START_DATE]));
    details.push(("last-day", false, vec![END_DATE]));
    if settings.compare_birth_date && !settings.has_text(TextField::DateOfBirth) {
        details.push(("compare-birth-date", false, vec![BIRTH_DATE]));
    }
    if settings.needs_sites() {
        details.push(("sites", settings.sites.is_some(), vec![SITE]));
    }
    if settings.has(MANAGER) {
        details.push((MANAGER, false, Field::Manager.row().sources.to_vec()));
    }
    for field in settings.exclusion.field_ids() {
        details.push(("exclude", true, vec![field]));
    }
    for field in TEXT_FIELDS.into_iter().filter(|field| settings.has_text(*field) && !field.is_mandatory()) {
        let sources: Vec<&str> = settings.source(field).iter().map(String::as_str).collect();
        let is_required = settings.missing_detail == MissingDetail::Fail && settings.default_of(field).is_none();
        if !sources.is_empty() {
            details.push((field.name(), is_required, sources));
        }
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{NamedValue, Value};

    fn settings(details: &[&str]) -> Settings {
        let value = |name: &str, value| NamedValue { name: name.to_owned(), value };
        let texts = |texts: &[&str]| Value::Texts(texts.iter().map(ToString::to_string).collect());
        Settings::read(&[
            value("hibob-url", Value::Text("https://x".to_owned())),
            value("scim-url", Value::Text("https://x".to_owned())),
            value("details", texts(details)),
            value("sites", texts(&["Madrid"])),
            value("source-emergency-name", texts(&["emergency.contactName"])),
        ])
        .unwrap()
    }

    /// Every field that a sync reads belongs to a value with a name.
    #[test]
    fn every_field_of_the_sync_belongs_to_a_detail() {
        let all = crate::settings::details().into_iter().filter_map(crate::field::Detail::name).collect();
        for details in [vec!["title"], all] {
            let settings = settings(&details);
            let ids = FieldIds::new(&settings);
            let survey = Survey::new(&settings, &ids, &Links::new());
            for (position, id) in ids.read().enumerate() {
                assert!(survey.details.iter().any(|detail| detail.reads(position)), "{id}");
            }
            for detail in &survey.details {
                assert!(!detail.tally.positions.contains(&usize::MAX), "{}", detail.name);
            }
            for (permission, tally) in &survey.permissions {
                assert!(!tally.positions.is_empty(), "{permission:?} has no field that shows it");
            }
        }
    }

    #[test]
    fn null_is_sent_and_absent_is_not() {
        let settings = settings(&["gender"]);
        let mut survey = Survey::new(&settings, &FieldIds::new(&settings), &Links::new());
        survey.employee(br#"{"id":"1","home":{"legalGender":null},"about":{"avatar":"x"}}"#);
        survey.employee(br#"{"id":"2","/about/avatar":{"value":null}}"#);
        survey.employee(b"{");
        let tally = |wanted| {
            let (_, tally) = survey.permissions.iter().find(|(permission, _)| *permission == wanted).unwrap();
            (tally.came, tally.filled)
        };
        assert_eq!((tally(Permission::Home), tally(Permission::About)), ((1, 0), (2, 1)));
        assert_eq!(tally(Permission::BasicInfo), (0, 0), "the id is sent without any permission");
    }
}
