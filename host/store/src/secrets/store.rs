//! The secret store: entering, reading, listing and removing secrets, and rotating the store's key.

mod people;
mod signing;

pub use people::NAME as PEOPLE_KEY;

use crate::database::{ControlDatabase, SecretRow};
use crate::secrets::key::{Encrypted, Place, SecretKey};
use crate::secrets::keys::{KEY_VARIABLE, Keys, OLD_KEY_VARIABLE, lock_rotation};
use hibob_base::error::HostError;
use hibob_base::private_folder::PrivateFolder;
use hibob_base::secret::SECRET_CHARS_MIN;
use hibob_base::secret::{Origin, Secret, SecretName, SecretSource};
use hibob_config::Proxy;
use hibob_config::tenant::TenantConfig;
use std::collections::BTreeSet;

/// The secret store of a data directory.
#[derive(Clone, Debug)]
pub struct SecretStore {
    control: ControlDatabase,
    dir: PrivateFolder,
}

/// A secret that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The origins where it may be sent from now on.
    pub origins: BTreeSet<Origin>,
    /// The id of the key with which it is encrypted.
    pub key_id: String,
    /// Whether it has replaced an earlier one.
    pub replaced: bool,
    /// Whether the tenant's configuration says that it comes from the store. If it does not, the secret is stored and
    /// not used.
    pub is_used: bool,
}

/// A secret of a tenant in a list, without the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The setting's name.
    pub name: String,
    /// The origins where it may be sent.
    pub origins: Vec<String>,
    /// When it was entered, in Unix seconds; none if it was not entered yet.
    pub entered_at: Option<i64>,
    /// The id of the key with which it is encrypted.
    pub key_id: Option<String>,
    /// `in-use`; `unused`: the tenant's file names another source or none; `missing`: it was not entered yet;
    /// `other-origin`: it was entered for another origin; `other-key`: the key is not available; `broken`: its row was
    /// changed or moved.
    pub state: &'static str,
}

/// A secret that a tenant's configuration expects in the store, and that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToEnter {
    /// The setting's name.
    pub name: SecretName,
    /// Why it cannot be used.
    pub reason: String,
    /// What a person can do about it.
    pub remedy: String,
}

/// Why a secret of the store cannot be used.
enum Unusable {
    Missing,
    OtherOrigin { entered: String, wanted: String },
    Broken,
    OtherKey(HostError),
    Failed(HostError),
}

impl From<HostError> for Unusable {
    fn from(error: HostError) -> Self {
        Self::Failed(error)
    }
}

impl Unusable {
    fn state(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::OtherOrigin { .. } => "other-origin",
            Self::Broken => "broken",
            Self::OtherKey(_) | Self::Failed(_) => "other-key",
        }
    }

    /// The secret to be entered, if entering it helps; otherwise the error.
    fn into_entry(self, tenant: &str, name: SecretName) -> Result<ToEnter, HostError> {
        let enter = format!("hibob secret set {tenant} {name}");
        let (reason, remedy) = match self {
            Self::Missing => (format!("{name} was not entered yet"), format!("enter it: {enter}")),
            Self::OtherOrigin { entered, wanted } => (
                format!("{name} was entered for {entered}, and is not sent to {wanted}"),
                format!("if that address is right, enter the secret again: {enter}"),
            ),
            Self::Broken => (
                format!("the stored {name} was changed, or was encrypted for another tenant, name or origin"),
                format!("find out who writes to the control database, and enter the secret again: {enter}"),
            ),
            Self::OtherKey(error) | Self::Failed(error) => return Err(error),
        };
        Ok(ToEnter { name, reason, remedy })
    }

    fn into_error(self, tenant: &str, name: SecretName) -> HostError {
        match self.into_entry(tenant, name) {
            Ok(entry) => HostError::configuration(format!("tenant {tenant}: {}", entry.reason), entry.remedy),
            Err(error) => error,
        }
    }
}

impl SecretStore {
    /// The secret store in this control database, with the key files in this directory.
    pub fn new(control: ControlDatabase, dir: PrivateFolder) -> Self {
        Self { control, dir }
    }

