//! The issuer's keys, gathered from the answers of DNS and from key files.

use super::report::{Check, Outcome, Subject};
use super::{Answer, Sources};
use crate::domain::Domain;
use crate::keys::file::{KeyFile, PublishedKey};
use crate::keys::{PublicKey, Selector, dns, dns::Record};

/// The keys with the selector of the reference, and all keys of the issuer.
#[derive(Debug, Default)]
pub(super) struct KnownKeys {
    /// The keys in the DNS records of the selector.
    pub(super) dns: Vec<PublicKey>,
    /// Whether one of these records says that the key was revoked.
    pub(super) is_revoked_in_dns: bool,
    /// Whether one of these records is meant to have a key, and cannot be read.
    pub(super) is_unreadable_in_dns: bool,
    /// The keys with this selector in the key files. The file that the user gave comes first.
    pub(super) files: Vec<PublishedKey>,
    /// The keys in DNS, of this and of other selectors, and those of the file that the user gave.
    pub(super) vouched: Vec<PublicKey>,
    /// All keys of the issuer. Any of them may sign the log and the status lists.
    pub(super) all: Vec<PublicKey>,
}

impl KnownKeys {
    /// Reads the sources, and adds a check to the report for each.
    pub(super) fn gather(domain: &Domain, selector: &Selector, sources: &Sources, checks: &mut Vec<Check>) -> Self {
        let mut known = Self::default();
        known.read_dns(domain, selector, &sources.dns, checks);
        if let Some(bytes) = &sources.given_key_file {
            checks.push(known.read_file(domain, selector, bytes, "the given key file", sources));
            known.vouched.clone_from(&known.all);
        }
        checks.push(match &sources.key_file {
            Answer::Found(bytes) => known.read_file(domain, selector, bytes, "the issuer's key file", sources),
            Answer::Absent => line(Outcome::NotChecked, format!("{domain} publishes no key file")),
            Answer::Unreachable(why) => {
                line(Outcome::NotChecked, format!("the key file of {domain} cannot be had: {why}"))
            }
            Answer::NotAsked => line(Outcome::NotChecked, format!("the key file of {domain} was not asked for")),
        });
        known.vouched.extend(known.dns.iter().chain(&keys_in(&sources.list_keys)));
        let (all, of_dns) = (&mut known.all, known.dns.iter());
        for key in of_dns {
            if !all.contains(key) {
                all.push(*key);
            }
        }
        known
    }

    /// Reads the records at both names. Where one name has the key, it does not matter that the other one has none.
    fn read_dns(
        &mut self,
        domain: &Domain,
        selector: &Selector,
        answers: &[Answer<Vec<String>>; 2],
        checks: &mut Vec<Check>,
    ) {
        let mut push = |outcome, text| checks.push(Check { subject: Subject::DnsRecord, outcome, text });
        let names = dns::Label::ALL.map(|label| dns::record_name(label, selector, domain));
        if answers.iter().all(|answer| *answer == Answer::NotAsked) {
            return push(Outcome::NotChecked, format!("the DNS records {} were not asked for", names.join(" and ")));
        }
        let mut absent = Vec::new();
        for (name, answer) in names.iter().zip(answers) {
            let texts = match answer {
                Answer::Found(texts) => texts.as_slice(),
                Answer::Absent => &[],
                Answer::Unreachable(why) => {
                    push(Outcome::NotChecked, format!("the DNS record {name} cannot be had: {why}"));
                    continue;
                }
                Answer::NotAsked => {
                    push(Outcome::NotChecked, format!("the DNS record {name} was not asked for"));
                    continue;
                }
            };
            let mut is_there = false;
            for record in texts.iter().map(|text| dns::parse_record(text)) {
                match record {
                    Ok(None) => continue,
                    Ok(Some(Record::Key(key))) => {
                        self.dns.push(key);
                        push(Outcome::Good, format!("the DNS record {name} has a key"));
                    }
                    Ok(Some(Record::Revoked)) => {
                        self.is_revoked_in_dns = true;
                        push(Outcome::Bad, format!("the DNS record {name} says that the key was revoked"));
                    }
                    Err(error) => {
                        self.is_unreadable_in_dns = true;
                        push(Outcome::Bad, format!("the DNS record {name} is there, and cannot be read: {error}"));
                    }
                }
                is_there = true;
            }
            if !is_there {
                absent.push(name);
            }
        }
        if self.dns.is_empty() {
            for name in absent {
                push(Outcome::NotChecked, format!("there is no DNS record {name}"));
            }
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

/// The keys in the records of other selectors, unless one of a selector's records revokes it.
fn keys_in(answers: &[(Selector, [Answer<Vec<String>>; 2])]) -> Vec<PublicKey> {
    let mut keys = Vec::new();
    for (_, answers) in answers {
        let texts = answers.iter().filter_map(|answer| match answer {
            Answer::Found(texts) => Some(texts),
            Answer::Absent | Answer::Unreachable(_) | Answer::NotAsked => None,
        });
        let records: Vec<Record> = texts.flatten().filter_map(|text| dns::parse_record(text).ok().flatten()).collect();
        if !records.contains(&Record::Revoked) {
            keys.extend(records.into_iter().filter_map(|record| match record {
                Record::Key(key) => Some(key),
                Record::Revoked => None,
            }));
        }
    }
    keys
}

fn line(outcome: Outcome, text: String) -> Check {
    Check { subject: Subject::KeyFile, outcome, text }
}
