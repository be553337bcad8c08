//! `references`: issue, list, revoke and publish employment references, and the keys that sign them.

mod keys;
mod view;

pub(super) use keys::KeyCommand;

use super::Global;
use super::audit::{Change, releases};
use super::interrupt::signals;
use super::outcome;
use super::paint::{YELLOW, clean};
use super::progress::Bar;
use super::sync::Ready;
use clap::{Args, Subcommand};
use hibob_base::error::{Exit, HostError};
use hibob_base::person::check_reason;
use hibob_jobs::references;
use hibob_jobs::references::{Deliveries, ReferencesRequest, Release, Report};
use hibob_jobs::run::unless_interrupted;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{ReferenceState, TenantDatabase};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ReferencesArgs {
    #[command(subcommand)]
    pub(super) command: Option<ReferencesCommand>,
    /// The tenant's id
    #[arg(required = true)]
    tenant: Option<String>,
    #[command(flatten)]
    run: RunArgs,
}

/// The releases of one run.
#[derive(Args, Clone, Copy, Default)]
pub(super) struct RunArgs {
    /// Allow up to N references to be issued in this run, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_issuing: usize,
    /// Allow up to N references to be revoked in this run, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_revoking: usize,
    /// Try failed deliveries again at once; for named employees, issue without the grace time too
    #[arg(long)]
    now: bool,
    /// Name everybody whom a safety check holds, also at a terminal
    #[arg(long)]
    all: bool,
    /// End with the exit code of errors if there are warnings
    #[arg(long)]
    strict: bool,
}

impl RunArgs {
    /// The releases as they were given, for the record of the command.
    fn text(&self) -> String {
        releases(&[("allow-issuing", self.allow_issuing), ("allow-revoking", self.allow_revoking)], &[])
    }

    fn order(self, employees: Option<Vec<String>>) -> ReferencesRequest {
        let release = Release { issuing: self.allow_issuing, revoking: self.allow_revoking };
        let deliveries = if self.now { Deliveries::Waiting } else { Deliveries::Due };
        let skips_grace = self.now && employees.is_some();
        ReferencesRequest { employees, release, skips_grace, deliveries, ..ReferencesRequest::default() }
    }
}

#[derive(Subcommand)]
pub(super) enum ReferencesCommand {
    /// List the references of a tenant, with their states and deliveries
    #[command(after_help = "Example: hibob references list acme --json")]
    List {
        /// The tenant's id
        tenant: String,
    },
    /// Issue references for certain employees, such as those who had left before the first run
    #[command(after_help = "Example: hibob references issue acme 2712345678901234567")]
    Issue {
        /// The tenant's id
        tenant: String,
        /// HiBob's ids
        #[arg(required_unless_present = "employees_from")]
        employees: Vec<String>,
        /// A file with HiBob's ids, one in each line
        #[arg(long, value_name = "FILE")]
        employees_from: Option<PathBuf>,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Decide that somebody who waits for a reference gets none; no later run reports them
    #[command(
        after_help = "Example: hibob references waive acme 2712345678901234567 --reason \"was never employed\" --by ana@acme.example"
    )]
    Waive {
        /// The tenant's id
        tenant: String,
        /// HiBob's id, as `list` shows it
        employee: String,
        /// Why; kept in the tenant's record
        #[arg(long)]
        reason: String,
        /// The work email of the person who decides
        #[arg(long, value_name = "EMAIL")]
        by: String,
    },
    /// Revoke a reference; publish afterwards, so that everybody can see it
    #[command(after_help = "Example: hibob references revoke acme 6f1c… --reason \"issued by mistake\"")]
    Revoke {
        /// The tenant's id
        tenant: String,
        /// The reference's id, as `list` shows it, or its beginning
        id: String,
        /// Why; told to the person if the reference was delivered, kept in the tenant's record, and not published
        #[arg(long)]
        reason: String,
    },
    /// Deliver a reference that was refused or still waits, or with --again once more
    #[command(after_help = "Example: hibob references deliver acme 6f1c… --again")]
    Deliver {
        /// The tenant's id
        tenant: String,
        /// The reference's id, as `list` shows it, or its beginning
        id: String,
        /// Deliver it once more, to the address that HiBob has now, also if it was delivered
        #[arg(long)]
        again: bool,
    },
    /// Write a reference as files: the PDF, the signed JSON and the log proof
    #[command(after_help = "Example: hibob references export acme 6f1c… ./for-freja")]
    Export {
        /// The tenant's id
        tenant: String,
        /// The reference's id, as `list` shows it, or its beginning
        id: String,
        /// The folder to write to; it is made if it is not there
        folder: PathBuf,
    },
    /// Go on with references after the data directory was restored from a backup
    #[command(after_help = "Example: hibob references resume acme")]
    Resume {
        /// The tenant's id
        tenant: String,
    },
    /// Make, list, rotate and revoke the keys that sign references
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write the issuer's public files: keys, log, status lists, verify page
    #[command(after_help = "Example: hibob references publish acme ./public")]
    Publish {
        /// The tenant's id
        tenant: String,
        /// The folder that a web server serves at the issuer's domain
        folder: PathBuf,
    },
}

