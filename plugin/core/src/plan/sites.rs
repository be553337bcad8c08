//! Sites that look as if they had been renamed, so that nobody is archived for working elsewhere.
//!
//! 1. If nobody works at a selected site, its name is probably wrong. Then nobody is archived for working at another site.
//! 2. If people whose active accounts the sync manages now work at a site at which nobody has ever worked, as far as
//!    earlier plans remember, it is probably a selected site under a new name. Then nothing is done for them, until the
//!    site is named in `sites`, or in `other-sites` as one that is not synced. One finding names them.
//! 3. A site counts as seen from the first accepted plan in which somebody works there, unless rule 2 applies to it.
//!    Before the first plan that remembers sites, none is new.

use crate::finding::{Finding, Severity};
use crate::host_facts::HostFacts;
use crate::index::IdIndex;
use crate::lifecycle::{AccountStatus, Because};
use crate::link::Links;
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use crate::settings::{OutOfSelection, Settings};
use crate::value::{Id, NamedValue, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The entry of the baseline with the sites that were seen.
const SITES: &str = "sites";

/// Most sites that are remembered.
const SITES_MAX: usize = 10_000;

/// Most people of one site who are named.
const NAMED_MAX: usize = 20;

/// Where people work, and where they have worked.
#[derive(Debug, Default)]
pub(super) struct Sites {
    /// The sites at which somebody works.
    now: BTreeSet<String>,
    /// The sites at which somebody has worked; none before the first plan that remembers them.
    before: Option<BTreeSet<String>>,
    /// The sites that are not synced, of employees who would have an account otherwise.
    elsewhere: BTreeMap<String, Vec<Id>>,
    /// The new sites to which rule 2 applies.
    in_doubt: BTreeSet<String>,
}

/// What the search for accounts needs.
#[derive(Clone, Copy)]
pub(super) struct Managed<'a> {
    pub(super) links: &'a Links,
    pub(super) facts: &'a HostFacts,
    pub(super) accounts: &'a [Account],
    pub(super) accounts_by_id: &'a IdIndex,
}

impl Managed<'_> {
    /// Whether the sync manages an active account of this employee.
    fn has_active(&self, employee: &str) -> bool {
        let id_at = |at: usize| self.accounts.get(at).map(|account| &*account.id).unwrap_or_default();
        let Some(link) = self.links.get(employee) else { return false };
        let account = self.accounts_by_id.get(&link.account, id_at).and_then(|at| self.accounts.get(at));
        account.is_some_and(|account| account.state == State::Active && !self.facts.is_unlinked(&account.id))
    }
}

impl Sites {
    /// Takes over which sites earlier plans have seen.
    pub(super) fn remembering(baseline: &[NamedValue]) -> Self {
        let before = baseline.iter().find(|value| value.name == SITES).and_then(|value| match &value.value {
            Value::Texts(sites) => Some(sites.iter().cloned().collect()),
            _ => None,
        });
        Self { before, ..Self::default() }
    }

    /// Notes where somebody works.
    pub(super) fn see(&mut self, site: &str, person: &DesiredAccount) {
        if person.status == AccountStatus::Gone(Because::Terminated) {
            return;
        }
        if !self.now.contains(site) {
            self.now.insert(site.to_owned());
        }
        if matches!(person.status, AccountStatus::Outside | AccountStatus::Gone(Because::OutOfSelection)) {
            match self.elsewhere.get_mut(site) {
                Some(people) => people.push(person.id.clone()),
                None => drop(self.elsewhere.insert(site.to_owned(), vec![person.id.clone()])),
            }
        }
    }

    /// The sites at which somebody works.
    pub(super) fn now(&self) -> &BTreeSet<String> {
        &self.now
    }

