//! What TravelPerk should look like after a sync: the rules of docs/use/sync.md, stated again without use of the core.

use super::record::Stand::{self, Left, Moved, Released, Waits, Works};
use super::record::{Before, address, names};
use super::values::{plain, same, says};
use hibob_fakes::Employee;
use std::collections::{BTreeMap, BTreeSet};

/// A user name as it is compared.
fn folded(name: &str) -> String {
    plain(name).to_lowercase()
}

/// An account's fields by name, without empty ones.
pub(crate) type Fields = BTreeMap<&'static str, String>;
/// Accounts by id. One that the sync creates has the id `new ID`, with the id of its employee.
pub(crate) type Accounts = BTreeMap<String, Fields>;

/// What is expected of a sync.
pub(crate) struct Expected {
    pub(crate) accounts: Accounts,
    /// The employees whose accounts HiBob determines completely. All other accounts stay as they are.
    pub(crate) determined: BTreeSet<String>,
}

/// The accounts after a sync.
pub(crate) fn after_sync(before: &Before<'_>) -> Expected {
    let mut model = Model {
        before,
        stands: before.directory.iter().map(|(id, person)| (id.as_str(), before.stand(person))).collect(),
        owns: BTreeMap::new(),
        conflicts: BTreeSet::new(),
    };
    model.own_remembered();
    model.own_by_external_id();
    let mut expected = Expected { accounts: before.accounts.clone(), determined: BTreeSet::new() };
    if model.admin_has_left() {
        return expected;
    }
    model.write(&mut expected);
    expected
}

struct Model<'a> {
    before: &'a Before<'a>,
    stands: BTreeMap<&'a str, Stand>,
    /// The account of each employee, before matching by address.
    owns: BTreeMap<&'a str, &'a str>,
    conflicts: BTreeSet<&'a str>,
}