impl ReferencesArgs {
    /// What is recorded of the command; none if it only reads. Employees are not named.
    pub(super) fn change(&self) -> Option<Change> {
        use ReferencesCommand as C;
        Some(match self.command.as_ref() {
            None => Change::new("references").of(self.tenant.as_deref().unwrap_or_default()).with(self.run.text()),
            Some(C::List { .. }) => return None,
            Some(C::Issue { tenant, run, .. }) => Change::new("references-issue").of(tenant).with(run.text()),
            Some(C::Waive { tenant, by, .. }) => Change::new("references-waive").of(tenant).by(Some(by)),
            Some(C::Revoke { tenant, id, .. }) => Change::new("references-revoke").of(tenant).with(id),
            Some(C::Deliver { tenant, id, again }) => {
                let again = if *again { " again" } else { "" };
                Change::new("references-deliver").of(tenant).with(format!("{id}{again}"))
            }
            Some(C::Export { tenant, id, .. }) => Change::new("references-export").of(tenant).with(id),
            Some(C::Resume { tenant }) => Change::new("references-resume").of(tenant),
            Some(C::Publish { tenant, .. }) => Change::new("references-publish").of(tenant),
            Some(C::Key(command)) => return command.change(),
        })
    }
}

pub(super) async fn run(global: &Global, args: ReferencesArgs) -> Result<Exit, HostError> {
    match args.command {
        None => Ok(job(global, &args.tenant.unwrap_or_default(), None, args.run).await),
        Some(ReferencesCommand::Issue { tenant, mut employees, employees_from, run }) => {
            if let Some(path) = employees_from {
                employees.extend(read_ids(&path)?);
            }
            Ok(job(global, &tenant, Some(employees), run).await)
        }
        Some(ReferencesCommand::List { tenant }) => list(global, &tenant).await,
        Some(ReferencesCommand::Waive { tenant, employee, reason, by }) => {
            waive(global, &tenant, &employee, &reason, &by).await
        }
        Some(ReferencesCommand::Revoke { tenant, id, reason }) => revoke(global, &tenant, &id, &reason).await,
        Some(ReferencesCommand::Deliver { tenant, id, again }) => deliver(global, &tenant, &id, again).await,
        Some(ReferencesCommand::Export { tenant, id, folder }) => export(global, &tenant, &id, &folder).await,
        Some(ReferencesCommand::Resume { tenant }) => resume(global, &tenant).await,
        Some(ReferencesCommand::Key(command)) => keys::run(global, command).await,
        Some(ReferencesCommand::Publish { tenant, folder }) => publish(global, &tenant, &folder).await,
    }
}

async fn job(global: &Global, tenant: &str, employees: Option<Vec<String>>, args: RunArgs) -> Exit {
    let run = async {
        let interrupt = signals(global.json)?;
        let ready = unless_interrupted(&interrupt, Ready::new(global, tenant, "references")).await?;
        let order = ReferencesRequest { interrupt, ..args.order(employees) };
        Ok::<_, HostError>(run_ready(&ready.data, &ready.tenant, &ready.plugin, &order).await)
    };
    let report = run.await.unwrap_or_else(|error| Report::stopped(tenant, error));
    outcome::strictly(args.strict, view::report(&report, global.json, args.all), !report.warnings.is_empty())
}

/// Carries out one run, and shows its progress.
pub(super) async fn run_ready(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &hibob_sandbox::plugin::Plugin,
    order: &ReferencesRequest,
) -> Report {
    let bar = Arc::new(Bar::new());
    let report = hibob_runner::references(data, tenant, plugin, bar.clone(), order).await;
    bar.clear();
    report
}

/// Prints what a run did, and returns how it ended.
pub(super) fn print_report(report: &Report) -> Exit {
    view::report(report, false, true)
}

fn read_ids(path: &Path) -> Result<Vec<String>, HostError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        HostError::configuration(format!("cannot read {}: {error}", path.display()), "name a file with an id a line")
    })?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

async fn list(global: &Global, tenant: &str) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    let records = data.records(tenant).await?;
    let (references, deliveries) = (records.references().await?, records.database().deliveries().await?);
    let open = records.open_departures().await?;
    if global.json {
        outln!("{}", references::list_json(tenant, &references, &deliveries, &open)?);
    } else {
        outln!("{}", view::list_text(tenant, &references, &deliveries, &open)?);
    }
    Ok(Exit::Done)
}

