//! What one record of HiBob means by the rules in docs/use/sync.md, without use of the core.

use super::rules::{DETAILS, IBERIA, Rules};
use super::statement::Accounts;
use super::values::{says, taken};
use chrono::{DateTime, Days, NaiveDate, TimeDelta};
use hibob_fakes::Employee;
use std::collections::BTreeMap;

/// The state before a sync.
pub(crate) struct Before<'a> {
    pub(crate) accounts: &'a Accounts,
    /// The account of each employee by the links in the storage.
    pub(crate) memory: &'a BTreeMap<String, String>,
    pub(crate) directory: &'a BTreeMap<String, Employee>,
    pub(crate) rules: &'a Rules,
    pub(crate) now: i64,
    /// Whether HiBob sends a null for an empty field.
    pub(crate) nulls_sent: bool,
}

/// What HiBob's record means for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Works,
    Waits,
    /// At a site that is not synced; the account stays.
    Elsewhere,
    /// At a site that is not synced, and by setting that ends the account.
    Moved,
    /// On garden leave, and by setting that ends the account.
    Released,
    Left,
    /// A broken record.
    Unclear,
}
use self::Stand::{Elsewhere, Left, Moved, Released, Unclear, Waits, Works};

impl Before<'_> {
    pub(crate) fn says(&self, person: &Employee, field: &str) -> Option<Option<String>> {
        says(person, field).filter(|said| said.is_some() || self.nulls_sent)
    }

    fn today(&self, site: Option<&str>) -> NaiveDate {
        let zone = site.and_then(|site| self.rules.site_zones.get(site)).or(self.rules.zone.as_ref());
        let hours = zone.map_or(0, |(_, hours)| *hours);
        (DateTime::from_timestamp(self.now, 0).unwrap() + TimeDelta::hours(hours)).date_naive()
    }

    pub(crate) fn stand(&self, person: &Employee) -> Stand {
        let rules = self.rules;
        let text = |field| says(person, field).flatten();
        let site = text("work.site");
        let start = text("work.startDate").map(|date| date.parse::<NaiveDate>().unwrap());
        let ahead = Days::new(rules.days_before.unwrap_or(0) as u64);
        let stand = match (text("internal.lifecycleStatus").as_deref(), start) {
            (Some("terminated"), _) => return Left,
            (Some("garden leave"), _) if rules.garden_archives == Some(true) => return Released,
            (Some("employed" | "leave" | "parental leave" | "garden leave"), _) => Works,
            (Some("hired"), Some(start)) if self.today(site.as_deref()) + ahead < start => Waits,
            (Some("hired"), Some(_)) => Works,
            _ => return Unclear,
        };
        if let Some(sites) = &rules.sites {
            // A selected site at which nobody works is probably misspelt, and nobody is archived for that.
            let is_left = |other: &Employee| {
                says(other, "internal.lifecycleStatus").flatten().is_some_and(|status| status == "terminated")
            };
            let works_at = |other: &Employee, site: &str| {
                !is_left(other) && says(other, "work.site").flatten().is_some_and(|works| works == site)
            };
            let known = |site: &&str| self.directory.values().any(|other| works_at(other, site));
            match site.as_deref() {
                None => return Unclear,
                Some(site) if sites.contains(site) => {}
                _ if rules.archives_outside == Some(true) && sites.iter().all(known) => return Moved,
                _ => return Elsewhere,
            }
        }
        if stand == Works && (self.lacks_mandatory(person) || self.lacks_detail(person)) { Unclear } else { stand }
    }

    fn lacks_mandatory(&self, person: &Employee) -> bool {
        let fields = ["root.firstName", "root.surname", "root.email", "work.startDate"];
        fields.iter().any(|field| says(person, field).flatten().is_none()) || !address(person).contains('@')
    }

    fn lacks_detail(&self, person: &Employee) -> bool {
        if !self.rules.missing_fails.unwrap_or_else(|| self.rules.details.is_some()) {
            return false;
        }
        self.synced().any(|(field, ids)| match self.first(person, ids) {
            // A default replaces a missing value, but not a wrong one.
            Some(Some(text)) => self.value(field, &text).is_none(),
            _ => field != "language" || self.rules.default_language.is_none(),
        })
    }

    /// Whether somebody who works here is the one who left, by birth dates and by the days between.
    pub(crate) fn is_same_person(&self, person: &Employee, left: &Employee) -> bool {
        let reads = self.synced().any(|(field, ids)| field == "date-of-birth" && !ids.is_empty());
        let birth = |of: &Employee| -> Option<NaiveDate> {
            says(of, "personal.birthDate").flatten().filter(|_| reads)?.parse().ok()
        };
        let gap = left.termination_date.map(|end| (person.start_date - end).num_days());
        match (birth(person), birth(left)) {
            (Some(one), Some(other)) => one == other && gap.is_none_or(|days| days <= 5 * 365),
            _ => gap.is_some_and(|days| days <= 30),
        }
    }

    /// The text fields that are synced, with their sources.
    pub(crate) fn synced(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        let rules = self.rules;
        DETAILS.iter().filter_map(move |detail| {
            let ticked = rules.details.as_ref().map_or(detail.usual, |names| names.contains(detail.detail));
            let ids = rules.sources.get(detail.field).copied().unwrap_or(detail.sources[0]);
            let default = detail.field == "language" && rules.default_language.is_some();
            (ticked && (default || !ids.is_empty())).then_some((detail.field, ids))
        })
    }

    /// The value of the first field that has one. Empty only if all fields are sent and empty.
    pub(crate) fn first(&self, person: &Employee, ids: &[&str]) -> Option<Option<String>> {
        let all: Vec<_> = ids.iter().map(|id| self.says(person, id)).collect();
        match all.iter().flatten().flatten().next() {
            Some(text) => Some(Some(text.clone())),
            None => (!all.is_empty() && all.iter().all(Option::is_some)).then_some(None),
        }
    }

    /// A value in TravelPerk's form; none if TravelPerk does not accept it.
    pub(crate) fn value(&self, field: &str, text: &str) -> Option<String> {
        if field == "company" && text == "Madrid" && self.rules.companies {
            return Some(IBERIA.to_owned());
        }
        taken(field, text)
    }
}

pub(crate) fn address(person: &Employee) -> String {
    says(person, "root.email").flatten().unwrap_or_default().to_lowercase()
}

pub(crate) fn names(person: &Employee) -> [Option<String>; 2] {
    ["root.firstName", "root.surname"].map(|field| says(person, field).flatten())
}
