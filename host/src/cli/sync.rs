//! `check`, `plan`, `apply` and `sync`.

use super::first;
use super::first::FirstArgs;
use super::interrupt::signals;
use super::outcome;
use super::paint::{CYAN, RED, YELLOW, clean};
use super::progress::Bar;
use super::{Global, check_view, plan_view, plans};
use hibob_base::clock::now_unix_seconds;
use hibob_base::error::{Exit, HostError};
use hibob_base::job::RunKind;
use hibob_config::tenant::Approval;
use hibob_contract::Planned;
use hibob_contract::directory_sync::Change;
use hibob_contract::types::{Finding, Severity};
use hibob_jobs::approval::short;
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::interrupted;
use hibob_jobs::plan_json::PlanJson;
use hibob_jobs::run::{FirstSync, HeldRow, Report, Taken, first_sync, unless_interrupted};
use hibob_policy::guard::{Class, GuardRow, Release};
use hibob_policy::plan_digest::plan_digest;
use hibob_runner::{Run, Start};
use hibob_sandbox::Open;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_store::plan_file;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

/// What every job needs.
pub(super) struct Ready {
    pub(super) data: DataDir,
    pub(super) plugin: Plugin,
    pub(super) tenant: Tenant,
}

impl Ready {
    /// For a job of this kind. An error counts for a tenant that is known.
    pub(super) async fn new(global: &Global, tenant: &str, kind: &'static str) -> Result<Self, HostError> {
        Self::within(global, global.data().await?, tenant, kind).await
    }

    async fn within(global: &Global, data: DataDir, tenant: &str, kind: &'static str) -> Result<Self, HostError> {
        let config = data.config(tenant).await?;
        let opened = async {
            let tenant = Tenant::open(&data, config).await?;
            Ok((tenant, global.plugin(&data, &data.runtime()?).await?))
        };
        let (tenant, plugin) = opened.await.inspect_err(|error| data.metrics().of(tenant).not_started(kind, error))?;
        Ok(Self { data, plugin, tenant })
    }
}

pub(super) async fn check(global: &Global, tenant: &str, strict: bool) -> Result<Exit, HostError> {
    let ready = Ready::new(global, tenant, "check").await?;
    let bar = Arc::new(Bar::new());
    let report = hibob_runner::check_tenant(&ready.data, &ready.plugin, &ready.tenant, bar.clone()).await;
    bar.clear();
    let report = report.map_err(|error| error.of_tenant(tenant))?;
    let exit = exit_by(&report.findings, strict);
    if global.json {
        outln!("{}", check_view::json(tenant, &report));
    } else {
        outln!("{}", check_view::text(tenant, &report));
    }
    Ok(exit)
}

pub(super) async fn plan(
    global: &Global,
    tenant: &str,
    out: Option<&Path>,
    all: bool,
    strict: bool,
) -> Result<Exit, HostError> {
    let ready = Ready::new(global, tenant, "plan").await?;
    let bar = Arc::new(Bar::new());
    let planned = hibob_runner::plan(&ready.plugin, &ready.tenant, bar.clone()).await;
    bar.clear();
    let planned = planned.map_err(|error| error.of_tenant(tenant))?;
    if let Some(out) = out {
        plan_file::save(&ready.data, &ready.tenant.basis(&ready.plugin)?, &planned, out)?;
    }
    let held = held(&ready.tenant, &planned).await?;
    let open = interrupted::find(&ready.data, tenant, ready.tenant.database()).await?;
    let allow_first = ready.tenant.config().safety.allow_first;
    let first = first_sync(ready.tenant.database(), allow_first, &planned).await?;
    if global.json {
        let mut more = serde_json::Map::new();
        more.insert("digest".to_owned(), plan_digest(&planned.changes).into());
        more.extend(first.map(|first| ("first".to_owned(), json!(first))));
        more.insert("guards".to_owned(), held.iter().map(HeldClass::json).collect());
        more.insert("held".to_owned(), held.iter().flat_map(HeldClass::people_json).collect());
        if let Some(open) = &open {
            more.insert("interrupted".to_owned(), open.json());
        }
        outln!("{}", PlanJson::new(tenant, &planned, more));
    } else {
        outln!("{}", plan_view::text(tenant, &planned, all));
        print_interrupted(tenant, open.as_ref());
        print_first(first.as_ref());
        if let Some(out) = out {
            outln!("\nsaved; apply exactly this with: hibob apply {}", out.display());
        }
        held.iter().for_each(|held| held.print(all));
    }
    Ok(if held.is_empty() { exit_by(&planned.findings, strict) } else { Exit::Held })
}

