//! `jobs`: lists the jobs of the queue, starts and cancels jobs.

use super::Global;
use super::audit::{Change, releases};
use super::outcome;
use super::paint::clean;
use super::references::whole_id;
use super::release_args::ReleaseArgs;
use chrono::DateTime;
use clap::{Args, Subcommand};
use hibob_base::error::{Exit, HostError};
use hibob_base::job::JobKind;
use hibob_store::data_dir::DataDir;
use hibob_store::plan_file;
use hibob_store::queue::{ArgumentFields, Arguments, Job, JobId, NewJob, Selection, State};
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait before looking again whether a job has ended.
const WAIT_PAUSE: Duration = Duration::from_millis(500);

/// How many ended jobs are listed by default.
const ENDED_MAX: u32 = 20;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    pub(super) command: Option<JobsCommand>,
    /// List only the jobs of this tenant
    tenant: Option<String>,
    /// How many ended jobs to list
    #[arg(long, value_name = "N", default_value_t = ENDED_MAX)]
    limit: u32,
}

#[derive(Subcommand)]
pub(super) enum JobsCommand {
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
pub(super) struct StartArgs {
    /// The tenant's id
    tenant: String,
    /// check, plan, sync, apply, references or deliver
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
    /// references, with --employee: issue without the grace time
    #[arg(long)]
    skip_grace_time: bool,
    /// deliver: the reference's id, or its beginning
    #[arg(long, value_name = "ID")]
    reference: Option<String>,
    /// deliver: deliver it once more where it was delivered already
    #[arg(long)]
    again: bool,
    /// Who asks for it; shown with the job
    #[arg(long, value_name = "WHO")]
    requested_by: Option<String>,
    /// Wait until a host that serves has ended the job, and end with the job's exit code
    #[arg(long)]
    wait: bool,
    /// With --wait: end with the exit code of errors if there are warnings
    #[arg(long, requires = "wait")]
    strict: bool,
}

impl JobsArgs {
    /// What is recorded of the command; none if it only reads.
    pub(super) fn change(&self) -> Option<Change> {
        Some(match self.command.as_ref()? {
            JobsCommand::Cancel { id } => Change::new("jobs-cancel").with(id.to_string()),
            JobsCommand::Start(args) => {
                let numbers = [("allow-issuing", args.allow_issuing), ("allow-revoking", args.allow_revoking)];
                let words = [args.kind.word().to_owned(), args.release.text(), releases(&numbers, &[])];
                let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
                Change::new("jobs-start").of(&args.tenant).with(words.join(" ")).by(args.requested_by.as_deref())
            }
        })
    }
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
        Some(JobsCommand::Start(args)) => return start(global, &data, *args).await,
    }
    Ok(Exit::Done)
}

async fn start(global: &Global, data: &DataDir, args: StartArgs) -> Result<Exit, HostError> {
    let reference = match &args.reference {
        Some(prefix) => {
            data.config(&args.tenant).await?;
            Some(whole_id(&data.tenant_database(&args.tenant).await?, &args.tenant, prefix).await?)
        }
        None => None,
    };
    let plan = args.plan.map(|path| plan_file::keep(data, &path)).transpose()?;
    let fields = ArgumentFields {
        plan: plan.clone(),
        approved: None,
        interrupted: None,
        release: args.release.into(),
        allow_issuing: args.allow_issuing,
        allow_revoking: args.allow_revoking,
        skip_grace_time: args.skip_grace_time,
        employees: (!args.employee.is_empty()).then_some(args.employee),
        reference,
        again: args.again,
    };
    let start = async {
        let arguments = Arguments::new(args.kind, fields)?;
        data.start(&NewJob { tenant: args.tenant, arguments, requested_by: args.requested_by }).await
    };
    let started = start.await.inspect_err(|_| {
        plan.iter().for_each(|plan| plan_file::forget(data, plan));
    })?;
    if !global.json && started.is_new {
        outln!("job {} is queued; a host that serves takes it: hibob serve", started.id);
    } else if !global.json {
        outln!("job {} waits already and does the same", started.id);
    } else if !args.wait {
        outln!("{}", serde_json::json!({ "job": started.id, "new": started.is_new }));
    }
    if !args.wait {
        return Ok(Exit::Done);
    }
    let job = ended(data, started.id).await?;
    if global.json {
        let object = serde_json::json!({
            "job": job.id, "new": started.is_new, "state": job.state.word(), "result": job.result,
        });
        outln!("{object}");
    } else {
        outln!("{}", line(&job));
    }
    let warnings = job.result.as_ref().and_then(|result| result.get("warnings")?.as_u64()).unwrap_or_default();
    Ok(outcome::strictly(args.strict, exit(&job), warnings > 0))
}

/// Waits until the job has ended.
async fn ended(data: &DataDir, id: JobId) -> Result<Job, HostError> {
    loop {
        let job = data.queue().get(id).await?;
        if job.state.is_end() {
            return Ok(job);
        }
        tokio::time::sleep(WAIT_PAUSE).await;
    }
}

/// The exit code of a job that has ended: that of its run, if it came to one.
fn exit(job: &Job) -> Exit {
    let of_run = job.result.as_ref().and_then(|result| Exit::of(result.get("exit_code")?.as_i64()?));
    of_run.unwrap_or(match job.state {
        State::Done => Exit::Done,
        State::Held => Exit::Held,
        State::WaitingForApproval => Exit::Waiting,
        State::Queued | State::Running | State::Failed | State::Cancelled | State::Lost => Exit::Failed,
    })
}

async fn cancel(global: &Global, data: &DataDir, id: JobId) -> Result<(), HostError> {
    let state = data.queue().cancel(id).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "job": id, "state": state.word() }));
    } else if state == State::Running {
        outln!("job {id} runs; it stops before its next change");
    } else {
        outln!("job {id} is {state}");
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
        outln!("{}", serde_json::json!({ "jobs": rows }));
        return Ok(());
    }
    if jobs.is_empty() {
        outln!("no jobs yet; start one: hibob jobs start TENANT sync");
    }
    for job in &jobs {
        outln!("{}", line(job));
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
