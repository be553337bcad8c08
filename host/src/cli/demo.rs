//! `demo`: a whole sync against stand-ins in this process.

use super::fakes::{Access, write_tenant};
use super::jobs::{print_report, sync_ready};
use super::paint::{BOLD, DIM};
use super::{Global, plan_view};
use crate::bindings::types::Severity;
use crate::data_dir::DataDir;
use crate::error::{Exit, HostError};
use crate::run::{Planned, Report};
use crate::tenant::TenantConfig;
use hibob_fakes::{Server, World};
use std::sync::{Arc, Mutex, PoisonError};

const EMPLOYEES: usize = 250;
const SEED: u64 = 1;

pub(super) async fn demo(global: &Global) -> Result<Exit, HostError> {
    let failed = |error: std::io::Error| HostError::Engine(format!("the demo cannot be set up: {error}"));
    // Everything is in a folder that goes with the demo; only compiled code is kept, so that a second run is quick.
    let folder = tempfile::tempdir().map_err(failed)?;
    let data = DataDir::open(&folder.path().join("data")).await?;
    let world = World::realistic(EMPLOYEES, SEED, chrono::Utc::now().date_naive());
    let access = Access::of(&world);
    let world = Arc::new(Mutex::new(world));
    let server = Server::start(world.clone()).await.map_err(failed)?;
    let file = folder.path().join("acme.toml");
    write_tenant(&file, &server, &access)?;
    let config = TenantConfig::read(&file)?;
    let json = serde_json::to_string(&config).map_err(|error| HostError::Storage(error.to_string()))?;
    data.control().put_tenant(&config.id, &json, chrono::Utc::now().timestamp()).await?;
    let kept = global.data().await?;
    let plugin = data.plugin(&kept.runtime()?, global.plugin.as_deref())?;
    let tenant = data.tenant("acme").await?;
    let in_world = || world.lock().unwrap_or_else(PoisonError::into_inner);

    // Errors that the plan shows are not shown again below it.
    let known = std::cell::Cell::new(0);
    let show = |planned: &Planned, all: bool| {
        known.set(planned.findings.iter().filter(|finding| finding.severity == Severity::Error).count());
        println!("{}\n", plan_view::text("acme", planned, all));
    };

    title("A company of 250 employees in HiBob, and an almost empty TravelPerk");
    println!("Both are stand-ins in this process. The plugin runs in its sandbox, and never sees their credentials.\n");
    let first = sync_ready(&data, &tenant, &plugin, |planned| show(planned, false)).await;
    print_report(&first, global.json, known.get());

    title("The next day");
    println!("Somebody is hired, somebody leaves, one moves to another department, one gets a new manager,");
    println!("a former colleague returns, and one record loses its work email.\n");
    let now = chrono::Utc::now().timestamp();
    in_world().apply_day_two(f64::from(u32::try_from(now).unwrap_or(u32::MAX)));
    let second = sync_ready(&data, &tenant, &plugin, |planned| show(planned, true)).await;
    print_report(&second, global.json, known.get());

    title("And once more, with nothing new");
    let before = in_world().writes();
    let third = sync_ready(&data, &tenant, &plugin, |planned| show(planned, false)).await;
    print_report(&third, global.json, known.get());
    println!(
        "{}",
        DIM.on_stdout(&format!("TravelPerk's stand-in counted {} writes in this run", in_world().writes() - before))
    );

    title("What to try next");
    println!(
        "  cargo run -- fakes --scenario day-two --write-tenant acme.toml     the same stand-ins, for another terminal"
    );
    println!("  cargo run -- tenant apply acme.toml                                make the tenant known");
    println!("  cargo run -- check acme                                            look whether a sync would work");
    println!("  cargo run -- plan acme --out acme.plan                             a plan to read, and then");
    println!("  cargo run -- apply acme.plan                                       to apply exactly as it is");
    println!(
        "  cargo run -- plugin inspect                                        what the sandbox lets the plugin reach"
    );
    let stopped = [first, second, third].into_iter().find(Report::is_stopped);
    Ok(stopped.map_or(Exit::Done, |report| report.exit()))
}

fn title(text: &str) {
    println!("\n{}\n", BOLD.on_stdout(&format!("── {text} ──")));
}
