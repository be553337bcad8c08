//! `verify`: verifies an employment reference.

mod input;
mod view;

use super::Global;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_net::proxy::Proxy;
use hibob_reference_format::keys::file;
use hibob_reference_format::log::witness::Witness;
use hibob_reference_format::verify::Verdict;
use hibob_verification::verdict::{self, Trusted, Verified};
use hibob_verification::{Inquiry, NameServers, Published, TIMEOUT};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub(super) struct VerifyArgs {
    /// The reference: its PDF or JSON file, a mail that has it (.eml), or the link of its code
    file: PathBuf,
    /// The log proof of a JSON file [default: FILE with the extension .tlog-proof, or log.tlog-proof beside it]
    #[arg(long, value_name = "FILE")]
    log_proof: Option<PathBuf>,
    /// A key file (did.json) that you got from the issuer in a way that you trust
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The resolver to ask for names [default: $HIBOB_DNS, or those of /etc/resolv.conf]
    #[arg(long, value_name = "ADDRESS[:PORT]", conflicts_with = "offline")]
    dns: Option<String>,
    /// The verifier key of a witness that you trust; may be repeated
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,
    /// How many of these witnesses must have confirmed the issuer's log
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    witnesses_required: usize,
    /// Ask neither DNS nor the issuer's site: it is enough that the reference is genuine, whether or not it was taken back
    #[arg(long)]
    offline: bool,
    /// Read the issuer's published files from this folder instead of its site
    #[arg(long, value_name = "DIR")]
    published: Option<PathBuf>,
    /// Allow the issuer's site at this private address or network, such as 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    allow_address: Vec<String>,
    /// How long to wait for an answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT.as_secs(), value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// Ask this server of this machine instead of the issuer's site: for demonstrations and tests
    #[arg(long, value_name = "ADDRESS:PORT", hide = true, conflicts_with_all = ["offline", "published"])]
    local_site: Option<SocketAddr>,
}

/// Verifies a reference and prints the verdict. Ends with [`Exit::Done`] for Gold and Silver only, with
/// [`Exit::StatusUnknown`] where it is genuine and its status cannot be known, and with [`Exit::Failed`] where the reference might be accepted if DNS or the issuer's site had answered.
pub(super) async fn verify(global: &Global, args: &VerifyArgs) -> Result<Exit, HostError> {
    let verified = args.verified().await?;
    print(&verified, global.json);
    Ok(exit(&verified))
}

/// Shows a verdict.
pub(super) fn print(verified: &Verified, json: bool) {
    if json {
        outln!("{}", verified.to_json());
    } else {
        view::print(&verified.report, &verified.page);
    }
}

fn exit(verified: &Verified) -> Exit {
    match verified.report.verdict {
        verdict if verdict.is_accepted() => Exit::Done,
        Verdict::StatusUnknown => Exit::StatusUnknown,
        Verdict::SavedAnew => Exit::SavedAnew,
        Verdict::UnknownKey if verified.lacks_a_key => Exit::Failed,
        _ => Exit::SomeFailed,
    }
}

impl VerifyArgs {
    /// For a file, with a resolver and a copy of what the issuer publishes.
    pub(super) fn local(file: PathBuf, dns: SocketAddr, published: PathBuf) -> Self {
        Self {
            file,
            log_proof: None,
            key_file: None,
            dns: Some(dns.to_string()),
            witness: Vec::new(),
            witnesses_required: 0,
            offline: false,
            published: Some(published),
            allow_address: Vec::new(),
            timeout: TIMEOUT.as_secs(),
            local_site: None,
        }
    }

    /// The verified document.
    pub(super) async fn verified(&self) -> Result<Verified, HostError> {
        let inquiry = self.inquiry()?;
        let witnesses = self.witnesses()?;
        let document = input::document(&self.file, self.log_proof.as_deref())?;
        let key_file = match &self.key_file {
            Some(path) => {
                Some(input::read(path, file::BYTES_MAX, "give the issuer's did.json, or leave --key-file out")?)
            }
            None => None,
        };
        let trusted = Trusted { key_file, witnesses, witnesses_required: self.witnesses_required };
        Ok(verdict::verify(&document, &inquiry, trusted).await)
    }

