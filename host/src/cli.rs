//! The command line.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what a command line is for")]

mod backup;
mod check_view;
#[cfg(feature = "demo")]
mod demo;
mod employees;
#[cfg(feature = "demo")]
mod fakes;
mod forget;
mod history;
mod jobs;
mod outcome;
mod paint;
mod plan_view;
mod plans;
mod plugin;
mod progress;
mod references;
mod secret;
mod serve;
mod sync;
mod telemetry;
mod tenant;
mod token;
mod verify;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use hibob_base::error::{Exit, HostError};
use hibob_policy::guard::Release;
use hibob_sandbox::Open;
use hibob_sandbox::engine::Runtime;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_store::data_dir::DataDir;
use hibob_store::database::POSTGRES_CONNECTIONS;
use hibob_telemetry::{Telemetry, TextFile};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

#[derive(Parser)]
#[command(
    name = "hibob",
    version,
    about = "Keeps TravelPerk in step with HiBob, through a sandboxed plugin",
    after_help = after_help()
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The exit codes, three to a line, and an example.
fn after_help() -> String {
    let codes: Vec<String> = Exit::ALL.iter().map(|exit| format!("{} {}", *exit as u8, exit.help())).collect();
    let lines: Vec<String> = codes.chunks(4).map(|codes| codes.join(" · ")).collect();
    format!("Exit codes: {}\n\nExample: hibob demo", lines.join("\n            "))
}

#[derive(Args, Clone)]
struct Global {
    /// The folder with tenants, their data and keys [default: $XDG_DATA_HOME/hibob or ~/.local/share/hibob]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep everything but the keys in PostgreSQL, which several hosts may share: postgres://ROLE@HOST/DATABASE
    #[arg(long, global = true, value_name = "URL", env = "HIBOB_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// How many connections this host opens to that database
    #[arg(long, global = true, value_name = "N", default_value_t = POSTGRES_CONNECTIONS)]
    database_connections: u32,
    /// A plugin to load instead of the built-in one
    #[arg(long, global = true, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Load the plugin even if no trusted key has signed it and its digest is not pinned; for development
    #[arg(long, global = true)]
    allow_unsigned: bool,
    /// Print one JSON object for machines, also after an error
    #[arg(long, global = true)]
    json: bool,
    /// Log more: -v requests, -vv everything (RUST_LOG overrides)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    telemetry_args: telemetry::TelemetryArgs,
    /// The telemetry that these arguments have started.
    #[arg(skip)]
    telemetry: Telemetry,
    /// The file that the counters are written to.
    #[arg(skip)]
    metrics_file: Option<TextFile>,
}

impl Global {
    async fn data(&self) -> Result<DataDir, HostError> {
        let path = self.data.clone().unwrap_or_else(DataDir::default_path);
        let data = match &self.database {
            Some(url) => DataDir::connect(&path, url, self.database_connections).await?,
            None => DataDir::open(&path).await?,
        };
        Ok(data.with_metrics(self.telemetry.metrics().clone()))
    }

    /// Writes the counters. A failure is printed and does not change the exit code, which says what the run did.
    fn write_metrics(&self) {
        if let Some(Err(error)) = self.metrics_file.as_ref().map(|file| file.write(self.telemetry.metrics())) {
            print_error(&error, false);
        }
    }

    /// What plugins may be loaded.
    fn trust(&self, data: &DataDir) -> Result<Trust, HostError> {
        let trust = data.trust_file().read()?;
        Ok(if self.allow_unsigned { trust.or_unsigned() } else { trust })
    }

    /// The plugin to work with.
    async fn plugin(&self, data: &DataDir, runtime: &Runtime) -> Result<Plugin, HostError> {
        // The built-in plugin is trusted without the trust file, so a broken trust file does not stop it.
        let trust = if self.plugin.is_some() { self.trust(data)? } else { Trust::built_in() };
        data.plugin(runtime, self.plugin.as_deref(), &trust).await
    }
}

/// What the operator releases from the guards, for this run only.
#[derive(Args, Clone, Copy)]
struct ReleaseArgs {
    /// Allow up to N accounts to be archived in this run, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_archiving: usize,
    /// Allow up to N user names to be changed in this run, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_renaming: usize,
    /// Allow up to N accounts to be given to another employee in this run, even if that is above the limit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow_reassigning: usize,
    /// Go on even if HiBob sends many fewer employees or fields than in the last accepted run
    #[arg(long)]
    allow_changed_source: bool,
}

