//! `demo --console`: stand-ins, a host that serves, a plan that waits, and a link that signs in.

use super::EMPLOYEES;
use crate::cli::Global;
use crate::cli::console_link::link;
use crate::cli::fakes::{Access, Servers, local_mailbox, write_tenant};
use crate::cli::paint::BOLD;
use crate::cli::sync::sync_ready;
use hibob_base::error::{Exit, HostError};
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::{Approval, TenantConfig};
use hibob_console::LINK_SECONDS;
use hibob_contract::Planned;
use hibob_fakes::{Dns, Scenario, World};
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::run::Yes;
use hibob_policy::guard::Release;
use hibob_runner::{Jobs, Run};
use hibob_sandbox::Open;
use hibob_server::api::{Access as Reachable, Api, Listener};
use hibob_server::serve;
use hibob_server::serve::{Phase, SWEEP, Settings, phases};
use hibob_store::data_dir::DataDir;
use hibob_store::queue::{Arguments, NewJob};
use hibob_store::token::TokenRole;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A company in which the wrong import leaves the others of the second day alone.
const SEED: u64 = 130;

/// Who signs in.
const PERSON: &str = "you@acme.example";

/// How often to look whether the plan waits already.
const LOOK: Duration = Duration::from_millis(100);

/// How long the plan may take to be made.
const PLAN_TIME_MAX: Duration = Duration::from_secs(60);

pub(super) async fn console(global: &Global) -> Result<Exit, HostError> {
    let failed = |error: std::io::Error| HostError::Engine(format!("the demo cannot be set up: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let place = folder.path().join("data");
    let data = DataDir::open(&place).await?.with_metrics(global.telemetry.metrics().clone());
    let mut world = World::realistic(EMPLOYEES, SEED, chrono::Utc::now().date_naive());
    // On the second day a wrong import takes a third of the company away, beside what an ordinary day brings.
    world.scenario = Scenario::MassLeavers;
    let access = Access::of(&world);
    let world = Arc::new(Mutex::new(world));
    let servers = Servers::start(world.clone(), local_mailbox(), Dns::default()).await.map_err(failed)?;
    let file = folder.path().join("acme.toml");
    write_tenant(&file, &servers, &access)?;
    let mut config = TenantConfig::read(&file)?;
    config.safety.approval = Approval::AboveLimits;
    data.put(&config, AppliedBy::Operator).await?;
    let kept = global.data().await?;
    let plugin = global.plugin(&kept, &kept.runtime()?).await?;

    say(global, "a first sync of 250 employees, against stand-ins in this process …");
    let tenant = data.tenant("acme").await?;
    let yes = async |run: &mut Run<'_>, _: &Planned| {
        run.say_yes(Yes { first: true, reactivations: false });
        Ok(())
    };
    Box::pin(sync_ready(&data, &tenant, &plugin, Release::default(), Interrupt::default(), yes)).await;
    let now = chrono::Utc::now().timestamp();
    let now = f64::from(u32::try_from(now).unwrap_or(u32::MAX));
    world.lock().unwrap_or_else(PoisonError::into_inner).apply_day_two(now);

    let phase = phases().map_err(|error| HostError::Engine(format!("signals cannot be received: {error}")))?;
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), Reachable::default()).await?;
    let url = format!("http://{}", listener.address());
    let api = Api::new(data.clone(), phase.clone(), SWEEP);
    api.answer_beside(hibob_console::router(&api, data.clone()));
    api.set_plugin_loaded();
    let jobs = Arc::new(Jobs::new(data.clone(), plugin));
    let answering = listener.serve(&api, phase.clone(), drained(phase.clone()));
    let working = serve::serve(data.queue(), jobs, Settings::default(), data.metrics(), phase.clone());
    let telling = async {
        for arguments in [Arguments::Check, Arguments::Sync(Release::default())] {
            data.start(&NewJob { tenant: "acme".to_owned(), arguments, requested_by: None }).await?;
        }
        let database = data.tenant_database("acme").await?;
        let waits = async {
            while database.open_approval(chrono::Utc::now().timestamp()).await?.is_none() {
                tokio::time::sleep(LOOK).await;
            }
            Ok::<_, HostError>(())
        };
        tokio::time::timeout(PLAN_TIME_MAX, waits)
            .await
            .map_err(|_| HostError::Engine("the plan of the demo did not come to wait".to_owned()))??;
        let (path, _) = link(&data, PERSON, TokenRole::Operator, None).await?;
        if global.json {
            outln!("{}", serde_json::json!({ "link": format!("{url}{path}"), "data": place, "url": url }));
        } else {
            outln!("\nA plan waits for you. Open this within {LINK_SECONDS} seconds; it signs you in once:\n");
            outln!("  {}\n", BOLD.on_stdout(&format!("{url}{path}")));
            outln!("Another link: cargo run -- --data {} console --by {PERSON} --url {url}", place.display());
            outln!("Ctrl-C ends the demo and leaves nothing behind");
        }
        std::future::pending::<Result<(), HostError>>().await
    };
    tokio::select! {
        _ = futures::future::join(working, answering) => {}
        told = telling => told?,
    }
    Ok(Exit::Done)
}

/// Returns when the host has been told to leave.
async fn drained(mut phase: watch::Receiver<Phase>) {
    Phase::reached(&mut phase, Phase::Drain).await;
}

fn say(global: &Global, text: &str) {
    if !global.json {
        outln!("{text}");
    }
}
