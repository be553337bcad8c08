//! The issuer's signing keys: made here, encrypted in the secret store, published by the issuer.
//!
//! A key does not sign before its DNS record was seen, unless that is said. The first one begins with the first run that
//! sees it; a later one waits until `rotate`. Old keys stay published, so references stay valid after a rotation.

use chrono::{DateTime, Utc};
use hibob_base::error::HostError;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_reference_format::claims::Issuer;
use hibob_reference_format::keys::file::{KeyFile, PublishedKey};
use hibob_reference_format::keys::{PublicKey, SecretKey, Selector, dns};
use hibob_reference_format::log;
use hibob_reference_format::log::note::{NoteKey, SignatureType};
use hibob_store::data_dir::DataDir;
use hibob_store::database::{KeyRow, TenantDatabase};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The keys of a tenant's issuer.
pub struct IssuerKeys {
    data: DataDir,
    tenant: String,
    issuer: Issuer,
    database: TenantDatabase,
}

/// The DNS record (type TXT) that the issuer publishes for a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DnsRecord {
    /// The name of the record.
    pub name: String,
    /// The text of the record.
    pub value: String,
}

impl IssuerKeys {
    /// Opens the keys of a tenant. No other secret of the tenant is needed.
    ///
    /// # Errors
    /// The tenant issues no references, or its database cannot be opened.
    pub async fn open(data: &DataDir, config: &TenantConfig) -> Result<Self, HostError> {
        let issuer = issuing(config)?.issuer()?;
        let database = data.tenant_database(&config.id).await?;
        Ok(Self { data: data.clone(), tenant: config.id.clone(), issuer, database })
    }

    pub(super) fn data(&self) -> &DataDir {
        &self.data
    }

    pub(super) fn database(&self) -> &TenantDatabase {
        &self.database
    }

