//! The command line.

// First, because the modules after it use its macros.
#[macro_use]
mod output;

mod access;
mod audit;
mod backup;
mod check_view;
mod confirm;
mod console_link;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod employees;
mod error_view;
mod explain;
#[cfg(feature = "demo")]
mod fakes;
mod first;
mod forget;
mod generated;
mod history;
mod hold;
mod interrupt;
mod jobs;
mod link;
mod memory;
mod outcome;
mod paint;
mod plan_view;
mod plans;
mod plugin;
mod progress;
mod reconcile;
mod references;
mod release_args;
mod runs;
mod secret;
mod serve;
mod sync;
mod telemetry;
mod tenant;
mod token;
mod usage;
mod verify;

pub use usage::command;

use access::Access;
use anyhow::Context;
use audit::Change;
use clap::{Args, Parser, Subcommand};
use error_view::print_error;
use hibob_base::error::{Exit, HostError};
use hibob_base::private_folder::PrivateFolder;
use hibob_config::zone::{self, TIME_ZONE_DATA, ZoneFolder};
use hibob_sandbox::Open;
use hibob_sandbox::engine::Runtime;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{DatabaseAddress, DatabaseTls, POSTGRES_CONNECTIONS};
use hibob_telemetry::{Telemetry, TextFile};
use output::Ended;
use release_args::ReleaseArgs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::OnceCell;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// The variable that names the tenant where a command names none.
const TENANT_VARIABLE: &str = "HIBOB_TENANT";

/// The heading of the options of every command.
const GLOBAL: &str = "Options of every command";

/// Within which time a compiled plugin is loaded. What takes longer is being compiled, and a person is told.
const LOADING_SOON: Duration = Duration::from_secs(2);

#[derive(Parser)]
#[command(
    name = "hibob",
    version,
    long_version = LONG_VERSION.as_str(),
    about = "Keeps TravelPerk in step with HiBob, through a sandboxed plugin",
    after_help = after_help()
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What `--version` prints after the program's name. `-V` has the first line only.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let own = std::env::var_os(TIME_ZONES_VARIABLE).map(|folder| ZoneFolder::open(Path::new(&folder)));
    let own = own.map(|own| match own {
        Ok(folder) => format!("\ntime zone data that count: {}", folder.shown()),
        Err(what) => format!("\n{TIME_ZONES_VARIABLE} cannot be used: {what}"),
    });
    format!("{}\ntime zone data: IANA {TIME_ZONE_DATA}{}", env!("CARGO_PKG_VERSION"), own.unwrap_or_default())
});

/// The variable that `--time-zones` can be given by.
const TIME_ZONES_VARIABLE: &str = "HIBOB_TIME_ZONES";

fn time_zones(path: &str) -> Result<ZoneFolder, String> {
    ZoneFolder::open(Path::new(path))
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
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "DIR", env = "HIBOB_DATA")]
    data: Option<PathBuf>,
    /// Trust the group with this id as the owner of that folder, for volumes whose files a system gives to a group
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "GID", env = "HIBOB_GROUP_WRITABLE_DATA")]
    group_writable_data: Option<u32>,
    /// Keep everything but the keys in PostgreSQL, which several hosts may share: postgres://ROLE@HOST/DATABASE
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL", env = "HIBOB_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// What the connection to a database on another machine must have: verify-full, verify-ca, require or none
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "MODE", env = "HIBOB_DATABASE_TLS", default_value = "verify-full", value_parser = str::parse::<DatabaseTls>)]
    database_tls: DatabaseTls,
    /// How many connections this host opens to that database
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "N", default_value_t = POSTGRES_CONNECTIONS)]
    database_connections: u32,
    /// A folder with newer time zone data than this program has, such as /usr/share/zoneinfo; they count for the plugin too
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "DIR", env = TIME_ZONES_VARIABLE, value_parser = time_zones)]
    time_zones: Option<ZoneFolder>,
    /// A plugin to load instead of the built-in one
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Load the plugin even if no trusted key has signed it and its digest is not pinned; for development
    #[arg(long, global = true, help_heading = GLOBAL)]
    allow_unsigned: bool,
    /// Leave this process's memory and environment open to other processes of the same user, and allow core files; for
    /// debugging
    #[arg(long, global = true, help_heading = GLOBAL)]
    allow_dumps: bool,
    /// Print one JSON object for machines, also after an error
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    /// Log more: -v requests, -vv everything (RUST_LOG overrides)
    #[arg(short, long, global = true, help_heading = GLOBAL, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    telemetry_args: telemetry::TelemetryArgs,
    /// The telemetry that these arguments have started.
    #[arg(skip)]
    telemetry: Telemetry,
    /// The file that the counters are written to.
    #[arg(skip)]
    metrics_file: Option<TextFile>,
    /// The data directory, once it was opened.
    #[arg(skip)]
    opened: Arc<OnceCell<DataDir>>,
}

