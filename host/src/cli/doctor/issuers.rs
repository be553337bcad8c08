//! Checks of tenants that issue references: their keys in DNS, and what they publish.

use super::Finding;
use crate::cli::verify::name_servers;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_jobs::references::IssuerKeys;
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
    let mut published = Published::Https { allow: config.network.allow_addresses.clone() };
    let mut findings = Vec::new();
    for row in &rows {
        let record = keys.record(row)?;
        let site = domain.url(file::PATH);
        let lookups = Lookups {
            domain: domain.clone(),
            dns_name: record.name.clone(),
            key_file_url: site.clone(),
            status_list_urls: [site.clone(), site.clone()],
        };
        let is_first = findings.is_empty();
        let inquiry = Inquiry { name_servers: servers()?, published: published.clone(), timeout: TIMEOUT };
        let answers = inquiry.ask(&lookups).await;
        findings.push(dns(tenant, &record.name, &record.value, &answers.dns));
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

fn dns(tenant: &str, name: &str, value: &str, answer: &Answer<Vec<String>>) -> Finding {
    let put = || format!("put this TXT record into the DNS of the domain: {name} \"{value}\"");
    match answer {
        Answer::Found(texts) if texts.iter().any(|text| text == value) => {
            Finding::ok("issuer", format!("tenant {tenant}: the key is in DNS, at {name}"))
        }
        Answer::Found(_) => Finding::fail("issuer", format!("tenant {tenant}: {name} has another record"), put()),
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