    /// The issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// All keys in the order in which they were made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(&self) -> Result<Vec<KeyRow>, HostError> {
        self.database.reference_keys().await
    }

    /// The DNS records of a key, one for each of [`dns::Label::ALL`]. Those of a revoked key say that it was revoked.
    ///
    /// # Errors
    /// The record of the key cannot be read.
    pub fn records(&self, row: &KeyRow) -> Result<[DnsRecord; 2], HostError> {
        let (selector, key) = (self.selector(row)?, public(row)?);
        Ok(dns::Label::ALL.map(|label| {
            let is_revoked = row.revoked_at.is_some();
            let value = if is_revoked { dns::revoked_value(label) } else { dns::record_value(label, &key) };
            DnsRecord { name: dns::record_name(label, &selector, &self.issuer.domain), value }
        }))
    }

    /// The name of a key.
    ///
    /// # Errors
    /// The record of the key cannot be read.
    pub fn selector(&self, row: &KeyRow) -> Result<Selector, HostError> {
        selector(&row.selector)
    }

    /// The log's verifier key, which a witness needs: `NAME+HEX+BASE64`.
    ///
    /// # Errors
    /// The record of the key cannot be read.
    pub fn log_key(&self, row: &KeyRow) -> Result<String, HostError> {
        Ok(self.log_key_of(public(row)?))
    }

    pub(super) fn log_key_of(&self, key: PublicKey) -> String {
        NoteKey::new(log::origin(&self.issuer.domain), SignatureType::Ed25519, key).to_string()
    }

    /// A key as JSON, with its DNS records.
    ///
    /// # Errors
    /// The record of the key cannot be read.
    pub fn json(&self, row: &KeyRow) -> Result<serde_json::Value, HostError> {
        let records = self.records(row)?;
        Ok(serde_json::json!({
            "selector": row.selector,
            "state": key_state(row),
            "dns": records.last(),
            "dns_records": records,
            "log_key": self.log_key(row)?,
            "created_at": row.created_at,
            "signs_from": row.signs_from,
            "retired_at": row.retired_at,
            "revoked_at": row.revoked_at,
        }))
    }

    /// Makes a key. The first one signs from now on; a later one waits for [`Self::rotate`]. Without a name it is named
    /// after the day.
    ///
    /// # Errors
    /// A key waits already, the name is invalid or was used before, or the store failed.
    pub async fn make(&self, name: Option<&str>) -> Result<KeyRow, HostError> {
        let made = self.make_waiting(name).await?;
        if !self.list().await?.iter().any(KeyRow::is_current) {
            self.begin(&made).await?;
        }
        self.row(&made.selector).await
    }

    /// Makes a key that does not sign yet. The first one begins to sign with [`Self::begin`], a later one with
    /// [`Self::rotate`].
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn make_waiting(&self, name: Option<&str>) -> Result<KeyRow, HostError> {
        let keys = self.list().await?;
        if let Some(next) = keys.iter().find(|key| key.is_next()) {
            return Err(HostError::configuration(
                format!("tenant {}: the key {} waits already", self.tenant, next.selector),
                format!("publish it, and then let it sign: hibob references key rotate {}", self.tenant),
            ));
        }
        let name = match name {
            Some(name) => Selector::parse(name)
                .map_err(|error| HostError::configuration(error.to_string(), "choose another selector"))?,
            None => free_selector(&keys)?,
        };
        if keys.iter().any(|key| key.selector == name.as_str()) {
            let message = format!("tenant {}: there is a key {name} already", self.tenant);
            return Err(HostError::configuration(message, "choose another selector; a name is used once"));
        }
        let key = SecretKey::generate().map_err(|error| HostError::Engine(error.to_string()))?;
        // The secret half first: a row whose key is missing could not sign.
        self.data.secrets().put_signing_key(&self.tenant, &self.issuer.domain, &name, &key).await?;
        let now = Utc::now().timestamp();
        self.database.put_reference_key(name.as_str(), &key.public().to_bytes(), now).await?;
        self.row(name.as_str()).await
    }

    /// The key that waits although none signs; none if one signs, or none waits.
    ///
    /// # Errors
    /// The database failed.
    pub async fn first_waiting(&self) -> Result<Option<KeyRow>, HostError> {
        let keys = self.list().await?;
        Ok(if keys.iter().any(KeyRow::is_current) { None } else { keys.into_iter().find(KeyRow::is_next) })
    }

    /// Lets a key sign from now on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin(&self, row: &KeyRow) -> Result<(), HostError> {
        self.database.use_reference_key(&row.selector, Utc::now().timestamp()).await
    }

    /// Makes the waiting key, or a new one if none waits, the one that signs. Returns it.
    ///
    /// # Errors
    /// The issuer has no key yet, a run of the tenant goes on, or the store failed.
    pub async fn rotate(&self) -> Result<KeyRow, HostError> {
        // A run signs with one key from beginning to end, so no run may go on.
        let lease = self.data.control().lease(&self.tenant, "a rotation of keys").await?;
        let rotated = self.rotate_alone().await;
        lease.release().await?;
        rotated
    }

    async fn rotate_alone(&self) -> Result<KeyRow, HostError> {
        let keys = self.list().await?;
        if keys.is_empty() {
            let message = format!("tenant {}: there is no key to rotate", self.tenant);
            return Err(HostError::configuration(
                message,
                format!("make one: hibob references key new {}", self.tenant),
            ));
        }
        let next = match keys.into_iter().find(KeyRow::is_next) {
            Some(next) => next,
            None => self.make(None).await?,
        };
        self.database.use_reference_key(&next.selector, Utc::now().timestamp()).await?;
        self.row(&next.selector).await
    }

    /// Revokes a key that was stolen. Every reference that it signed becomes invalid, whenever it was signed. Returns
    /// the key, and how many of its references were valid until now; they are revoked, and can be issued anew by
    /// employee.
    ///
    /// # Errors
    /// There is no such key, a run of the tenant goes on, or the database failed.
    pub async fn revoke(&self, name: &str) -> Result<(KeyRow, u64), HostError> {
        self.row(name).await?;
        let lease = self.data.control().lease(&self.tenant, "a revocation of a key").await?;
        let revoked = self.database.revoke_reference_key(name, "its key was revoked", Utc::now().timestamp()).await;
        lease.release().await?;
        Ok((self.row(name).await?, revoked?))
    }

    async fn row(&self, name: &str) -> Result<KeyRow, HostError> {
        let keys = self.list().await?;
        let known: Vec<String> = keys.iter().map(|key| key.selector.clone()).collect();
        keys.into_iter().find(|key| key.selector == name).ok_or_else(|| {
            let message = format!("tenant {}: there is no key {}", self.tenant, name.escape_debug());
            HostError::configuration(message, format!("choose from {}", known.join(", ")))
        })
    }

    /// The key file that the issuer publishes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn key_file(&self) -> Result<KeyFile, HostError> {
        let published = |row: &KeyRow| {
            Ok(PublishedKey {
                selector: selector(&row.selector)?,
                key: public(row)?,
                created: time(row.created_at),
                retired: row.retired_at.map(time),
                revoked: row.revoked_at.map(time),
            })
        };
        let keys: Result<_, HostError> = self.list().await?.iter().map(published).collect();
        Ok(KeyFile { domain: self.issuer.domain.clone(), keys: keys? })
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub async fn current(&self) -> Result<Signer, HostError> {
        let keys = self.list().await?;
        let waiting = keys.iter().find(|key| key.is_next()).map(|key| key.selector.clone());
        let current = keys.into_iter().find(KeyRow::is_current).ok_or_else(|| match waiting {
            Some(waiting) => HostError::configuration(
                format!("tenant {}: the key {waiting} does not sign before its DNS record was seen", self.tenant),
                format!(
                    "put the record into DNS (hibob references key list {tenant}); the next run looks for it, or say that the \
                     key is to sign without it: hibob references key rotate {tenant} --unpublished",
                    tenant = self.tenant
                ),
            ),
            None => HostError::configuration(
                format!("tenant {}: there is no key that signs references", self.tenant),
                format!("make one: hibob references key new {}", self.tenant),
            ),
        })?;
        self.signer(&current).await
    }

    /// The keys with these names, and for the others why they cannot be read.
    pub(super) async fn signers(&self, names: impl IntoIterator<Item = String>) -> (Signers, Vec<(String, HostError)>) {
        let (mut signers, mut missing) = (Signers::new(), Vec::new());
        for name in names.into_iter().collect::<BTreeSet<_>>() {
            let signer = async { self.signer(&self.row(&name).await?).await };
            match signer.await {
                Ok(signer) => drop(signers.insert(name, signer)),
                Err(error) => missing.push((name, error)),
            }
        }
        (signers, missing)
    }

    async fn signer(&self, row: &KeyRow) -> Result<Signer, HostError> {
        let selector = selector(&row.selector)?;
        let key = self.data.secrets().signing_key(&self.tenant, &self.issuer.domain, &selector).await?;
        if key.public() != public(row)? {
            let message =
                format!("tenant {}: the key {selector} in the store is not the one that was published", self.tenant);
            return Err(HostError::configuration(message, "restore the data directory as a whole from one backup"));
        }
        Ok(Signer { selector, key: Arc::new(key), signs_from: row.signs_from.unwrap_or(row.created_at) })
    }
}

