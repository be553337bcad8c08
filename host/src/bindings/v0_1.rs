//! What wasmtime makes of `wit/frozen/0.1.0`, and how it maps onto the newest version.
//!
//! `types` has not changed since, so its Rust types are those of 0.2; the rest is translated here. Matches are exhaustive
//! and records are taken apart whole, so that a change of the newest version does not compile until it is thought of.

use super::v0_2::exports::hibob::connector::directory_sync as new;
use super::v0_2::hibob::connector as host;
use crate::call::CallState;
use exports::hibob::connector::directory_sync as old;
use hibob::connector::{log, progress, storage};

#[expect(missing_docs, reason = "generated; the WIT package documents it")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../wit/frozen/0.1.0",
        world: "plugin",
        imports: { default: async | trappable },
        exports: { default: async },
        with: { "hibob:connector/types@0.1.0": crate::bindings::v0_2::hibob::connector::types },
    });
}

pub use generated::*;

impl storage::Host for CallState {
    async fn get(
        &mut self,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Option<Vec<u8>>>, storage::StorageError>> {
        Ok(host::storage::Host::get(self, keys).await?.map_err(storage_error))
    }

    async fn scan(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<storage::Entry>, storage::StorageError>> {
        let entries = host::storage::Host::scan(self, prefix, after, limit).await?;
        let entry = |host::storage::Entry { key, value }| storage::Entry { key, value };
        Ok(entries.map(|entries| entries.into_iter().map(entry).collect()).map_err(storage_error))
    }

    async fn commit(&mut self, writes: Vec<storage::Write>) -> wasmtime::Result<Result<(), storage::StorageError>> {
        let write = |write| match write {
            storage::Write::Put(storage::Entry { key, value }) => {
                host::storage::Write::Put(host::storage::Entry { key, value })
            }
            storage::Write::Delete(key) => host::storage::Write::Delete(key),
        };
        let writes = writes.into_iter().map(write).collect();
        Ok(host::storage::Host::commit(self, writes).await?.map_err(storage_error))
    }
}

fn storage_error(error: host::storage::StorageError) -> storage::StorageError {
    match error {
        host::storage::StorageError::ReadOnly => storage::StorageError::ReadOnly,
        host::storage::StorageError::OverLimit(limit) => storage::StorageError::OverLimit(limit),
        host::storage::StorageError::Unavailable(reason) => storage::StorageError::Unavailable(reason),
    }
}

impl progress::Host for CallState {
    async fn report(&mut self, phase: String, done: u64, total: Option<u64>) -> wasmtime::Result<()> {
        host::progress::Host::report(self, phase, done, total).await
    }
}

impl log::Host for CallState {
    async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => host::log::Level::Debug,
            log::Level::Info => host::log::Level::Info,
            log::Level::Warn => host::log::Level::Warn,
            log::Level::Error => host::log::Level::Error,
        };
        host::log::Host::write(self, level, message).await
    }
}

pub(super) fn report(report: old::CheckReport) -> new::CheckReport {
    let old::CheckReport { findings, counts } = report;
    new::CheckReport { findings, counts }
}

pub(super) fn summary(summary: old::PlanSummary) -> new::PlanSummary {
    let old::PlanSummary { counts, baseline } = summary;
    new::PlanSummary { counts, baseline }
}

pub(super) fn change(change: old::Change) -> new::Change {
    let old::Change { id, kind, employee_id, target_id, display_name, depends_on, after, fields, reason } = change;
    let kind = match kind {
        old::ChangeKind::Create => new::ChangeKind::Create,
        old::ChangeKind::Adopt => new::ChangeKind::Adopt,
        old::ChangeKind::Update => new::ChangeKind::Update,
        old::ChangeKind::Reactivate => new::ChangeKind::Reactivate,
        old::ChangeKind::Archive => new::ChangeKind::Archive,
        old::ChangeKind::CreateCostCenter => new::ChangeKind::CreateCostCenter,
        old::ChangeKind::RestoreCostCenter => new::ChangeKind::RestoreCostCenter,
    };
    let field = |old::FieldChange { field, before, after }| new::FieldChange { field, before, after };
    let fields = fields.into_iter().map(field).collect();
    new::Change { id, kind, employee_id, target_id, display_name, depends_on, after, fields, reason }
}

pub(super) fn change_back(change: &new::Change) -> old::Change {
    let new::Change { id, kind, employee_id, target_id, display_name, depends_on, after, fields, reason } =
        change.clone();
    let kind = match kind {
        new::ChangeKind::Create => old::ChangeKind::Create,
        new::ChangeKind::Adopt => old::ChangeKind::Adopt,
        new::ChangeKind::Update => old::ChangeKind::Update,
        new::ChangeKind::Reactivate => old::ChangeKind::Reactivate,
        new::ChangeKind::Archive => old::ChangeKind::Archive,
        new::ChangeKind::CreateCostCenter => old::ChangeKind::CreateCostCenter,
        new::ChangeKind::RestoreCostCenter => old::ChangeKind::RestoreCostCenter,
    };
    let field = |new::FieldChange { field, before, after }| old::FieldChange { field, before, after };
    let fields = fields.into_iter().map(field).collect();
    old::Change { id, kind, employee_id, target_id, display_name, depends_on, after, fields, reason }
}

pub(super) fn attempt_back(attempt: new::Attempt) -> old::Attempt {
    match attempt {
        new::Attempt::First => old::Attempt::First,
        new::Attempt::AfterUnknownOutcome => old::Attempt::AfterUnknownOutcome,
    }
}

pub(super) fn roster_entry(entry: old::RosterEntry) -> new::RosterEntry {
    let old::RosterEntry { employee_id, display_name, state, account_id } = entry;
    let state = match state {
        old::EmployeeState::Synced => new::EmployeeState::Synced,
        old::EmployeeState::Pending => new::EmployeeState::Pending,
        old::EmployeeState::Waiting => new::EmployeeState::Waiting,
        old::EmployeeState::OutOfSelection => new::EmployeeState::OutOfSelection,
        old::EmployeeState::Archived => new::EmployeeState::Archived,
        old::EmployeeState::Left => new::EmployeeState::Left,
        old::EmployeeState::Failed => new::EmployeeState::Failed,
        old::EmployeeState::Vanished => new::EmployeeState::Vanished,
    };
    new::RosterEntry { employee_id, display_name, state, account_id }
}

pub(super) fn outcome(outcome: old::Outcome) -> new::Outcome {
    match outcome {
        old::Outcome::Done(done) => new::Outcome::Done(written(done)),
        old::Outcome::Partly(partly) => new::Outcome::Partly(written(partly)),
        old::Outcome::Drifted(drift) => new::Outcome::Drifted(drift.into_iter().map(mismatch).collect()),
        old::Outcome::Failed(old::Failure { code, message, remedy, next }) => {
            let next = match next {
                old::NextStep::Fix => new::NextStep::Fix,
                old::NextStep::Later => new::NextStep::Later,
                old::NextStep::Look => new::NextStep::Look,
            };
            new::Outcome::Failed(new::Failure { code, message, remedy, next })
        }
        old::Outcome::Refused(error) => new::Outcome::Refused(error),
    }
}

fn written(old::Written { target_id, not_taken }: old::Written) -> new::Written {
    new::Written { target_id, not_taken: not_taken.into_iter().map(mismatch).collect() }
}

fn mismatch(old::Mismatch { field, expected, found }: old::Mismatch) -> new::Mismatch {
    new::Mismatch { field, expected, found }
}
