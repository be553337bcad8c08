//! The check of a tenant that only issues references: whether a run would find out who has left, issue, and deliver.
//! It issues nothing, delivers nothing and stores nothing.
//!
//! 1. HiBob is read as the first run of the references job reads it.
//! 2. For a few who have left, what a reference needs is read as well: the values, and the address. Nothing of it is kept.
//! 3. There is a key that signs, and the issuer's DNS and site have it. If they cannot be reached, that is a notice.
//! 4. The operator's fonts can be read.
//! 5. The channel of delivery is opened. A mail server is connected to and logged in at; a webhook is not called.

use crate::issuer_site;
use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_config::references::{ReferencesConfig, issuing};
use hibob_config::tenant::TenantConfig;
use hibob_contract::directory_sync::CheckReport;
use hibob_contract::offboarding_references::Standing;
use hibob_contract::types::{Count, Finding, Severity};
use hibob_delivery::Channel;
use hibob_jobs::references::{DnsRecord, IssuerKeys, fonts};
use hibob_reference_format::keys::Selector;
use hibob_reference_format::keys::dns::{Record, parse_record};
use hibob_reference_format::keys::file::KeyFile;
use hibob_reference_format::verify::{Answer, Lookups};
use hibob_sandbox::leavers;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_verification::{Inquiry, NameServers};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// For how many who have left the values of a reference are read, until one of them has all.
const LEAVERS_MAX: usize = 3;

/// How long the issuer's DNS and site may take to answer.
const ISSUER_TIME_MAX: Duration = Duration::from_secs(10);

/// Checks whether references could be issued and delivered.
///
/// # Errors
/// HiBob cannot be read, or the plugin failed.
pub(crate) async fn check(
    data: &DataDir,
    plugin: &Plugin,
    tenant: &Tenant,
    progress: Arc<dyn Progress>,
) -> Result<CheckReport, HostError> {
    let config = issuing(tenant.config())?;
    let (detection, _) = leavers::departures(plugin, tenant, &[], progress).await?;
    let left: Vec<&str> = detection
        .seen
        .iter()
        .filter(|seen| seen.standing == Standing::Left)
        .map(|seen| seen.employee_id.as_str())
        .collect();
    let counts = vec![
        Count { name: "employees".to_owned(), number: detection.employees },
        Count { name: "left".to_owned(), number: left.len() as u64 },
    ];
    let mut findings = detection.findings.clone();
    of_leavers(plugin, tenant, config, &left, &mut findings).await?;
    of_issuer(data, tenant.config(), &mut findings).await;
    if let Err(error) = fonts(config).await {
        findings.push(of_error("CONFIGURATION", &error));
    }
    of_channel(data, tenant.config(), &mut findings).await;
    Ok(CheckReport { findings, counts })
}

/// Reads what a reference needs for the first few who have left.
async fn of_leavers(
    plugin: &Plugin,
    tenant: &Tenant,
    config: &ReferencesConfig,
    left: &[&str],
    findings: &mut Vec<Finding>,
) -> Result<(), HostError> {
    let mut has_values = false;
    let mut without_address: BTreeSet<&str> = config.addresses().filter(|_| config.webhook.is_none()).collect();
    for employee in left.iter().take(LEAVERS_MAX) {
        let Some(departure) = leavers::look_up(plugin, tenant, employee).await? else { continue };
        has_values |= leavers::claims(plugin, tenant, &departure).await?.is_some();
        for field in config.addresses().filter(|_| config.webhook.is_none()) {
            let has_address = leavers::address_in(plugin, tenant, employee, field).await?.is_some();
            if has_address {
                without_address.remove(field);
            }
        }
        if has_values && without_address.is_empty() {
            return Ok(());
        }
    }
    let tried = left.len().min(LEAVERS_MAX);
    if tried == 0 {
        findings.push(finding(
            Severity::Notice,
            "NOBODY_HAS_LEFT",
            "nobody whom HiBob sends has left, so what a reference needs could not be tried",
            "check again when somebody has left; if somebody has, the service user may not see them",
        ));
        return Ok(());
    }
    if !has_values {
        findings.push(finding(
            Severity::Warning,
            "REFERENCE_VALUES_MISSING",
            &format!("for none of {tried} who have left does HiBob show all that a reference says"),
            "in HiBob, give the service user's permission group View on Basic info, Lifecycle and Work (Settings, Permission \
             groups, People data)",
        ));
    }
    for field in without_address {
        findings.push(finding(
            Severity::Warning,
            "REFERENCE_ADDRESS_MISSING",
            &format!("for none of {tried} who have left does HiBob show an address in {field}"),
            "give the service user the permission for that field, or choose another one: references.address, references.second_address",
        ));
    }
    Ok(())
}

/// Checks the key that signs, and that the issuer has published it.
async fn of_issuer(data: &DataDir, config: &TenantConfig, findings: &mut Vec<Finding>) {
    let signing = async {
        let keys = IssuerKeys::open(data, config).await?;
        // The first key waits until its record was seen.
        let row = match keys.first_waiting().await? {
            Some(first) => Some(first),
            None => {
                keys.current().await?;
                keys.list().await?.into_iter().find(|row| row.is_current())
            }
        };
        let records = row.map(|row| Ok::<_, HostError>((keys.selector(&row)?, keys.records(&row)?))).transpose()?;
        Ok::<_, HostError>((keys, records))
    };
    let (keys, selector, records) = match signing.await {
        Ok((keys, Some((selector, records)))) => (keys, selector, records),
        Ok((_, None)) => return,
        Err(error) => return findings.push(of_error("NO_SIGNING_KEY", &error)),
    };
    let name_servers = match NameServers::of_environment() {
        Ok(name_servers) => name_servers,
        Err(what) => {
            let remedy = "give it as 9.9.9.9, 127.0.0.1:5353 or [::1]:5353";
            return findings.push(finding(Severity::Error, "CONFIGURATION", &what, remedy));
        }
    };
    let domain = keys.issuer().domain.clone();
    let published = match issuer_site::site(data, config).await {
        Ok(published) => published,
        Err(error) => return findings.push(of_error("CONFIGURATION", &error)),
    };
    let inquiry = Inquiry { name_servers, published, timeout: ISSUER_TIME_MAX };
    let answers = inquiry.ask(&Lookups::of(&domain, &selector, 1)).await;
    findings.extend(of_dns(&records, &answers.dns));
    findings.extend(of_site(config, &selector, &answers.key_file));
    findings.extend(issuer_site::findings(&config.id, &answers));
}

