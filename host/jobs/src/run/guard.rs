//! Asking the guards about a plan, with the tenant's own baseline and ledger.

use crate::run::first::hold_reactivations;
use crate::run::run_report::HISTORY_ROWS_MAX;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::types::NamedValue;
use hibob_policy::guard::{
    Class, GuardFacts, Held, LAST_DAYS, Release, Released, STATUSES, UntrustedSource, classes,
    is_emptier_of_departures, maybe_archived, maybe_reassigned, source, terminations,
};
use hibob_store::privacy::Keyring;
use hibob_store::privacy::rows::decrypt_report;
use hibob_store::run_store::{KeyRows, RunStore};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How many of the latest runs are looked through for the last one that came to its end.
const RUNS_LOOKED_AT_MAX: u32 = 20;

/// Asks the guards whether a plan looks like an accident. Returns what is held.
///
/// # Errors
/// No part of the plan may be applied, because its source differs too much from earlier accepted runs; or the store
/// failed.
pub async fn guard(
    run_store: &impl RunStore,
    config: &TenantConfig,
    planned: &Planned,
    released: &Released,
) -> Result<Held, HostError> {
    let judged = judge(run_store, config, planned, released).await?;
    judged.map_err(|why| untrusted(&config.id, why))
}

/// The error of a plan whose source cannot be trusted.
pub(super) fn untrusted(tenant: &str, why: UntrustedSource) -> HostError {
    HostError::held(format!("tenant {tenant}: {}", why.reasons), why.remedy)
}

/// The ids of the archivings that go out while nothing else of a plan does: of people of whom HiBob has said to the host,
/// while this plan was made, that they have left (`hibob_policy::guard::terminations`). None before the first sync is
/// over.
///
/// # Errors
/// The store failed.
pub(super) async fn terminations_of(
    run_store: &impl RunStore,
    config: &TenantConfig,
    planned: &Planned,
) -> Result<BTreeSet<String>, HostError> {
    if planned.has_left.is_empty() || !run_store.first_sync().await?.is_over {
        return Ok(BTreeSet::new());
    }
    let since = config.safety.guard_limits().archivings_since(planned.created_at);
    let baseline = run_store.baseline().await?;
    let states = run_store.source_states(since, &selection(config)).await?;
    let earlier: Vec<&[NamedValue]> = states.iter().chain([&baseline]).map(Vec::as_slice).collect();
    if is_emptier_of_departures(planned, &earlier) {
        return Ok(BTreeSet::new());
    }
    let terminated = run_store.terminated_since(since).await?;
    Ok(terminations(planned, &run_store.ledger_sums(since).await?, terminated))
}

/// What the guards hold, or why the source of the plan cannot be trusted.
///
/// # Errors
/// The store failed.
pub(super) async fn judge(
    run_store: &impl RunStore,
    config: &TenantConfig,
    planned: &Planned,
    released: &Released,
) -> Result<Result<Held, UntrustedSource>, HostError> {
    let limits = config.safety.guard_limits();
    let since = limits.archivings_since(planned.created_at);
    let baseline = run_store.baseline().await?;
    if !released.release.changed_source {
        let states = run_store.source_states(since, &selection(config)).await?;
        if let Err(untrusted) = source(planned, &baseline, &states, &limits) {
            return Ok(Err(untrusted));
        }
    }
    let first_sync = run_store.first_sync().await?;
    let facts = GuardFacts {
        sums: run_store.ledger_sums(since).await?,
        owners: run_store.owners_of(&maybe_reassigned(planned)).await?,
        archived: run_store.archived_of(&maybe_archived(planned)).await?,
        since,
        is_first: !first_sync.is_over,
    };
    let mut held = classes(planned, &facts, &limits, released);
    hold_reactivations(&first_sync, planned, &mut held);
    Ok(Ok(held))
}

/// A digest of the settings that decide whose accounts are synced. Where it has changed, the source is compared with
/// the last accepted run only.
pub(super) fn selection(config: &TenantConfig) -> String {
    let sync = &config.sync;
    let parts = serde_json::json!([sync.sites, sync.out_of_selection, config.hibob.url, config.hibob.service_user]);
    hex(&Sha256::digest(parts.to_string()))
}

/// The numbers of a baseline that the guard of the source compares, and those of departures.
pub(super) fn state(baseline: &[NamedValue]) -> Vec<NamedValue> {
    let is_compared = |value: &&NamedValue| {
        ["employees", STATUSES, LAST_DAYS].contains(&value.name.as_str()) || value.name.starts_with("field:")
    };
    baseline.iter().filter(is_compared).cloned().collect()
}

/// What an operator releases, with the people whom the last run that came to its end has held. Where that run has held
/// more people than its report keeps, nobody is named.
///
/// # Errors
/// The tenant's key is not available, or the store failed.
pub(super) async fn released<S: RunStore + KeyRows>(
    run_store: &S,
    keyring: &Keyring<S>,
    release: Release,
) -> Result<Released, HostError> {
    let mut people: BTreeMap<Class, BTreeSet<String>> = BTreeMap::new();
    if Class::ALL.iter().all(|class| release.number(*class) == 0) {
        return Ok(release.into());
    }
    for report in run_store.last_reports(RUNS_LOOKED_AT_MAX).await? {
        let report: Value = serde_json::from_str(&report).unwrap_or_default();
        let held = report.get("held").and_then(Value::as_array).map_or(0, Vec::len);
        if held == 0 && report.get("error").is_some_and(|error| !error.is_null()) {
            continue; // it came to nothing
        }
        if held > 0 && held < HISTORY_ROWS_MAX {
            let report = decrypt_report(keyring, report).await?;
            for row in report.get("held").and_then(Value::as_array).into_iter().flatten() {
                let class = row.get("class").cloned().and_then(|class| serde_json::from_value(class).ok());
                let employee = row.get("employee_id").and_then(Value::as_str);
                if let (Some(class), Some(employee)) = (class, employee) {
                    people.entry(class).or_default().insert(employee.to_owned());
                }
            }
        }
        break;
    }
    Ok(Released { release, people })
}
