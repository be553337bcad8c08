//! A plan as JSON, as the command line and the API give it.

use hibob_contract::Planned;
use hibob_contract::directory_sync::Change;
use hibob_policy::plan_json::{change_json, findings_json};
use serde_json::{Map, json};
use std::fmt;

/// The name of the member with the changes.
const CHANGES: &str = "changes";

/// The plan as JSON.
pub fn json(tenant: &str, planned: &Planned) -> serde_json::Value {
    let mut object = without_changes(tenant, planned);
    object.insert(CHANGES.to_owned(), planned.changes.iter().map(change_json).collect());
    serde_json::Value::Object(object)
}

fn without_changes(tenant: &str, planned: &Planned) -> Map<String, serde_json::Value> {
    let mut object = Map::new();
    object.insert("tenant".to_owned(), json!(tenant));
    object.insert("created_at".to_owned(), json!(planned.created_at));
    object.insert("counts".to_owned(), json!(planned.counts));
    object.insert("findings".to_owned(), findings_json(&planned.findings).into());
    object
}

/// A plan that is written as JSON, as [`json`] has it, one change at a time: that of a large company would take a gigabyte as one
/// value.
#[derive(Debug)]
pub struct PlanJson<'p> {
    changes: &'p [Change],
    others: Map<String, serde_json::Value>,
}

impl<'p> PlanJson<'p> {
    /// The plan, with these members beside its own.
    pub fn new(tenant: &str, planned: &'p Planned, more: Map<String, serde_json::Value>) -> Self {
        let mut others = without_changes(tenant, planned);
        others.extend(more);
        Self { changes: &planned.changes, others }
    }
}

impl fmt::Display for PlanJson<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{\"{CHANGES}\":[")?;
        for (place, change) in self.changes.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", change_json(change))?;
        }
        formatter.write_str("]")?;
        for (name, value) in &self.others {
            write!(formatter, ",{}:{value}", json!(name))?;
        }
        formatter.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::ChangeKind;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn what_is_written_piece_by_piece_is_the_same() {
        let change = |id: &str| Change {
            id: id.to_owned(),
            kind: ChangeKind::Archive,
            employee_id: Some("7".to_owned()),
            target_id: None,
            display_name: "Zoë \"Z\" \u{202e}".to_owned(),
            depends_on: vec!["create:1".to_owned()],
            after: Vec::new(),
            fields: Vec::new(),
            reason: String::new(),
        };
        for changes in [vec![], vec![change("a")], vec![change("a"), change("b")]] {
            let planned = Planned {
                created_at: 1,
                counts: BTreeMap::from([("keep".to_owned(), 2)]),
                findings: Vec::new(),
                baseline: Vec::new(),
                changes,
                active_accounts: Vec::new(),
                has_left: BTreeSet::new(),
            };
            let more = Map::from_iter([("guards".to_owned(), json!([])), ("\"".to_owned(), json!(1))]);
            let mut whole = json("acme", &planned);
            whole.as_object_mut().unwrap().extend(more.clone());
            let written = PlanJson::new("acme", &planned, more).to_string();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), whole);
        }
    }
}
