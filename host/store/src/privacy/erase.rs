//! Erasing one person, letting an erased person come back, and finishing erasures that a crash or an older backup left
//! undone.

use crate::api_log;
use crate::api_log::{ApiLogEntry, ApiLogOutcome, COMMAND_LINE};
use crate::data_dir::DataDir;
use crate::database::{ErasedRows, ErasureRow, KeyedHash, Lease, TenantDatabase};
use crate::plan_file;
use crate::privacy::People;
use crate::privacy::erasure_list::{ErasureList, Erasures, Event, Line};
use crate::privacy::legacy_plaintext::{ids, of_employee};
use crate::run_store::hold;
use hibob_base::error::HostError;
use hibob_base::person::check_person;
use serde::Serialize;
use std::path::Path;

/// The result of erasing a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ErasureReport {
    /// The keyed hash of the employee's id.
    #[serde(serialize_with = "tag_text")]
    pub person: KeyedHash,
    /// Whether anything was stored about the person.
    pub was_known: bool,
    /// The rows that were removed under the person's id itself.
    #[serde(flatten)]
    pub rows: ErasedRows,
    /// How many copies of saved plans were removed, which jobs were to apply.
    pub kept_plans: usize,
    /// From how many jobs the person's id was removed.
    pub jobs: u64,
}

fn tag_text<S: serde::Serializer>(tag: &KeyedHash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(tag)
}

/// Erases an employee: destroys the person's key, removes what is stored under the person's id, and keeps the person
/// from coming back with a later run. `by` says who requested it; none stands for the command line. Called again after
/// a crash, it does the rest.
///
/// # Errors
/// There is no such tenant, this is no employee id, `by` is no e-mail address, the tenant is being run, or something
/// could not be removed.
pub async fn forget_person(
    data: &DataDir,
    tenant: &str,
    employee_id: &str,
    by: Option<&str>,
) -> Result<ErasureReport, HostError> {
    let work = async |people: &People, tag| {
        let known = people.database.erasures().await?.into_iter().find(|row| row.tag == tag);
        let at = chrono::Utc::now().timestamp();
        let is_new = known.as_ref().is_none_or(|row| row.is_lifted);
        if is_new {
            ErasureList::of(data.path()).add(&line(tenant, Event::Forgotten, tag, at))?;
        }
        let times = known.as_ref().map_or(0, |row| row.times) + i64::from(is_new);
        let at = known.filter(|_| !is_new).map_or(at, |row| row.at);
        erase(data, people, &Erasures { times, at, is_lifted: false }, tag, employee_id).await
    };
    alone(data, tenant, employee_id, "person-forget", by, work).await
}

/// Lets an erased employee come back with the next run; false if the person is not kept out. Erased data stays erased.
///
/// # Errors
/// As [`forget_person`].
pub async fn lift(data: &DataDir, tenant: &str, employee_id: &str, by: Option<&str>) -> Result<bool, HostError> {
    let work = async |people: &People, tag| {
        if !people.database.erasures().await?.iter().any(|row| row.tag == tag && !row.is_lifted) {
            return Ok(false);
        }
        ErasureList::of(data.path()).add(&line(tenant, Event::Lifted, tag, chrono::Utc::now().timestamp()))?;
        people.database.lift(tag).await
    };
    alone(data, tenant, employee_id, "person-lift", by, work).await
}

/// Does some work for one person under the tenant's lease, with a row in the API log, which has the keyed hash.
async fn alone<T>(
    data: &DataDir,
    tenant: &str,
    employee_id: &str,
    action: &'static str,
    by: Option<&str>,
    work: impl AsyncFnOnce(&People, KeyedHash) -> Result<T, HostError>,
) -> Result<T, HostError> {
    data.config(tenant).await?;
    by.map_or(Ok(()), check_person)?;
    if employee_id.is_empty() || !employee_id.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("{} is no id of an employee", employee_id.escape_debug());
        return Err(HostError::configuration(message, format!("give HiBob's id, as in: hibob employees {tenant}")));
    }
    let lease = data.control().lease(tenant, "forgetting a person").await?;
    let done = locked(&lease, async {
        let people = data.people(tenant).await?;
        // A run that has lost its lease must not write any more.
        people.database.take_fence(lease.generation()).await?;
        let tag = people.key_or_made().await?.employee(employee_id);
        let entry = ApiLogEntry {
            actor: by.unwrap_or(COMMAND_LINE).to_owned(),
            request: format!("{:016x}", rand::random::<u64>()),
            ..ApiLogEntry::of_command(action, Some(tenant.to_owned()), Some(tag.to_string()), by.map(str::to_owned))
        };
        let row = api_log::begin(data.control(), &entry).await?;
        let done = work(&people, tag).await;
        let (outcome, code) = match &done {
            Ok(_) => (ApiLogOutcome::Done, None),
            Err(error) => (ApiLogOutcome::Failed, Some(error.code())),
        };
        api_log::ended(data.control(), row, &entry, outcome, code).await;
        done
    });
    let done = done.await;
    lease.release().await?;
    done
}

async fn locked<T>(lease: &Lease, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
    tokio::select! {
        done = work => done,
        lost = hold(lease) => Err(lost),
    }
}

