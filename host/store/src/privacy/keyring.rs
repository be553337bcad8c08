//! The keyring: the keys of a tenant's persons in memory, for as long as a run or a command lasts, and encrypting and
//! decrypting with them.
//!
//! Values are JSON. An object with an `employee_id` belongs to that person: it is replaced by an object with the number
//! of the person's key and the ciphertext. An object within another, such as the line manager in an employee's change,
//! is encrypted under its own person's key first.

use crate::database::{Fence, KeyedHash, TenantDatabase};
use crate::privacy::erased::ErasedPeople;
use crate::privacy::key::{PersonKey, TenantKey};
use crate::privacy::stored::{
    EncryptedObject, FORGOTTEN, Ids, UNREADABLE, account, collect_numbers, employee, encrypted_object, nameless,
    placeholder,
};
use crate::run_store::KeyRows;
use crate::secrets::aead::KEY_BYTES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hibob_base::error::HostError;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What kind of value is encrypted. It is bound into the encryption, so a value of one kind does not decrypt as
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A change of a stored plan.
    Plan,
    /// The result of a change, in the journal.
    Made,
    /// A row of a run's report.
    Report,
    /// A row of a run record.
    Update,
    /// A signed reference.
    Reference,
    /// What is known of a departure without a reference.
    Departure,
    /// Who has put a person on hold, and why.
    Hold,
}

impl Purpose {
    /// The word that is bound into the encryption. Never changed: stored rows need it.
    fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Made => "made",
            Self::Report => "report",
            Self::Update => "update",
            Self::Reference => "reference",
            Self::Departure => "departure",
            Self::Hold => "hold",
        }
    }
}

/// The keys that were read or made so far.
#[derive(Default)]
struct Keys {
    /// The key's number, by employee.
    numbers: BTreeMap<String, i64>,
    /// The key, by its number; none if the key was destroyed.
    by_number: BTreeMap<i64, Option<Arc<PersonKey>>>,
    /// The employee of each account that was looked up in the ledger; none if the ledger does not have the account.
    owners: BTreeMap<String, Option<String>>,
}

/// The keys of one tenant's persons. Each is read and decrypted once.
pub struct Keyring<K = TenantDatabase> {
    database: K,
    /// None if the tenant has no key, because nothing of anybody has been stored.
    tenant: Option<Arc<TenantKey>>,
    erased_people: ErasedPeople,
    keys: Mutex<Keys>,
}

impl<K: KeyRows> Keyring<K> {
    /// A keyring over these rows, for a tenant with this key and without erased people.
    pub fn of(rows: K, tenant: &str, key: &[u8; KEY_BYTES]) -> Self {
        Self::new(rows, Some(Arc::new(TenantKey::new(tenant, key))), ErasedPeople::default())
    }

    pub(super) fn new(database: K, tenant: Option<Arc<TenantKey>>, erased_people: ErasedPeople) -> Self {
        Self { database, tenant, erased_people, keys: Mutex::default() }
    }

    /// The people who were erased when the keyring was made.
    pub fn erased_people(&self) -> &ErasedPeople {
        &self.erased_people
    }

    /// Encrypts every object of a person in these values. A person who has no key gets one first. In place of an erased
    /// person's object there is a placeholder.
    ///
    /// # Errors
    /// The run has lost its lease, the tenant's key is not available, or the database failed.
    pub async fn encrypt(&self, fence: Fence, purpose: Purpose, values: Vec<Value>) -> Result<Vec<Value>, HostError> {
        let mut ids = Ids::default();
        values.iter().for_each(|value| ids.collect(value));
        self.look_up_owners(&mut ids).await?;
        self.make(fence, &ids.employees).await?;
        values.into_iter().map(|value| self.encrypt_value(purpose, value)).collect()
    }

