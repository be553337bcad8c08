//! Collects employees and accounts one by one, then makes the plan.

use super::decide::decide;
use super::input::Input;
use super::lasting::{Case, Lasting, is_theirs};
use super::leavers::has_left;
use super::names;
use super::rehire::{self, Rules};
use super::remember::{AdminAccounts, values};
use super::sites::{Managed, Sites};
use super::unreadable::{self, Unreadable};
use super::{Plan, company, cost_center, domains, failed_employees, id_order};
use crate::catalogue::Catalogue;
use crate::exclusion::{Exclusion, Matched};
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::hibob::{END_DATE, Employee, FieldIds, NameList, RecordReader};
use crate::host_facts::HostFacts;
use crate::index::IdIndex;
use crate::lifecycle::{AccountStatus, Because, Lifecycle};
use crate::link::Links;
use crate::mapping::{DesiredAccount, Mapping};
use crate::read::STATE_READS_MAX;
use crate::scim::{Account, BrokenRow, State};
use crate::settings::{Lasts, LeaversBefore, Settings};
use crate::text_form::same;
use crate::value::{Count, Id, NamedValue};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// Most accounts of employees who are gone that are looked up in one plan, beside those that the host's ledger has as
/// active or as archived lately.
pub const OTHERS_MAX: usize = 200;

/// Seconds in a day.
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// For how long an account counts as archived lately, in seconds: 30 days.
const ARCHIVED_LATELY_SECONDS: u64 = 30 * DAY_SECONDS;

/// Accounts that were not in the listing and are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlisted {
    /// Their ids, each once.
    pub ids: Vec<String>,
    /// How many of them should have been listed: all but those that may be archived. If they are too many, the listing
    /// is not trusted.
    pub missing: usize,
    seen: BTreeSet<String>,
}

impl Unlisted {
    fn push(&mut self, id: &str, may_be_archived: bool) {
        if self.seen.insert(id.to_owned()) {
            self.ids.push(id.to_owned());
            self.missing += usize::from(!may_be_archived);
        }
    }
}

/// Collects employees and accounts, then makes the [`Plan`].
#[derive(Debug)]
pub struct Planner<'s> {
    ids: FieldIds,
    reader: RecordReader,
    mapping: Mapping<'s>,
    links: Links,
    facts: HostFacts,
    people: Vec<DesiredAccount>,
    accounts: Vec<Account>,
    findings: Vec<Finding>,
    /// For each field, by position, the number of employees for whom HiBob sent a value.
    coverage: Vec<usize>,
    employees: usize,
    now_unix_seconds: u64,
    sites: Sites,
    catalogue: Catalogue,
    /// Positions in `people`. Complete once `people` is sorted.
    people_by_id: IdIndex,
    /// Positions in `accounts`. Complete once `accounts` is sorted.
    accounts_by_id: IdIndex,
    /// For each employee, the position of the account of their link. Empty once employees or accounts have changed.
    linked: Vec<Option<u32>>,
    admin_accounts: AdminAccounts,
    lasting: Lasting,
    /// What has excluded somebody.
    excluded: Matched,
    /// Rows of the listing of accounts that could not be read.
    broken_rows: Vec<BrokenRow>,
}

impl<'s> Planner<'s> {
    /// A planner that decides as of `now_unix_seconds`, with the links from the storage.
    pub fn new(settings: &'s Settings, now_unix_seconds: u64, links: Links) -> Self {
        let ids = FieldIds::new(settings);
        let reader = RecordReader::new(ids.read());
        let coverage = vec![0; ids.read().count()];
        let mapping = Mapping {
            settings,
            departments: NameList::default(),
            titles: NameList::default(),
            lifecycle: Lifecycle::new(settings, now_unix_seconds),
        };
        Self {
            ids,
            reader,
            mapping,
            links,
            facts: HostFacts::default(),
            people: Vec::new(),
            accounts: Vec::new(),
            findings: Vec::new(),
            coverage,
            employees: 0,
            now_unix_seconds,
            sites: Sites::default(),
            catalogue: Catalogue::default(),
            people_by_id: IdIndex::default(),
            accounts_by_id: IdIndex::default(),
            linked: Vec::new(),
            admin_accounts: AdminAccounts::default(),
            lasting: Lasting::default(),
            excluded: Matched::default(),
            broken_rows: Vec::new(),
        }
    }

