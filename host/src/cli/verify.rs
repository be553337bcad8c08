//! `verify`: verifies an employment reference.

mod input;
mod mail;
mod view;

use super::Global;
use chrono::Utc;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_net::proxy::Proxy;
use hibob_reference_format::keys::file;
use hibob_reference_format::log::witness::Witness;
use hibob_reference_format::verify::{Check, Outcome, Report, Sources, Subject, Verdict, open, open_code};
use hibob_verification::page_words::{self, PageWords};
use hibob_verification::{Answers, Inquiry, NameServers, Published};
use input::Input;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The longest wait for an answer, in seconds.
const TIMEOUT_SECONDS: u64 = 10;

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
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// Ask this server of this machine instead of the issuer's site: for demonstrations and tests
    #[arg(long, value_name = "ADDRESS:PORT", hide = true, conflicts_with_all = ["offline", "published"])]
    local_site: Option<SocketAddr>,
}

/// Verifies a reference and prints the verdict. Ends with [`Exit::Done`] for Gold and Silver only, with
/// [`Exit::StatusUnknown`] where it is genuine and its status cannot be known, and with [`Exit::Failed`] where the reference might be accepted if DNS or the issuer's site had answered.
pub(super) async fn verify(global: &Global, args: &VerifyArgs) -> Result<Exit, HostError> {
    let (report, page, lacks_a_key) = args.verdict().await?;
    print(&report, &page, global.json);
    Ok(exit(&report, lacks_a_key))
}

/// What was found out about the words of a page that was saved anew.
#[derive(Debug, Default)]
pub(super) enum PageCheck {
    /// The page was not saved anew.
    #[default]
    NotNeeded,
    /// The words of the page cannot be read.
    Unreadable,
    /// The words in which it differs.
    Words(PageWords),
}

/// Shows a verdict.
pub(super) fn print(report: &Report, page: &PageCheck, json: bool) {
    if !json {
        return view::print(report, page);
    }
    let mut object = report.to_json();
    if let PageCheck::Words(PageWords { missing, added }) = page
        && let Some(object) = object.as_object_mut()
    {
        object.insert("page".to_owned(), serde_json::json!({ "missing": missing, "added": added }));
    }
    outln!("{object}");
}

fn exit(report: &Report, lacks_a_key: bool) -> Exit {
    match report.verdict {
        verdict if verdict.is_accepted() => Exit::Done,
        Verdict::StatusUnknown => Exit::StatusUnknown,
        Verdict::SavedAnew => Exit::SavedAnew,
        Verdict::UnknownKey if lacks_a_key => Exit::Failed,
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
            timeout: TIMEOUT_SECONDS,
            local_site: None,
        }
    }

    /// The verdict, how the page differs where it was saved anew, and whether a key may be missing only because DNS or the issuer's site did not answer.
    pub(super) async fn verdict(&self) -> Result<(Report, PageCheck, bool), HostError> {
        let inquiry = self.inquiry()?;
        let witnesses = self.witnesses()?;
        let input = Input::read(&self.file, self.log_proof.as_deref())?;
        let given_key_file = match &self.key_file {
            Some(path) => {
                Some(input::read(path, file::BYTES_MAX, "give the issuer's did.json, or leave --key-file out")?)
            }
            None => None,
        };
        let of_code = match &input {
            Input::Code(signed, index) => {
                let domain = &signed.credential().claims.issuer().domain;
                Some(inquiry.log_proof(domain, *index).await)
            }
            Input::File(..) => None,
        };
        let opened = match &input {
            Input::File(document, log_proof) => open(document, log_proof.as_deref()),
            Input::Code(signed, _) => open_code(signed, of_code.as_ref().and_then(|found| found.as_deref().ok())),
        };
        let mut answers = match opened.lookups() {
            Some(lookups) => inquiry.ask(&lookups).await,
            None => Answers::default(),
        };
        let lacks_a_key = answers.lack_a_key();
        let caveats = std::mem::take(&mut answers.caveats);
        let Answers { dns, key_file, revoked, superseded, head, list_keys, .. } = answers;
        let witnesses_required = self.witnesses_required;
        let now = Utc::now();
        let sources = Sources {
            now,
            dns,
            key_file,
            given_key_file,
            revoked,
            superseded,
            head,
            list_keys,
            witnesses,
            witnesses_required,
        };
        let mut report = opened.verify(&sources);
        report.checks.extend(caveats);
        if let Some(Err(why)) = &of_code {
            let text = format!("the entry in the issuer's log could not be looked up: {why}");
            report.checks.push(Check { subject: Subject::Log, outcome: Outcome::NotChecked, text });
        }
        let page = match (&input, opened.lookups(), &report.credential) {
            (Input::File(document, _), Some(lookups), Some(credential)) if report.verdict == Verdict::SavedAnew => {
                let selector = lookups.selector.to_string();
                let words = page_words::compare(document.clone(), credential.clone(), selector).await;
                words.map_or(PageCheck::Unreadable, PageCheck::Words)
            }
            _ => PageCheck::NotNeeded,
        };
        Ok((report, page, lacks_a_key))
    }

    fn inquiry(&self) -> Result<Inquiry, HostError> {
        let published = match (&self.published, self.local_site) {
            (Some(folder), _) if folder.is_dir() => Published::Folder(folder.clone()),
            (Some(folder), _) => {
                let message = format!("{} is no folder", folder.display());
                return Err(HostError::configuration(message, "give a copy of what the issuer publishes"));
            }
            (None, Some(address)) if address.ip().is_loopback() => Published::Local(address),
            (None, Some(address)) => {
                let message = format!("{address} is not on this machine");
                return Err(HostError::configuration(message, "leave --local-site out: sites are asked over HTTPS"));
            }
            (None, None) if self.offline => Published::Nowhere,
            (None, None) => {
                let allow: Result<Vec<IpNet>, HostError> =
                    self.allow_address.iter().map(|text| network(text)).collect();
                let proxy = Proxy::of_environment().map_err(|what| {
                    let remedy = "correct the variable, or list the issuer's domain in NO_PROXY";
                    HostError::configuration(format!("the proxy cannot be used: {what}"), remedy)
                })?;
                Published::Https { allow: allow?, proxy, ca_file: None }
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