    /// Stores a secret in place of an earlier one, for the origins where the tenant's configuration sends it now.
    ///
    /// # Errors
    /// The secret is too short, the configuration sends it nowhere, the store's key is not available, or the database
    /// failed.
    pub async fn set(&self, config: &TenantConfig, name: SecretName, secret: &Secret) -> Result<Entered, HostError> {
        if secret.reveal().len() < SECRET_CHARS_MIN {
            let message = format!("what was entered for {name} has fewer than {SECRET_CHARS_MIN} characters");
            return Err(HostError::configuration(message, "copy the whole secret"));
        }
        let origins = config.origins(name)?;
        if origins.is_empty() {
            let message = format!("tenant {}: nothing says where {name} is sent", config.id);
            return Err(HostError::configuration(message, "add its table to the tenant's file, and apply that first"));
        }
        let place = Place { tenant: &config.id, name: name.as_str(), origins: &origins };
        let (replaced, key_id) = self.put(&place, secret).await?;
        let is_used = config.source(name) == Some(&SecretSource::Store);
        Ok(Entered { origins, key_id, replaced, is_used })
    }

    /// Encrypts a secret for a place and stores it in place of an earlier one. Returns whether there was one, and the
    /// key's id.
    async fn put(&self, place: &Place<'_>, secret: &Secret) -> Result<(bool, String), HostError> {
        let mut key_id = String::new();
        let replaced = self.control.put_secret(|in_use| {
            let mut keys = self.keys()?;
            let key = match in_use {
                Some(id) => find(&keys, id, &format!("the store is encrypted with key {id}"))?,
                None => keys.current_or_made()?,
            };
            key.id().clone_into(&mut key_id);
            encrypt(key, place, secret, chrono::Utc::now().timestamp())
        });
        Ok((replaced.await?, key_id))
    }

    /// The secrets that are stored for a tenant, or expected by its configuration.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(&self, config: &TenantConfig) -> Result<Vec<Listed>, HostError> {
        let rows = self.control.secrets(&config.id).await?;
        let mut listed = Vec::new();
        for name in SecretName::ALL {
            let row = rows.iter().find(|row| row.name == name.as_str());
            let is_used = config.source(name) == Some(&SecretSource::Store);
            let state = match self.decrypt(config, name).await {
                _ if !is_used && row.is_none() => continue,
                _ if !is_used => "unused",
                Ok(_) => "in-use",
                Err(unusable) => unusable.state(),
            };
            listed.push(Listed {
                name: name.as_str().to_owned(),
                origins: row.map(|row| row.origins.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
                entered_at: row.map(|row| row.entered_at),
                key_id: row.map(|row| row.key_id.clone()),
                state,
            });
        }
        // The tenant's key for personal data is no setting and is sent nowhere.
        if let Some(row) = rows.into_iter().find(|row| row.name == PEOPLE_KEY) {
            let state = if self.people_key(&config.id).await.is_ok() { "in-use" } else { "other-key" };
            let (name, origins) = (row.name, Vec::new());
            listed.push(Listed { name, origins, entered_at: Some(row.entered_at), key_id: Some(row.key_id), state });
        }
        Ok(listed)
    }

    /// Why none of a tenant's stored secrets can be decrypted: their keys are not available. None if there are none, or
    /// the key of one of them is there.
    ///
    /// # Errors
    /// The database failed.
    pub async fn lost_key(&self, tenant: &str) -> Result<Option<HostError>, HostError> {
        let rows = self.control.secrets(tenant).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let keys = match self.keys() {
            Ok(keys) => keys,
            Err(error) => return Ok(Some(error)),
        };
        if rows.iter().any(|row| keys.get(&row.key_id).is_some()) {
            return Ok(None);
        }
        let what = format!(
            "none of the {} stored secrets of tenant {tenant} can be decrypted: {} is encrypted with key {}",
            rows.len(),
            first.name,
            first.key_id
        );
        Ok(find(&keys, &first.key_id, &what).err())
    }