/// Keys by their names.
pub(super) type Signers = BTreeMap<String, Signer>;

/// A key that signs.
#[derive(Clone)]
pub struct Signer {
    pub(super) selector: Selector,
    pub(super) key: Arc<SecretKey>,
    /// Since when it signs, in Unix seconds.
    pub(super) signs_from: i64,
}

/// What a key does, in words.
pub fn key_state(row: &KeyRow) -> &'static str {
    if row.revoked_at.is_some() {
        "revoked"
    } else if row.retired_at.is_some() {
        "retired; keep its record"
    } else if row.is_next() {
        "waits for rotate"
    } else {
        "signs"
    }
}

/// A name after the day that no key has yet.
fn free_selector(keys: &[KeyRow]) -> Result<Selector, HostError> {
    let day = Utc::now().format("k%Y%m%d").to_string();
    let names = std::iter::once(day.clone()).chain(('b'..='z').map(|letter| format!("{day}{letter}")));
    let free = names.into_iter().find(|name| !keys.iter().any(|key| key.selector == *name));
    let free = free.and_then(|name| Selector::parse(&name).ok());
    free.ok_or_else(|| HostError::configuration("there are 25 keys of today", "give a selector: --selector NAME"))
}

fn selector(name: &str) -> Result<Selector, HostError> {
    Selector::parse(name).map_err(|error| HostError::Storage(format!("the record of a key cannot be read: {error}")))
}

fn public(row: &KeyRow) -> Result<PublicKey, HostError> {
    let key = PublicKey::from_bytes(&row.public_key);
    key.map_err(|error| HostError::Storage(format!("the record of a key cannot be read: {error}")))
}

/// Unix seconds as a point in time.
pub(super) fn time(unix_seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix_seconds, 0).unwrap_or_default()
}
