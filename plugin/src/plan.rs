//! The resource `sync-plan`: a plan, and how far the host has read it.

use crate::bindings::exports::hibob::connector::directory_sync as wit;
use crate::convert;
use hibob_connector_core::plan::Plan;
use std::cell::Cell;

pub(crate) struct HeldPlan {
    plan: Plan,
    next_change: Cell<usize>,
    next_finding: Cell<usize>,
    next_employee: Cell<usize>,
}

impl HeldPlan {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan, next_change: Cell::new(0), next_finding: Cell::new(0), next_employee: Cell::new(0) }
    }
}

impl wit::GuestSyncPlan for HeldPlan {
    fn summary(&self) -> wit::PlanSummary {
        wit::PlanSummary {
            counts: self.plan.counts().iter().cloned().map(convert::count_out).collect(),
            baseline: (self.plan.baseline().into_iter())
                .chain(self.plan.reports())
                .map(convert::named_value_out)
                .collect(),
        }
    }

    fn next(&self, max: u32) -> Vec<wit::Change> {
        let start = self.next_change.get();
        let changes: Vec<_> = self.plan.changes(start).take(max as usize).map(convert::change_out).collect();
        self.next_change.set(start + changes.len());
        changes
    }

    fn next_findings(&self, max: u32) -> Vec<wit::Finding> {
        let start = self.next_finding.get();
        let findings: Vec<_> =
            self.plan.findings().iter().skip(start).take(max as usize).cloned().map(convert::finding_out).collect();
        self.next_finding.set(start + findings.len());
        findings
    }

    fn next_employees(&self, max: u32) -> Vec<wit::RosterEntry> {
        let start = self.next_employee.get();
        let entries: Vec<_> = self.plan.roster(start).take(max as usize).map(convert::roster_entry_out).collect();
        self.next_employee.set(start + entries.len());
        entries
    }
}
