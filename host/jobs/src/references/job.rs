//! A run of the references job.
//!
//! 1. Detect: the plugin says who has left, whose departure was taken back, and whose reference has to be corrected.
//!    The very first run only records who has left already, and issues nothing.
//! 2. Guard: if too many references would be issued, or revoked, none of them is (`guard.rs`).
//!    Those whose last day or grace time is not over wait for a later run (`due.rs`).
//! 3. Issue: each reference is signed and recorded together with its place in the log, its delivery, and the employee's
//!    standing, in one transaction (`issue.rs`).
//! 4. The head of the log is recorded, and the witnesses are asked to confirm it (`log.rs`, `witness.rs`). If one has
//!    confirmed another log of this issuer, nothing is delivered.
//! 5. Deliver what is due (`outbox.rs`).
//!
//! A run that ends early loses nothing: the next one goes on from what was recorded.
//!
//! If a person interrupts the run, no further reference is issued and no further delivery begins; those in flight come
//! to their end. References are then paused until a person has them go on (`hibob references resume`).

mod departures;

use self::departures::Holds;
use crate::interrupt::Interrupt;
use crate::references::guard;
use crate::references::guard::Release;
use crate::references::issue::Issuing;
use crate::references::keys::IssuerKeys;
use crate::references::leavers::Leavers;
use crate::references::list::name_of;
use crate::references::log::Log;
use crate::references::outbox::Deliveries;
use crate::references::report::{HeldClass, HeldPerson, Report};
use crate::references::{daily, outbox, witness};
use crate::run::ErrorRow;
use crate::run::Running;
use futures::stream::{self, StreamExt};
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use hibob_config::references::issuing as references_of;
use hibob_contract::offboarding_references::{Departure, Detection, Known, Overlap, Seen, Standing};
use hibob_contract::types::Severity;
use hibob_store::data_dir::DataDir;
use hibob_store::database::Fence;
use hibob_store::privacy::{KeyedHash, decrypt_references};
use hibob_store::queue::Cause;
use hibob_store::queue::ReferencesArguments;
use std::collections::{BTreeMap, BTreeSet};

/// How many departures are looked up in HiBob at the same time.
const PARALLEL: usize = 4;

/// What a run is to do.
#[derive(Clone, Debug, Default)]
pub struct ReferencesRequest {
    /// HiBob's ids of the employees to issue references for. None means everybody who has left since the last run.
    pub employees: Option<Vec<String>>,
    /// What the operator releases in this run.
    pub release: Release,
    /// Whether references are issued without a grace time. The last day has to be over all the same.
    pub skips_grace: bool,
    /// Which deliveries are tried.
    pub deliveries: Deliveries,
    /// What started the run.
    pub cause: Cause,
    /// What may interrupt it. By default nothing.
    pub interrupt: Interrupt,
}

impl ReferencesRequest {
    /// The request that a job of the queue with these arguments stands for.
    pub fn of_job(arguments: &ReferencesArguments, cause: Cause) -> Self {
        Self {
            employees: arguments.employees.clone(),
            release: Release { issuing: arguments.allow_issuing, revoking: arguments.allow_revoking },
            skips_grace: arguments.skips_grace,
            deliveries: Deliveries::Due,
            cause,
            interrupt: Interrupt::default(),
        }
    }
}

/// One run of the references job.
pub async fn run<P: Leavers>(data: &DataDir, ports: P, order: &ReferencesRequest) -> Report {
    let tenant = ports.config().id.clone();
    let mut report = Report::of(&tenant);
    let run = match Running::begin_by(ports, RunKind::References, order.cause.clone()).await {
        Ok(run) => run,
        Err(error) => return Report::stopped(&tenant, error),
    };
    let mut job = Job { data, run: &run, fence: run.fence(), order, report: &mut report, has_published: false };
    let worked = run.locked(Box::pin(job.work_or_pause())).await;
    if !job.has_published && order.interrupt.by().is_none() {
        // The lists end after a week, also where HiBob cannot be read.
        daily::publish(data, run.ports().config(), job.report).await;
    }
    if let Err(error) = worked {
        report.stop(error);
    }
    report.name_people();
    if let Err(error) = run.end(&mut report, None).await {
        report.stop(error);
    }
    report
}