    /// Takes over what an earlier plan has remembered.
    pub fn remembering(mut self, baseline: &[NamedValue]) -> Self {
        self.admin_accounts = AdminAccounts::remembering(baseline, &self.mapping.settings.admins);
        self.sites = Sites::remembering(baseline);
        self.lasting = Lasting::remembering(baseline);
        self
    }

    /// Sets what the host knows of accounts. To be called before the accounts are looked up.
    pub fn host_facts(&mut self, facts: HostFacts) {
        self.facts = facts;
    }

    /// The HiBob fields that the plan needs.
    pub fn field_ids(&self) -> &FieldIds {
        &self.ids
    }

    /// Sets the names of departments and titles. To be called before the first employee.
    pub fn lists(&mut self, departments: NameList, titles: NameList) {
        self.mapping.departments = departments;
        self.mapping.titles = titles;
    }

    /// Adds an employee, given as JSON. A record that cannot be read becomes a finding.
    pub fn employee(&mut self, json: &[u8]) {
        self.employees += 1;
        let record = match self.reader.read(json) {
            Ok(record) => record,
            Err(what) => {
                let message = format!("HiBob sent an employee record that cannot be read: {what}");
                self.findings.push(Finding::new(
                    Severity::Error,
                    "BROKEN_RECORD",
                    message,
                    "start the sync again; if it stays so, tell HiBob's support; nothing is done for this record",
                ));
                return;
            }
        };
        let employee = Employee::new(&record, &self.ids);
        for (position, covered) in self.coverage.iter_mut().enumerate() {
            *covered += usize::from(employee.has(position));
        }
        let person = self.mapping.person(&employee, &self.facts, &mut self.excluded, &mut self.findings);
        let Some(person) = person else { return };
        if let Some(site) = employee.site() {
            self.sites.see(&site, &person);
        }
        self.people_by_id.push(&person.id);
        self.people.push(person);
    }

