//! Checks of tenants that issue references: their keys in DNS, and what they publish.

use super::Finding;
use crate::cli::verify::name_servers;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_jobs::references::{DnsRecord, IssuerKeys};
use hibob_reference_format::keys::dns::parse_record;
use hibob_reference_format::keys::file;
use hibob_reference_format::keys::file::KeyFile;
use hibob_reference_format::verify::{Answer, Lookups};
use hibob_store::data_dir::DataDir;
use hibob_store::database::KeyRow;
use hibob_verification::{Inquiry, NameServers, Published};
use std::time::Duration;

/// How long to wait for an answer of DNS or of a site.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The DNS records and the key file of a tenant that issues references; nothing for another one.
pub(super) async fn check(data: &DataDir, config: &TenantConfig) -> Vec<Finding> {
    if config.references.is_none() {
        return Vec::new();
    }
    asked(data, config).await.unwrap_or_else(|error| vec![Finding::failed("issuer", &error.of_tenant(&config.id))])
}

async fn asked(data: &DataDir, config: &TenantConfig) -> Result<Vec<Finding>, HostError> {
    let tenant = &config.id;
    let keys = IssuerKeys::open(data, config).await?;
    let rows: Vec<KeyRow> = keys.list().await?.into_iter().filter(|row| row.revoked_at.is_none()).collect();
    if rows.is_empty() {
        let remedy = format!("make one before the first reference is due: hibob references key new {tenant}");
        return Ok(vec![Finding::warn("issuer", format!("tenant {tenant} has no key that could sign"), remedy)]);
    }
    let domain = &keys.issuer().domain;
    let mut published = hibob_runner::issuer_site(data, config).await?;
    let mut findings = Vec::new();
    for row in &rows {
        let records = keys.records(row)?;
        let site = domain.url(file::PATH);
        let lookups = Lookups::of(domain, &keys.selector(row)?, 1);
        let is_first = findings.is_empty();
        let inquiry = Inquiry { name_servers: servers()?, published: published.clone(), timeout: TIMEOUT };
        let answers = inquiry.ask(&lookups).await;
        // One of the two is enough for a verifier of this program; others ask for the one or the other only.
        let has = |(record, answer): (&DnsRecord, &Answer<Vec<String>>)| matches!(answer, Answer::Found(texts) if texts.contains(&record.value));
        let has_one = records.iter().zip(&answers.dns).any(has);
        for (record, answer) in records.iter().zip(&answers.dns) {
            findings.push(dns(tenant, record, answer, has_one));
        }
        if is_first {
            findings.push(key_file(tenant, &site, &rows, &answers.key_file));
            // The file has all keys, and is asked for once.
            published = Published::Nowhere;
        }
    }
    Ok(findings)
}

fn servers() -> Result<NameServers, HostError> {
    name_servers(None)
}

/// The finding on one of a key's two records; `has_one` says whether the other one, or this one, has the key.
fn dns(tenant: &str, record: &DnsRecord, answer: &Answer<Vec<String>>, has_one: bool) -> Finding {
    let DnsRecord { name, value } = record;
    let put = || format!("put this TXT record into the DNS of the domain: {name} \"{value}\"");
    match answer {
        Answer::Found(texts) if texts.iter().any(|text| text == value) => {
            Finding::ok("issuer", format!("tenant {tenant}: the key is in DNS, at {name}"))
        }
        Answer::Found(texts) => {
            let unreadable = texts.iter().find_map(|text| parse_record(text).err());
            let what = unreadable.map_or_else(
                || format!("tenant {tenant}: {name} has another record"),
                |error| format!("tenant {tenant}: {name} has a record that cannot be read: {error}"),
            );
            Finding::fail("issuer", what, put())
        }
        Answer::Absent | Answer::NotAsked if has_one => {
            Finding::warn("issuer", format!("tenant {tenant}: there is no TXT record {name}"), put())
        }
        Answer::Absent | Answer::NotAsked => {
            Finding::fail("issuer", format!("tenant {tenant}: there is no TXT record {name}"), put())
        }
        Answer::Unreachable(why) => Finding::warn(
            "issuer",
            format!("tenant {tenant}: DNS did not answer for {name}: {why}"),
            "check /etc/resolv.conf, or name a resolver in HIBOB_DNS",
        ),
    }
}

fn key_file(tenant: &str, url: &str, rows: &[KeyRow], answer: &Answer<Vec<u8>>) -> Finding {
    let publish = format!("publish again, and serve the folder: hibob references publish {tenant} DIR");
    match answer {
        Answer::Found(bytes) => match KeyFile::parse(bytes) {
            Ok(file) => {
                let is_there = |row: &&KeyRow| file.keys.iter().any(|key| key.selector.as_str() == row.selector);
                let missing: Vec<&str> =
                    rows.iter().filter(|row| !is_there(row)).map(|row| row.selector.as_str()).collect();
                if missing.is_empty() {
                    Finding::ok("issuer", format!("tenant {tenant}: {url} has all keys"))
                } else {
                    Finding::fail("issuer", format!("tenant {tenant}: {url} lacks {}", missing.join(", ")), publish)
                }
            }
            Err(error) => Finding::fail("issuer", format!("tenant {tenant}: {url} is no key file: {error}"), publish),
        },
        Answer::Absent | Answer::NotAsked => {
            Finding::fail("issuer", format!("tenant {tenant}: {url} is not there"), publish)
        }
        Answer::Unreachable(why) => Finding::warn(
            "issuer",
            format!("tenant {tenant}: {url} cannot be read from here: {why}"),
            "check that the site is served; readers of references ask it",
        ),
    }
}
