//! The issuer's keys, gathered from the answers of DNS and from key files.

use super::report::{Check, Outcome, Subject};
use super::{Answer, Sources};
use crate::domain::Domain;
use crate::keys::file::{KeyFile, PublishedKey};
use crate::keys::{PublicKey, Selector, dns};

/// The keys with the selector of the reference, and all keys of the issuer.
#[derive(Debug, Default)]
pub(super) struct KnownKeys {
    /// The keys in the DNS records of the selector.
    pub(super) dns: Vec<PublicKey>,
    /// The keys with this selector in the key files. The file that the user gave comes first.
    pub(super) files: Vec<PublishedKey>,
    /// All keys of the issuer. Any of them may sign the log and the status lists.
    pub(super) all: Vec<PublicKey>,
}

impl KnownKeys {
    /// Reads the sources, and adds a check to the report for each.
    pub(super) fn gather(domain: &Domain, selector: &Selector, sources: &Sources, checks: &mut Vec<Check>) -> Self {
        let mut known = Self::default();
        checks.push(known.read_dns(domain, selector, &sources.dns));
        if let Some(bytes) = &sources.given_key_file {
            checks.push(known.read_file(domain, selector, bytes, "the given key file", sources));
        }
        checks.push(match &sources.key_file {
            Answer::Found(bytes) => known.read_file(domain, selector, bytes, "the issuer's key file", sources),
            Answer::Absent => line(Outcome::NotChecked, format!("{domain} publishes no key file")),
            Answer::Unreachable(why) => {
                line(Outcome::NotChecked, format!("the key file of {domain} cannot be had: {why}"))
            }
            Answer::NotAsked => line(Outcome::NotChecked, format!("the key file of {domain} was not asked for")),
        });
        let (all, of_dns) = (&mut known.all, known.dns.iter());
        for key in of_dns {
            if !all.contains(key) {
                all.push(*key);
            }
        }
        known
    }

    fn read_dns(&mut self, domain: &Domain, selector: &Selector, answer: &Answer<Vec<String>>) -> Check {
        let name = dns::record_name(selector, domain);
        let line = |outcome, text| Check { subject: Subject::DnsRecord, outcome, text };
        match answer {
            Answer::Found(texts) => {
                let records: Vec<_> = texts.iter().map(|text| dns::parse_record(text)).collect();
                self.dns = records.iter().filter_map(|record| record.as_ref().ok().copied().flatten()).collect();
                match (self.dns.is_empty(), records.iter().any(Result::is_err)) {
                    (false, _) => line(Outcome::Good, format!("the DNS record {name} has a key")),
                    (true, true) => line(Outcome::NotChecked, format!("the DNS record {name} cannot be read")),
                    (true, false) => line(Outcome::NotChecked, format!("there is no DNS record {name}")),
                }
            }
            Answer::Absent => line(Outcome::NotChecked, format!("there is no DNS record {name}")),
            Answer::Unreachable(why) => {
                line(Outcome::NotChecked, format!("the DNS record {name} cannot be had: {why}"))
            }
            Answer::NotAsked => line(Outcome::NotChecked, format!("the DNS record {name} was not asked for")),
        }
    }

    fn read_file(
        &mut self,
        domain: &Domain,
        selector: &Selector,
        bytes: &[u8],
        what: &str,
        sources: &Sources,
    ) -> Check {
        let file = match KeyFile::parse(bytes) {
            Ok(file) if file.domain == *domain => file,
            Ok(file) => return line(Outcome::Bad, format!("{what} is that of {}, not of {domain}", file.domain)),
            Err(error) => return line(Outcome::Bad, format!("{what} cannot be read: {error}")),
        };
        self.all.extend(file.keys.iter().filter(|key| !key.is_revoked_at(sources.now)).map(|key| key.key));
        match file.get(selector) {
            Some(key) => {
                self.files.push(key.clone());
                line(Outcome::Good, format!("{what} has the key {selector}"))
            }
            None => line(Outcome::NotChecked, format!("{what} has no key {selector}")),
        }
    }
}

fn line(outcome: Outcome, text: String) -> Check {
    Check { subject: Subject::KeyFile, outcome, text }
}
