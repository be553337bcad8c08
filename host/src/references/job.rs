//! A run of the references job: detect, guard, issue, deliver. Whatever was recorded when a run ended, for whatever
//! reason, the next one goes on from there.

use super::guard::{self, Release};
use super::issue::{Issuing, Made};
use super::keys::IssuerKeys;
use super::log::Log;
use super::report::{HeldClass, HeldPerson, Report};
use super::{Confirmed, Departure, Detection, Known, Seen, ask, keys, outbox, witness};
use crate::bindings::types::Severity;
use crate::call::Progress;
use crate::data_dir::DataDir;
use crate::error::HostError;
use crate::plugin::Plugin;
use crate::queue::Trigger;
use crate::run::{ErrorRow, REFERENCES, Run};
use crate::tenant::Tenant;
use futures::stream::{self, StreamExt};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Departures about which HiBob is asked at the same time.
const PARALLEL: usize = 4;

/// People whose names are read where a guard holds their references.
const NAMED_MAX: usize = 20;

/// What a run is to do.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Whom to issue references for, by HiBob's id; those who have left since the last run unless given.
    pub employees: Option<Vec<String>>,
    /// What the operator lets through.
    pub release: Release,
    /// Whether deliveries that failed are tried again before their time.
    pub is_now: bool,
    /// Who started it.
    pub trigger: Trigger,
}

/// One run of the references job.
pub async fn run(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    progress: Arc<dyn Progress>,
    order: &Order,
) -> Report {
    let mut report = Report::of(tenant.id());
    let run = match Run::start(data, tenant, plugin, REFERENCES, progress.clone()).await {
        Ok(run) => run.by(order.trigger),
        Err(error) => return Report::stopped(tenant.id(), error),
    };
    let mut job = Job { data, tenant, plugin, progress, order, report: &mut report };
    if let Err(error) = run.locked(job.work()).await {
        report.stop(error);
    }
    if let Err(error) = run.end(&mut report, None).await {
        report.stop(error);
    }
    report
}

struct Job<'j> {
    data: &'j DataDir,
    tenant: &'j Tenant,
    plugin: &'j Plugin,
    progress: Arc<dyn Progress>,
    order: &'j Order,
    report: &'j mut Report,
}