    /// Removes a secret. No key is needed for that.
    ///
    /// # Errors
    /// The secret is not stored, or the database failed.
    pub async fn remove(&self, tenant: &str, name: SecretName) -> Result<(), HostError> {
        if self.control.remove_secret(tenant, name.as_str()).await? {
            return Ok(());
        }
        let remedy = format!("list the tenant's secrets: hibob secret list {tenant}");
        Err(HostError::configuration(format!("tenant {tenant}: no {name} is stored"), remedy))
    }

    /// Encrypts every secret with a new key: the key in the environment, or a key that is made now and written to the
    /// key file. Returns how many secrets there are, and the new key's id.
    ///
    /// It is done in one transaction. Until that is committed, the old key stays in its file and the new one is in a
    /// file beside it. So after a crash at any point every secret can be read, and another rotation does the rest.
    ///
    /// # Errors
    /// A key is not available, a secret cannot be decrypted, or the database or the disk failed. Every secret can be
    /// read as before.
    pub async fn rotate(&self) -> Result<(usize, String), HostError> {
        let _lock = lock_rotation(self.dir.path())?;
        let mut keys = self.keys()?;
        if !keys.can_rotate() {
            return Err(HostError::configuration(
                format!("{KEY_VARIABLE} gives the key, and {OLD_KEY_VARIABLE} is not set"),
                format!("put the new key into {KEY_VARIABLE} and the present one into {OLD_KEY_VARIABLE}"),
            ));
        }
        let new = keys.next_or_made()?.id().to_owned();
        let count = self.control.reencrypt_secrets(|row| {
            if row.key_id == new {
                return Ok(row);
            }
            let what = format!("{} of tenant {} is encrypted with key {}", row.name, row.tenant, row.key_id);
            let old = find(&keys, &row.key_id, &what)?;
            let key = find(&keys, &new, &what)?;
            let broken = || {
                let message =
                    format!("tenant {}: the stored {} cannot be decrypted; nothing was changed", row.tenant, row.name);
                let remedy = format!("remove it, and rotate again: hibob secret remove {} {}", row.tenant, row.name);
                HostError::configuration(message, remedy)
            };
            let origins = read_origins(&row).ok_or_else(broken)?;
            let place = Place { tenant: &row.tenant, name: &row.name, origins: &origins };
            let secret = old.decrypt(&place, &encrypted(&row)).ok_or_else(broken)?;
            encrypt(key, &place, &secret, row.entered_at)
        });
        let count = count.await?;
        keys.finish_rotation()?;
        Ok((count, new))
    }

    /// Prevents rotations of the store's key until the returned file is dropped.
    ///
    /// # Errors
    /// A rotation is under way, or the lock file cannot be used.
    pub fn hold_key(&self) -> Result<std::fs::File, HostError> {
        lock_rotation(self.dir.path())
    }

    /// Reads a secret from where the tenant's configuration says that it comes from.
    ///
    /// # Errors
    /// The secret is missing, or may not be used; the error says what to do.
    pub async fn read(&self, config: &TenantConfig, name: SecretName) -> Result<Secret, HostError> {
        match config.source(name) {
            Some(SecretSource::Store) => {
                self.decrypt(config, name).await.map_err(|unusable| unusable.into_error(&config.id, name))
            }
            Some(source) => source.read(&config.id, name.as_str()),
            None => {
                let message = format!("tenant {}: {name} is not set", config.id);
                Err(HostError::configuration(message, "add it to the tenant's file, and apply that again"))
            }
        }
    }

    /// The proxy of a tenant, if there is one, with its password.
    ///
    /// # Errors
    /// The password is missing or may not be used, or the proxy cannot be used.
    pub async fn proxy(&self, config: &TenantConfig) -> Result<Option<Proxy>, HostError> {
        let password = match config.source(SecretName::ProxyPassword) {
            Some(_) => Some(self.read(config, SecretName::ProxyPassword).await?),
            None => None,
        };
        config.proxy(password.as_ref())
    }