impl Global {
    /// The data directory on the disk.
    fn folder(&self) -> PrivateFolder {
        let path = self.data.clone().unwrap_or_else(DataDir::default_path);
        PrivateFolder::from(&path).trusting(self.group_writable_data)
    }

    /// The data directory and the database that these arguments name.
    async fn data(&self) -> Result<DataDir, HostError> {
        self.opened.get_or_try_init(|| self.open()).await.cloned()
    }

    async fn open(&self) -> Result<DataDir, HostError> {
        let folder = self.folder();
        let data = match &self.database {
            Some(url) => {
                let address = DatabaseAddress::from(url).with_tls(self.database_tls);
                DataDir::connect(&folder, address, self.database_connections).await?
            }
            None => DataDir::open(&folder).await?,
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
        let mut loading = std::pin::pin!(data.plugin(runtime, self.plugin.as_deref(), &trust));
        if let Ok(plugin) = tokio::time::timeout(LOADING_SOON, &mut loading).await {
            return plugin;
        }
        if std::io::stderr().is_terminal() {
            errln!(
                "compiling the plugin: about a minute of processor time in a debug build. It is kept in the data directory, so \
                 that this is done once"
            );
        }
        loading.await
    }
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, read once from the command line")]
enum Command {
    #[cfg(feature = "demo")]
    /// Show a whole sync against stand-ins in this process: nothing to set up
    #[command(after_help = "Example: hibob demo --console")]
    Demo(demo::DemoArgs),
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
        /// End with the exit code of errors if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Show what a sync would change; changes nothing
    #[command(after_help = "Example: hibob plan acme --out acme.plan")]
    Plan {
        /// The tenant's id
        tenant: String,
        /// Save the plan to a file, to be applied exactly as it is
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Show every change and everybody whom a safety check would hold, not only the first ones
        #[arg(long)]
        all: bool,
        /// End with the exit code of errors if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Apply a saved plan, exactly as it is
    #[command(after_help = "Example: hibob apply acme.plan")]
    Apply {
        /// The file with the saved plan
        file: PathBuf,
        #[command(flatten)]
        release: ReleaseArgs,
        #[command(flatten)]
        first: first::FirstArgs,
        /// Name everybody whom a safety check holds, also at a terminal
        #[arg(long)]
        all: bool,
        /// End with the exit code of errors if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Make a plan and apply it
    #[command(after_help = "Example: hibob sync acme --json")]
    Sync {
        /// The tenant's id
        tenant: String,
        #[command(flatten)]
        release: ReleaseArgs,
        #[command(flatten)]
        first: first::FirstArgs,
        /// Name everybody whom a safety check holds, also at a terminal
        #[arg(long)]
        all: bool,
        /// End with the exit code of errors if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// List the plans that wait for a person; show, approve or reject one
    #[command(after_help = "Example: hibob plans acme")]
    Plans(plans::PlansArgs),
    /// List all employees with their states; changes nothing
    #[command(after_help = "Example: hibob employees acme --state failed")]
    Employees(employees::EmployeesArgs),
    /// List the accounts that are active although nobody who is employed has them; changes nothing
    #[command(after_help = "Example: hibob reconcile acme")]
    Reconcile(reconcile::ReconcileArgs),
    /// Say that an account is an employee's; the next sync adopts it
    #[command(after_help = "Example: hibob link acme 2712345678901234567 1337")]
    Link(link::LinkArgs),
    /// Give an employee's account up: it is left as it is, and not adopted again until it is linked
    #[command(after_help = "Example: hibob unlink acme 2712345678901234567")]
    Unlink(link::UnlinkArgs),
    /// Leave an employee's account as it is until a day, or list who is on hold
    Hold(hold::HoldArgs),
    /// Go on with a run that a person has interrupted, or leave the rest of its plan undone
    #[command(subcommand)]
    Runs(runs::RunsCommand),
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
    /// Print a link that signs a person in to the console of `hibob serve`, once and within a minute
    #[command(after_help = "Example: hibob console --by ana@acme.example")]
    Console(console_link::ConsoleArgs),
    /// List the jobs that run, wait or have ended; start or cancel one
    #[command(after_help = "Example: hibob jobs acme --json")]
    Jobs(jobs::JobsArgs),
    /// List who did what, by commands on this machine and through the API
    #[command(after_help = "Example: hibob audit --tenant acme")]
    Audit(audit::AuditArgs),
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
    /// Check this machine and this installation: clock, disk, keys, database, certificates, issuers; changes nothing
    #[command(after_help = "Example: hibob doctor --json")]
    Doctor,
    /// Say what the code of a message means, on whose side it is, and what to do
    #[command(after_help = "Example: hibob explain MISSING_EMAIL")]
    Explain(explain::ExplainArgs),
    /// Print the script with which a shell completes the commands
    #[command(after_help = "Example: hibob completions bash > /etc/bash_completion.d/hibob")]
    Completions(generated::CompletionsArgs),
    /// Write the manual pages
    #[command(after_help = "Example: hibob man --out /usr/local/share/man/man1")]
    Man(generated::ManArgs),
}

/// Parses the command line, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    let mut cli = match usage::parse() {
        Ok(cli) => cli,
        Err(error) => {
            return ExitCode::from(output::exit_code(Access::Reads, usage::explain(&error)) as u8);
        }
    };
    let json = cli.global.json;
    if let Some(folder) = cli.global.time_zones.take() {
        zone::take(folder);
    }
    if !cli.global.allow_dumps
        && let Err(error) = memory::close()
    {
        errln!("warning: other processes of this user may read this one's memory: {error}");
    }
    let runtime = match start_runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            print_error(&HostError::Engine(format!("{error:#}")), json);
            return ExitCode::from(output::exit_code(Access::Reads, Ended::Failed(Exit::Failed)) as u8);
        }
    };
    let started = {
        let _within = runtime.enter();
        cli.global.telemetry_args.start()
    };
    let (telemetry, file) = match started {
        Ok(started) => started,
        Err(error) => {
            print_error(&error, json);
            return ExitCode::from(output::exit_code(Access::Reads, Ended::Failed(error.exit())) as u8);
        }
    };
    start_log(cli.global.verbose, &telemetry);
    cli.global.telemetry = telemetry.clone();
    cli.global.metrics_file = file;
    let global = cli.global.clone();
    let access = Access::of(&cli.command);
    let ended = match runtime.block_on(run_while_read(cli, access)) {
        Ok(exit) => Ended::With(exit),
        Err(error) => {
            print_error(&error, json);
            Ended::Failed(error.exit())
        }
    };
    global.write_metrics();
    telemetry.shut_down();
    interrupt::wait_until_said();
    // Nobody waits for what is still compiled when a command was interrupted.
    runtime.shutdown_background();
    ExitCode::from(output::exit_code(access, ended) as u8)
}

/// The stack of each thread, in bytes: without optimizations, the futures of a whole run do not fit on the usual 2 MiB.
const THREAD_STACK_BYTES: usize = 8 * 1024 * 1024;

fn start_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let started = builder.enable_all().thread_stack_size(THREAD_STACK_BYTES).build();
    started.context("cannot start the threads that do the work; check the limits of this machine or user")
}