    /// Leaves accounts alone by rules 1 and 2. Returns the employees of whom a finding about their site speaks.
    pub(super) fn distrust(
        &mut self,
        settings: &Settings,
        managed: Managed<'_>,
        people: &mut [DesiredAccount],
        findings: &mut Vec<Finding>,
    ) -> BTreeSet<Id> {
        let selected = settings.sites.iter().flatten();
        let empty: Vec<&String> = selected.filter(|site| !self.now.contains(*site)).collect();
        let new = self.taken_over(settings, managed);
        let told: BTreeSet<Id> = new.iter().flat_map(|(_, ids)| ids.iter().cloned()).collect();
        match (&empty[..], &new[..]) {
            // One site that was renamed is one finding.
            ([from], [(site, ids)]) => findings.push(in_doubt(Some(from), site, ids, people, settings)),
            _ => {
                findings.extend(empty.iter().map(|site| without_employees(site)));
                findings.extend(new.iter().map(|(site, ids)| in_doubt(None, site, ids, people, settings)));
            }
        }
        let all = !empty.is_empty();
        let is_elsewhere = |person: &&mut DesiredAccount| person.status == AccountStatus::Gone(Because::OutOfSelection);
        for person in people.iter_mut().filter(is_elsewhere).filter(|person| all || told.contains(&person.id)) {
            person.status = AccountStatus::Outside;
        }
        self.in_doubt = new.into_iter().map(|(site, _)| site).collect();
        told
    }

    /// The new sites of rule 2, each with the employees whose active accounts the sync manages.
    fn taken_over(&self, settings: &Settings, managed: Managed<'_>) -> Vec<(String, Vec<Id>)> {
        let Some(before) = &self.before else { return Vec::new() };
        let is_new = |site: &String| !before.contains(site) && !settings.other_sites.contains(site);
        let new = self.elsewhere.iter().filter(|(site, _)| is_new(site));
        let of_site = |(site, ids): (&String, &Vec<Id>)| {
            let theirs: Vec<Id> = ids.iter().filter(|id| managed.has_active(id)).cloned().collect();
            (!theirs.is_empty()).then(|| (site.clone(), theirs))
        };
        new.filter_map(of_site).collect()
    }

    /// The entry for the next baseline; none where all sites are synced.
    pub(super) fn to_remember(&self, settings: &Settings) -> Option<NamedValue> {
        settings.sites.as_ref()?;
        let known = self.now.iter().chain(self.before.iter().flatten()).filter(|site| !self.in_doubt.contains(*site));
        let known: BTreeSet<&String> = known.collect();
        let known: Vec<String> = known.into_iter().take(SITES_MAX).cloned().collect();
        Some(NamedValue { name: SITES.to_owned(), value: Value::Texts(known) })
    }
}

fn without_employees(site: &str) -> Finding {
    let finding = Finding::new(
        Severity::Warning,
        "SITE_WITHOUT_EMPLOYEES",
        format!(
            "nobody works at the selected site `{site}`; as long as that is so, nobody is archived for working elsewhere"
        ),
        "correct the name in sync.sites; HiBob's spelling counts, also its case",
    );
    finding.field("sites")
}

/// The finding about a new site. `from` is the selected site at which nobody works any more, if there is one.
fn in_doubt(from: Option<&String>, site: &str, ids: &[Id], people: &[DesiredAccount], settings: &Settings) -> Finding {
    let id_order = |person: &DesiredAccount, id: &Id| super::id_order(&person.id, id);
    let named = ids.iter().take(NAMED_MAX).filter_map(|id| {
        let at = people.binary_search_by(|person| id_order(person, id)).ok()?;
        people.get(at).map(DesiredAccount::display_name)
    });
    let mut names: Vec<String> = named.collect();
    if ids.len() > names.len() {
        names.push(format!("{} more", ids.len() - names.len()));
    }
    let number = match ids.len() {
        1 => "one person whose account the sync manages works".to_owned(),
        number => format!("{number} people whose accounts the sync manages work"),
    };
    let begin = match from {
        Some(from) => format!("nobody works at the selected site `{from}` any more, and {number} at `{site}`"),
        None => format!("{number} at the site `{site}`"),
    };
    let message = format!(
        "{begin}, where nobody has worked before, so that it may be a selected site under a new name; \
         nothing is done for them: {}",
        names.join(", ")
    );
    let then = match settings.out_of_selection {
        OutOfSelection::Archive => "their accounts are archived",
        OutOfSelection::Leave => "their accounts are left as they are",
    };
    let remedy = format!(
        "if the site was renamed, name `{site}` in sync.sites; if it is one that is not synced, name it in \
         sync.other_sites, and {then}"
    );
    Finding::new(Severity::Warning, "SITE_TAKES_OVER", message, remedy).field("sites")
}
