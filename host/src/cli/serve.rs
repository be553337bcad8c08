//! `serve`: a long-running host.

use super::Global;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_runner::Jobs;
use hibob_sandbox::Open;
use hibob_server::api::{Api, LISTEN_DEFAULT, Listener};
use hibob_server::serve;
use hibob_server::serve::{LEASE, Phase, SWEEP, Settings, WORKERS, phases};
use hibob_store::data_dir::DataDir;
use hibob_store::plan_file;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often the counters are written to the metrics file.
const METRICS_PAUSE: Duration = Duration::from_secs(15);

#[derive(Args)]
pub(super) struct ServeArgs {
    /// How many jobs are carried out at the same time
    #[arg(long, value_name = "N", default_value_t = WORKERS as u16, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,
    /// After how many seconds another host takes the jobs of a crashed one, from 2 to 30
    #[arg(long, value_name = "SECONDS", default_value_t = LEASE.as_secs(), value_parser = clap::value_parser!(u64).range(2..=LEASE.as_secs()))]
    lease: u64,
    /// How often to look at the queue when nothing wakes the host, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = SWEEP.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    sweep: u64,
    /// Serve the HTTP API at this address [default without a value: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = LISTEN_DEFAULT)]
    listen: Option<SocketAddr>,
    /// Allow an address that other machines can reach, although the API speaks plain HTTP
    #[arg(long, requires = "listen")]
    allow_remote: bool,
}

pub(super) async fn serve(global: &Global, args: &ServeArgs) -> Result<Exit, HostError> {
    let lease_seconds = i64::try_from(args.lease).unwrap_or(i64::MAX);
    let data = global.data().await?.with_lease_seconds(lease_seconds);
    let runtime = data.runtime()?;
    let listener = match args.listen {
        Some(address) => Some(Listener::bind(address, args.allow_remote).await?),
        None => None,
    };
    let phase = phases().map_err(|error| HostError::Engine(format!("signals cannot be received: {error}")))?;
    let api = Api::new(data.clone(), phase.clone(), Duration::from_secs(args.sweep));
    let url = listener.as_ref().map(|listener| format!("http://{}", listener.address()));
    // The API answers already while the plugin is being loaded, and says that the host is not ready yet; and still
    // while the last jobs end.
    let (working_on, left) = tokio::sync::oneshot::channel::<()>();
    let answering = async {
        if let Some(listener) = listener {
            listener.serve(&api, phase.clone(), async { drop(left.await) }).await;
        }
        Ok::<_, HostError>(())
    };
    let working = async {
        let _until = working_on; // dropped when there is no more work
        let mut leaving = phase.clone();
        let plugin = tokio::select! {
            plugin = global.plugin(&data, &runtime) => plugin?,
            () = Phase::reached(&mut leaving, Phase::Drain) => return Ok(()),
        };
        api.set_plugin_loaded();
        data.refresh_schedules().await?;
        plan_file::forget_unneeded(&data).await?;
        say(global, &data, args, url.as_deref());
        let settings = Settings {
            workers: args.workers.into(),
            lease: Duration::from_secs(args.lease),
            sweep: Duration::from_secs(args.sweep),
        };
        let jobs = Arc::new(Jobs::new(data.clone(), plugin));
        serve::serve(data.queue(), jobs, settings, data.metrics(), phase.clone()).await;
        Ok(())
    };
    let writing = async {
        loop {
            tokio::time::sleep(METRICS_PAUSE).await;
            global.write_metrics();
        }
    };
    tokio::select! {
        done = futures::future::try_join(working, answering) => done.map(drop)?,
        () = writing => {}
    }
    if *phase.borrow() == Phase::Save {
        // Leaves at once, without waiting for a collector that does not answer or a name that is being resolved.
        global.write_metrics();
        std::process::exit(Exit::Done as i32);
    }
    Ok(Exit::Done)
}

fn say(global: &Global, data: &DataDir, args: &ServeArgs, url: Option<&str>) {
    if global.json {
        println!("{}", serde_json::json!({ "serving": data.path(), "workers": args.workers, "api": url }));
        return;
    }
    println!("serving the tenants of {} with {} workers", data.path().display(), args.workers);
    if let Some(url) = url {
        println!("the API is at {url}/v1; make a token for it: hibob token new --role operator");
    }
    println!(
        "press Ctrl-C to leave when the running jobs have ended, and again to put them back into the queue and leave at once"
    );
}
