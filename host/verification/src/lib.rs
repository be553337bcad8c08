//! The lookups that a reference's verdict depends on.
//!
//! `hibob-reference-format` decides on the verdict, but makes no requests. [`Inquiry`] makes them: two DNS queries and
//! four files, all at the same time, each within a time limit. A lookup that was not made or that failed is an
//! [`Answer`] as well, so that the report can mention it.

pub mod document;
mod log;
pub mod mail;
mod names;
pub mod page_words;
mod redirect;
mod site;
pub mod verdict;

use hibob_net::proxy::Proxy;
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::Selector;
use hibob_reference_format::keys::file;
use hibob_reference_format::log::published;
use hibob_reference_format::status_list;
use hibob_reference_format::verify::{Answer, Check, Lookups, Outcome, Subject, list_signer};
use ipnet::IpNet;
use names::Names;
pub use names::PORT as DNS_PORT;
use site::Site;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The longest wait for each answer, unless the user says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The environment variable with the resolver, where no option names one.
pub const DNS_VARIABLE: &str = "HIBOB_DNS";

/// Whether a file could not be had because of a redirect that is not followed, by the reason in
/// [`Answer::Unreachable`].
pub fn is_redirect(why: &str) -> bool {
    why.contains(site::REDIRECT)
}

/// The place from which the issuer's published files are read.
#[derive(Clone, Debug)]
pub enum Published {
    /// They are not read.
    Nowhere,
    /// From `https://DOMAIN/`, on the public internet.
    Https {
        /// Address ranges that are allowed in addition to public addresses.
        allow: Vec<IpNet>,
        /// The proxy through which the connections are made.
        proxy: Option<Proxy>,
        /// A PEM file of certificates that are trusted beside the platform's.
        ca_file: Option<PathBuf>,
    },
    /// From this server instead, without TLS: for demonstrations and tests on one machine.
    Local(SocketAddr),
    /// From a copy of the published folder. The user is responsible for it being the issuer's.
    Folder(PathBuf),
}

/// The DNS servers that are queried.
#[derive(Clone, Debug)]
pub enum NameServers {
    /// None: DNS is not queried.
    Nobody,
    /// The servers in the system's resolv.conf.
    System,
    /// This server, for every name.
    One(SocketAddr),
}

impl NameServers {
    /// The resolver at an address, such as `9.9.9.9`, `127.0.0.1:5353` or `[::1]:5353`; none if it is no address.
    pub fn at(text: &str) -> Option<Self> {
        let with_port = || text.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, DNS_PORT));
        text.parse().ok().or_else(with_port).map(Self::One)
    }

    /// The resolver that the variable [`DNS_VARIABLE`] names, or else those of the system.
    ///
    /// # Errors
    /// The variable holds no address of a resolver.
    pub fn of_environment() -> Result<Self, String> {
        match std::env::var(DNS_VARIABLE).ok().filter(|text| !text.is_empty()) {
            None => Ok(Self::System),
            Some(text) => {
                Self::at(&text).ok_or_else(|| format!("{DNS_VARIABLE} is {text:?}, which is no address of a resolver"))
            }
        }
    }
}

/// The settings of a lookup.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// The DNS servers.
    pub name_servers: NameServers,
    /// The place of the published files.
    pub published: Published,
    /// The longest time to wait for each answer. All requests are made at the same time, so this limits the whole
    /// lookup.
    pub timeout: Duration,
}

/// The answers of a lookup.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// The texts of the TXT records that may have the key, at each of their names.
    pub dns: [Answer<Vec<String>>; 2],
    /// The key file.
    pub key_file: Answer<Vec<u8>>,
    /// The list of revoked references.
    pub revoked: Answer<Vec<u8>>,
    /// The list of superseded references.
    pub superseded: Answer<Vec<u8>>,
    /// The published head of the log.
    pub head: Answer<Vec<u8>>,
    /// The texts of the TXT records of the other keys that signed the lists.
    pub list_keys: Vec<(Selector, [Answer<Vec<String>>; 2])>,
    /// The domain that was asked.
    pub domain: Option<Domain>,
    /// Facts that this lookup could not establish, such as DNSSEC, to be added to the report.
    pub caveats: Vec<Check>,
}

