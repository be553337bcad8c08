//! `demo`: whole syncs and a leaver's reference, against stand-ins in this process.

mod console;
mod reference;

use super::fakes::{Access, Servers, local_mailbox, write_tenant};
use super::paint::{BOLD, DIM};
use super::sync::{print_report, sync_ready};
use super::{Global, plan_view};
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::types::Severity;
use hibob_fakes::{Dns, World};
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::run::{Report, Yes};
use hibob_policy::guard::Release;
use hibob_runner::Run;
use hibob_sandbox::Open;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use std::sync::{Arc, Mutex, PoisonError};

const EMPLOYEES: usize = 250;
const SEED: u64 = 1;

#[derive(Args)]
pub(super) struct DemoArgs {
    /// Serve the console as well, with a plan that waits for you, until Ctrl-C
    #[arg(long)]
    console: bool,
}

pub(super) async fn demo(global: &Global, args: DemoArgs) -> Result<Exit, HostError> {
    if args.console {
        return console::console(global).await;
    }
    let failed = |error: std::io::Error| HostError::Engine(format!("the demo cannot be set up: {error}"));
    // Everything is in a folder that goes with the demo; only compiled code is kept, so that a second run is quick.
    let folder = tempfile::tempdir().map_err(failed)?;
    let data = DataDir::open(&folder.path().join("data")).await?.with_metrics(global.telemetry.metrics().clone());
    let world = World::realistic(EMPLOYEES, SEED, chrono::Utc::now().date_naive());
    let access = Access::of(&world);
    let world = Arc::new(Mutex::new(world));
    let servers = Servers::start(world.clone(), local_mailbox(), Dns::default()).await.map_err(failed)?;
    let file = folder.path().join("acme.toml");
    write_tenant(&file, &servers, &access)?;
    let config = TenantConfig::read(&file)?;
    data.put(&config, hibob_config::applied_by::AppliedBy::Operator).await?;
    let kept = global.data().await?;
    let plugin = global.plugin(&kept, &kept.runtime()?).await?;
    let tenant = data.tenant("acme").await?;
    let in_world = || world.lock().unwrap_or_else(PoisonError::into_inner);

    let stage = Stage { data: &data, tenant: &tenant, plugin: &plugin, json: global.json };

    stage.title("A company of 250 employees in HiBob, and an almost empty TravelPerk");
    stage
        .say("Both are stand-ins in this process. The plugin runs in its sandbox, and never sees their credentials.\n");
    let first = stage.sync(false).await;
    let office = reference::Office { stage: &stage, servers: &servers, folder: folder.path() };
    office.open().await?;

    stage.title("The next day");
    stage.say("Somebody is hired, somebody leaves, one moves to another department, one gets a new manager,");
    stage.say("a former colleague returns, and one record loses its work email.\n");
    let now = chrono::Utc::now().timestamp();
    in_world().apply_day_two(f64::from(u32::try_from(now).unwrap_or(u32::MAX)));
    let second = stage.sync(true).await;

    stage.title("And once more, with nothing new");
    let before = in_world().writes();
    let third = stage.sync(false).await;
    let writes = in_world().writes() - before;
    stage.say(&DIM.on_stdout(&format!("TravelPerk's stand-in counted {writes} writes in this run")));

    let (reference, verdict) = office.leaver().await?;
    stage.title("What to try next");
    stage.say(NEXT);
    if global.json {
        let verdict = verdict.map(|verdict| verdict.to_json());
        let object = serde_json::json!({
            "first": first, "second": second, "third": third, "reference": reference, "verdict": verdict,
        });
        outln!("{object}");
    }
    let stopped = [first, second, third].into_iter().find(Report::is_stopped);
    Ok(stopped.map_or_else(|| reference.exit(), |report| report.exit()))
}

const NEXT: &str = "  cargo run -- demo --console                                      the same in a web page, with a plan to decide about
  cargo run -- fakes --scenario day-two --write-tenant acme.toml   the same, for another terminal
  cargo run -- tenant apply acme.toml                              make the tenant known
  cargo run -- check acme                                          look whether a sync would work
  cargo run -- plan acme --out acme.plan                           a plan to read, and then
  cargo run -- apply acme.plan                                     to apply exactly as it is
  cargo run -- references key new acme --unpublished               a key for references, and then
  cargo run -- references acme                                     a first look at who works here
  cargo run -- plugin inspect                                      what the sandbox lets the plugin reach";

/// What the demo works with, and how it prints.
struct Stage<'s> {
    data: &'s DataDir,
    tenant: &'s Tenant,
    plugin: &'s Plugin,
    /// Whether to print only one JSON object at the end.
    json: bool,
}

impl Stage<'_> {
    fn title(&self, text: &str) {
        self.say(&format!("\n{}\n", BOLD.on_stdout(&format!("── {text} ──"))));
    }

    fn say(&self, text: &str) {
        if !self.json {
            outln!("{text}");
        }
    }

    /// A whole sync: shows the plan, applies it, shows the outcome.
    async fn sync(&self, all: bool) -> Report {
        // Errors that the plan shows are not shown again below it.
        let mut known = 0;
        let show = async |run: &mut Run<'_>, planned: &Planned| {
            run.say_yes(Yes { first: true, reactivations: false });
            known = planned.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
            self.say(&format!("{}\n", plan_view::text(self.tenant.id(), planned, all)));
            Ok(())
        };
        let report =
            sync_ready(self.data, self.tenant, self.plugin, Release::default(), Interrupt::default(), show).await;
        if !self.json {
            print_report(&report, false, Some(known), true);
        }
        report
    }
}