/// The exit code of a command that only reports findings. If it was told to be `strict`, warnings count as errors.
fn exit_by(findings: &[Finding], strict: bool) -> Exit {
    let is_error =
        |finding: &Finding| finding.severity == Severity::Error || (strict && finding.severity == Severity::Warning);
    if findings.iter().any(is_error) { Exit::SomeFailed } else { Exit::Done }
}

/// What a guard would hold of a plan, and why.
struct HeldClass<'p> {
    /// The class of changes; none where the whole plan is held because of what HiBob sent.
    class: Option<Class>,
    message: String,
    remedy: String,
    changes: Vec<(&'p Change, Vec<String>)>,
}

impl HeldClass<'_> {
    fn json(&self) -> Value {
        let class = self.class.map_or_else(|| json!("source"), |class| json!(class));
        json!({ "class": class, "message": self.message, "remedy": self.remedy })
    }

    fn people_json(&self) -> Vec<Value> {
        let row = |(change, fields): &(&Change, Vec<String>)| {
            let mut row =
                json!({ "class": self.class, "employee_id": change.employee_id, "display_name": change.display_name });
            if let (Some(row), false) = (row.as_object_mut(), fields.is_empty()) {
                row.insert("fields".to_owned(), json!(fields));
            }
            row
        };
        self.changes.iter().map(row).collect()
    }

    /// Prints it below a plan that was shown.
    fn print(&self, all: bool) {
        errln!("{}: {}", RED.on_stderr("held"), clean(&self.message));
        let person = |(change, fields): &(&Change, Vec<String>)| {
            outcome::held(change.employee_id.as_deref(), &change.display_name, fields)
        };
        let people: Vec<String> = self.changes.iter().map(person).collect();
        outcome::held_lines(&people, all, std::io::stderr().is_terminal()).iter().for_each(|line| errln!("{line}"));
        errln!("{}: {}", CYAN.on_stderr("help"), clean(&self.remedy));
    }
}

/// What the guards would hold of a plan if it were applied now.
async fn held<'p>(tenant: &Tenant, planned: &'p Planned) -> Result<Vec<HeldClass<'p>>, HostError> {
    match hibob_runner::guard(tenant, planned, Release::default()).await {
        Err(error) if error.exit() == Exit::Held => {
            let (message, remedy) = (error.to_string(), to_go_on(tenant, &error.remedy()));
            Ok(vec![HeldClass { class: None, message, remedy, changes: Vec::new() }])
        }
        Err(error) => Err(error),
        Ok(held) => {
            let of_guard = |guard: &GuardRow| {
                let of_class = held.of_class(guard.class).into_iter().filter_map(|(position, fields)| {
                    let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
                    Some((planned.changes.get(position)?, fields))
                });
                of_class.filter(|(_, fields)| guard.field.as_ref().is_none_or(|field| fields.contains(field))).collect()
            };
            let guards = held.guards.iter().map(|guard| HeldClass {
                class: Some(guard.class),
                message: guard.message.clone(),
                remedy: to_go_on(tenant, &guard.remedy),
                changes: of_guard(guard),
            });
            Ok(guards.collect())
        }
    }
}

/// Says that a run was interrupted, if one was.
pub(super) fn print_interrupted(tenant: &str, open: Option<&interrupted::Interrupted>) {
    if let Some(open) = open {
        outln!("{} {}", YELLOW.on_stdout("! interrupted"), clean(&open.text(tenant)));
    }
}

