//! `serve`: a long-running host.

use super::Global;
use super::verify::inquiry_of_host;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_runner::Jobs;
use hibob_sandbox::Open;
use hibob_server::api::{Access, Api, LISTEN_DEFAULT, Listener, parse_host};
use hibob_server::serve;
use hibob_server::serve::{LEASE, Phase, SWEEP, Settings, WORKERS, phases};
use hibob_store::data_dir::DataDir;
use hibob_store::plan_file;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

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
    /// Leave out the console, the pages for people at /console of that address
    #[arg(long, requires = "listen")]
    no_console: bool,
    /// Allow an address that other machines can reach, although the API speaks plain HTTP
    #[arg(long)]
    allow_remote: bool,
    /// A name under which the API is asked, beside those of this machine and the address [repeatable]
    #[arg(long, value_name = "NAME", requires = "listen", value_parser = parse_host)]
    host: Vec<String>,
    /// A proxy in front of the API, whose connections are not limited by address [repeatable]
    #[arg(long, value_name = "ADDRESS", requires = "listen", value_parser = parse_proxy)]
    proxy: Vec<IpNet>,
    /// Ask this server of this machine instead of an issuer's site when a reference is verified: for tests
    #[arg(long, value_name = "ADDRESS:PORT", hide = true, requires = "listen")]
    local_site: Option<SocketAddr>,
    /// Answer health and metrics at an address of their own as well
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_monitoring: Option<SocketAddr>,
}

/// An address, or a range of them.
fn parse_proxy(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    address.or_else(|_| text.parse()).map_err(|_| "write it like 10.0.0.5, or 10.0.0.0/24".to_owned())
}

pub(super) async fn serve(global: &Global, args: &ServeArgs) -> Result<Exit, HostError> {
    let lease_seconds = i64::try_from(args.lease).unwrap_or(i64::MAX);
    let data = global.data().await?.with_lease_seconds(lease_seconds);
    let runtime = data.runtime()?;
    let access = Access { is_remote_allowed: args.allow_remote, hosts: args.host.clone(), proxies: args.proxy.clone() };
    let listener = match args.listen {
        Some(address) => Some(Listener::bind(address, access.clone()).await?),
        None => None,
    };
    let monitoring = match args.listen_monitoring {
        Some(address) => Some(Listener::bind_monitoring(address, access).await?),
        None => None,
    };
    let phase = phases().map_err(|error| HostError::Engine(format!("signals cannot be received: {error}")))?;
    let api = Api::new(data.clone(), phase.clone(), Duration::from_secs(args.sweep));
    if args.listen.is_some() {
        api.verify_with(inquiry_of_host(args.local_site)?);
    }
    if !args.no_console {
        api.answer_beside(hibob_console::router(&api, data.clone()));
    }
    let told = Told::new(listener.as_ref(), monitoring.as_ref(), !args.no_console);
    // The API answers already while the plugin is being loaded, and says that the host is not ready yet; and still
    // while the last jobs end.
    let (working_on, left) = watch::channel(());
    let answering = async {
        let listeners = [listener, monitoring].into_iter().flatten().map(|listener| {
            let mut left = left.clone();
            let left = async move { while left.changed().await.is_ok() {} };
            listener.serve(&api, phase.clone(), left)
        });
        futures::future::join_all(listeners).await;
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
        say(global, &data, args, &told);
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

/// What is told of the listeners when the host starts.
struct Told {
    api: Option<String>,
    monitoring: Option<String>,
    console: Option<String>,
    checks_hosts: bool,
}

impl Told {
    fn new(api: Option<&Listener>, monitoring: Option<&Listener>, has_console: bool) -> Self {
        let url = |listener: &Listener| format!("http://{}", listener.address());
        let checks_hosts = api.is_none_or(Listener::checks_hosts);
        let console = api.filter(|_| has_console).map(|api| format!("{}{}", url(api), hibob_console::PATH));
        Self { api: api.map(url), monitoring: monitoring.map(url), console, checks_hosts }
    }
}

fn say(global: &Global, data: &DataDir, args: &ServeArgs, told: &Told) {
    if global.json {
        let mut object = serde_json::json!({ "serving": data.path(), "workers": args.workers, "api": told.api });
        if let (Some(url), Some(object)) = (&told.console, object.as_object_mut()) {
            object.insert("console".to_owned(), url.as_str().into());
        }
        if let (Some(url), Some(object)) = (&told.monitoring, object.as_object_mut()) {
            object.insert("monitoring".to_owned(), url.as_str().into());
        }
        if let (false, Some(object)) = (told.checks_hosts, object.as_object_mut()) {
            object.insert("checks_hosts".to_owned(), false.into());
        }
        outln!("{object}");
        return;
    }
    outln!("serving the tenants of {} with {} workers", data.path().display(), args.workers);
    if let Some(url) = &told.api {
        outln!("the API is at {url}/v1; make a token for it: hibob token new --role operator");
    }
    if let Some(url) = &told.console {
        outln!("the console is at {url}; a link that signs in: hibob console --by EMAIL");
    }
    if let Some(url) = &told.monitoring {
        outln!("health and metrics are at {url}");
    }
    if !told.checks_hosts {
        outln!(
            "requests are taken under any name and checked by token and Origin alone: name the machine with --host NAME"
        );
    }
    outln!(
        "press Ctrl-C to leave when the running jobs have ended, and again to put them back into the queue and leave at once"
    );
}
