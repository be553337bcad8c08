//! Asking for what a reference's verdict depends on.
//!
//! `hibob-reference-format` decides and asks nobody. [`Inquiry`] asks: one DNS question and three files, at the same time, each
//! once and within a time limit. What could not be asked is an [`Answer`] too, so that the report can say so.

mod names;
mod site;

use hibob_reference_format::keys::file;
use hibob_reference_format::status_list;
use hibob_reference_format::verify::{Answer, Check, Lookups, Outcome, Subject};
use ipnet::IpNet;
use names::Names;
pub use names::PORT as DNS_PORT;
use site::Site;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where the issuer's published files are read from.
#[derive(Clone, Debug)]
pub enum Published {
    /// Nowhere.
    Nowhere,
    /// `https://DOMAIN/`, on the public internet.
    Https {
        /// Other addresses where it may be, too.
        allow: Vec<IpNet>,
    },
    /// A server of this machine instead, without TLS: for demonstrations and tests.
    Local(SocketAddr),
    /// A copy of the published folder. Whoever names it vouches for it.
    Folder(PathBuf),
}

/// Who is asked.
#[derive(Clone, Debug)]
pub enum NameServers {
    /// Nobody.
    Nobody,
    /// Those of the system's resolv.conf.
    System,
    /// This one, for every name.
    One(SocketAddr),
}

/// How to ask.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// Who is asked for names.
    pub name_servers: NameServers,
    /// Where the published files are.
    pub published: Published,
    /// Longest time for each answer. All are asked at the same time, so it bounds the whole inquiry.
    pub timeout: Duration,
}

/// What came of an inquiry.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// The texts of the TXT records.
    pub dns: Answer<Vec<String>>,
    /// The key file.
    pub key_file: Answer<Vec<u8>>,
    /// The list of what is revoked.
    pub revoked: Answer<Vec<u8>>,
    /// The list of what is superseded.
    pub superseded: Answer<Vec<u8>>,
    /// What the way of asking leaves open; for the report.
    pub caveats: Vec<Check>,
}

impl Answers {
    /// Whether a key could not be asked for: asked again, the verdict may be another.
    pub fn lack_a_key(&self) -> bool {
        matches!(self.dns, Answer::Unreachable(_)) || matches!(self.key_file, Answer::Unreachable(_))
    }
}

impl Inquiry {
    /// Asks for all of it. It takes no longer than the time limit, plus the time to read a folder.
    pub async fn ask(&self, lookups: &Lookups) -> Answers {
        let names = match &self.name_servers {
            NameServers::Nobody => None,
            servers => Some(Names::new(servers, self.timeout).map(Arc::new)),
        };
        let dns = async {
            match &names {
                None => Answer::NotAsked,
                Some(Ok(names)) => names.texts(&lookups.dns_name).await,
                Some(Err(why)) => Answer::Unreachable(why.clone()),
            }
        };
        // A resolver that was chosen is asked for all names; otherwise the system finds addresses as it always does.
        let resolver = match (&self.name_servers, &names) {
            (NameServers::One(_), Some(Ok(names))) => Some(names.clone()),
            _ => None,
        };
        let site = Site::new(&self.published, &lookups.domain, resolver, self.timeout);
        let [revoked, superseded] = &lookups.status_list_urls;
        let (dns, key_file, revoked, superseded) = futures::join!(
            dns,
            site.get(&lookups.key_file_url, file::BYTES_MAX),
            site.get(revoked, status_list::BYTES_MAX),
            site.get(superseded, status_list::BYTES_MAX),
        );
        let caveats = self.caveats(&dns, lookups);
        Answers { dns, key_file, revoked, superseded, caveats }
    }

    fn caveats(&self, dns: &Answer<Vec<String>>, lookups: &Lookups) -> Vec<Check> {
        let mut caveats = Vec::new();
        let mut open = |subject, text| caveats.push(Check { subject, outcome: Outcome::NotChecked, text });
        if matches!(dns, Answer::Found(_) | Answer::Absent) {
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