    fn inquiry(&self) -> Result<Inquiry, HostError> {
        let published = match (&self.published, self.local_site) {
            (Some(folder), _) if folder.is_dir() => Published::Folder(folder.clone()),
            (Some(folder), _) => {
                let message = format!("{} is no folder", folder.display());
                return Err(HostError::configuration(message, "give a copy of what the issuer publishes"));
            }
            (None, Some(address)) => local(address)?,
            (None, None) if self.offline => Published::Nowhere,
            (None, None) => {
                let allow: Result<Vec<IpNet>, HostError> =
                    self.allow_address.iter().map(|text| network(text)).collect();
                https(allow?)?
            }
        };
        let name_servers = if self.offline { NameServers::Nobody } else { name_servers(self.dns.as_deref())? };
        Ok(Inquiry { name_servers, published, timeout: Duration::from_secs(self.timeout) })
    }

    /// The trusted witnesses, each once: one that is named twice does not count twice.
    fn witnesses(&self) -> Result<Vec<Witness>, HostError> {
        let mut witnesses = Vec::new();
        for text in &self.witness {
            let witness = Witness::parse(text).map_err(|error| {
                HostError::configuration(
                    format!("--witness: {error}"),
                    "give the witness's verifier key, NAME+HEX+BASE64",
                )
            })?;
            if !witnesses.contains(&witness) {
                witnesses.push(witness);
            }
        }
        if self.witnesses_required <= witnesses.len() {
            return Ok(witnesses);
        }
        let message =
            format!("--witnesses-required is {}, and {} witnesses are named", self.witnesses_required, witnesses.len());
        Err(HostError::configuration(message, "name each with --witness VKEY, or require fewer"))
    }
}

/// What the API of a host asks when it verifies a reference: as the command does without options, or a server of this machine.
pub(super) fn inquiry_of_host(local_site: Option<SocketAddr>) -> Result<Inquiry, HostError> {
    let published = match local_site {
        Some(address) => local(address)?,
        None => https(Vec::new())?,
    };
    Ok(Inquiry { name_servers: name_servers(None)?, published, timeout: TIMEOUT })
}

/// The issuer's site on the public internet, or in one of these networks.
fn https(allow: Vec<IpNet>) -> Result<Published, HostError> {
    let proxy = Proxy::of_environment().map_err(|what| {
        let remedy = "correct the variable, or list the issuer's domain in NO_PROXY";
        HostError::configuration(format!("the proxy cannot be used: {what}"), remedy)
    })?;
    Ok(Published::Https { allow, proxy, ca_file: None })
}

/// A server of this machine in place of the issuer's site.
fn local(address: SocketAddr) -> Result<Published, HostError> {
    if address.ip().is_loopback() {
        return Ok(Published::Local(address));
    }
    let message = format!("{address} is not on this machine");
    Err(HostError::configuration(message, "leave --local-site out: sites are asked over HTTPS"))
}

/// The resolver to ask: the one that is given, that of [`DNS_VARIABLE`], or those of the system.
pub(super) fn name_servers(given: Option<&str>) -> Result<NameServers, HostError> {
    let named = match given {
        Some(text) => {
            NameServers::at(text).ok_or_else(|| format!("--dns is {text:?}, which is no address of a resolver"))
        }
        None => NameServers::of_environment(),
    };
    named.map_err(|message| HostError::configuration(message, "give it as 9.9.9.9, 127.0.0.1:5353 or [::1]:5353"))
}

fn network(text: &str) -> Result<IpNet, HostError> {
    text.parse().or_else(|_| text.parse().map(|ip: IpAddr| ip.into())).map_err(|_| {
        let message = format!("--allow-address is {text:?}, which is no address");
        HostError::configuration(message, "give it as 10.0.0.0/8 or 10.1.2.3")
    })
}