/// Says that the first sync has to be confirmed, if it has to.
fn print_first(first: Option<&FirstSync>) {
    if let Some(first) = first {
        outln!("{} {}; it is to be confirmed once", YELLOW.on_stdout("! first sync"), first.text());
    }
}

/// The remedy for changes that a guard holds. Where plans wait for approval, no release is offered.
fn to_go_on(tenant: &Tenant, remedy: &str) -> String {
    match tenant.config().safety.approval {
        Approval::Never => remedy.to_owned(),
        Approval::AboveLimits | Approval::Always => {
            format!("a sync has such a plan wait for approval: hibob plans {}", tenant.id())
        }
    }
}

pub(super) async fn sync(
    global: &Global,
    tenant: &str,
    release: Release,
    first: FirstArgs,
    all: bool,
    strict: bool,
) -> Result<Exit, HostError> {
    let interrupt = signals(global.json)?;
    let report = match unless_interrupted(&interrupt, Ready::new(global, tenant, "sync")).await {
        Ok(ready) => {
            let confirm = async |run: &mut Run<'_>, planned: &Planned| {
                first::confirm(global, run, planned, first, &interrupt).await
            };
            sync_ready(&ready.data, &ready.tenant, &ready.plugin, release, interrupt.clone(), confirm).await
        }
        Err(error) => Report::stopped(tenant, error),
    };
    Ok(outcome::strictly(strict, print_report(&report, global.json, None, all), !report.warnings.is_empty()))
}

/// Makes a plan and applies it under the tenant's lease. `look` gets run and plan before anything is applied.
pub(super) async fn sync_ready(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    release: Release,
    interrupt: Interrupt,
    look: impl AsyncFnOnce(&mut Run<'_>, &Planned) -> Result<(), HostError>,
) -> Report {
    let bar = Arc::new(Bar::new());
    let start = Start { interrupt, ..Start::default() };
    let started = hibob_runner::start_by(data, tenant, plugin, RunKind::Sync, bar.clone(), start).await;
    let mut run = match started {
        Ok(run) => run,
        Err(error) => return Report::stopped(tenant.id(), error),
    };
    tell_resumed(&run);
    let (mut report, planned) = match run.plan().await {
        Ok(planned) => {
            bar.clear();
            let report = match look(&mut run, &planned).await {
                Ok(()) => run.apply(&planned, release).await,
                Err(error) => Report::stopped(tenant.id(), error),
            };
            (report, Some(planned))
        }
        Err(error) => (Report::stopped(tenant.id(), error), None),
    };
    bar.clear();
    if let Err(error) = run.finish(&mut report, planned.as_ref()).await {
        report.stop(error);
    }
    report
}

/// Says that a plan of before was taken up, or abandoned. It has an entry of its own in the history.
fn tell_resumed(run: &Run<'_>) {
    if let Some(report) = run.resumed() {
        let number = report.run.map(|run| run.to_string()).unwrap_or_default();
        let what = if report.exit() == Exit::Interrupted { "closed" } else { "taken up" };
        errln!("an interrupted run was {what}, and is run {number} of the history");
    }
}

pub(super) async fn apply(
    global: &Global,
    file: &Path,
    release: Release,
    first: FirstArgs,
    all: bool,
    strict: bool,
) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let saved = plan_file::read(&data, file);
    let tenant = saved.as_ref().map(|saved| saved.tenant().to_owned()).unwrap_or_default();
    let interrupt = signals(global.json)?;
    let report = match saved {
        Ok(saved) => apply_saved(global, &data, saved, release, first, interrupt).await,
        Err(error) => Err(error),
    };
    let report = report.unwrap_or_else(|error| Report::stopped(&tenant, error));
    Ok(outcome::strictly(strict, print_report(&report, global.json, None, all), !report.warnings.is_empty()))
}