impl Answers {
    /// Whether the lookup of a key failed, so that another attempt may lead to another verdict.
    pub fn lack_a_key(&self) -> bool {
        self.dns.iter().any(|answer| matches!(answer, Answer::Unreachable(_)))
            || matches!(self.key_file, Answer::Unreachable(_))
    }
}

impl Inquiry {
    /// The text of the proof of an entry, from the published log. There are as many requests as the proof needs tiles,
    /// one after the other, each within the time limit.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub async fn log_proof(&self, domain: &Domain, index: u64) -> Result<Vec<u8>, String> {
        let names = match &self.name_servers {
            servers @ NameServers::One(_) => Names::new(servers, self.timeout).ok().map(Arc::new),
            NameServers::Nobody | NameServers::System => None,
        };
        log::proof(&Site::new(&self.published, domain, names, self.timeout), domain, index).await
    }

    /// Asks the site only, and DNS for nothing but its address.
    pub async fn ask_site(&self, lookups: &Lookups) -> Answers {
        self.ask_all(lookups, false).await
    }

    /// Makes all lookups. It takes no longer than the time limit, or than twice that where another key than the
    /// reference's signed the lists, so that DNS is asked for that too; plus the time to read files from a folder.
    pub async fn ask(&self, lookups: &Lookups) -> Answers {
        self.ask_all(lookups, true).await
    }

    async fn ask_all(&self, lookups: &Lookups, with_keys: bool) -> Answers {
        let names = match &self.name_servers {
            NameServers::Nobody => None,
            servers => Some(Names::new(servers, self.timeout).map(Arc::new)),
        };
        let texts = async |name: &str| match &names {
            _ if !with_keys => Answer::NotAsked,
            None => Answer::NotAsked,
            Some(Ok(names)) => names.texts(name).await,
            Some(Err(why)) => Answer::Unreachable(why.clone()),
        };
        // A server that the user chose resolves the site's address as well; otherwise the system resolves it.
        let resolver = match (&self.name_servers, &names) {
            (NameServers::One(_), Some(Ok(names))) => Some(names.clone()),
            _ => None,
        };
        let site = Site::new(&self.published, &lookups.domain, resolver, self.timeout);
        let [revoked, superseded] = &lookups.status_list_urls;
        let [first, second] = &lookups.dns_names;
        let (first, second, key_file, revoked, superseded, head) = futures::join!(
            texts(first),
            texts(second),
            site.get(&lookups.key_file_url, file::BYTES_MAX),
            site.get(revoked, status_list::BYTES_MAX),
            site.get(superseded, status_list::BYTES_MAX),
            site.get(&lookups.head_url, published::BYTES_MAX),
        );
        let dns = [first, second];
        let mut list_keys: Vec<(Selector, [Answer<Vec<String>>; 2])> = Vec::new();
        for list in [&revoked, &superseded] {
            let Answer::Found(bytes) = list else { continue };
            let Some(signer) = list_signer(bytes).filter(|signer| *signer != lookups.selector) else { continue };
            if !list_keys.iter().any(|(known, _)| *known == signer) {
                let [first, second] = Lookups::of(&lookups.domain, &signer, 0).dns_names;
                list_keys.push((signer, futures::join!(texts(&first), texts(&second)).into()));
            }
        }
        let caveats = self.caveats(&dns, lookups);
        Answers { dns, key_file, revoked, superseded, head, list_keys, domain: Some(lookups.domain.clone()), caveats }
    }

    fn caveats(&self, dns: &[Answer<Vec<String>>], lookups: &Lookups) -> Vec<Check> {
        let mut caveats = Vec::new();
        let mut open = |subject, text| caveats.push(Check { subject, outcome: Outcome::NotChecked, text });
        if dns.iter().any(|answer| matches!(answer, Answer::Found(_) | Answer::Absent)) {
            let text = "DNSSEC was not validated here: the DNS answer is as good as the resolver that gave it";
            open(Subject::DnsRecord, text.to_owned());
        }
        let place = match &self.published {
            Published::Nowhere | Published::Https { .. } => return caveats,
            Published::Local(address) => format!("http://{address}"),
            Published::Folder(folder) => folder.display().to_string(),
        };
        let text = format!(
            "the published files were read from {place}; that they are those of https://{} was not checked",
            lookups.domain
        );
        open(Subject::KeyFile, text);
        caveats
    }
}