/// The findings on the two records of the key that signs. One of them is enough to verify with this program.
fn of_dns(records: &[DnsRecord; 2], answers: &[Answer<Vec<String>>; 2]) -> Vec<Finding> {
    let has = |(record, answer): (&DnsRecord, &Answer<Vec<String>>)| matches!(answer, Answer::Found(texts) if texts.contains(&record.value));
    let has_one = records.iter().zip(answers).any(has);
    let of_one = |(record, answer): (&DnsRecord, &Answer<Vec<String>>)| {
        let DnsRecord { name, value } = record;
        let publish = format!("publish it as a record of type TXT: {name} \"{value}\"");
        let differs = |message: &str| Some(finding(Severity::Error, "ISSUER_DNS_DIFFERS", message, &publish));
        match answer {
            Answer::Found(texts) if texts.contains(value) => None,
            Answer::Found(texts) => {
                let records: Vec<_> = texts.iter().map(|text| parse_record(text)).collect();
                if let Some(Err(error)) = records.iter().find(|record| record.is_err()) {
                    differs(&format!("the DNS record {name} is there, and cannot be read: {error}"))
                } else if records.contains(&Ok(Some(Record::Revoked))) {
                    differs(&format!("the DNS record {name} says that the key that signs was revoked"))
                } else if records.iter().all(|record| *record == Ok(None)) {
                    missing(name, &publish, has_one)
                } else {
                    differs(&format!("the DNS record {name} has another key than the one that signs"))
                }
            }
            Answer::Absent => missing(name, &publish, has_one),
            Answer::Unreachable(why) => {
                let message = format!("the DNS record {name} could not be looked up: {why}");
                let remedy = "check from a machine that can ask a resolver, or name one in HIBOB_DNS";
                Some(finding(Severity::Notice, "ISSUER_DNS_UNKNOWN", &message, remedy))
            }
            Answer::NotAsked => None,
        }
    };
    records.iter().zip(answers).filter_map(of_one).collect()
}

fn missing(name: &str, publish: &str, has_one: bool) -> Option<Finding> {
    let message = format!("there is no DNS record {name} with the key that signs");
    let severity = if has_one { Severity::Notice } else { Severity::Error };
    Some(finding(severity, "ISSUER_DNS_MISSING", &message, publish))
}

fn of_site(config: &TenantConfig, selector: &Selector, answer: &Answer<Vec<u8>>) -> Option<Finding> {
    let publish = format!("publish what is there now: hibob references publish {} DIR", config.id);
    match answer {
        Answer::Found(bytes) => {
            let has_key = KeyFile::parse(bytes).is_ok_and(|file| file.keys.iter().any(|key| key.selector == *selector));
            let message = format!("the issuer's published key file lacks the key {selector}, which signs");
            (!has_key).then(|| finding(Severity::Warning, "ISSUER_SITE_LACKS_KEY", &message, &publish))
        }
        Answer::Absent => {
            let message = "the issuer's site has no key file";
            Some(finding(Severity::Warning, "ISSUER_SITE_LACKS_KEY", message, &publish))
        }
        Answer::Unreachable(why) => {
            let message = format!("the issuer's site could not be read: {why}");
            let remedy = "check from a machine that reaches it; verifying needs the site, issuing does not";
            Some(finding(Severity::Notice, "ISSUER_SITE_UNKNOWN", &message, remedy))
        }
        Answer::NotAsked => None,
    }
}

/// Opens the channel of delivery, and logs in at a mail server.
async fn of_channel(data: &DataDir, config: &TenantConfig, findings: &mut Vec<Finding>) {
    if config.references.as_ref().is_some_and(ReferencesConfig::is_work_mailbox_only) {
        findings.push(finding(
            Severity::Warning,
            "WORK_MAILBOX_ONLY",
            "references are delivered to the work email only, and a work mailbox is often closed when the employment ends",
            "let the private address follow: references.second_address = \"home.privateEmail\"",
        ));
    }
    if config.references.as_ref().is_none_or(|references| references.channel().is_none()) {
        findings.push(finding(
            Severity::Warning,
            "NO_CHANNEL",
            "no way to deliver references is configured, so they wait",
            "add [references.smtp] or [references.webhook] to the tenant's file, and apply it again",
        ));
        return;
    }
    let channel = match Channel::open(data, config).await {
        Ok(channel) => channel,
        Err(error) => return findings.push(of_error("CHANNEL_FAILED", &error)),
    };
    if let Err(failure) = channel.probe().await {
        let remedy = "correct [references.smtp] or the mail server; until then references wait";
        findings.push(finding(Severity::Error, "CHANNEL_FAILED", &failure.to_string(), remedy));
    }
}

fn of_error(code: &str, error: &HostError) -> Finding {
    finding(Severity::Error, code, &error.to_string(), &error.remedy())
}

fn finding(severity: Severity, code: &str, message: &str, remedy: &str) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        employee_id: None,
        field: None,
        message: message.to_owned(),
        remedy: remedy.to_owned(),
    }
}