impl From<ReleaseArgs> for Release {
    fn from(args: ReleaseArgs) -> Self {
        Self {
            archiving: args.allow_archiving,
            renaming: args.allow_renaming,
            reassigning: args.allow_reassigning,
            changed_source: args.allow_changed_source,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    #[cfg(feature = "demo")]
    /// Show a whole sync against stand-ins in this process: nothing to set up
    #[command(after_help = "Example: hibob demo")]
    Demo,
    #[cfg(feature = "demo")]
    /// Serve stand-ins for HiBob and TravelPerk on 127.0.0.1 until Ctrl-C
    #[command(after_help = "Example: hibob fakes --employees 250 --scenario day-two --write-tenant acme.toml")]
    Fakes(fakes::FakesArgs),
    /// Manage tenants: store, list, show, disable, enable and remove them
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Store tenants' secrets, encrypted
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Check whether a sync would work; changes nothing
    #[command(after_help = "Example: hibob check acme")]
    Check {
        /// The tenant's id
        tenant: String,
    },
    /// Show what a sync would change; changes nothing
    #[command(after_help = "Example: hibob plan acme --out acme.plan")]
    Plan {
        /// The tenant's id
        tenant: String,
        /// Save the plan to a file, to be applied exactly as it is
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Show every change, not only the first of each kind
        #[arg(long)]
        all: bool,
    },
    /// Apply a saved plan, exactly as it is
    #[command(after_help = "Example: hibob apply acme.plan")]
    Apply {
        /// The file with the saved plan
        file: PathBuf,
        #[command(flatten)]
        release: ReleaseArgs,
    },
    /// Make a plan and apply it
    #[command(after_help = "Example: hibob sync acme --json")]
    Sync {
        /// The tenant's id
        tenant: String,
        #[command(flatten)]
        release: ReleaseArgs,
    },
    /// List the plans that wait for a person; show, approve or reject one
    #[command(after_help = "Example: hibob plans acme")]
    Plans(plans::PlansArgs),
    /// List all employees with their states; changes nothing
    #[command(after_help = "Example: hibob employees acme --state failed")]
    Employees(employees::EmployeesArgs),
    /// Show what the runs of a tenant did, or one of them as a workbook
    #[command(after_help = "Example: hibob history acme 3 --xlsx run3.xlsx")]
    History(history::HistoryArgs),
    /// Copy the data directory, while runs go on
    #[command(after_help = "Example: hibob backup /backups/2026-11-22")]
    Backup(backup::BackupArgs),
    /// Restore a backup to a data directory that does not exist yet
    #[command(
        after_help = "Example: hibob restore /backups/2026-11-22 --data ./data --forgotten ./lost/forgotten.list"
    )]
    Restore(backup::RestoreArgs),
    /// Erase what is kept of one employee, and leave them out from now on; their account stays as it is
    #[command(after_help = "Example: hibob forget-person acme 2712345678901234567 --yes")]
    ForgetPerson(forget::ForgetArgs),
    /// List the erased employees, by keyed hashes
    #[command(after_help = "Example: hibob forgotten acme")]
    Forgotten {
        /// The tenant's id
        tenant: String,
    },
    /// Tell hibob that the database was restored by other means: older runs lose their lease, and references are paused
    #[command(after_help = "Example: hibob restored --database postgres://hibob@db.example/hibob")]
    Restored,
    /// Carry out jobs when they are due or requested, until Ctrl-C; several of these may share a data directory
    #[command(after_help = "Example: hibob serve --workers 64")]
    Serve(serve::ServeArgs),
    /// List the jobs that run, wait or have ended; start or cancel one
    #[command(after_help = "Example: hibob jobs acme --json")]
    Jobs(jobs::JobsArgs),
    /// Make, list and revoke tokens for the API of `hibob serve`
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Inspect plugins, sign them, and choose which are trusted
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Issue employment references to those who have left, and deliver them
    #[command(after_help = "Example: hibob references acme")]
    References(references::ReferencesArgs),
    /// Verify an employment reference; needs no tenant
    #[command(after_help = "Example: hibob verify reference.pdf")]
    Verify(verify::VerifyArgs),
}

