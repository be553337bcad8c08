//! Persons' keys in memory, for as long as a run or a look lasts, and what is sealed and opened with them.
//!
//! What is stored is JSON. An object with an `employee_id` is that person's: it is replaced by the number of their key
//! and the sealed object. One within another, as a line manager within somebody's change, is sealed under its own key first.

use crate::database::{Fence, KeyedHash, TenantDatabase};
use crate::privacy::erased::ErasedPeople;
use crate::privacy::key::{PersonKey, TenantKey};
use crate::privacy::stored::{
    FORGOTTEN, Ids, Sealed, UNREADABLE, account, collect_numbers, employee, nameless, placeholder, sealed,
};
use crate::run_store::KeyRows;
use crate::secrets::aead::KEY_BYTES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hibob_base::error::HostError;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is sealed. Stored rows need the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A change of a stored plan.
    Plan,
    /// What became of a change, in the journal.
    Made,
    /// A row of a run's report.
    Report,
    /// A line of the history.
    Update,
    /// A signed reference.
    Reference,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Made => "made",
            Self::Report => "report",
            Self::Update => "update",
            Self::Reference => "reference",
        }
    }
}

/// Keys that are at hand.
#[derive(Default)]
struct Keys {
    /// By employee.
    numbers: BTreeMap<String, i64>,
    /// None: the key was destroyed.
    by_number: BTreeMap<i64, Option<Arc<PersonKey>>>,
    /// Whose accounts are in the ledger, as far as it was asked.
    owners: BTreeMap<String, Option<String>>,
}

/// Persons' keys of one tenant. Each is unwrapped once.
pub struct Keyring<K = TenantDatabase> {
    database: K,
    /// None: nothing was sealed yet.
    tenant: Option<Arc<TenantKey>>,
    erased_people: ErasedPeople,
    keys: Mutex<Keys>,
}

impl<K: KeyRows> Keyring<K> {
    /// Keys of a tenant that has this key, whose rows are kept there; nobody was forgotten.
    pub fn of(rows: K, tenant: &str, key: &[u8; KEY_BYTES]) -> Self {
        Self::new(rows, Some(Arc::new(TenantKey::new(tenant, key))), ErasedPeople::default())
    }

    pub(super) fn new(database: K, tenant: Option<Arc<TenantKey>>, erased_people: ErasedPeople) -> Self {
        Self { database, tenant, erased_people, keys: Mutex::default() }
    }

    /// Who was forgotten when the keyring was opened.
    pub fn erased_people(&self) -> &ErasedPeople {
        &self.erased_people
    }

    /// Seals every object of a person in these values. Keys that are missing are made first.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed.
    pub async fn seal(&self, fence: Fence, purpose: Purpose, values: Vec<Value>) -> Result<Vec<Value>, HostError> {
        let mut ids = Ids::default();
        values.iter().for_each(|value| ids.collect(value));
        self.look_up_owners(&mut ids).await?;
        self.make(fence, &ids.employees).await?;
        values.into_iter().map(|value| self.seal_value(purpose, value)).collect()
    }

    /// Seals bytes of one person, as a text.
    ///
    /// # Errors
    /// They were forgotten; else as [`Self::seal`].
    pub async fn seal_bytes(
        &self,
        fence: Fence,
        purpose: Purpose,
        employee: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>, HostError> {
        self.make(fence, &BTreeSet::from([employee.to_owned()])).await?;
        let sealed = self.seal_as(purpose, employee, bytes)?;
        let sealed = sealed.ok_or_else(|| HostError::Storage("of whom was forgotten nothing is kept".to_owned()))?;
        serde_json::to_vec(&sealed).map_err(json_error)
    }

    /// Opens every sealed object in these values; in the place of what nobody can open any more stands a placeholder.
    ///
    /// # Errors
    /// The tenant's key is not at hand, or the database failed.
    pub async fn open(&self, purpose: Purpose, mut values: Vec<Value>) -> Result<Vec<Value>, HostError> {
        loop {
            let mut numbers = BTreeSet::new();
            values.iter().for_each(|value| collect_numbers(value, &mut numbers));
            if numbers.is_empty() {
                return Ok(values);
            }
            self.load(numbers).await?;
            values = values.into_iter().map(|value| self.open_layer(purpose, value)).collect();
        }
    }

    /// Opens what [`Self::seal_bytes`] made: as it is where it was never sealed, none where nobody can open it any more.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_bytes(&self, purpose: Purpose, stored: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, HostError> {
        let sealed: Vec<Option<Sealed>> = stored.iter().map(|bytes| serde_json::from_slice(bytes).ok()).collect();
        self.load(sealed.iter().flatten().map(|sealed| sealed.person).collect()).await?;
        let opened = sealed.iter().zip(stored).map(|(sealed, stored)| match sealed {
            None => Some(stored.to_vec()),
            Some(sealed) => self.open_sealed(purpose, sealed).ok(),
        });
        Ok(opened.collect())
    }

