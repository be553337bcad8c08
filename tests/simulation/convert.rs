//! Converts between the core's types and the host's, as `plugin/src/convert.rs` and the bindings do for a component.

use hibob_connector_core::change::{self, Attempt, Change, ChangeKind, Failure, NextStep, Outcome};
use hibob_connector_core::error::{JobError, SideError};
use hibob_connector_core::finding::{Finding, Severity};
use hibob_connector_core::http::Side;
use hibob_connector_core::plan::Plan;
use hibob_connector_core::value::{NamedValue, PersonRef, Value};
use hibob_contract::Planned;
use hibob_contract::{directory_sync as wit, types};
use std::collections::BTreeSet;

pub(crate) fn named_value_in(value: types::NamedValue) -> NamedValue {
    NamedValue { name: value.name, value: value_in(value.value) }
}

fn value_in(value: types::Value) -> Value {
    match value {
        types::Value::Text(text) => Value::Text(text),
        types::Value::Flag(flag) => Value::Flag(flag),
        types::Value::Integer(integer) => Value::Integer(integer),
        types::Value::Texts(texts) => Value::Texts(texts),
        types::Value::Pairs(pairs) => Value::Pairs(pairs),
        types::Value::Person(person) => Value::Person(PersonRef {
            employee_id: person.employee_id,
            account_id: person.account_id,
            display_name: person.display_name,
        }),
    }
}

fn value_out(value: Value) -> types::Value {
    match value {
        Value::Text(text) => types::Value::Text(text),
        Value::Flag(flag) => types::Value::Flag(flag),
        Value::Integer(integer) => types::Value::Integer(integer),
        Value::Texts(texts) => types::Value::Texts(texts),
        Value::Pairs(pairs) => types::Value::Pairs(pairs),
        Value::Person(person) => types::Value::Person(types::Person {
            employee_id: person.employee_id,
            account_id: person.account_id,
            display_name: person.display_name,
        }),
    }
}

fn finding_out(finding: Finding) -> types::Finding {
    types::Finding {
        severity: match finding.severity {
            Severity::Notice => types::Severity::Notice,
            Severity::Warning => types::Severity::Warning,
            Severity::Error => types::Severity::Error,
        },
        code: finding.code.to_owned(),
        employee_id: finding.employee_id,
        field: finding.field,
        message: finding.message.into_owned(),
        remedy: finding.remedy.into_owned(),
    }
}

fn side_error_out(error: SideError) -> types::SideError {
    types::SideError {
        side: match error.side {
            Side::HiBob => types::Side::Hibob,
            Side::Target => types::Side::Target,
        },
        request: error.request,
        status: error.status,
        message: error.message,
        remedy: error.remedy,
    }
}

pub(crate) fn job_error_out(error: JobError) -> types::JobError {
    match error {
        JobError::Settings(findings) => types::JobError::Settings(findings.into_iter().map(finding_out).collect()),
        JobError::Credentials(error) => types::JobError::Credentials(side_error_out(error)),
        JobError::Unavailable(error) => types::JobError::Unavailable(side_error_out(error)),
        JobError::NotAllowed(reason) => types::JobError::NotAllowed(reason),
        JobError::Unsound(reason) => types::JobError::Unsound(reason),
        JobError::Storage(reason) => types::JobError::Storage(reason),
    }
}

pub(crate) fn plan_out(plan: &Plan, created_at: u64) -> Planned {
    let named = |value: NamedValue| types::NamedValue { name: value.name, value: value_out(value.value) };
    Planned {
        created_at,
        counts: plan.counts().iter().map(|count| (count.name.clone(), count.number)).collect(),
        findings: plan.findings().iter().cloned().map(finding_out).collect(),
        active_accounts: Vec::new(),
        has_left: BTreeSet::new(),
        baseline: plan.baseline().into_iter().map(named).collect(),
        changes: plan.changes(0).map(change_out).collect(),
    }
}

pub(crate) fn change_in(change: wit::Change) -> Change {
    let field = |field: wit::FieldChange| change::FieldChange {
        field: field.field,
        before: field.before.map(value_in),
        after: field.after.map(value_in),
    };
    Change {
        id: change.id,
        kind: match change.kind {
            wit::ChangeKind::Create => ChangeKind::Create,
            wit::ChangeKind::Adopt => ChangeKind::Adopt,
            wit::ChangeKind::Update => ChangeKind::Update,
            wit::ChangeKind::Reactivate => ChangeKind::Reactivate,
            wit::ChangeKind::Archive => ChangeKind::Archive,
            wit::ChangeKind::CreateCostCenter => ChangeKind::CreateCostCenter,
            wit::ChangeKind::RestoreCostCenter => ChangeKind::RestoreCostCenter,
        },
        employee_id: change.employee_id,
        target_id: change.target_id,
        display_name: change.display_name,
        depends_on: change.depends_on,
        after: change.after,
        fields: change.fields.into_iter().map(field).collect(),
        reason: change.reason,
    }
}

fn change_out(change: Change) -> wit::Change {
    let field = |field: change::FieldChange| wit::FieldChange {
        field: field.field,
        before: field.before.map(value_out),
        after: field.after.map(value_out),
    };
    wit::Change {
        id: change.id,
        kind: match change.kind {
            ChangeKind::Create => wit::ChangeKind::Create,
            ChangeKind::Adopt => wit::ChangeKind::Adopt,
            ChangeKind::Update => wit::ChangeKind::Update,
            ChangeKind::Reactivate => wit::ChangeKind::Reactivate,
            ChangeKind::Archive => wit::ChangeKind::Archive,
            ChangeKind::CreateCostCenter => wit::ChangeKind::CreateCostCenter,
            ChangeKind::RestoreCostCenter => wit::ChangeKind::RestoreCostCenter,
        },
        employee_id: change.employee_id,
        target_id: change.target_id,
        display_name: change.display_name,
        depends_on: change.depends_on,
        after: change.after,
        fields: change.fields.into_iter().map(field).collect(),
        reason: change.reason,
    }
}

pub(crate) fn attempt_in(attempt: wit::Attempt) -> Attempt {
    match attempt {
        wit::Attempt::First => Attempt::First,
        wit::Attempt::AfterUnknownOutcome => Attempt::AfterUnknownOutcome,
    }
}

pub(crate) fn outcome_out(outcome: Outcome) -> wit::Outcome {
    match outcome {
        Outcome::Done { target_id, not_taken } => {
            let is_whole = not_taken.is_empty();
            let written = wit::Written { target_id, not_taken: not_taken.into_iter().map(mismatch_out).collect() };
            if is_whole { wit::Outcome::Done(written) } else { wit::Outcome::Partly(written) }
        }
        Outcome::Drifted(drift) => wit::Outcome::Drifted(drift.into_iter().map(mismatch_out).collect()),
        Outcome::Failed(failure) => wit::Outcome::Failed(failure_out(failure)),
        Outcome::Refused(error) => wit::Outcome::Refused(side_error_out(error)),
    }
}

fn mismatch_out(mismatch: change::Mismatch) -> wit::Mismatch {
    wit::Mismatch {
        field: mismatch.field,
        expected: mismatch.expected.map(value_out),
        found: mismatch.found.map(value_out),
    }
}

fn failure_out(failure: Failure) -> wit::Failure {
    wit::Failure {
        code: failure.code.to_owned(),
        message: failure.message,
        remedy: failure.remedy,
        next: match failure.next {
            NextStep::Fix => wit::NextStep::Fix,
            NextStep::Later => wit::NextStep::Later,
            NextStep::Look => wit::NextStep::Look,
        },
    }
}