/// Parses the command line, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage } else { Exit::Done } as u8);
        }
    };
    let runtime = match start_runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(Exit::Failed as u8);
        }
    };
    let json = cli.global.json;
    let started = {
        let _within = runtime.enter();
        cli.global.telemetry_args.start()
    };
    let (telemetry, file) = match started {
        Ok(started) => started,
        Err(error) => {
            print_error(&error, json);
            return ExitCode::from(error.exit() as u8);
        }
    };
    start_log(cli.global.verbose, &telemetry);
    cli.global.telemetry = telemetry.clone();
    cli.global.metrics_file = file;
    let global = cli.global.clone();
    let exit = runtime.block_on(run(cli)).unwrap_or_else(|error| {
        print_error(&error, json);
        error.exit()
    });
    global.write_metrics();
    telemetry.shut_down();
    ExitCode::from(exit as u8)
}

fn start_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let started = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    started.context("cannot start the threads that do the work; check the limits of this machine or user")
}

async fn run(cli: Cli) -> Result<Exit, HostError> {
    let global = &cli.global;
    match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo => demo::demo(global).await,
        #[cfg(feature = "demo")]
        Command::Fakes(args) => fakes::fakes(global, &args).await,
        Command::Tenant(command) => tenant::run(global, command).await,
        Command::Secret(command) => secret::run(global, command).await,
        Command::Check { tenant } => sync::check(global, &tenant).await,
        Command::Plan { tenant, out, all } => sync::plan(global, &tenant, out.as_deref(), all).await,
        Command::Apply { file, release } => sync::apply(global, &file, release.into()).await,
        Command::Sync { tenant, release } => sync::sync(global, &tenant, release.into()).await,
        Command::Plans(args) => plans::run(global, args).await,
        Command::Employees(args) => employees::employees(global, &args).await,
        Command::Backup(args) => backup::backup(global, &args).await,
        Command::Restore(args) => backup::restore(global, &args).await,
        Command::Restored => backup::restored(global).await,
        Command::ForgetPerson(args) => forget::forget(global, &args).await,
        Command::Forgotten { tenant } => forget::list(global, &tenant).await,
        Command::History(args) => history::history(global, &args).await,
        Command::Serve(args) => serve::serve(global, &args).await,
        Command::Jobs(args) => jobs::run(global, args).await,
        Command::Token(command) => token::run(global, command).await,
        Command::Plugin(command) => plugin::run(global, command).await,
        Command::References(args) => references::run(global, args).await,
        Command::Verify(args) => verify::verify(global, &args).await,
    }
}

/// Logs go to standard error, so that standard output has only the command's result. The exporters' own log is switched
/// off, because the host itself logs once what is wrong with them.
fn start_log(verbose: u8, telemetry: &Telemetry) {
    let level = match verbose {
        // Always logged: a plugin that is not trusted, a collector that cannot be reached, and how jobs of `serve` end.
        0 => "error,hibob_sandbox::identity=warn,hibob_server::serve=info,hibob_telemetry=warn,opentelemetry=off",
        1 => "hibob=debug,warn,opentelemetry=off",
        _ => "debug,opentelemetry=off",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(filter);
    let _ = tracing_subscriber::registry().with(log).with(telemetry.layer()).try_init();
}

/// Prints what a guard would hold, below a plan that was shown.
fn print_held(why: &str, remedy: &str) {
    eprintln!("{}: {}", paint::RED.on_stderr("held"), paint::clean(why));
    eprintln!("{}: {}", paint::CYAN.on_stderr("help"), paint::clean(remedy));
}

/// An error that ended a command, in the same form for every command.
fn print_error(error: &HostError, json: bool) {
    if json {
        let object = serde_json::json!({ "error": { "code": error.code(), "message": error.to_string(), "remedy": error.remedy() } });
        println!("{object}");
    } else {
        eprintln!("{}: {}", paint::RED.on_stderr("error"), paint::clean(&error.to_string()));
        eprintln!("{}: {}", paint::CYAN.on_stderr("help"), paint::clean(&error.remedy()));
    }
}