impl Job<'_> {
    async fn work(&mut self) -> Result<(), HostError> {
        let keys = IssuerKeys::open(self.data, self.tenant.config()).await?;
        let mut issuing = Issuing::open(self.tenant.database(), keys.issuer().clone(), keys.current().await?).await?;
        let mut known = self.tenant.database().reference_people().await?;
        if self.order.employees.is_some() && known.is_empty() {
            // Else the next run would not be the first look any more.
            self.detected(&known).await?;
            known = self.tenant.database().reference_people().await?;
        }
        match &self.order.employees {
            Some(employees) => {
                let departures = self.look_up(employees).await?;
                self.issue_all(&mut issuing, departures, Vec::new(), &known).await?;
            }
            None => {
                let detection = self.detected(&known).await?;
                self.revoke(&detection, &known).await?;
                self.issue_all(&mut issuing, detection.departures, detection.corrected, &known).await?;
            }
        }
        let mut log = Log::extended(self.tenant.database(), keys::issuing(self.tenant.config())?).await?;
        let asked = witness::ask(self.tenant.config(), &keys, &mut log).await?;
        self.report.warnings.extend(asked.warnings);
        self.report.errors.extend(asked.errors);
        outbox::deliver(self.plugin, self.tenant, &keys, &log, self.order.is_now, self.report).await
    }

    /// Asks who has left, and records where everybody else stands.
    async fn detected(&mut self, known: &[Known]) -> Result<Detection, HostError> {
        let detection = ask::departures(self.plugin, self.tenant, known, self.progress.clone()).await?;
        self.report.employees = detection.employees;
        self.report.is_baseline = known.is_empty();
        for finding in &detection.findings {
            match finding.severity {
                Severity::Error => self.report.errors.push(ErrorRow::from(finding)),
                Severity::Warning | Severity::Notice => self.report.warnings.push(ErrorRow::from(finding)),
            }
        }
        // Who has a departure or takes one back is recorded together with what comes of it.
        let later = detection.departures.iter().chain(&detection.cancelled);
        let later: BTreeSet<&str> = later.map(|departure| departure.employee_id.as_str()).collect();
        let now: Vec<Seen> =
            detection.seen.iter().filter(|seen| !later.contains(seen.employee_id.as_str())).cloned().collect();
        self.tenant.database().record_standings(&now).await?;
        Ok(detection)
    }

    /// The departures of those who were named.
    async fn look_up(&mut self, employees: &[String]) -> Result<Vec<Departure>, HostError> {
        let named: BTreeSet<String> = employees.iter().cloned().collect();
        let (plugin, tenant) = (self.plugin, self.tenant);
        let mut answers = stream::iter(named)
            .map(|employee| async move {
                let found = ask::look_up(plugin, tenant, &employee).await;
                (employee, found)
            })
            .buffered(PARALLEL);
        let (mut departures, mut others) = (Vec::new(), Vec::new());
        while let Some((employee, found)) = answers.next().await {
            match found? {
                Some(departure) => departures.push(departure),
                None => others.push(employee),
            }
        }
        drop(answers);
        for employee in others {
            let message = "HiBob has no departure of this employee, or not its dates";
            let remedy = "look at the lifecycle status and the dates in HiBob, and at references.statuses";
            self.report.fault(&employee, "NOT_A_LEAVER", message, remedy);
        }
        Ok(departures)
    }

    /// Revokes the references of departures that were taken back.
    async fn revoke(&mut self, detection: &Detection, known: &[Known]) -> Result<(), HostError> {
        let cancelled = &detection.cancelled;
        if let Some(held) = guard::revoking(self.tenant.id(), cancelled, known, self.order.release) {
            self.report.guards.push(held);
            self.report
                .held
                .extend(cancelled.iter().map(|departure| held_person(HeldClass::Revoking, departure, None)));
            return Ok(());
        }
        for departure in cancelled {
            let now = chrono::Utc::now().timestamp();
            let number = self.tenant.database().cancel_departure(departure, "the employment goes on", now).await?;
            self.report.revoked += number;
            self.report.tell(&departure.employee_id, "Reference revoked", "", "Done");
        }
        Ok(())
    }

    /// Issues references for departures, and new ones for those of which the person's own data was corrected, unless
    /// there are too many.
    async fn issue_all(
        &mut self,
        issuing: &mut Issuing<'_>,
        departures: Vec<Departure>,
        corrected: Vec<Departure>,
        known: &[Known],
    ) -> Result<(), HostError> {
        let number = departures.len() + corrected.len();
        if let Some(held) = guard::issuing(self.tenant.id(), number, known, self.order.release) {
            self.report.guards.push(held);
            return self.hold([departures, corrected].concat()).await;
        }
        self.issue(issuing, departures, None).await?;
        self.issue(issuing, corrected, Some("corrected in HiBob")).await
    }

    async fn issue(
        &mut self,
        issuing: &mut Issuing<'_>,
        departures: Vec<Departure>,
        supersedes: Option<&str>,
    ) -> Result<(), HostError> {
        let total = departures.len() as u64;
        let (plugin, tenant) = (self.plugin, self.tenant);
        let mut answers = stream::iter(departures)
            .map(|departure| async move {
                let confirmed = ask::claims(plugin, tenant, &departure).await;
                (departure, confirmed)
            })
            .buffered(PARALLEL);
        let mut done = 0;
        while let Some((departure, confirmed)) = answers.next().await {
            if let Some(confirmed) = confirmed? {
                self.record(issuing, &departure, &confirmed, supersedes).await?;
            }
            done += 1;
            self.progress.report("references", done, Some(total));
        }
        Ok(())
    }

    async fn record(
        &mut self,
        issuing: &mut Issuing<'_>,
        departure: &Departure,
        confirmed: &Confirmed,
        supersedes: Option<&str>,
    ) -> Result<(), HostError> {
        let employee = &departure.employee_id;
        match issuing.issue(departure, confirmed, supersedes).await? {
            Made::Issued(id) => {
                self.report.issued += 1;
                self.report.superseded += u64::from(supersedes.is_some());
                let action = if supersedes.is_some() { "Reference corrected" } else { "Reference issued" };
                self.report.tell(employee, action, &id, "Done");
            }
            Made::Known if self.order.employees.is_none() => {}
            Made::Known => {
                let remedy = "nothing; a reference that should not have been given is revoked: hibob references revoke";
                self.report.warn(employee, "ALREADY_ISSUED", "this departure has a reference already", remedy);
            }
            Made::NotPossible(what) => {
                let remedy = "correct it in HiBob; the reference is issued by the next run";
                self.report.fault(employee, "REFERENCE_NOT_POSSIBLE", what, remedy);
            }
        }
        Ok(())
    }

    /// Names those whose references a guard holds.
    async fn hold(&mut self, departures: Vec<Departure>) -> Result<(), HostError> {
        let (plugin, tenant) = (self.plugin, self.tenant);
        let first: Vec<Departure> = departures.iter().take(NAMED_MAX).cloned().collect();
        let mut names = stream::iter(first)
            .map(|departure| async move { ask::claims(plugin, tenant, &departure).await })
            .buffered(PARALLEL);
        let mut known = Vec::new();
        while let Some(name) = names.next().await {
            known.push(
                name?.map(|confirmed| format!("{} {}", confirmed.claims.given_name, confirmed.claims.family_name)),
            );
        }
        drop(names);
        let names = known.into_iter().chain(std::iter::repeat(None));
        let held =
            departures.iter().zip(names).map(|(departure, name)| held_person(HeldClass::Issuing, departure, name));
        self.report.held.extend(held);
        Ok(())
    }
}

fn held_person(class: HeldClass, departure: &Departure, name: Option<String>) -> HeldPerson {
    HeldPerson { class, employee_id: departure.employee_id.clone(), ended_on: departure.ended_on.clone(), name }
}
