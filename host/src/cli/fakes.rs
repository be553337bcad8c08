//! `fakes`: the stand-ins, for trying things out from another process.

use super::Global;
use crate::error::{Exit, HostError};
use crate::plan_file::write_private;
use clap::Args;
use hibob_fakes::{Scenario, Server, World};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

#[derive(Args)]
pub(super) struct FakesArgs {
    /// How many employees the company has
    #[arg(long, default_value_t = 250)]
    employees: usize,
    /// The same seed makes the same company
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What happens after the first write to the target: none, day-two (an ordinary day), flaky (errors and resets),
    /// mass-leavers, empty, lost-permission, rehires, renames, sso-overwrites
    #[arg(long, default_value_t = Scenario::None, value_parser = parse_scenario)]
    scenario: Scenario,
    /// Write a tenant file (id `acme`) and the secret files it names, which work against these stand-ins as they are
    #[arg(long, value_name = "FILE")]
    write_tenant: Option<PathBuf>,
}

fn parse_scenario(name: &str) -> Result<Scenario, String> {
    name.parse().map_err(|error| format!("{error}"))
}

pub(super) async fn fakes(global: &Global, args: &FakesArgs) -> Result<Exit, HostError> {
    let mut world = World::realistic(args.employees, args.seed, chrono::Utc::now().date_naive());
    world.scenario = args.scenario;
    let access = Access::of(&world);
    let server = Server::start(Arc::new(Mutex::new(world))).await;
    let server =
        server.map_err(|error| HostError::Engine(format!("the stand-ins cannot listen on 127.0.0.1: {error}")))?;
    if let Some(path) = &args.write_tenant {
        write_tenant(path, &server, &access)?;
    }
    if global.json {
        let object = serde_json::json!({
            "hibob_url": server.hibob_url(),
            "scim_url": server.scim_url(),
            "rest_url": server.rest_url(),
            "service_user": access.service_user,
            "token": access.token,
            "key": access.key,
            "tenant_file": args.write_tenant,
        });
        println!("{object}");
    } else {
        println!("HiBob       {}   service user {}   token {}", server.hibob_url(), access.service_user, access.token);
        println!("TravelPerk  {}   key {}", server.scim_url(), access.key);
        println!("            {}   (REST)", server.rest_url());
        println!("each answers GET /_stand-in/requests and GET /_stand-in/state at its own port");
        match &args.write_tenant {
            Some(path) => println!("tenant file {}; next: hibob tenant apply {}", path.display(), path.display()),
            None => println!("add --write-tenant acme.toml for a tenant file that works against these"),
        }
        println!("Ctrl-C stops");
    }
    until_stopped().await.map_err(|error| HostError::Engine(format!("cannot wait for Ctrl-C: {error}")))?;
    Ok(Exit::Done)
}

/// Waits for Ctrl-C or a request to terminate.
async fn until_stopped() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// What opens the stand-ins. Invented for them; nothing real is behind it.
pub(super) struct Access {
    service_user: String,
    token: String,
    key: String,
}

impl Access {
    pub(super) fn of(world: &World) -> Self {
        Self {
            service_user: world.hibob.service_user_id.clone(),
            token: world.hibob.token.clone(),
            key: world.travelperk.api_key.clone(),
        }
    }
}

/// Writes a tenant file and, beside it, the secret files that it names.
pub(super) fn write_tenant(path: &Path, server: &Server, access: &Access) -> Result<(), HostError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (token, key) = (format!("{stem}.hibob-token"), format!("{stem}.travelperk-key"));
    let text = format!(
        "# Works against the stand-ins of `hibob fakes` as it is.\n\
         id = \"acme\"\n\n\
         [hibob]\nurl = \"{}\"\nservice_user = \"{}\"\ntoken = \"file:{token}\"\n\n\
         [travelperk]\nscim_url = \"{}\"\nrest_url = \"{}\"\ncost_centers_url = \"{}\"\nkey = \"file:{key}\"\n\
         calls_per_minute = 60000 # the stand-ins set no limit; leave this out for the real service\n\n\
         [sync]\ndefault_language = \"en\"\n\n\
         [limits]\nretry_pause_milliseconds = 50 # the stand-ins recover at once\n",
        server.hibob_url(),
        access.service_user,
        server.scim_url(),
        server.rest_url(),
        server.rest_url(),
    );
    for (path, content) in [
        (path.with_file_name(&token), &access.token),
        (path.with_file_name(&key), &access.key),
        (path.to_owned(), &text),
    ] {
        write_private(&path, content.as_bytes()).map_err(|error| {
            HostError::configuration(format!("cannot write {}: {error}", path.display()), "name a folder that exists")
        })?;
    }
    Ok(())
}