impl<'a> Model<'a> {
    fn field(&self, account: &str, field: &str) -> Option<&'a str> {
        self.before.accounts.get(account)?.get(field).map(String::as_str)
    }

    fn person(&self, id: &str) -> &'a Employee {
        &self.before.directory[id]
    }

    fn is_owned(&self, account: &str) -> bool {
        self.owns.values().any(|owned| *owned == account)
    }

    /// The employees, those who work here first.
    fn by_presence(&self) -> Vec<(&'a str, bool)> {
        let gone = |id: &&str| matches!(self.stands[id], Left | Released | Moved);
        let (gone, here): (Vec<_>, Vec<_>) = self.stands.keys().copied().partition(gone);
        here.into_iter().map(|id| (id, false)).chain(gone.into_iter().map(|id| (id, true))).collect()
    }

    /// Matches accounts by the stored link, unless the account belongs to another employee by now.
    fn own_remembered(&mut self) {
        for (id, gone) in self.by_presence() {
            let Some((account, fields)) =
                self.before.memory.get(id).and_then(|a| self.before.accounts.get_key_value(a))
            else {
                continue;
            };
            let carried = fields.get("external-id").map(String::as_str).filter(|carried| *carried != id);
            let from_leaver = carried.is_none_or(|carried| self.stands.get(carried) == Some(&Left));
            if self.is_owned(account) || (gone && carried.is_some()) {
                continue;
            }
            if from_leaver {
                self.owns.insert(id, account);
            } else {
                self.conflicts.insert(id);
            }
        }
    }

    /// Matches accounts by external id.
    fn own_by_external_id(&mut self) {
        for (id, gone) in self.by_presence() {
            if self.owns.contains_key(id) || self.conflicts.contains(id) {
                continue;
            }
            let carry =
                |(_, fields): &(&String, &Fields)| fields.get("external-id").is_some_and(|carried| carried == id);
            let found: Vec<&str> =
                self.before.accounts.iter().filter(carry).map(|(account, _)| account.as_str()).collect();
            match found[..] {
                [] => {}
                [account] if !self.is_owned(account) => drop(self.owns.insert(id, account)),
                [_] if gone => {}
                _ => drop(self.conflicts.insert(id)),
            }
        }
    }

    /// Whether the admin who enabled the sync has left. Then nothing is done.
    fn admin_has_left(&self) -> bool {
        let Some(admin) = self.before.rules.enabled_by.as_ref().map(|email| email.to_lowercase()) else { return false };
        let with = |stands: &[Stand]| {
            let mut those = self.stands.iter().filter(|(_, stand)| stands.contains(stand));
            those.any(|(id, _)| address(self.person(id)) == admin)
        };
        let mut accounts = self.before.accounts.values();
        (with(&[Left, Released, Moved]) && !with(&[Works]))
            || accounts.any(|fields| folded(&fields["user-name"]) == admin && fields["active"] == "no")
    }

    /// The account with an employee's work email, if they can have it. None if the address is free; an error if another
    /// account has it and keeps it.
    fn place(&self, id: &'a str, waiting: &mut Vec<&'a str>) -> Result<Option<&'a str>, ()> {
        let email = address(self.person(id));
        let own = self.owns.get(id).copied();
        let holds = |(_, fields): &(&String, &Fields)| folded(&fields["user-name"]) == email;
        let holder = self.before.accounts.iter().find(holds).map(|(account, _)| account.as_str());
        if waiting.contains(&id) || self.stands[id] != Works || self.conflicts.contains(id) {
            return Err(());
        }
        if own.is_some() && holder == own {
            return Ok(own);
        }
        let wants =
            |(other, stand): (&&str, &Stand)| *other != id && *stand == Works && address(self.person(other)) == email;
        if self.stands.iter().any(wants) {
            return Err(());
        }
        let Some(holder) = holder else { return Ok(own) };
        let owner = self.owns.iter().find(|(_, account)| **account == holder).map(|(owner, _)| *owner);
        match owner {
            None if own.is_none() && self.field(holder, "external-id").is_none() => Ok(Some(holder)),
            None => Err(()),
            Some(owner) => {
                let (person, before) = (self.person(id), self.person(owner));
                let same = names(person) == names(before) && address(before) == email;
                if own.is_none() && self.stands[owner] == Left && same {
                    // They came back under a new employee id, if that is certain.
                    return if self.before.is_same_person(person, before) { Ok(Some(holder)) } else { Err(()) };
                }
                // The account of another employee, who must get another address first.
                if address(before) == email {
                    return Err(());
                }
                waiting.push(id);
                self.place(owner, waiting).map(|_| own)
            }
        }
    }

    fn write(&self, expected: &mut Expected) {
        let mut account_of: BTreeMap<&str, String> = self.owns.iter().map(|(id, a)| (*id, (*a).to_owned())).collect();
        let mut synced = Vec::new();
        for id in self.stands.keys().copied() {
            let Ok(place) = self.place(id, &mut Vec::new()) else { continue };
            let account = place.map_or_else(|| format!("new {id}"), str::to_owned);
            account_of.retain(|_, taken| *taken != account);
            account_of.insert(id, account.clone());
            synced.push((id, account));
        }
        for (id, account) in &synced {
            self.fields(id, expected.accounts.entry(account.clone()).or_default());
            expected.determined.insert((*id).to_owned());
        }
        let those: BTreeSet<&str> = synced.iter().map(|(id, _)| *id).collect();
        for (id, account) in synced {
            self.manager(id, &account_of, &those, expected.accounts.get_mut(&account).unwrap());
        }
        for (id, stand) in &self.stands {
            let is_needed = matches!(stand, Left | Released)
                && account_of.get(id).and_then(|account| self.field(account, "user-name")).is_some_and(|name| {
                    let works = |(other, stand): (&&str, &Stand)| {
                        *stand == Works && address(self.person(other)) == folded(name)
                    };
                    self.stands.iter().any(works)
                });
            // The account may be used by somebody who works here and has that work email.
            let leaves = matches!(stand, Left | Released | Moved) && !self.conflicts.contains(id) && !is_needed;
            if let Some(fields) =
                account_of.get(id).and_then(|account| expected.accounts.get_mut(account)).filter(|_| leaves)
                && ![&folded(&fields["user-name"]), &address(self.person(id))]
                    .into_iter()
                    .any(|name| self.is_admin(name))
            {
                fields.insert("active", "no".to_owned());
            }
            if leaves || *stand == Waits {
                expected.determined.insert((*id).to_owned());
            }
        }
    }

    fn is_admin(&self, name: &str) -> bool {
        self.before.rules.admins.iter().flatten().any(|admin| admin.to_lowercase() == name)
    }

    /// Writes the text fields of an employee who works here.
    fn fields(&self, id: &str, account: &mut Fields) {
        let (before, person) = (self.before, self.person(id));
        let mut set = |field: &'static str, text: String| {
            if !account.get(field).is_some_and(|now| same(field, now, &text)) {
                account.insert(field, text);
            }
        };
        let [given, family] = names(person).map(Option::unwrap_or_default);
        set("given-name", given);
        set("family-name", family);
        set("user-name", says(person, "root.email").flatten().unwrap_or_default());
        set("external-id", id.to_owned());
        set("active", "yes".to_owned());
        for (field, ids) in before.synced() {
            let said = before.first(person, ids);
            let value = said.iter().flatten().find_map(|text| before.value(field, text));
            let default = before.rules.default_language.filter(|_| field == "language");
            match (value, default) {
                (Some(value), _) => {
                    if !account.get(field).is_some_and(|now| same(field, now, &value)) {
                        account.insert(field, value);
                    }
                }
                (None, Some(default)) => drop(account.entry(field).or_insert_with(|| default.to_owned())),
                (None, None) if said == Some(None) => drop(account.remove(field)),
                (None, None) => {}
            }
        }
    }

    /// Writes the line manager's account. It stays as it is if that account is unknown, or is or will be archived.
    fn manager(&self, id: &str, account_of: &BTreeMap<&str, String>, synced: &BTreeSet<&str>, account: &mut Fields) {
        let ticked = self.before.rules.details.as_ref().is_none_or(|names| names.contains("manager"));
        match self.before.says(self.person(id), "work.manager") {
            _ if !ticked => {}
            Some(None) => drop(account.remove("manager")),
            Some(Some(manager)) if manager != id => {
                let stand = self.stands.get(manager.as_str());
                let left = matches!(stand, None | Some(Left | Released | Moved));
                // An archived account stays so, unless its employee works here.
                let archived =
                    |id: &&String| !synced.contains(manager.as_str()) && self.field(id, "active") == Some("no");
                if let Some(managers) = account_of.get(manager.as_str()).filter(|id| !left && !archived(id)) {
                    account.insert("manager", managers.clone());
                }
            }
            _ => {}
        }
    }
}