    /// The sites at which somebody works, of the employees who were added.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &str> {
        self.sites.now().iter().map(String::as_str)
    }

    /// The employees who were added and whose records are whole.
    pub(crate) fn people(&self) -> &[DesiredAccount] {
        &self.people
    }

    /// How many employees were added so far.
    pub fn employees(&self) -> usize {
        self.employees
    }

    /// Adds accounts. One that is added twice counts once, since pages are not a snapshot (RFC 7644, section 3.4.2.4).
    pub fn accounts(&mut self, accounts: impl IntoIterator<Item = Account>) {
        self.linked.clear();
        for account in accounts {
            self.accounts_by_id.push(&account.id);
            self.accounts.push(account);
        }
    }

    /// Adds rows of the listing that could not be read.
    pub fn broken_rows(&mut self, rows: impl IntoIterator<Item = BrokenRow>) {
        self.broken_rows.extend(rows);
    }

    /// Forgets all accounts, before the listing is read again.
    pub fn forget_accounts(&mut self) {
        self.linked.clear();
        self.broken_rows.clear();
        self.accounts.clear();
        self.accounts_by_id = IdIndex::default();
    }

    /// Ids of accounts of which it is not known whether they are active, as far as they may be an employee's: by link, by
    /// external id, or by user name. At most [`STATE_READS_MAX`].
    pub fn unclear(&mut self) -> Vec<String> {
        if self.accounts.iter().all(|account| account.state != State::Unknown) {
            return Vec::new();
        }
        self.sort();
        let linked: BTreeSet<&str> = self.links.iter().map(|(_, link)| &*link.account).collect();
        let names: BTreeSet<String> = self.people.iter().map(|person| fold(person.user_name())).collect();
        let id_at = |at: usize| self.people.get(at).map(|person| &*person.id).unwrap_or_default();
        let is_somebodys = |account: &&Account| {
            let text = |field: TextField| account.text(field);
            linked.contains(&*account.id)
                || text(TextField::ExternalId).is_some_and(|id| self.people_by_id.get(id, id_at).is_some())
                || text(TextField::UserName).is_some_and(|name| names.contains(&fold(name)))
        };
        let unknown = self.accounts.iter().filter(|account| account.state == State::Unknown);
        unknown.filter(is_somebodys).take(STATE_READS_MAX).map(|account| account.id.to_string()).collect()
    }

    /// The desired values of a field over all active employees, each once.
    pub fn wanted(&self, field: TextField) -> BTreeSet<String> {
        let active = self.people.iter().filter(|person| person.status == AccountStatus::Active);
        let mut wanted = BTreeSet::new();
        for text in active.filter_map(|person| person.desired(field).text()) {
            // Looked up before it is copied, since many employees share few values.
            if !wanted.contains(text) {
                wanted.insert(text.to_owned());
            }
        }
        wanted
    }

    /// Sets the cost centers and companies that TravelPerk has.
    pub fn catalogue(&mut self, catalogue: Catalogue) {
        self.catalogue = catalogue;
    }

    /// For each HiBob field, as `field:NAME`, the number of employees for whom HiBob sent a value.
    pub fn coverage(&self) -> Vec<Count> {
        self.ids.read().zip(&self.coverage).map(|(id, &number)| Count::new(format!("field:{id}"), number)).collect()
    }

    /// The accounts that were not in the listing and are looked up one by one. A listing may leave out archived
    /// accounts, and others, so each has to be looked up before it counts as gone:
    ///
    /// 1. those that are linked to an active employee, and those that a person has linked or given up by hand;
    /// 2. those of employees who are gone, if the host's ledger has them as active, and of those who have left also those
    ///    that it has as archived in the last 30 days;
    /// 3. of the other accounts of employees who have left, [`OTHERS_MAX`] in turn, others on each day.
    pub fn unlisted(&mut self) -> Unlisted {
        let mut unlisted = self.unlisted_of_the_active();
        self.add_unlisted_of_the_gone(&mut unlisted);
        unlisted
    }

    fn unlisted_of_the_active(&mut self) -> Unlisted {
        self.sort();
        let id_at = |at: usize| self.accounts.get(at).map(|account| &*account.id).unwrap_or_default();
        let listed = |id: &str| self.accounts_by_id.get(id, id_at);
        let link = |person: &DesiredAccount| self.links.get(&person.id).map(|link| &*link.account);
        // An employee may have come back under a new id. Then the account is linked to the earlier id, which has left.
        let gone = self.people.iter().filter(|person| matches!(person.status, AccountStatus::Gone(_)));
        let left: BTreeMap<String, &str> =
            gone.filter_map(|person| Some((fold(person.user_name()), link(person)?))).collect();
        let mut unlisted = Unlisted::default();
        let mut linked = Vec::with_capacity(self.people.len());
        for person in &self.people {
            let mut found = None;
            if person.status == AccountStatus::Active {
                let own = link(person);
                if let Some(id) = own.or_else(|| left.get(&fold(person.user_name())).copied()) {
                    match listed(id) {
                        Some(position) if own.is_some() => found = u32::try_from(position).ok(),
                        Some(_) => {}
                        None => unlisted.push(id, self.facts.is_archived(id)),
                    }
                }
            }
            linked.push(found);
        }
        self.linked = linked;
        let named = self.facts.orders().map(|(_, account)| account);
        for account in named.chain(self.facts.unlinked().map(|(account, _)| account)) {
            if listed(account).is_none() {
                unlisted.push(account, true);
            }
        }
        unlisted
    }

    fn add_unlisted_of_the_gone(&self, unlisted: &mut Unlisted) {
        let is_listed = |id: &str| {
            let id_at = |at: usize| self.accounts.get(at).map(|account| &*account.id).unwrap_or_default();
            self.accounts_by_id.get(id, id_at).is_some()
        };
        let person = |id: &str| {
            let id_at = |at: usize| self.people.get(at).map(|person| &*person.id).unwrap_or_default();
            self.people_by_id.get(id, id_at).and_then(|at| self.people.get(at))
        };
        let is_gone = |id: &str| person(id).is_some_and(|person| matches!(person.status, AccountStatus::Gone(_)));
        let has_left = |id: &str| person(id).is_some_and(has_left);
        let mut others = Vec::new();
        for row in self.facts.accounts().filter(|row| is_gone(row.employee) && !is_listed(row.account)) {
            match row.archived_at {
                None => unlisted.push(row.account, false),
                Some(_) if !has_left(row.employee) => {}
                Some(at) if self.now_unix_seconds.saturating_sub(at) < ARCHIVED_LATELY_SECONDS => {
                    unlisted.push(row.account, true);
                }
                Some(_) => others.push(row.account),
            }
        }
        for (employee, link) in self.links.iter() {
            let is_open = || has_left(employee) && !is_listed(&link.account);
            if self.facts.owner_of(&link.account).is_none() && is_open() {
                others.push(&link.account);
            }
        }
        // Others on each day, and every one of them in its turn.
        let day = usize::try_from(self.now_unix_seconds / DAY_SECONDS).unwrap_or_default();
        let first = if others.is_empty() { 0 } else { day.wrapping_mul(OTHERS_MAX) % others.len() };
        for account in others.iter().cycle().skip(first).take(OTHERS_MAX.min(others.len())) {
            unlisted.push(account, true);
        }
    }

    /// Adds findings that are about no single employee.
    pub fn note(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
    }

    /// The findings so far, without making a plan.
    pub fn into_findings(mut self) -> Vec<Finding> {
        self.sort();
        self.findings.extend(rehire::unclear(&self.people, &self.links, self.rehires()));
        self.refuse_unknown_companies();
        self.sort_findings();
        self.findings
    }

    /// Matches, decides and orders.
    pub fn finish(mut self) -> Plan {
        self.sort();
        self.refuse_duplicate_ids();
        let told = self.distrust_sites();
        self.distrust_exclusion();
        self.end_the_vanished();
        if self.employees > 0 {
            let settings = self.mapping.settings;
            self.findings.extend(names::zones_without_employees(settings, self.sites.now()));
            let admin = names::unknown_admin(Severity::Warning, settings, &self.people, &self.accounts);
            self.findings.extend(admin);
        }
        self.refuse_unknown_companies();
        self.spell_as_in_catalogue();
        unreadable::report(&self.broken_rows, self.catalogue.unreadable, &mut self.findings);
        let unreadable =
            Unreadable::of(&self.broken_rows, |id| self.accounts_by_id.get(id, |at| self.account_id(at)).is_some());
        // How many have a last day says how many have left, and nothing of the source.
        let mut coverage = self.coverage();
        coverage.retain(|count| count.name.strip_prefix("field:") != Some(END_DATE));
        if self.linked.len() != self.people.len() {
            self.linked.clear(); // an employee was there twice, so positions have changed
        }
        self.admin_accounts.see(&self.accounts, &self.mapping.settings.admins);
        let input = Input {
            people: &self.people,
            accounts: &self.accounts,
            people_by_id: &self.people_by_id,
            accounts_by_id: &self.accounts_by_id,
            links: &self.links,
            facts: &self.facts,
            linked: &self.linked,
            admins: &self.mapping.settings.admins,
            admin_accounts: &self.admin_accounts,
            links_leavers: self.mapping.settings.leavers_before == LeaversBefore::Link && self.facts.is_first(),
            swap_address: self.mapping.settings.swap_address.as_deref(),
            approvals: self.mapping.settings.approvals.as_ref(),
            now_unix_seconds: self.now_unix_seconds,
            unreadable: &unreadable,
            told: &told,
            workers: &OnceCell::new(),
            rehires: self.rehires(),
            archives_waiting: self.mapping.settings.waiting == Lasts::Archive,
            cost_centers: self.catalogue.cost_centers.as_ref(),
        };
        let decision = decide(input, &mut self.lasting, &mut self.findings);
        let cost_centers = self.catalogue.cost_centers.as_ref().map(|known| {
            cost_center::missing(&self.people, &self.accounts, &decision.drafts, known, &mut self.findings)
        });
        let cost_centers = cost_centers.unwrap_or_default();
        self.sort_findings();
        let mut counts: BTreeMap<&'static str, usize> = decision.counts;
        let made = cost_centers.values().filter(|archived| archived.is_none()).count();
        counts.insert("create-cost-center", made);
        counts.insert("restore-cost-center", cost_centers.len() - made);
        counts.insert("employees", self.employees);
        counts.insert("accounts", self.accounts.len());
        counts.insert("same-domain-accounts", domains::same_domain(&self.people, &self.accounts));
        counts.insert("conflict", failed_employees(&self.findings, true));
        counts.insert("failed", failed_employees(&self.findings, false));
        let managed = counts.get("managed").copied().unwrap_or_default();
        let mut baseline = vec![Count::new("employees", self.employees), Count::new("managed", managed)];
        baseline.extend(coverage);
        let account_of: Vec<Option<u32>> = decision.roster.iter().map(|entry| entry.account).collect();
        baseline.extend(values(&self.people, &account_of, &self.accounts));
        Plan {
            people: self.people,
            accounts: self.accounts,
            links: self.links,
            facts: self.facts,
            swap_address: self.mapping.settings.swap_address.clone(),
            cost_centers,
            drafts: decision.drafts,
            findings: self.findings,
            counts: counts.into_iter().map(|(name, number)| Count::new(name, number)).collect(),
            baseline,
            roster: decision.roster,
            vanished: decision.vanished,
            reconciliation: decision.reconciliation,
            remember: self
                .catalogue
                .cost_centers
                .map(|known| known.to_remember())
                .into_iter()
                .chain(self.admin_accounts.to_remember())
                .chain(self.sites.to_remember(self.mapping.settings))
                .chain(self.lasting.to_remember())
                .collect(),
        }
    }

    fn rehires(&self) -> Rules {
        let settings = self.mapping.settings;
        Rules { gap_days: settings.rehire_gap_days, reads_birth_dates: settings.reads_birth_dates() }
    }

    fn account_id(&self, position: usize) -> &str {
        self.accounts.get(position).map(|account| &*account.id).unwrap_or_default()
    }

    /// Leaves accounts alone whose employees may work at a selected site under a new name: `sites.rs`.
    fn distrust_sites(&mut self) -> BTreeSet<Id> {
        let managed = Managed {
            links: &self.links,
            facts: &self.facts,
            accounts: &self.accounts,
            accounts_by_id: &self.accounts_by_id,
        };
        self.sites.distrust(self.mapping.settings, managed, &mut self.people, &mut self.findings)
    }

    /// Where the setting says so, makes employees of those whom HiBob has not sent for long, so that their accounts are
    /// archived.
    fn end_the_vanished(&mut self) {
        if self.mapping.settings.vanished == Lasts::Keep {
            return;
        }
        let account =
            |id: &str| self.accounts_by_id.get(id, |at| self.account_id(at)).and_then(|at| self.accounts.get(at));
        let is_sent = |id: &str| {
            let id_at = |at: usize| self.people.get(at).map(|person| &*person.id).unwrap_or_default();
            self.people_by_id.get(id, id_at).is_some()
        };
        let over: Vec<DesiredAccount> = self
            .links
            .iter()
            .filter(|(employee, _)| self.lasting.is_over(Case::Vanished, employee) && !is_sent(employee))
            .filter(|(employee, link)| account(&link.account).is_some_and(|it| is_theirs(it, employee, &self.facts)))
            .map(|(employee, _)| DesiredAccount::gone(employee, Because::Vanished))
            .collect();
        if !over.is_empty() {
            self.people.extend(over);
            self.people.sort_by(|a, b| id_order(&a.id, &b.id));
            self.people_by_id = IdIndex::of(self.people.iter().map(|person| &*person.id));
            self.linked.clear();
        }
    }

    /// Reports what excludes nobody. If HiBob does not show who is excluded, everybody is left as they are.
    fn distrust_exclusion(&mut self) {
        let exclusion = &self.mapping.settings.exclusion;
        self.findings.extend(exclusion.unmatched(&self.excluded));
        let Some(field) = exclusion.unreadable(&self.excluded) else { return };
        self.findings.push(Exclusion::unreadable_finding(field));
        let is_left_alone =
            |person: &&mut DesiredAccount| matches!(person.status, AccountStatus::Excluded | AccountStatus::OnHold);
        for person in self.people.iter_mut().filter(|person| !is_left_alone(person)) {
            person.status = AccountStatus::Broken;
        }
    }

    fn refuse_unknown_companies(&mut self) {
        if let Some(companies) = &self.catalogue.companies {
            company::refuse_unknown(&mut self.people, companies, self.mapping.settings, &mut self.findings);
        }
    }

    /// Gives each cost center and company the spelling that TravelPerk has for it, since TravelPerk assigns them by name.
    fn spell_as_in_catalogue(&mut self) {
        for person in &mut self.people {
            if let Some(known) = &self.catalogue.cost_centers {
                person.spell(TextField::CostCenter, |name| known.get(name).map(|center| &*center.name));
            }
            if let Some(known) = &self.catalogue.companies {
                let same = |name: &str| known.get(name).or_else(|| known.iter().find(|known| same(known, name)));
                person.spell(TextField::Company, |name| same(name).map(|name| &**name));
            }
        }
    }

    /// Sorts employees and accounts by id, unless they were added in that order, as they mostly are.
    fn sort(&mut self) {
        if !self.people_by_id.is_ordered() {
            self.people.sort_by(|a, b| id_order(&a.id, &b.id));
            self.people_by_id = IdIndex::of(self.people.iter().map(|person| &*person.id));
        }
        if !self.accounts_by_id.is_ordered() {
            // The sort is stable, so of an account that was added twice the later one comes last, and is kept.
            self.accounts.sort_by(|a, b| id_order(&a.id, &b.id));
            self.accounts.dedup_by(|later, kept| {
                let twice = later.id == kept.id;
                if twice {
                    std::mem::swap(later, kept);
                }
                twice
            });
            self.accounts_by_id = IdIndex::of(self.accounts.iter().map(|account| &*account.id));
        }
    }

    fn sort_findings(&mut self) {
        let id = |finding: &'_ Finding| finding.employee_id.as_deref().unwrap_or_default().to_owned();
        self.findings.sort_by_cached_key(|finding| {
            (id(finding).len(), id(finding), finding.code, finding.field.clone(), finding.message.clone())
        });
    }

    /// An employee id that HiBob sent twice makes the employee broken, as it is unknown which record is right.
    fn refuse_duplicate_ids(&mut self) {
        if self.people_by_id.is_ordered() {
            return;
        }
        for run in self.people.chunk_by_mut(|a, b| a.id == b.id).filter(|run| run.len() > 1) {
            let id = run.first().map(|person| person.id.clone()).unwrap_or_default();
            for person in run {
                person.status = AccountStatus::Broken;
                person.values = Default::default();
            }
            self.findings.push(
                Finding::new(
                    Severity::Error,
                    "DUPLICATE_EMPLOYEE_ID",
                    "HiBob sent this employee more than once",
                    "start the sync again; if it stays so, tell HiBob's support; the account is left as it is",
                )
                .employee(&id),
            );
        }
        self.people.dedup_by(|later, kept| later.id == kept.id);
        self.people_by_id = IdIndex::of(self.people.iter().map(|person| &*person.id));
    }
}