/// Runs the command. One that only reads ends as soon as nobody reads what it prints.
async fn run_while_read(cli: Cli, access: Access) -> Result<Exit, HostError> {
    tokio::select! {
        biased;
        ended = run(cli) => ended,
        () = output::lost(), if access == Access::Reads => Ok(Exit::Done),
    }
}

impl Command {
    /// What is recorded of the command; none if it only reads, or records what it does by itself.
    fn change(&self) -> Option<Change> {
        match self {
            #[cfg(feature = "demo")]
            Self::Demo(_) | Self::Fakes(_) => None,
            Self::Check { .. }
            | Self::Plan { .. }
            | Self::Employees(_)
            | Self::Reconcile(_)
            | Self::History(_)
            | Self::Forgotten { .. } => None,
            Self::Audit(_) | Self::Verify(_) | Self::Serve(_) => None,
            Self::Doctor | Self::Explain(_) | Self::Completions(_) | Self::Man(_) => None,
            // The row has a keyed hash instead of the id, and is written where that is known.
            Self::ForgetPerson(_) => None,
            // It has no database to write to before.
            Self::Restore(_) => None,
            Self::Tenant(command) => command.change(),
            Self::Secret(command) => command.change(),
            Self::Apply { file, release, first, .. } => {
                Some(Change::new("apply").of_plan(file).with(given(*release, *first)))
            }
            Self::Sync { tenant, release, first, .. } => {
                Some(Change::new("sync").of(tenant).with(given(*release, *first)))
            }
            // Approving and rejecting are recorded with the whole digest of the plan, as the API does.
            Self::Plans(_) => None,
            Self::Backup(_) => Some(Change::new("backup")),
            Self::Restored => Some(Change::new("restored")),
            Self::Jobs(args) => args.change(),
            // The employees are not named here: the plan of the next sync shows them.
            Self::Link(args) => Some(Change::new("link").of(args.tenant())),
            Self::Unlink(args) => Some(Change::new("unlink").of(args.tenant())),
            Self::Hold(args) => args.change(),
            Self::Runs(command) => Some(command.change()),
            // Making and revoking are recorded with the token's id.
            Self::Token(_) | Self::Console(_) => None,
            Self::Plugin(command) => command.change(),
            Self::References(args) => args.change(),
        }
    }
}

