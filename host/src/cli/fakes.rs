//! `fakes`: the stand-ins, for trying things out from another process.

mod tenant;

pub(super) use tenant::{Access, write_tenant};

use super::Global;
use clap::{Args, ValueEnum};
use hibob_base::error::{Exit, HostError};
use hibob_fakes::smtp::{At, MailFault, MailFaultKind, Security, Settings};
use hibob_fakes::{Dns, DnsServer, MailServer, Mailbox, Scenario, Server, World};
use std::io;
use std::path::PathBuf;
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
    /// mass-leavers, empty, lost-permission, rehires, renames, sso-overwrites, newcomers, archived-by-hand,
    /// names-overwritten, nulls, managers-overwritten, departments-overwritten
    #[arg(long, default_value_t = Scenario::None, value_parser = parse_scenario)]
    scenario: Scenario,
    /// What the mail server does with what is sent to it
    #[arg(long, value_enum, default_value_t = Mail::Take)]
    mail: Mail,
    /// Write a tenant file and the secret files it names, which work against these stand-ins as they are; the file's name is
    /// the tenant's id
    #[arg(long, value_name = "FILE")]
    write_tenant: Option<PathBuf>,
    /// The name server's TXT records, as `references key list` prints them; read again at each question [default: the
    /// tenant file with the extension .zone]
    #[arg(long, value_name = "FILE")]
    zone: Option<PathBuf>,
    /// Where mails and their attachments are written to [default: the tenant file with the extension .mail]
    #[arg(long, value_name = "DIR")]
    mailbox: Option<PathBuf>,
}

/// What the mail server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mail {
    /// Takes it
    Take,
    /// Is busy, and says so with the address
    Busy,
    /// Knows no recipient, and says so with the address
    Refuse,
    /// Takes each mail, and loses the connection before it can say so
    Lose,
}

impl Mail {
    fn faults(self) -> Vec<MailFault> {
        match self {
            Self::Take => Vec::new(),
            Self::Busy => vec![MailFault::always(At::Rcpt, MailFaultKind::busy())],
            Self::Refuse => vec![MailFault::no_such_user("")],
            Self::Lose => vec![MailFault::always(At::EndOfData, MailFaultKind::ResetAfter)],
        }
    }
}

/// The servers of one stand-in company.
pub(super) struct Servers {
    pub(super) web: Server,
    pub(super) mail: MailServer,
    pub(super) dns: DnsServer,
}

impl Servers {
    pub(super) async fn start(world: Arc<Mutex<World>>, mailbox: Mailbox, dns: Dns) -> io::Result<Self> {
        Ok(Self {
            web: Server::start(world).await?,
            mail: MailServer::start(Arc::new(Mutex::new(mailbox))).await?,
            dns: DnsServer::start(Arc::new(Mutex::new(dns))).await?,
        })
    }
}

/// A mailbox for a client of the same machine.
pub(super) fn local_mailbox() -> Mailbox {
    Mailbox::new(Settings { security: Security::None, ..Settings::default() })
}

fn parse_scenario(name: &str) -> Result<Scenario, String> {
    name.parse().map_err(|error| format!("{error}"))
}

pub(super) async fn fakes(global: &Global, args: &FakesArgs) -> Result<Exit, HostError> {
    let mut world = World::realistic(args.employees, args.seed, chrono::Utc::now().date_naive());
    world.scenario = args.scenario;
    let access = Access::of(&world);
    let beside = |extension: &str| args.write_tenant.as_ref().map(|path| path.with_extension(extension));
    let folder = args.mailbox.clone().or_else(|| beside("mail"));
    let zone_file = args.zone.clone().or_else(|| beside("zone"));
    let (mut mailbox, mut dns) = (local_mailbox(), Dns::default());
    (mailbox.faults, mailbox.folder) = (args.mail.faults(), folder.clone());
    dns.zone_file.clone_from(&zone_file);
    let servers = Servers::start(Arc::new(Mutex::new(world)), mailbox, dns).await;
    let servers =
        servers.map_err(|error| HostError::Engine(format!("the stand-ins cannot listen on 127.0.0.1: {error}")))?;
    if let Some(path) = &args.write_tenant {
        write_tenant(path, &servers, &access)?;
    }
    let web = &servers.web;
    if global.json {
        let object = serde_json::json!({
            "hibob_url": web.hibob_url(),
            "scim_url": web.scim_url(),
            "rest_url": web.rest_url(),
            "smtp": servers.mail.address(),
            "dns": servers.dns.address(),
            "service_user": access.service_user,
            "token": access.token,
            "key": access.key,
            "tenant_file": args.write_tenant,
            "zone_file": zone_file,
            "mailbox": folder,
        });
        outln!("{object}");
    } else {
        outln!("HiBob       {}   service user {}   token {}", web.hibob_url(), access.service_user, access.token);
        outln!("TravelPerk  {}   key {}", web.scim_url(), access.key);
        outln!("            {}   (REST)", web.rest_url());
        outln!("each answers GET /_stand-in/requests and GET /_stand-in/state at its own port");
        let shown = |what: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| format!("   {what} {}", path.display())).unwrap_or_default()
        };
        outln!("SMTP        {}{}", servers.mail.address(), shown("mails are kept in", &folder));
        outln!("DNS         {}{}", servers.dns.address(), shown("TXT records are those of", &zone_file));
        match &args.write_tenant {
            Some(path) => outln!("tenant file {}; next: hibob tenant apply {}", path.display(), path.display()),
            None => outln!("add --write-tenant acme.toml for a tenant file that works against these"),
        }
        outln!("Ctrl-C stops");
    }
    until_stopped().await.map_err(|error| HostError::Engine(format!("cannot wait for Ctrl-C: {error}")))?;
    Ok(Exit::Done)
}

/// Waits for Ctrl-C or a request to terminate.
async fn until_stopped() -> io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
