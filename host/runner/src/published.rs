//! Whether the issuer's DNS has the record of a key.

use hibob_base::error::HostError;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_jobs::references::DnsRecord;
use hibob_reference_format::keys::file;
use hibob_reference_format::status_list::{Purpose, list_url};
use hibob_reference_format::verify::{Answer, Lookups};
use hibob_verification::{Inquiry, NameServers, Published};
use std::time::Duration;

/// How long DNS may take to answer.
const DNS_TIME_MAX: Duration = Duration::from_secs(10);

/// Asks DNS for the record of a key, by the resolver in `HIBOB_DNS` or those of the system. The issuer's site is not
/// asked.
pub(crate) async fn look_up(config: &TenantConfig, record: &DnsRecord) -> Result<Answer<Vec<String>>, HostError> {
    let domain = issuing(config)?.issuer()?.domain;
    let name_servers = NameServers::of_environment().map_err(|what| {
        HostError::configuration(what, "give the resolver in HIBOB_DNS as 9.9.9.9, 127.0.0.1:5353 or [::1]:5353")
    })?;
    let inquiry = Inquiry { name_servers, published: Published::Nowhere, timeout: DNS_TIME_MAX };
    let lookups = Lookups {
        dns_name: record.name.clone(),
        key_file_url: domain.url(file::PATH),
        status_list_urls: Purpose::ALL.map(|purpose| list_url(&domain, 0, purpose)),
        domain,
    };
    Ok(inquiry.ask(&lookups).await.dns)
}

/// Checks that the issuer's DNS has this record of a key.
///
/// # Errors
/// It has not, or it could not be looked up.
pub async fn require(config: &TenantConfig, record: &DnsRecord) -> Result<(), HostError> {
    let (name, tenant) = (&record.name, &config.id);
    let what = match look_up(config, record).await? {
        Answer::Found(texts) if texts.contains(&record.value) => return Ok(()),
        Answer::Found(_) => format!("the DNS record {name} has another key"),
        Answer::Absent | Answer::NotAsked => format!("there is no DNS record {name} yet"),
        Answer::Unreachable(why) => format!("the DNS record {name} could not be looked up: {why}"),
    };
    Err(HostError::configuration(
        format!("tenant {tenant}: {what}, so nobody could verify what the key signs"),
        format!(
            "publish it as a record of type TXT: {name} \"{value}\"; or sign without it: hibob references key rotate {tenant} \
             --unpublished",
            value = record.value
        ),
    ))
}
