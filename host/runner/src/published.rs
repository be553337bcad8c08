//! Whether the issuer's DNS has the record of a key.

use hibob_base::error::HostError;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_jobs::references::DnsRecord;
use hibob_reference_format::keys::Selector;
use hibob_reference_format::keys::dns::{Record, parse_record};
use hibob_reference_format::verify::{Answer, Lookups};
use hibob_verification::{Inquiry, NameServers, Published};
use std::time::Duration;

/// How long DNS may take to answer.
const DNS_TIME_MAX: Duration = Duration::from_secs(10);

/// Asks DNS for the two records of a key, by the resolver in `HIBOB_DNS` or those of the system. The issuer's site is not
/// asked.
async fn look_up(config: &TenantConfig, records: &[DnsRecord; 2]) -> Result<[Answer<Vec<String>>; 2], HostError> {
    let domain = issuing(config)?.issuer()?.domain;
    let name_servers = NameServers::of_environment().map_err(|what| {
        HostError::configuration(what, "give the resolver in HIBOB_DNS as 9.9.9.9, 127.0.0.1:5353 or [::1]:5353")
    })?;
    let [first, _] = records;
    let selector = first.name.split('.').next().unwrap_or_default();
    let selector = Selector::parse(selector).map_err(|error| HostError::Engine(error.to_string()))?;
    let inquiry = Inquiry { name_servers, published: Published::Nowhere, timeout: DNS_TIME_MAX };
    Ok(inquiry.ask(&Lookups::of(&domain, &selector, 1)).await.dns)
}

/// Checks that the issuer's DNS has one of these two records of a key, and that neither revokes it.
///
/// # Errors
/// It has not, or they could not be looked up.
pub async fn require(config: &TenantConfig, records: &[DnsRecord; 2]) -> Result<(), HostError> {
    let answers = look_up(config, records).await?;
    let pairs = || records.iter().zip(&answers);
    let is_revoked = |text: &String| parse_record(text) == Ok(Some(Record::Revoked));
    let revoked = pairs().find(|(_, answer)| matches!(answer, Answer::Found(texts) if texts.iter().any(is_revoked)));
    let has = |(record, answer): (&DnsRecord, &Answer<Vec<String>>)| matches!(answer, Answer::Found(texts) if texts.contains(&record.value));
    let what = match revoked {
        Some((record, _)) => format!("the DNS record {} says that the key was revoked", record.name),
        None if pairs().any(has) => return Ok(()),
        None => pairs().map(|(record, answer)| told(&record.name, answer)).collect::<Vec<_>>().join(", and "),
    };
    let tenant = &config.id;
    let records: Vec<String> = records.iter().map(|record| format!("{} \"{}\"", record.name, record.value)).collect();
    Err(HostError::configuration(
        format!("tenant {tenant}: {what}, so nobody could verify what the key signs"),
        format!(
            "publish them as records of type TXT: {}; or sign without them: hibob references key rotate {tenant} --unpublished",
            records.join(", ")
        ),
    ))
}

fn told(name: &str, answer: &Answer<Vec<String>>) -> String {
    match answer {
        Answer::Found(texts) => match texts.iter().find_map(|text| parse_record(text).err()) {
            Some(error) => format!("the DNS record {name} cannot be read: {error}"),
            None => format!("the DNS record {name} has another key"),
        },
        Answer::Absent | Answer::NotAsked => format!("there is no DNS record {name} yet"),
        Answer::Unreachable(why) => format!("the DNS record {name} could not be looked up: {why}"),
    }
}
