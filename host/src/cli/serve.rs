//! `serve`: a long-running host.

use super::Global;
use crate::error::{Exit, HostError};
use crate::plan_file;
use crate::serve::{self, Jobs, LEASE, Phase, SWEEP, Settings, WORKERS, phases};
use clap::Args;
use std::sync::Arc;
use std::time::Duration;

/// How often the counters are written to the metrics file.
const METRICS_PAUSE: Duration = Duration::from_secs(15);

#[derive(Args)]
pub(super) struct ServeArgs {
    /// Jobs that are carried out at the same time
    #[arg(long, value_name = "N", default_value_t = WORKERS as u16, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,
    /// How long a job stays a crashed host's before another one takes it, in seconds, from 2 to 30
    #[arg(long, value_name = "SECONDS", default_value_t = LEASE.as_secs(), value_parser = clap::value_parser!(u64).range(2..=LEASE.as_secs()))]
    lease: u64,
    /// How often the queue is looked at when nothing wakes the host, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = SWEEP.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    sweep: u64,
}

pub(super) async fn serve(global: &Global, args: &ServeArgs) -> Result<Exit, HostError> {
    let lease_seconds = i64::try_from(args.lease).unwrap_or(i64::MAX);
    let data = global.data().await?.with_lease_seconds(lease_seconds);
    let runtime = data.runtime()?;
    let plugin = global.plugin(&data, &runtime).await?;
    data.refresh_schedules().await?;
    // Until here a signal ends the program as it does any other.
    let phase = phases().map_err(|error| HostError::Engine(format!("signals cannot be received: {error}")))?;
    let settings = Settings {
        workers: args.workers.into(),
        lease: Duration::from_secs(args.lease),
        sweep: Duration::from_secs(args.sweep),
    };
    if global.json {
        println!("{}", serde_json::json!({ "serving": data.path(), "workers": args.workers }));
    } else {
        println!("serving the tenants of {} with {} workers", data.path().display(), args.workers);
        println!("Ctrl-C leaves when the jobs that run have ended, and once more puts them back into the queue");
    }
    plan_file::forget_unneeded(&data).await?;
    let (jobs, leaving) = (Arc::new(Jobs::new(data.clone(), plugin)), phase.clone());
    let writing = async {
        loop {
            tokio::time::sleep(METRICS_PAUSE).await;
            global.write_metrics();
        }
    };
    tokio::select! {
        () = serve::serve(data.queue(), jobs, settings, data.metrics(), phase) => {}
        () = writing => {}
    }
    if *leaving.borrow() == Phase::Save {
        // At once: a collector that does not answer, or a look-up under way, is not waited for.
        global.write_metrics();
        std::process::exit(Exit::Done as i32);
    }
    Ok(Exit::Done)
}