async fn waive(global: &Global, tenant: &str, employee: &str, reason: &str, by: &str) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    references::waive(&data, tenant, employee, reason, by).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "employee_id": employee, "waived": true }));
    } else {
        outln!("{} gets no reference for this departure; by name it can still be issued", clean(employee));
    }
    Ok(Exit::Done)
}

async fn revoke(global: &Global, tenant: &str, id: &str, reason: &str) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    check_reason(reason)?;
    let id = whole_id(&data.tenant_database(tenant).await?, tenant, id).await?;
    let is_new = references::revoke(&data, tenant, &id, reason).await?;
    if global.json {
        outln!(
            "{}",
            serde_json::json!({ "tenant": tenant, "reference": id, "revoked": true, "was_revoked_before": !is_new })
        );
    } else if is_new {
        outln!("revoked {id}; publish it, so that everybody sees it: hibob references publish {tenant} DIR");
    } else {
        outln!("{id} was revoked before");
    }
    Ok(Exit::Done)
}

/// Writes a reference as files, and says where.
async fn export(global: &Global, tenant: &str, id: &str, folder: &Path) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let config = data.config(tenant).await?;
    let id = whole_id(&data.tenant_database(tenant).await?, tenant, id).await?;
    let exported = references::export(&data, &config, &id).await?;
    let paths = exported.write(folder)?;
    let state = exported.state.word();
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "reference": id, "state": state, "files": paths }));
        return Ok(Exit::Done);
    }
    for path in &paths {
        outln!("{}", clean(&path.display().to_string()));
    }
    if exported.state != ReferenceState::Valid {
        outln!("this reference is {state}: whoever checks it sees that");
    }
    Ok(Exit::Done)
}

async fn deliver(global: &Global, tenant: &str, id: &str, again: bool) -> Result<Exit, HostError> {
    let ready = Ready::new(global, tenant, "references").await?;
    let id = whole_id(ready.tenant.database(), tenant, id).await?;
    if !references::prepare_delivery(&ready.data, ready.tenant.config(), &id, again).await? {
        let known = ready.tenant.database().references().await?.into_iter().find(|row| row.id == id);
        let state = known.ok_or_else(|| references::unknown(tenant, &id))?.state;
        let message =
            format!("tenant {tenant}: the reference {id} is {}, and there is nothing to deliver", state.word());
        let remedy = if state == ReferenceState::Valid {
            format!("it was delivered; to send it once more: hibob references deliver {tenant} {id} --again")
        } else {
            "a reference is delivered only while it counts".to_owned()
        };
        return Err(HostError::configuration(message, remedy));
    }
    let order = ReferencesRequest {
        employees: Some(Vec::new()),
        deliveries: Deliveries::One(id),
        interrupt: signals(global.json)?,
        ..ReferencesRequest::default()
    };
    let report = run_ready(&ready.data, &ready.tenant, &ready.plugin, &order).await;
    Ok(view::report(&report, global.json, true))
}

async fn resume(global: &Global, tenant: &str) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    let database = data.tenant_database(tenant).await?;
    let was_paused = database.reference_pause().await?.is_some();
    database.pause_references(None).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "was_paused": was_paused }));
    } else {
        outln!("{}", if was_paused { "references go on with the next run" } else { "they were not paused" });
    }
    Ok(Exit::Done)
}

/// The id of the reference whose id begins so.
pub(super) async fn whole_id(database: &TenantDatabase, tenant: &str, prefix: &str) -> Result<String, HostError> {
    let rows = database.references().await?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    references::whole_id(tenant, &ids, prefix)
}

async fn publish(global: &Global, tenant: &str, folder: &Path) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let config = data.config(tenant).await?;
    let published = references::publish(&data, &config, folder).await?;
    let warnings = hibob_runner::after_publication(&data, &config).await;
    if global.json {
        outln!(
            "{}",
            serde_json::json!({ "tenant": tenant, "folder": folder, "published": published, "warnings": warnings })
        );
    } else {
        outln!(
            "references in the log: {}; files written to {}: {} of {}",
            published.references,
            folder.display(),
            published.written,
            published.files
        );
        if let Some(end) = published.lists_end_at.and_then(|end| chrono::DateTime::from_timestamp(end, 0)) {
            outln!(
                "the status lists count until {}; publish again before, or have the runs do it: references.publish.dir",
                end.format("%Y-%m-%d %H:%M UTC")
            );
        }
        view::witnesses(&published.witnesses);
        let domain = config.references.map(|references| references.domain).unwrap_or_default();
        outln!("serve that folder at https://{domain}/");
        for warning in &warnings {
            outln!("{} {}", YELLOW.on_stdout("! warning"), clean(&format!("{} {}", warning.code, warning.message)));
            outln!("    to mend  {}", clean(&warning.remedy));
        }
    }
    Ok(if published.witnesses.errors.is_empty() { Exit::Done } else { Exit::SomeFailed })
}
