//! The changes of a stored plan, in the order in which a person reads them, with a filter and in pages.

use crate::approval::{line_json, planned, stale};
use crate::run::Reasons;
use hibob_base::error::HostError;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_policy::plan_json::{change_json, findings_json};
use hibob_store::database::ApprovalRow;
use hibob_store::privacy::Records;
use serde_json::{Map, Value, json};

/// The kinds of change in the order in which they are shown: first what takes something away from people.
const ORDER: [ChangeKind; 7] = [
    ChangeKind::Archive,
    ChangeKind::Reactivate,
    ChangeKind::Create,
    ChangeKind::Adopt,
    ChangeKind::Update,
    ChangeKind::CreateCostCenter,
    ChangeKind::RestoreCostCenter,
];

/// Which changes of a plan are meant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'w> {
    /// Only those of this kind, by its word.
    pub kind: Option<&'w str>,
    /// Only those with this text in the name, an id, a field or the reason; capitals and small letters count the same.
    pub text: Option<&'w str>,
    /// Only those after the change with this id.
    pub after: Option<&'w str>,
    /// At most so many.
    pub limit: usize,
}

/// The state of a plan and some of its changes, as JSON: archivings first. The findings are there where the page is the
/// first one.
///
/// # Errors
/// There is no such kind of change, the plan has no change with the id of `after`, or the plan cannot be read.
pub async fn json(records: &Records, tenant: &str, row: &ApprovalRow, which: Which<'_>) -> Result<Value, HostError> {
    let planned = planned(records, row).await?;
    let mut kinds = Map::new();
    for kind in ORDER {
        let number = planned.changes.iter().filter(|change| change.kind == kind).count();
        if number > 0 {
            kinds.insert(kind.word().to_owned(), number.into());
        }
    }
    let (matching, page) = page(&planned.changes, which)?;
    let next = page.last().filter(|_| page.len() < matching.1).map(|change| change.id.as_str());
    let findings = if which.after.is_none() { findings_json(&planned.findings) } else { Vec::new() };
    Ok(json!({
        "tenant": tenant,
        "approval": line_json(row)?,
        "guards": Reasons::read(row)?.guards(),
        "stale": stale(records, row).await?,
        "counts": planned.counts,
        "kinds": kinds,
        "matching": matching.0,
        "changes": page.iter().map(|change| change_json(change)).collect::<Vec<_>>(),
        "next": next,
        "findings": findings,
    }))
}

/// How many changes fit, and how many of these come after the one that is named; and the first of those.
fn page<'p>(changes: &'p [Change], which: Which<'_>) -> Result<((usize, usize), Vec<&'p Change>), HostError> {
    let kind = which.kind.map(kind_of_word).transpose()?;
    let text = which.text.map(str::to_lowercase);
    let fits = |change: &&Change| {
        kind.is_none_or(|kind| change.kind == kind) && text.as_deref().is_none_or(|text| has(change, text))
    };
    let mut fitting: Vec<&Change> = changes.iter().filter(fits).collect();
    // Stable, so that the plan's own order stays within a kind.
    fitting.sort_by_key(|change| ORDER.iter().position(|kind| *kind == change.kind));
    let begin = match which.after {
        None => 0,
        Some(id) => fitting.iter().position(|change| change.id == id).map(|at| at + 1).ok_or_else(|| {
            HostError::configuration("the plan has no such change to go on after", "begin again without `after`")
        })?,
    };
    let rest = fitting.len() - begin;
    Ok(((fitting.len(), rest), fitting.into_iter().skip(begin).take(which.limit).collect()))
}

fn kind_of_word(word: &str) -> Result<ChangeKind, HostError> {
    ORDER.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
        let words: Vec<&str> = ORDER.iter().map(|kind| kind.word()).collect();
        HostError::configuration("there is no such kind of change", format!("choose from {}", words.join(", ")))
    })
}

fn has(change: &Change, text: &str) -> bool {
    let ids = [change.employee_id.as_deref(), change.target_id.as_deref()].into_iter().flatten();
    let fields = change.fields.iter().map(|field| field.field.as_str());
    let texts = [change.display_name.as_str(), change.reason.as_str()].into_iter().chain(ids).chain(fields);
    texts.into_iter().any(|value| value.to_lowercase().contains(text))
}
