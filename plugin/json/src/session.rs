//! The exported functions, over the host that runs the component.

use crate::forms::Job;
use crate::forms::{
    attempt, baseline, change, change_json, counts_json, employee_json, finding_json, input_error, job, job_error_json,
    named_values_json, outcome_json, wrong_settings,
};
use crate::world::{Host, Outside};
use hibob_connector_core::error::JobError;
use hibob_connector_core::plan::Plan;
use hibob_connector_core::settings::Settings;
use hibob_connector_core::{apply, check, sync};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Most plans that are kept at the same time: each has everybody in memory.
const PLANS_MAX: usize = 4;

/// The plans that an instance of the component keeps, and its exported functions. Every function answers with JSON, as the
/// interface `json-sync` of the contract describes.
#[derive(Default)]
pub struct Session {
    plans: BTreeMap<u32, Held>,
    last: u32,
}

/// A plan, and how far the host has read it.
struct Held {
    plan: Plan,
    changes: usize,
    findings: usize,
    employees: usize,
}

impl Session {
    /// `check` of the contract.
    pub fn check(host: &mut dyn Host, job_json: &str) -> String {
        let mut made = || {
            let (job, settings) = read(job_json)?;
            let report = check::check(&mut Outside(host), &settings, job.now_unix_seconds).map_err(failed)?;
            let findings: Vec<Json> = report.findings.iter().map(finding_json).collect();
            Ok(json!({ "findings": findings, "counts": counts_json(&report.counts) }))
        };
        answer(made())
    }

    /// `begin-plan` of the contract.
    pub fn begin_plan(&mut self, host: &mut dyn Host, job_json: &str, baseline_json: &str) -> String {
        let mut made = || {
            if self.plans.len() >= PLANS_MAX {
                return Err(input_error("job", "comes while four plans are kept; end one of them"));
            }
            let (job, settings) = read(job_json)?;
            let baseline = baseline(baseline_json).map_err(|wrong| input_error("baseline", &wrong))?;
            let plan = sync::plan(&mut Outside(host), &settings, job.now_unix_seconds, &baseline).map_err(failed)?;
            self.last = self.last.wrapping_add(1);
            let next: Vec<_> = plan.baseline().into_iter().chain(plan.reports()).collect();
            let summary = json!({
                "plan": self.last,
                "counts": counts_json(plan.counts()),
                "changes": plan.len(),
                "findings": plan.findings().len(),
                "baseline": named_values_json(&next),
            });
            self.plans.insert(self.last, Held { plan, changes: 0, findings: 0, employees: 0 });
            Ok(summary)
        };
        answer(made())
    }

    /// `next-changes` of the contract.
    pub fn next_changes(&mut self, plan: u32, max: u32) -> String {
        self.next(plan, |held| {
            let page: Vec<Json> =
                held.plan.changes(held.changes).take(max as usize).map(|change| change_json(&change)).collect();
            held.changes += page.len();
            page
        })
    }

    /// `next-findings` of the contract.
    pub fn next_findings(&mut self, plan: u32, max: u32) -> String {
        self.next(plan, |held| {
            let rest = held.plan.findings().iter().skip(held.findings);
            let page: Vec<Json> = rest.take(max as usize).map(finding_json).collect();
            held.findings += page.len();
            page
        })
    }

    /// `next-employees` of the contract.
    pub fn next_employees(&mut self, plan: u32, max: u32) -> String {
        self.next(plan, |held| {
            let rest = held.plan.roster(held.employees);
            let page: Vec<Json> = rest.take(max as usize).map(|entry| employee_json(&entry)).collect();
            held.employees += page.len();
            page
        })
    }

    fn next(&mut self, plan: u32, page: impl FnOnce(&mut Held) -> Vec<Json>) -> String {
        let held = self.plans.get_mut(&plan).ok_or_else(|| input_error("plan", "is none that is kept"));
        answer(held.map(|held| Json::Array(page(held))))
    }

    /// `end-plan` of the contract.
    pub fn end_plan(&mut self, plan: u32) {
        self.plans.remove(&plan);
    }

    /// `apply` of the contract.
    pub fn apply(host: &mut dyn Host, job_json: &str, change_json: &str, attempt_word: &str) -> String {
        let mut made = || {
            let job = job(job_json).map_err(|wrong| input_error("job", &wrong))?;
            let change = change(change_json).map_err(|wrong| input_error("change", &wrong))?;
            let attempt = attempt(attempt_word).map_err(|wrong| input_error("attempt", &wrong))?;
            let Ok(settings) = Settings::read(&job.settings) else { return Ok(wrong_settings()) };
            let now = job.now_unix_seconds;
            Ok(outcome_json(&apply::apply(&mut Outside(host), &settings, &change, attempt, now)))
        };
        answer(made())
    }
}

fn read(job_json: &str) -> Result<(Job, Settings), Json> {
    let job = job(job_json).map_err(|wrong| input_error("job", &wrong))?;
    let settings = Settings::read(&job.settings).map_err(|findings| failed(JobError::Settings(findings)))?;
    Ok((job, settings))
}

fn failed(error: JobError) -> Json {
    job_error_json(&error)
}

fn answer(result: Result<Json, Json>) -> String {
    match result {
        Ok(ok) => json!({ "ok": ok }),
        Err(error) => json!({ "error": error }),
    }
    .to_string()
}
