//! `jobs`: lists the jobs of the queue, starts and cancels jobs.

use super::paint::clean;
use super::{Global, ReleaseArgs};
use chrono::DateTime;
use clap::{Args, Subcommand};
use hibob_base::error::{Exit, HostError};
use hibob_base::job::JobKind;
use hibob_store::data_dir::DataDir;
use hibob_store::plan_file;
use hibob_store::queue::{ArgumentFields, Arguments, Job, JobId, NewJob, Selection, State};
use std::path::PathBuf;

/// How many ended jobs are listed by default.
const ENDED_MAX: u32 = 20;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    command: Option<JobsCommand>,
    /// List only the jobs of this tenant
    tenant: Option<String>,
    /// How many ended jobs to list
    #[arg(long, value_name = "N", default_value_t = ENDED_MAX)]
    limit: u32,
}

#[derive(Subcommand)]
enum JobsCommand {
    /// Cancel a job: a waiting one at once, a running one soon
    #[command(after_help = "Example: hibob jobs cancel 7")]
    Cancel {
        /// The job's number, as `hibob jobs` shows it
        id: JobId,
    },
    /// Queue a job for the hosts that serve; it goes before scheduled jobs
    #[command(after_help = "Example: hibob jobs start acme sync")]
    Start(Box<StartArgs>),
}

#[derive(Args)]
struct StartArgs {
    /// The tenant's id
    tenant: String,
    /// check, sync, apply, references or deliver
    #[arg(value_parser = parse_kind)]
    kind: JobKind,
    /// apply: the saved plan; a copy is kept until the job has ended
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    release: ReleaseArgs,
    /// references: allow up to N references to be issued, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_issuing: usize,
    /// references: allow up to N references to be revoked, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_revoking: usize,
    /// references: issue for these, by HiBob's ids
    #[arg(long, value_name = "ID")]
    employee: Vec<String>,
    /// deliver: the reference's id
    #[arg(long, value_name = "ID")]
    reference: Option<String>,
    /// Who asks for it; shown with the job
    #[arg(long, value_name = "WHO")]
    requested_by: Option<String>,
}

fn parse_kind(word: &str) -> Result<JobKind, String> {
    let words: Vec<&str> = JobKind::ALL.iter().map(|kind| kind.word()).collect();
    JobKind::of_word(word).ok_or_else(|| format!("choose from {}", words.join(", ")))
}

pub(super) async fn run(global: &Global, args: JobsArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    match args.command {
        None => list(global, &data, args.tenant.as_deref(), args.limit).await?,
        Some(JobsCommand::Cancel { id }) => cancel(global, &data, id).await?,
        Some(JobsCommand::Start(args)) => start(global, &data, *args).await?,
    }
    Ok(Exit::Done)
}

async fn start(global: &Global, data: &DataDir, args: StartArgs) -> Result<(), HostError> {
    let plan = args.plan.map(|path| plan_file::keep(data, &path)).transpose()?;
    let fields = ArgumentFields {
        plan: plan.clone(),
        approved: None,
        allow_archiving: args.release.allow_archiving,
        allow_renaming: args.release.allow_renaming,
        allow_reassigning: args.release.allow_reassigning,
        allow_changed_source: args.release.allow_changed_source,
        allow_issuing: args.allow_issuing,
        allow_revoking: args.allow_revoking,
        employees: (!args.employee.is_empty()).then_some(args.employee),
        reference: args.reference,
    };
    let start = async {
        let arguments = Arguments::new(args.kind, fields)?;
        data.start(&NewJob { tenant: args.tenant, arguments, requested_by: args.requested_by }).await
    };
    let started = start.await.inspect_err(|_| {
        plan.iter().for_each(|plan| plan_file::forget(data, plan));
    })?;
    if global.json {
        println!("{}", serde_json::json!({ "job": started.id, "new": started.is_new }));
    } else if started.is_new {
        println!("job {} is queued; a host that serves takes it: hibob serve", started.id);
    } else {
        println!("job {} waits already and does the same", started.id);
    }
    Ok(())
}

async fn cancel(global: &Global, data: &DataDir, id: JobId) -> Result<(), HostError> {
    let state = data.queue().cancel(id).await?;
    if global.json {
        println!("{}", serde_json::json!({ "job": id, "state": state.word() }));
    } else if state == State::Running {
        println!("job {id} runs; its host stops it when it renews its lease");
    } else {
        println!("job {id} is {state}");
    }
    Ok(())
}

async fn list(global: &Global, data: &DataDir, tenant: Option<&str>, limit: u32) -> Result<(), HostError> {
    if let Some(tenant) = tenant {
        data.config(tenant).await?;
    }
    let jobs = data.queue().list(Selection { tenant, ended_max: limit }).await?;
    if global.json {
        let rows: Vec<_> = jobs.iter().map(Job::json).collect();
        println!("{}", serde_json::json!({ "jobs": rows }));
        return Ok(());
    }
    if jobs.is_empty() {
        println!("no jobs yet; start one: hibob jobs start TENANT sync");
    }
    for job in &jobs {
        println!("{}", line(job));
    }
    Ok(())
}

fn line(job: &Job) -> String {
    let (what, at) = match (job.ended_at, job.started_at, job.state) {
        (Some(at), ..) => ("ended", at),
        (None, Some(at), State::Running) => ("since", at),
        _ => ("from", job.start_at),
    };
    let at = DateTime::from_timestamp_millis(at).unwrap_or_default().format("%Y-%m-%d %H:%M:%S UTC");
    let error = job.result.as_ref().and_then(|result| result.get("error"));
    let error = error.and_then(|error| error.get("message").or_else(|| error.get("code"))?.as_str()).map(clean);
    let error = error.map(|error| format!("  {error}")).unwrap_or_default();
    format!(
        "job {:<6} {:<10} {:<8} {:<20} {:<24} {what} {at}{error}",
        job.id,
        job.kind(),
        job.trigger.word(),
        job.state,
        job.tenant
    )
}