    /// The secrets that have to be entered before this configuration works.
    ///
    /// # Errors
    /// A secret that comes from elsewhere is missing, or the store cannot be read.
    pub async fn to_enter(&self, config: &TenantConfig) -> Result<Vec<ToEnter>, HostError> {
        let mut entries = Vec::new();
        for name in SecretName::ALL {
            match config.source(name) {
                None => {}
                Some(SecretSource::Store) => {
                    if let Err(unusable) = self.decrypt(config, name).await {
                        entries.push(unusable.into_entry(&config.id, name)?);
                    }
                }
                Some(source) => drop(source.read(&config.id, name.as_str())?),
            }
        }
        Ok(entries)
    }

    async fn decrypt(&self, config: &TenantConfig, name: SecretName) -> Result<Secret, Unusable> {
        self.decrypt_for(&config.id, name.as_str(), &config.origins(name)?).await
    }

    /// Reads a secret of the store, if it was entered for each of these origins.
    async fn decrypt_for(&self, tenant: &str, name: &str, wanted: &BTreeSet<Origin>) -> Result<Secret, Unusable> {
        // A missing key is tried twice: a rotation may have ended between reading the row and reading the key.
        for is_last in [false, true] {
            let rows = self.control.secrets(tenant).await?;
            let row = rows.into_iter().find(|row| row.name == name).ok_or(Unusable::Missing)?;
            let origins = read_origins(&row).ok_or(Unusable::Broken)?;
            if !wanted.is_subset(&origins) {
                let list = |origins: Vec<&str>| origins.join(" and ");
                return Err(Unusable::OtherOrigin {
                    entered: list(origins.iter().map(Origin::as_str).collect()),
                    wanted: list(wanted.difference(&origins).map(Origin::as_str).collect()),
                });
            }
            let keys = self.keys()?;
            let what = format!("{name} of tenant {tenant} is encrypted with key {}", row.key_id);
            match find(&keys, &row.key_id, &what) {
                Ok(key) => {
                    let place = Place { tenant, name, origins: &origins };
                    return key.decrypt(&place, &encrypted(&row)).ok_or(Unusable::Broken);
                }
                Err(error) if is_last => return Err(Unusable::OtherKey(error)),
                Err(_) => {}
            }
        }
        Err(Unusable::Missing) // never reached: the loop returns in its last turn
    }

    fn keys(&self) -> Result<Keys, HostError> {
        Keys::load(&self.dir, |name| std::env::var_os(name))
    }
}

/// The key with this id. `what` begins the error's message: it says what needs the key.
fn find<'k>(keys: &'k Keys, id: &str, what: &str) -> Result<&'k SecretKey, HostError> {
    keys.get(id).ok_or_else(|| {
        HostError::configuration(
            format!("{what}, and {}", keys.describe()),
            format!(
                "bring key {id} back: its key file, or {KEY_VARIABLE} (or {OLD_KEY_VARIABLE}, and then hibob secret rotate); \
                 if it is lost, remove every secret and enter them again"
            ),
        )
    })
}

fn encrypt(key: &SecretKey, place: &Place<'_>, secret: &Secret, entered_at: i64) -> Result<SecretRow, HostError> {
    let encrypted = key.encrypt(place, secret)?;
    let origins: Vec<&str> = place.origins.iter().map(Origin::as_str).collect();
    Ok(SecretRow {
        tenant: place.tenant.to_owned(),
        name: place.name.to_owned(),
        origins: origins.join(" "),
        key_id: key.id().to_owned(),
        nonce: encrypted.nonce,
        ciphertext: encrypted.ciphertext,
        entered_at,
    })
}

fn encrypted(row: &SecretRow) -> Encrypted {
    Encrypted { nonce: row.nonce.clone(), ciphertext: row.ciphertext.clone() }
}

/// The origins in a row, empty for a secret that is sent nowhere; none if they cannot be read. Only decrypting the row
/// shows whether they are genuine.
fn read_origins(row: &SecretRow) -> Option<BTreeSet<Origin>> {
    row.origins.split_ascii_whitespace().map(Origin::of).collect::<Result<_, _>>().ok()
}