/// The options of a sync as they were given, for the record of the command.
fn given(release: ReleaseArgs, first: first::FirstArgs) -> String {
    let words = [release.text(), first.text()];
    words.iter().filter(|words| !words.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

async fn run(mut cli: Cli) -> Result<Exit, HostError> {
    if let Command::Tenant(command) = &mut cli.command {
        command.read();
    }
    let change = cli.command.change();
    let global = cli.global.clone();
    // Boxed, because the futures of a run do not fit on a thread's stack.
    audit::recorded(&global, change, Box::pin(carry_out(cli))).await
}

async fn carry_out(cli: Cli) -> Result<Exit, HostError> {
    let global = &cli.global;
    match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::demo(global, args).await,
        #[cfg(feature = "demo")]
        Command::Fakes(args) => fakes::fakes(global, &args).await,
        Command::Tenant(command) => tenant::run(global, command).await,
        Command::Secret(command) => secret::run(global, command).await,
        Command::Check { tenant, strict } => sync::check(global, &tenant, strict).await,
        Command::Plan { tenant, out, all, strict } => sync::plan(global, &tenant, out.as_deref(), all, strict).await,
        Command::Apply { file, release, first, all, strict } => {
            sync::apply(global, &file, release.into(), first, all, strict).await
        }
        Command::Sync { tenant, release, first, all, strict } => {
            sync::sync(global, &tenant, release.into(), first, all, strict).await
        }
        Command::Plans(args) => plans::run(global, args).await,
        Command::Employees(args) => employees::employees(global, &args).await,
        Command::Reconcile(args) => reconcile::reconcile(global, &args).await,
        Command::Backup(args) => backup::backup(global, &args).await,
        Command::Restore(args) => backup::restore(global, &args).await,
        Command::Restored => backup::restored(global).await,
        Command::ForgetPerson(args) => forget::forget(global, &args).await,
        Command::Forgotten { tenant } => forget::list(global, &tenant).await,
        Command::Link(args) => link::link(global, &args).await,
        Command::Unlink(args) => link::unlink(global, &args).await,
        Command::Hold(args) => hold::hold(global, &args).await,
        Command::Runs(command) => runs::run(global, command).await,
        Command::History(args) => history::history(global, &args).await,
        Command::Serve(args) => serve::serve(global, &args).await,
        Command::Console(args) => console_link::console(global, args).await,
        Command::Jobs(args) => jobs::run(global, args).await,
        Command::Audit(args) => audit::audit(global, &args).await,
        Command::Token(command) => token::run(global, command).await,
        Command::Plugin(command) => plugin::run(global, command).await,
        Command::References(args) => references::run(global, args).await,
        Command::Verify(args) => verify::verify(global, &args).await,
        Command::Doctor => doctor::doctor(global).await,
        Command::Explain(args) => explain::explain(global, &args),
        Command::Completions(args) => Ok(generated::completions(global, &args)),
        Command::Man(args) => generated::man(global, &args),
    }
}

/// Logs go to standard error, so that standard output has only the command's result. The exporters' own log is switched
/// off, because the host itself logs once what is wrong with them.
fn start_log(verbose: u8, telemetry: &Telemetry) {
    let level = match verbose {
        // Always logged: a plugin that is not trusted, a data directory or a file with a secret that is open to others, a
        // collector that cannot be reached, and how jobs of `serve` end.
        0 => {
            "error,hibob_base::files=warn,hibob_store::data_dir=warn,hibob_sandbox::identity=warn,hibob_server::serve=info,hibob_telemetry=warn,opentelemetry=off"
        }
        1 => "hibob=debug,warn,opentelemetry=off",
        _ => "debug,opentelemetry=off",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt::layer()
        .with_writer(|| output::LogWriter)
        .with_ansi(paint::is_stderr_colored())
        .with_filter(filter);
    let _ = tracing_subscriber::registry().with(log).with(telemetry.layer()).try_init();
}