async fn apply_saved(
    global: &Global,
    data: &DataDir,
    saved: plan_file::Saved,
    release: Release,
    first: FirstArgs,
    interrupt: Interrupt,
) -> Result<Report, HostError> {
    let ready = Ready::within(global, data.clone(), saved.tenant(), "apply");
    let Ready { plugin, tenant, .. } = unless_interrupted(&interrupt, ready).await?;
    let identity = saved.identity();
    let planned = tenant.basis(&plugin).and_then(|basis| saved.accept(&basis, now_unix_seconds()));
    let planned = planned.inspect_err(|error| tenant.metrics().not_started("apply", error))?;
    let bar = Arc::new(Bar::new());
    let start = Start { interrupt: interrupt.clone(), ..Start::default() };
    let run = hibob_runner::start_by(data, &tenant, &plugin, RunKind::Apply, bar.clone(), start).await?;
    tell_resumed(&run);
    let mut run = match run.take_saved(&identity).await? {
        Taken::New(run) => run,
        Taken::Resumed(report) => {
            bar.clear();
            return Ok(report);
        }
    };
    let mut report = match first::confirm(global, &mut run, &planned, first, &interrupt).await {
        Ok(()) => run.apply(&planned, release).await,
        Err(error) => Report::stopped(tenant.id(), error),
    };
    bar.clear();
    if let Err(error) = run.finish(&mut report, Some(&planned)).await {
        report.stop(error);
    }
    Ok(report)
}

/// Prints what a run did, and returns how it ended. If the plan was shown, so were its warnings and the
/// first `known` errors. `all`: names
/// everybody whom a guard holds, also at a terminal.
pub(super) fn print_report(report: &Report, json: bool, known: Option<usize>, all: bool) -> Exit {
    if json {
        outcome::json(report);
        return report.exit();
    }
    outcome::rows(&RED.on_stdout("! error"), report.errors.iter().skip(known.unwrap_or_default()));
    if known.is_none() {
        outcome::warnings(&report.warnings, all, std::io::stdout().is_terminal());
    }
    for guard in &report.guards {
        let is_held = |row: &&HeldRow| {
            row.class == guard.class && guard.field.as_ref().is_none_or(|field| row.fields.contains(field))
        };
        let held = report.held.iter().filter(is_held);
        let people = held.map(|row| outcome::held(row.employee_id.as_deref(), &row.display_name, &row.fields));
        let people: Vec<String> = people.collect();
        outln!("{} {}", YELLOW.on_stdout("! held"), clean(&guard.message));
        outcome::held_lines(&people, all, std::io::stdout().is_terminal()).iter().for_each(|line| outln!("{line}"));
        outln!("    to go on {}", clean(&guard.remedy));
    }
    if let Some(stale) = &report.stale {
        outln!("{} {}: {}", YELLOW.on_stdout("! stale"), short(&stale.plan), clean(&stale.why));
        stale.differences.iter().for_each(|row| outln!("    {}", clean(&row.message)));
    }
    if let Some(waiting) = &report.waiting {
        plans::print_waiting(&report.tenant, waiting);
    }
    if let Some(approval) = &report.approval {
        let by = approval.by.as_deref().map(clean).unwrap_or_default();
        outln!("the plan {} was approved by {by}", short(&approval.plan));
    }
    let numbers = [
        ("cost centers created", report.cost_centers_created),
        ("cost centers restored", report.cost_centers_restored),
        ("created", report.created),
        ("adopted", report.adopted),
        ("updated", report.updated),
        ("reactivated", report.reactivated),
        ("archived", report.archived),
        ("kept", report.kept),
        ("failed", report.failed),
        ("conflicts", report.conflicts),
        ("forgotten", report.forgotten),
        ("drifted", report.drifted),
        ("not taken", report.not_taken),
        ("skipped", report.skipped),
        ("held", report.held.len() as u64),
    ];
    outcome::summary(report.exit(), report.error.as_ref(), "kept", &numbers);
    outcome::stopped(report.error.as_ref());
    report.exit()
}