    /// Has keys for these employees at hand, but for those who were forgotten. All that are missing are made at once.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed.
    pub async fn make(&self, fence: Fence, employees: &BTreeSet<String>) -> Result<(), HostError> {
        let wanted: Vec<String> = {
            let keys = self.keys();
            employees.iter().filter(|id| !keys.numbers.contains_key(*id)).cloned().collect()
        };
        let tenant = self.tenant()?;
        let mut missing: BTreeMap<KeyedHash, String> = BTreeMap::new();
        for employee in wanted {
            let tag = tenant.employee(&employee);
            if !self.erased_people.has(tag) {
                missing.insert(tag, employee);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let tags: Vec<KeyedHash> = missing.keys().copied().collect();
        for row in self.database.people_by_tag(&tags).await? {
            let Some(employee) = missing.remove(&row.tag) else { continue };
            let key = tenant.unwrap(row.tag, &row.wrapped).ok_or_else(changed)?;
            self.keep(employee, row.number, key);
        }
        let (mut wrapped, mut made) = (Vec::new(), Vec::new());
        for (tag, employee) in missing {
            let (key, bytes) = tenant.generate(tag)?;
            wrapped.push((tag, bytes));
            made.push((employee, key));
        }
        let numbers = self.database.add_people(fence, &wrapped).await?;
        for ((employee, key), number) in made.into_iter().zip(numbers) {
            self.keep(employee, number, key);
        }
        Ok(())
    }

    fn keep(&self, employee: String, number: i64, key: PersonKey) {
        let mut keys = self.keys();
        keys.numbers.insert(employee, number);
        keys.by_number.insert(number, Some(Arc::new(key)));
    }

    async fn load(&self, numbers: BTreeSet<i64>) -> Result<(), HostError> {
        let missing: Vec<i64> = {
            let keys = self.keys();
            numbers.into_iter().filter(|number| !keys.by_number.contains_key(number)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let rows = self.database.people_by_number(&missing).await?;
        let mut keys = self.keys();
        keys.by_number.extend(missing.into_iter().map(|number| (number, None)));
        for row in rows {
            let key = self.tenant()?.unwrap(row.tag, &row.wrapped).ok_or_else(changed)?;
            keys.by_number.insert(row.number, Some(Arc::new(key)));
        }
        Ok(())
    }

    /// An account that is told of without its employee is the ledger's.
    async fn look_up_owners(&self, ids: &mut Ids) -> Result<(), HostError> {
        let unknown: Vec<String> = {
            let keys = self.keys();
            ids.accounts.iter().filter(|id| !keys.owners.contains_key(*id)).cloned().collect()
        };
        let found = if unknown.is_empty() { BTreeMap::new() } else { self.database.owners_of(&unknown).await? };
        let mut keys = self.keys();
        keys.owners.extend(unknown.into_iter().map(|account| {
            let owner = found.get(&account).cloned();
            (account, owner)
        }));
        let owners = ids.accounts.iter().filter_map(|account| keys.owners.get(account)?.clone());
        ids.employees.extend(owners);
        Ok(())
    }

    fn seal_value(&self, purpose: Purpose, value: Value) -> Result<Value, HostError> {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.seal_value(purpose, value)).collect(),
            Value::Object(object) => {
                let whose = match (employee(&object), account(&object)) {
                    (Some(employee), _) => Some(employee.to_owned()),
                    (None, Some(account)) if self.erased_people.has_account(account) => {
                        return Ok(nameless(account));
                    }
                    (None, Some(account)) => self.keys().owners.get(account).cloned().flatten(),
                    (None, None) => None,
                };
                let sealed: Result<Map<String, Value>, HostError> =
                    object.into_iter().map(|(name, value)| Ok((name, self.seal_value(purpose, value)?))).collect();
                let Some(employee) = whose else { return Ok(Value::Object(sealed?)) };
                let plain = serde_json::to_vec(&sealed?).map_err(json_error)?;
                match self.seal_as(purpose, &employee, &plain)? {
                    Some(sealed) => serde_json::to_value(sealed).map_err(json_error),
                    None => Ok(placeholder(FORGOTTEN)),
                }
            }
            plain => Ok(plain),
        }
    }

    /// None if they were forgotten.
    fn seal_as(&self, purpose: Purpose, employee: &str, plain: &[u8]) -> Result<Option<Sealed>, HostError> {
        let (number, key) = {
            let keys = self.keys();
            let Some(number) = keys.numbers.get(employee).copied() else { return Ok(None) };
            (number, keys.by_number.get(&number).cloned().flatten())
        };
        let Some(key) = key else { return Ok(None) };
        let sealed = STANDARD_NO_PAD.encode(key.seal(purpose.word(), plain)?);
        Ok(Some(Sealed { person: number, sealed }))
    }

    fn open_layer(&self, purpose: Purpose, value: Value) -> Value {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.open_layer(purpose, value)).collect(),
            Value::Object(object) => match sealed(&object) {
                None => {
                    let opened = |(name, value)| (name, self.open_layer(purpose, value));
                    Value::Object(object.into_iter().map(opened).collect())
                }
                Some(sealed) => self
                    .open_sealed(purpose, &sealed)
                    .and_then(|plain| serde_json::from_slice(&plain).map_err(|_| UNREADABLE))
                    .unwrap_or_else(placeholder),
            },
            plain => plain,
        }
    }

    fn open_sealed(&self, purpose: Purpose, sealed: &Sealed) -> Result<Vec<u8>, &'static str> {
        let key = self.keys().by_number.get(&sealed.person).cloned().flatten().ok_or(FORGOTTEN)?;
        let bytes = STANDARD_NO_PAD.decode(&sealed.sealed).map_err(|_| UNREADABLE)?;
        key.open(purpose.word(), &bytes).map(|plain| plain.to_vec()).ok_or(UNREADABLE)
    }

    fn tenant(&self) -> Result<&TenantKey, HostError> {
        self.tenant.as_deref().ok_or_else(|| {
            HostError::configuration(
                "names and other personal values are kept under a key that is not in the secret store",
                "restore the control database and the tenant's database from the same backup",
            )
        })
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn json_error(error: serde_json::Error) -> HostError {
    HostError::Storage(error.to_string())
}

fn changed() -> HostError {
    HostError::Storage(
        "a person's key cannot be opened with the tenant's: the control database and the tenant's are of different backups, \
         or one of them was changed"
            .to_owned(),
    )
}