struct Job<'j, P: Leavers> {
    data: &'j DataDir,
    run: &'j Running<P>,
    fence: Fence,
    order: &'j ReferencesRequest,
    report: &'j mut Report,
    /// Whether this run has published, or found that nothing is due.
    has_published: bool,
}

/// The error of a run that a person interrupted.
pub(super) fn interrupted(tenant: &str, by: &str) -> HostError {
    HostError::Interrupted {
        message: format!(
            "{by} has interrupted the run: no further reference is issued or delivered, and references are paused"
        ),
        remedy: format!(
            "go on with what is left: hibob references resume {tenant}, and then hibob references {tenant}"
        ),
    }
}

impl<P: Leavers> Job<'_, P> {
    /// Works, and pauses references as soon as a person interrupts it, so that also a crash from then on does not hide
    /// that. If the work came to its end all the same, the pause is over.
    async fn work_or_pause(&mut self) -> Result<(), HostError> {
        let run = self.run;
        let ports = run.ports();
        let was_paused = ports.run_store().reference_pause().await?.is_some();
        let pausing = async {
            let by = ports.interrupt().requested().await;
            let paused = ports.run_store().pause_references(Some(&format!("{by} has interrupted a run"))).await;
            if let Err(error) = paused {
                tracing::warn!("references cannot be paused: {error}");
            }
            std::future::pending::<std::convert::Infallible>().await
        };
        if was_paused {
            return self.work().await;
        }
        let worked = tokio::select! {
            biased;
            worked = self.work() => worked,
            never = pausing => match never {},
        };
        if let Some(by) = ports.interrupt().by() {
            let why = worked.is_err().then(|| format!("{by} has interrupted a run"));
            ports.run_store().pause_references(why.as_deref()).await?;
        }
        worked
    }

    async fn work(&mut self) -> Result<(), HostError> {
        if let Some(why) = self.run.ports().run_store().reference_pause().await? {
            let tenant = self.run.ports().config().id.as_str();
            let remedy = if why.contains("interrupted") {
                format!("go on with what is left: hibob references resume {tenant}, and then hibob references {tenant}")
            } else {
                format!(
                    "if none was issued since that backup, go on: hibob references resume {tenant}; else restore a newer one"
                )
            };
            return Err(HostError::held(format!("references are paused: {why}"), remedy));
        }
        let keys = IssuerKeys::open(self.data, self.run.ports().config()).await?;
        if let Some(first) = keys.first_waiting().await? {
            self.run.ports().require_published(&keys.records(&first)?).await?;
            keys.begin(&first).await?;
        }
        let (database, fence) = (self.run.ports().run_store(), self.fence);
        let (issuer, signer) = (keys.issuer().clone(), keys.current().await?);
        let config = references_of(self.run.ports().config())?;
        let mut issuing = Issuing::open(database, fence, self.run.keyring(), (issuer, config), signer).await?;
        let mut known = self.run.ports().run_store().reference_people().await?;
        if self.order.employees.as_ref().is_some_and(|employees| !employees.is_empty()) && known.is_empty() {
            // Without this, the next run would no longer be the first, and would issue to everybody who had left
            // before.
            self.detected(&known).await?;
            known = self.run.ports().run_store().reference_people().await?;
        }
        let overlaps = match &self.order.employees {
            Some(employees) => {
                let departures = self.look_up(employees).await?;
                let (corrected, departures) =
                    departures.into_iter().partition(|departure| is_correction(departure, &known));
                // Who is named by a person has left, with what HiBob has of them now.
                self.issue_all(&mut issuing, departures, corrected, &known, &Holds::default()).await?;
                self.overlaps_with_deliveries().await?
            }
            None => {
                let (detection, titles) = self.detected(&known).await?;
                let present = detection.departures.iter().map(|departure| departure.employee_id.as_str()).collect();
                self.run.ports().run_store().keep_open_departures(self.fence, &present).await?;
                self.revoke(&detection, &known).await?;
                let Detection { departures, corrected, overlaps, held, .. } = detection;
                let holds = Holds::of(&overlaps, held, titles);
                self.issue_all(&mut issuing, departures, corrected, &known, &holds).await?;
                overlaps
            }
        };
        let taken: BTreeSet<String> = overlaps.into_iter().map(|overlap| overlap.employee_id).collect();
        let mut log = Log::extended(self.run.ports().run_store(), references_of(self.run.ports().config())?).await?;
        let witnesses = witness::ask(self.run.ports().config(), &keys, &mut log).await?;
        self.report.warnings.extend(witnesses.warnings);
        if !witnesses.errors.is_empty() {
            self.report.errors.extend(witnesses.errors);
            return Err(HostError::held(
                "a witness has seen another log of this issuer, so nothing is delivered",
                "restore a newer backup; if this log is the right one, take that witness out of the tenant's file",
            ));
        }
        // Before anybody gets a reference, its entry can be read in the published log and lists.
        daily::publish(self.data, self.run.ports().config(), self.report).await;
        self.has_published = true;
        let which = &self.order.deliveries;
        outbox::deliver(self.run, &keys, &log, which, taken, self.report).await
    }

    /// Whose work email somebody who is employed has, of those with a reference that waits for its delivery.
    async fn overlaps_with_deliveries(&self) -> Result<Vec<Overlap>, HostError> {
        let database = self.run.ports().run_store();
        if database.waiting_deliveries().await? == 0 {
            return Ok(Vec::new());
        }
        let known = database.reference_people().await?;
        Ok(self.reading(self.run.ports().departures(&known)).await?.0.overlaps)
    }

    /// Ends `work`, which only reads, as soon as a person interrupts the run.
    async fn reading<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        let ports = self.run.ports();
        tokio::select! {
            biased;
            by = ports.interrupt().requested() => Err(interrupted(&ports.config().id, &by)),
            done = work => done,
        }
    }

    /// Checks that nobody has interrupted the run, also by what the databases say now.
    async fn go_ahead(&self) -> Result<(), HostError> {
        self.run.is_stopped().await;
        let ports = self.run.ports();
        ports.interrupt().by().map_or(Ok(()), |by| Err(interrupted(&ports.config().id, &by)))
    }

    /// Has the plugin say who has left, and records the standing and the title of everybody else. Returns what it says, and
    /// those who had another title while they worked here.
    async fn detected(&mut self, known: &[Known]) -> Result<(Detection, BTreeSet<String>), HostError> {
        let (detection, titles) = self.reading(self.run.ports().departures(known)).await?;
        self.report.employees = detection.employees;
        self.report.is_baseline = known.is_empty();
        if detection.employees == 0 {
            let message = "HiBob sends no employees, so that nobody can be seen to have left";
            let remedy = "give the service user's permission group access to everybody's data, and View on Basic info (HiBob: Settings, Permission groups)";
            self.report.warn("", "NO_EMPLOYEES", message, remedy);
        }
        for finding in &detection.findings {
            match finding.severity {
                Severity::Error => self.report.errors.push(ErrorRow::from(finding)),
                Severity::Warning | Severity::Notice => self.report.warnings.push(ErrorRow::from(finding)),
            }
        }
        // The standing of those with a new or cancelled departure is recorded together with their reference.
        let later = detection.departures.iter().chain(&detection.cancelled);
        let later: BTreeSet<&str> = later.map(|departure| departure.employee_id.as_str()).collect();
        let now: Vec<Seen> =
            detection.seen.iter().filter(|seen| !later.contains(seen.employee_id.as_str())).cloned().collect();
        let run_store = self.run.ports().run_store();
        run_store.record_standings(self.fence, &now).await?;
        let before = run_store.title_digests().await?;
        let is_other =
            |(employee, title): &(&String, &KeyedHash)| before.get(*employee).is_some_and(|had| had != *title);
        let changed = titles.iter().filter(is_other).map(|(employee, _)| employee.clone()).collect();
        let employed = employed(&detection, known);
        let is_new = |employee: &String, title: &KeyedHash| before.get(employee) != Some(title);
        let now = titles.into_iter().filter(|(employee, title)| employed.contains(employee) && is_new(employee, title));
        run_store.record_title_digests(self.fence, &now.collect()).await?;
        Ok((detection, changed))
    }

    /// The departures of the employees that the request names.
    async fn look_up(&mut self, employees: &[String]) -> Result<Vec<Departure>, HostError> {
        let mut named: BTreeSet<String> = employees.iter().cloned().collect();
        let number = named.len();
        let forgotten = self.run.keyring().erased_people();
        named.retain(|employee| !forgotten.has_employee(employee));
        if named.len() < number {
            let message = format!(
                "{} of the named employees were erased (hibob forget-person), and nothing is issued for them",
                number - named.len()
            );
            let remedy = format!(
                "let them come back first: hibob forget-person {} EMPLOYEE --lift",
                self.run.ports().config().id.as_str()
            );
            self.report.fault("", "FORGOTTEN", message, &remedy);
        }
        let ports = self.run.ports();
        let mut answers = stream::iter(named)
            .map(|employee| async move {
                let found = ports.look_up(&employee).await;
                (employee, found)
            })
            .buffered(PARALLEL);
        let (mut departures, mut others) = (Vec::new(), Vec::new());
        while let Some((employee, found)) = answers.next().await {
            match found {
                Ok(Some(departure)) => departures.push(departure),
                Ok(None) => others.push(employee),
                Err(error @ (HostError::Plugin(_) | HostError::OverLimit { .. })) => {
                    self.report.fault(&employee, error.code(), error.to_string(), &error.remedy());
                }
                Err(error) => return Err(error),
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

    /// Revokes the references of departures that were cancelled, unless the guard holds them.
    async fn revoke(&mut self, detection: &Detection, known: &[Known]) -> Result<(), HostError> {
        let cancelled = &detection.cancelled;
        let config = self.run.ports().config();
        let (release, limits) = (self.order.release, config.safety.reference_limits());
        if let Some(held) = guard::revoking(config.id.as_str(), cancelled, known, release, &limits) {
            let names = self.names_in_references(cancelled).await?;
            self.report.guards.push(held);
            self.report.held.extend(cancelled.iter().map(|departure| {
                let name = names.get(&departure.employee_id).cloned();
                held_person(HeldClass::Revoking, departure, name)
            }));
            return Ok(());
        }
        for departure in cancelled {
            self.go_ahead().await?;
            let now = chrono::Utc::now().timestamp();
            let (database, reason) = (self.run.ports().run_store(), "the employment goes on");
            let number = database.cancel_departure(self.fence, departure, reason, now).await?;
            self.report.revoked += number;
            self.report.tell(&departure.employee_id, "Reference revoked", "", "Done");
        }
        Ok(())
    }

    /// The names of these employees by HiBob's ids, as their newest references have them.
    async fn names_in_references(&self, departures: &[Departure]) -> Result<BTreeMap<String, String>, HostError> {
        let employees: BTreeSet<&str> = departures.iter().map(|departure| departure.employee_id.as_str()).collect();
        let mut rows = self.run.ports().run_store().references().await?;
        rows.retain(|row| employees.contains(row.departure.employee_id.as_str()));
        decrypt_references(self.run.keyring(), &mut rows).await?;
        rows.iter().map(|row| Ok((row.departure.employee_id.clone(), name_of(row)?))).collect()
    }
}

/// Who works here without a doubt: by what a detection says, and by what was recorded before. Whoever has a finding may have
/// a status that is not known.
fn employed(detection: &Detection, known: &[Known]) -> BTreeSet<String> {
    let recorded = known.iter().map(|known| (known.employee_id.as_str(), known.standing));
    let seen = detection.seen.iter().map(|seen| (seen.employee_id.as_str(), seen.standing));
    let mut standings: BTreeMap<&str, Standing> = recorded.chain(seen).collect();
    for departure in detection.departures.iter().chain(&detection.cancelled) {
        standings.remove(departure.employee_id.as_str());
    }
    for employee in detection.findings.iter().filter_map(|finding| finding.employee_id.as_deref()) {
        standings.remove(employee);
    }
    let employed = standings.into_iter().filter(|(_, standing)| *standing == Standing::Employed);
    employed.map(|(employee, _)| employee.to_owned()).collect()
}

/// Whether a departure has a valid reference that states something else. A basis without the names, as earlier versions
/// recorded it, is compared as far as it goes.
fn is_correction(departure: &Departure, known: &[Known]) -> bool {
    let issued = known.iter().filter_map(|known| known.issued.as_ref()).map(|issued| &issued.departure);
    let mut of_this = issued.filter(|issued| issued.employee_id == departure.employee_id);
    of_this.any(|issued| {
        issued.ended_on == departure.ended_on
            && !departure.basis.starts_with(&issued.basis)
            && !issued.basis.starts_with(&departure.basis)
    })
}

fn held_person(class: HeldClass, departure: &Departure, name: Option<String>) -> HeldPerson {
    HeldPerson { class, employee_id: departure.employee_id.clone(), ended_on: departure.ended_on.clone(), name }
}
