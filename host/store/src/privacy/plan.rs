//! A plan as it is stored: what is somebody's is sealed, and changes refer to each other by position, as their ids have the
//! employee's in them. Its digest is over these bytes, so it holds when somebody is forgotten.

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
use std::collections::BTreeMap;

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
    /// Those about somebody are sealed.
    findings: Vec<Value>,
    changes: Vec<StoredChange>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChange {
    /// Positions of those that it depends on.
    depends_on: Vec<usize>,
    /// Positions of those that it comes after.
    after: Vec<usize>,
    /// The change without these; sealed, but for a cost center's.
    change: Value,
}

/// A stored plan that was opened.
pub struct OpenedPlan {
    /// The plan. A change of somebody who was forgotten is about nobody, and has no fields.
    pub planned: Planned,
    /// How many changes nobody can open any more.
    pub forgotten: usize,
    /// Whether all of the changes could be opened, with everybody whom they name; another plan is not applied.
    pub is_whole: bool,
    /// Whether it was stored by an earlier version, which sealed nothing.
    pub is_plaintext: bool,
}

impl OpenedPlan {
    /// What changes are called in the journal, where that is not as in the plan: see [`stored_ids`].
    pub fn ids(&self) -> BTreeMap<String, String> {
        if self.is_plaintext { BTreeMap::new() } else { stored_ids(&self.planned) }
    }
}

/// What a change is called in the journal of a stored plan.
pub fn stored_ids(planned: &Planned) -> BTreeMap<String, String> {
    (0_usize..).zip(&planned.changes).map(|(position, change)| (change.id.clone(), position.to_string())).collect()
}

/// A plan as it is stored.
///
/// # Errors
/// The run lost its lock, or the database failed.
pub async fn seal(keyring: &Keyring<impl KeyRows>, fence: Fence, planned: &Planned) -> Result<Vec<u8>, HostError> {
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
    let mut changes = keyring.seal(fence, Purpose::Plan, values).await?;
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

/// Opens a stored plan. The inner error says why it is none.
///
/// # Errors
/// The tenant's key is not at hand, or the database failed.
pub async fn open(keyring: &Keyring<impl KeyRows>, content: &[u8]) -> Result<Result<OpenedPlan, String>, HostError> {
    let plain = |planned| OpenedPlan { planned, forgotten: 0, is_whole: true, is_plaintext: true };
    if is_plaintext(content) {
        return Ok(serde_json::from_slice(content).map(plain).map_err(|error| error.to_string()));
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
    let mut changes = keyring.open(Purpose::Plan, values).await?;
    let findings = changes.split_off(orders.len());
    let numbers = (stored.created_at, stored.counts, stored.baseline);
    Ok(opened(numbers, changes, orders, findings))
}

/// Whether a plan was stored by an earlier version, which sealed nothing.
pub fn is_plaintext(content: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Header {
        format: Option<String>,
    }
    serde_json::from_slice::<Header>(content).is_ok_and(|header| header.format.is_none())
}

type Numbers = (u64, BTreeMap<String, u64>, Vec<NamedValue>);

fn opened(
    (created_at, counts, baseline): Numbers,
    changes: Vec<Value>,
    orders: Vec<(Vec<usize>, Vec<usize>)>,
    findings: Vec<Value>,
) -> Result<OpenedPlan, String> {
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
    let planned = Planned { created_at, counts, findings, baseline, changes };
    Ok(OpenedPlan { planned, forgotten, is_whole, is_plaintext: false })
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
