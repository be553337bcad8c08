//! The stored form of a plan. What belongs to a person is encrypted. Changes refer to each other by position, because
//! their ids contain the employee's id. The plan's digest is computed over the stored form, so it still holds after an
//! erasure.

use crate::database::Fence;
use crate::privacy::keyring::{Keyring, Purpose, json_error};
use crate::privacy::stored::{FORGOTTEN, has_placeholder, is_placeholder};
use crate::run_store::KeyRows;
use hibob_base::error::HostError;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::{Finding, NamedValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The version of this format.
const FORMAT: &str = "hibob-stored-plan/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// [`FORMAT`].
    format: String,
    created_at: u64,
    counts: BTreeMap<String, u64>,
    baseline: Vec<NamedValue>,
    /// Findings. A finding about a person is encrypted.
    findings: Vec<Value>,
    changes: Vec<StoredChange>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChange {
    /// The positions of the changes that this one depends on.
    depends_on: Vec<usize>,
    /// The positions of the changes that this one comes after.
    after: Vec<usize>,
    /// The change without these lists. It is encrypted, unless it is a cost center's.
    change: Value,
}

/// A stored plan after decryption.
pub struct DecryptedPlan {
    /// The plan. An erased person's change names nobody and has no fields.
    pub planned: Planned,
    /// How many changes cannot be decrypted any more.
    pub forgotten: usize,
    /// Whether all changes were decrypted, with everybody whom they name. A plan that is not whole is not applied.
    pub is_whole: bool,
    /// Whether an earlier version stored the plan unencrypted.
    pub is_plaintext: bool,
}

impl DecryptedPlan {
    /// The changes' ids in the journal, by their ids in the plan, where the two differ: see [`stored_ids`].
    pub fn ids(&self) -> BTreeMap<String, String> {
        if self.is_plaintext { BTreeMap::new() } else { stored_ids(&self.planned) }
    }
}

/// The changes' ids in the journal of a stored plan, by their ids in the plan: in the journal a change is named by its
/// position.
pub fn stored_ids(planned: &Planned) -> BTreeMap<String, String> {
    (0_usize..).zip(&planned.changes).map(|(position, change)| (change.id.clone(), position.to_string())).collect()
}

/// Encrypts a plan, and returns its stored form.
///
/// # Errors
/// A change depends on one that is not in the plan, the run has lost its lease, or the database failed.
pub async fn encrypt(keyring: &Keyring<impl KeyRows>, fence: Fence, planned: &Planned) -> Result<Vec<u8>, HostError> {
    let positions: BTreeMap<&str, usize> =
        planned.changes.iter().zip(0..).map(|(change, position)| (change.id.as_str(), position)).collect();
    let positions_of = |ids: &[String]| -> Result<Vec<usize>, HostError> {
        let unknown = || HostError::Storage("a change waits for one that is not in its plan".to_owned());
        ids.iter().map(|id| positions.get(id.as_str()).copied().ok_or_else(unknown)).collect()
    };
    let (mut values, mut orders) = (Vec::new(), Vec::new());
    for change in &planned.changes {
        orders.push((positions_of(&change.depends_on)?, positions_of(&change.after)?));
        let alone = Change { depends_on: Vec::new(), after: Vec::new(), ..change.clone() };
        values.push(serde_json::to_value(alone).map_err(json_error)?);
    }
    for finding in &planned.findings {
        values.push(serde_json::to_value(finding).map_err(json_error)?);
    }
    let mut changes = keyring.encrypt(fence, Purpose::Plan, values).await?;
    let findings = changes.split_off(orders.len());
    let changes = changes.into_iter().zip(orders);
    let stored = Stored {
        format: FORMAT.to_owned(),
        created_at: planned.created_at,
        counts: planned.counts.clone(),
        baseline: planned.baseline.clone(),
        findings,
        changes: changes.map(|(change, (depends_on, after))| StoredChange { depends_on, after, change }).collect(),
    };
    serde_json::to_vec(&stored).map_err(json_error)
}

/// Decrypts a stored plan. The inner error says why the content is not a stored plan.
///
/// # Errors
/// The tenant's key is not available, or the database failed.
pub async fn decrypt(
    keyring: &Keyring<impl KeyRows>,
    content: &[u8],
) -> Result<Result<DecryptedPlan, String>, HostError> {
    let plaintext = |planned| DecryptedPlan { planned, forgotten: 0, is_whole: true, is_plaintext: true };
    if is_plaintext(content) {
        return Ok(serde_json::from_slice(content).map(plaintext).map_err(|error| error.to_string()));
    }
    let stored: Stored = match serde_json::from_slice(content) {
        Ok(stored) => stored,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let mut values = Vec::new();
    let mut orders = Vec::new();
    for change in stored.changes {
        values.push(change.change);
        orders.push((change.depends_on, change.after));
    }
    values.extend(stored.findings);
    let mut changes = keyring.decrypt(Purpose::Plan, values).await?;
    let findings = changes.split_off(orders.len());
    let numbers = (stored.created_at, stored.counts, stored.baseline);
    Ok(assemble(numbers, changes, orders, findings))
}

/// Whether an earlier version stored this plan unencrypted.
pub fn is_plaintext(content: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Header {
        format: Option<String>,
    }
    serde_json::from_slice::<Header>(content).is_ok_and(|header| header.format.is_none())
}

type Numbers = (u64, BTreeMap<String, u64>, Vec<NamedValue>);

fn assemble(
    (created_at, counts, baseline): Numbers,
    changes: Vec<Value>,
    orders: Vec<(Vec<usize>, Vec<usize>)>,
    findings: Vec<Value>,
) -> Result<DecryptedPlan, String> {
    let forgotten = changes.iter().filter(|change| is_placeholder(change)).count();
    let is_whole = !changes.iter().any(has_placeholder);
    let changes: Result<Vec<Change>, String> =
        (0..).zip(changes).map(|(position, change)| read_change(position, change)).collect();
    let mut changes = changes?;
    let ids: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    let ids_of = |positions: Vec<usize>| -> Result<Vec<String>, String> {
        let id = |position: usize| ids.get(position).cloned().ok_or("a change waits for one that is not there");
        Ok(positions.into_iter().map(id).collect::<Result<_, _>>()?)
    };
    for (change, (depends_on, after)) in changes.iter_mut().zip(orders) {
        change.depends_on = ids_of(depends_on)?;
        change.after = ids_of(after)?;
    }
    let findings: Result<Vec<Finding>, _> = findings.into_iter().map(serde_json::from_value).collect();
    let findings = findings.map_err(|error| error.to_string())?;
    let planned = Planned {
        created_at,
        counts,
        findings,
        baseline,
        changes,
        active_accounts: Vec::new(),
        has_left: BTreeSet::new(),
    };
    Ok(DecryptedPlan { planned, forgotten, is_whole, is_plaintext: false })
}

fn read_change(position: usize, change: Value) -> Result<Change, String> {
    if !is_placeholder(&change) {
        return serde_json::from_value(change).map_err(|error| error.to_string());
    }
    Ok(Change {
        id: format!("{FORGOTTEN}:{position}"),
        kind: ChangeKind::Update,
        employee_id: None,
        target_id: None,
        display_name: FORGOTTEN.to_owned(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: Vec::new(),
        reason: FORGOTTEN.to_owned(),
    })
}