    /// Encrypts bytes that belong to one person, and returns JSON.
    ///
    /// # Errors
    /// The person was erased; otherwise as [`Self::encrypt`].
    pub async fn encrypt_bytes(
        &self,
        fence: Fence,
        purpose: Purpose,
        employee: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>, HostError> {
        self.make(fence, &BTreeSet::from([employee.to_owned()])).await?;
        let encrypted = self.encrypt_for(purpose, employee, bytes)?;
        let encrypted =
            encrypted.ok_or_else(|| HostError::Storage("nothing is stored about an erased person".to_owned()))?;
        serde_json::to_vec(&encrypted).map_err(json_error)
    }

    /// Decrypts every encrypted object in these values. In place of what nobody can decrypt any more there is a
    /// placeholder.
    ///
    /// # Errors
    /// The tenant's key is not available, or the database failed.
    pub async fn decrypt(&self, purpose: Purpose, mut values: Vec<Value>) -> Result<Vec<Value>, HostError> {
        loop {
            let mut numbers = BTreeSet::new();
            values.iter().for_each(|value| collect_numbers(value, &mut numbers));
            if numbers.is_empty() {
                return Ok(values);
            }
            self.load(numbers).await?;
            values = values.into_iter().map(|value| self.decrypt_layer(purpose, value)).collect();
        }
    }

    /// Decrypts what [`Self::encrypt_bytes`] returned. Bytes that were never encrypted are returned as they are; none
    /// stands for bytes that nobody can decrypt any more.
    ///
    /// # Errors
    /// As [`Self::decrypt`].
    pub async fn decrypt_bytes(&self, purpose: Purpose, stored: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, HostError> {
        let encrypted: Vec<Option<EncryptedObject>> =
            stored.iter().map(|bytes| serde_json::from_slice(bytes).ok()).collect();
        self.load(encrypted.iter().flatten().map(|encrypted| encrypted.person).collect()).await?;
        let decrypted = encrypted.iter().zip(stored).map(|(encrypted, stored)| match encrypted {
            None => Some(stored.to_vec()),
            Some(encrypted) => self.decrypt_object(purpose, encrypted).ok(),
        });
        Ok(decrypted.collect())
    }

    /// Reads the keys of these employees, and makes the missing ones in one transaction. Erased people get none.
    ///
    /// # Errors
    /// The run has lost its lease, the tenant's key is not available, or the database failed.
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

    /// Adds the employees of the accounts that are named without an employee, by the ledger.
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

    fn encrypt_value(&self, purpose: Purpose, value: Value) -> Result<Value, HostError> {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.encrypt_value(purpose, value)).collect(),
            Value::Object(object) => {
                let whose = match (employee(&object), account(&object)) {
                    (Some(employee), _) => Some(employee.to_owned()),
                    (None, Some(account)) if self.erased_people.has_account(account) => {
                        return Ok(nameless(account));
                    }
                    (None, Some(account)) => self.keys().owners.get(account).cloned().flatten(),
                    (None, None) => None,
                };
                let encrypted: Result<Map<String, Value>, HostError> =
                    object.into_iter().map(|(name, value)| Ok((name, self.encrypt_value(purpose, value)?))).collect();
                let Some(employee) = whose else { return Ok(Value::Object(encrypted?)) };
                let plaintext = serde_json::to_vec(&encrypted?).map_err(json_error)?;
                match self.encrypt_for(purpose, &employee, &plaintext)? {
                    Some(encrypted) => serde_json::to_value(encrypted).map_err(json_error),
                    None => Ok(placeholder(FORGOTTEN)),
                }
            }
            plaintext => Ok(plaintext),
        }
    }

    /// Encrypts bytes under an employee's key; none if the person was erased.
    fn encrypt_for(
        &self,
        purpose: Purpose,
        employee: &str,
        plaintext: &[u8],
    ) -> Result<Option<EncryptedObject>, HostError> {
        let (number, key) = {
            let keys = self.keys();
            let Some(number) = keys.numbers.get(employee).copied() else { return Ok(None) };
            (number, keys.by_number.get(&number).cloned().flatten())
        };
        let Some(key) = key else { return Ok(None) };
        let ciphertext = STANDARD_NO_PAD.encode(key.encrypt(purpose.word(), plaintext)?);
        Ok(Some(EncryptedObject { person: number, ciphertext }))
    }

    fn decrypt_layer(&self, purpose: Purpose, value: Value) -> Value {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.decrypt_layer(purpose, value)).collect(),
            Value::Object(object) => match encrypted_object(&object) {
                None => {
                    let decrypted = |(name, value)| (name, self.decrypt_layer(purpose, value));
                    Value::Object(object.into_iter().map(decrypted).collect())
                }
                Some(encrypted) => self
                    .decrypt_object(purpose, &encrypted)
                    .and_then(|plaintext| serde_json::from_slice(&plaintext).map_err(|_| UNREADABLE))
                    .unwrap_or_else(placeholder),
            },
            plaintext => plaintext,
        }
    }

    fn decrypt_object(&self, purpose: Purpose, encrypted: &EncryptedObject) -> Result<Vec<u8>, &'static str> {
        let key = self.keys().by_number.get(&encrypted.person).cloned().flatten().ok_or(FORGOTTEN)?;
        let bytes = STANDARD_NO_PAD.decode(&encrypted.ciphertext).map_err(|_| UNREADABLE)?;
        key.decrypt(purpose.word(), &bytes).map(|plaintext| plaintext.to_vec()).ok_or(UNREADABLE)
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
        "a person's key cannot be decrypted with the tenant's: the control database and the tenant's are of different backups, \
         or one of them was changed"
            .to_owned(),
    )
}