/// Erases everything that is stored about one person. The erasure is on the erasure list already.
async fn erase(
    data: &DataDir,
    people: &People,
    standing: &Erasures,
    tag: KeyedHash,
    employee_id: &str,
) -> Result<ErasureReport, HostError> {
    let database = &people.database;
    let kept_plans = plan_file::remove_those_about(data, &people.tenant, employee_id)?;
    let jobs = data.queue().erase_employee(&people.tenant, employee_id).await?;
    let key = people.key_or_made().await?;
    let accounts: Vec<KeyedHash> = database.accounts_of(employee_id).await?.iter().map(|id| key.account(id)).collect();
    let plaintext = of_employee(database, employee_id).await?;
    let had_key = !database.people_by_tag(&[tag]).await?.is_empty();
    let rows = database.erase_person(&row(tag, standing, true), employee_id, &accounts, &plaintext).await?;
    let was_known = had_key || rows != ErasedRows::default() || kept_plans > 0 || jobs > 0;
    Ok(ErasureReport { person: tag, was_known, rows, kept_plans, jobs })
}

/// Carries out the erasures on the erasure list that a tenant's database lacks: after a crash in the middle of an
/// erasure, and after an older backup was restored. It is called before anything else is read from the database.
///
/// # Errors
/// The list or the tenant's key cannot be read, or the database failed.
pub async fn settle(data: &DataDir, people: &People) -> Result<(), HostError> {
    let standings = ErasureList::of(data.path()).standings(&people.tenant)?;
    if standings.is_empty() {
        return Ok(());
    }
    let known = people.database.erasures().await?;
    let is_done = |(tag, standing): &(&KeyedHash, &Erasures)| {
        known.iter().any(|row| row.tag == **tag && row.is_complete && row.times >= standing.times)
    };
    let open: Vec<(&KeyedHash, &Erasures)> = standings.iter().filter(|entry| !is_done(entry)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let key = people.key().await?.ok_or_else(|| people.key_is_missing())?;
    let ids = ids(&people.database).await?;
    for (tag, standing) in open {
        let times = known.iter().find(|row| row.tag == *tag).map_or(0, |row| row.times).max(standing.times);
        let standing = &Erasures { times, ..*standing };
        match ids.iter().find(|id| key.employee(id) == *tag) {
            Some(id) => drop(erase(data, people, standing, *tag, id).await?),
            None => {
                people.database.destroy_key(&row(*tag, standing, false)).await?;
                people.database.mark_complete(&[*tag]).await?;
            }
        }
    }
    Ok(())
}

/// Destroys the keys of the people on an erasure list in a database that was just restored. The rows under their ids
/// are removed when the database is opened for the first time: see [`settle`].
///
/// # Errors
/// The list cannot be read, or the database failed.
pub async fn restored(list: &Path, tenant: &str, database: &TenantDatabase) -> Result<(), HostError> {
    let standings = ErasureList::at(list).standings(tenant)?;
    let known = database.erasures().await?;
    for (tag, standing) in &standings {
        match known.iter().find(|row| row.tag == *tag && row.times >= standing.times) {
            None => database.destroy_key(&row(*tag, standing, false)).await?,
            Some(row) if standing.is_lifted && !row.is_lifted => drop(database.lift(*tag).await?),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks that the erased people of a tenant can be found in a backup: that takes the tenant's key, with which ids are
/// hashed.
///
/// # Errors
/// The erasure list has people of the tenant and the backup has no key; or the list cannot be read.
pub fn require_known(list: &Path, tenant: &str, has_key: bool) -> Result<(), HostError> {
    if has_key || ErasureList::at(list).standings(tenant)?.is_empty() {
        return Ok(());
    }
    Err(HostError::configuration(
        format!(
            "tenant {tenant}: people were erased who cannot be found in this backup: it has no key to hash their ids with, as \
             it is from before the tenant's first run, or of an earlier version"
        ),
        "restore a newer backup; or give --nobody-forgotten, and erase them again at once",
    ))
}

/// Destroys the keys of all people of a tenant, and the tenant's key, for a tenant whose secret store's key is lost.
/// Nobody can read what was encrypted with them, and erased people are not recognized any more.
///
/// # Errors
/// There is no such tenant, it is being run, or something could not be removed. Called again, it does the rest.
pub async fn forget_everybody(data: &DataDir, tenant: &str) -> Result<(), HostError> {
    data.config(tenant).await?;
    let lease = data.control().lease(tenant, "forgetting everybody").await?;
    let done = locked(&lease, async {
        let database = TenantDatabase::open(data.path(), tenant).await?;
        database.take_fence(lease.generation()).await?;
        key_removed(data, tenant)?;
        database.erase_everybody().await?;
        data.secrets().remove_people_key(tenant).await.map(drop)
    });
    let done = done.await;
    lease.release().await?;
    done
}

/// Records on the erasure list that a tenant's key is destroyed: with another key nobody on the list would be
/// recognized.
///
/// # Errors
/// The list cannot be written.
pub fn key_removed(data: &DataDir, tenant: &str) -> Result<(), HostError> {
    let list = ErasureList::of(data.path());
    if list.standings(tenant)?.is_empty() {
        return Ok(());
    }
    let at = chrono::Utc::now().timestamp();
    list.add(&Line { tenant: tenant.to_owned(), event: Event::KeyRemoved, person: None, at })
}

fn line(tenant: &str, event: Event, tag: KeyedHash, at: i64) -> Line {
    Line { tenant: tenant.to_owned(), event, person: Some(tag.to_string()), at }
}

fn row(tag: KeyedHash, standing: &Erasures, is_complete: bool) -> ErasureRow {
    ErasureRow { tag, times: standing.times, at: standing.at, is_lifted: standing.is_lifted, is_complete }
}
