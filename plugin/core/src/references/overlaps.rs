//! Whose work email is by now that of somebody who is employed.
//!
//! A leaver whose names are that person's too has probably moved to another company or site under a new employee id, and
//! has not left. Otherwise the mailbox has a new holder, who must not get the leaver's reference.

use super::ReferenceSettings;
use super::detect::NAMES_IDS_MAX;
use crate::error::JobError;
use crate::hibob::{RecordReader, Status, search_by_email};
use crate::sync::each_employee;
use crate::text_form;
use crate::world::World;
use std::collections::BTreeMap;

/// Somebody who is employed has the work email of somebody who has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Who has left.
    pub employee_id: String,
    /// Who is employed.
    pub by: String,
    /// Whether their names are the same.
    pub has_same_names: bool,
}

/// Names and work email of somebody who has left.
pub(super) struct Leaver {
    pub(super) names: [Option<String>; 2],
    pub(super) email: Option<String>,
}

/// Reads who is employed with the work email of one of these leavers. In the order of the leavers, and one for each.
pub(super) fn overlaps(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    leavers: &BTreeMap<String, Leaver>,
) -> Result<Vec<Overlap>, JobError> {
    let mut by_email: BTreeMap<String, Vec<(&str, &Leaver)>> = BTreeMap::new();
    for (id, leaver) in leavers {
        if let Some(email) = leaver.email.as_deref().filter(|email| !email.trim().is_empty()) {
            by_email.entry(text_form::address_key(email)).or_default().push((id, leaver));
        }
    }
    let fields = ["root.id", "internal.lifecycleStatus", "root.firstName", "root.surname", "root.email"];
    let reader = RecordReader::new(fields);
    let mut found: BTreeMap<String, Overlap> = BTreeMap::new();
    let emails: Vec<&str> = by_email.keys().map(String::as_str).collect();
    for emails in emails.chunks(NAMES_IDS_MAX) {
        each_employee(world, &search_by_email(&settings.hibob_url, emails, fields), &mut |json| {
            let Ok(record) = reader.read(json) else { return };
            let [id, status, given, family, email] = [0, 1, 2, 3, 4].map(|at| record.at(at).text());
            let (Some(id), Some(email)) = (id, email) else { return };
            if settings.is_departure(status) || status.is_some_and(|status| Status::of(status) == Status::Terminated) {
                return;
            }
            let same = |one: Option<&str>, other: &Option<String>| {
                let [one, other] = [one, other.as_deref()].map(|name| name.unwrap_or_default().to_lowercase());
                text_form::same(&one, &other)
            };
            for (leaver_id, leaver) in by_email.get(&text_form::address_key(email)).into_iter().flatten() {
                let has_same_names = same(given, &leaver.names[0]) && same(family, &leaver.names[1]);
                // Of several, the one with the same names says more.
                if *leaver_id != id && (has_same_names || !found.contains_key(*leaver_id)) {
                    let overlap = Overlap { employee_id: (*leaver_id).to_owned(), by: id.to_owned(), has_same_names };
                    found.insert((*leaver_id).to_owned(), overlap);
                }
            }
        })?;
    }
    Ok(found.into_values().collect())
}
