//! Whether the issuer's DNS has the records of a key.

use crate::references::keys::{DnsRecord, IssuerKeys};
use futures::{StreamExt, TryStreamExt, stream};
use hibob_base::error::HostError;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_reference_format::keys::Selector;
use hibob_reference_format::keys::dns::{Record, parse_record};
use hibob_reference_format::verify::{Answer, Lookups};
use hibob_store::data_dir::DataDir;
use hibob_verification::{Inquiry, NameServers, Published};
use serde_json::{Value, json};
use std::time::Duration;

/// How long DNS may take to answer.
const DNS_TIME_MAX: Duration = Duration::from_secs(10);

/// How many keys are looked up at one time.
const PARALLEL: usize = 4;

/// How many texts of a name are shown, and how many characters of each.
const TEXTS_MAX: usize = 8;
const TEXT_CHARS_MAX: usize = 300;

/// The resolver in `HIBOB_DNS`, or those of the system.
///
/// # Errors
/// The variable holds no address of a resolver.
pub fn name_servers() -> Result<NameServers, HostError> {
    NameServers::of_environment().map_err(|what| {
        HostError::configuration(what, "give the resolver in HIBOB_DNS as 9.9.9.9, 127.0.0.1:5353 or [::1]:5353")
    })
}

/// Asks DNS for the two records of a key. The issuer's site is not asked.
async fn look_up(
    config: &TenantConfig,
    records: &[DnsRecord; 2],
    name_servers: NameServers,
) -> Result<[Answer<Vec<String>>; 2], HostError> {
    let domain = issuing(config)?.issuer()?.domain;
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
pub async fn require_published(config: &TenantConfig, records: &[DnsRecord; 2]) -> Result<(), HostError> {
    let answers = look_up(config, records, name_servers()?).await?;
    let pairs = || records.iter().zip(&answers);
    let revoked = pairs()
        .find(|(_, answer)| matches!(answer, Answer::Found(texts) if texts.iter().any(|text| is_revocation(text))));
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

fn is_revocation(text: &str) -> bool {
    parse_record(text) == Ok(Some(Record::Revoked))
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

/// How a record stands in DNS, in a word, and what is there where it is not as it should be.
fn standing(record: &DnsRecord, answer: &Answer<Vec<String>>) -> Value {
    let (state, texts, why) = match answer {
        Answer::Found(texts) if texts.contains(&record.value) => {
            // A revocation beside the key counts, as it does for whoever verifies.
            let is_other = |text: &&String| is_revocation(text) && **text != record.value;
            match texts.iter().find(is_other) {
                Some(_) => ("revoked", texts.as_slice(), None),
                None => ("right", &[][..], None),
            }
        }
        Answer::Found(texts) if texts.iter().any(|text| is_revocation(text)) => ("revoked", texts.as_slice(), None),
        Answer::Found(texts) => (
            "other",
            texts.as_slice(),
            texts.iter().find_map(|text| parse_record(text).err()).map(|error| error.to_string()),
        ),
        Answer::Absent | Answer::NotAsked => ("absent", &[][..], None),
        Answer::Unreachable(why) => ("unreachable", &[][..], Some(why.clone())),
    };
    let cut = |text: &String| text.chars().take(TEXT_CHARS_MAX).collect::<String>();
    let found: Vec<String> = texts.iter().take(TEXTS_MAX).map(cut).collect();
    json!({ "name": record.name, "value": record.value, "state": state, "found": found, "why": why })
}

/// The issuer's keys, each with how its two records stand in DNS at this moment.
///
/// # Errors
/// The tenant issues no references, or the keys cannot be read.
pub async fn keys_in_dns(
    data: &DataDir,
    config: &TenantConfig,
    name_servers: &NameServers,
) -> Result<Vec<Value>, HostError> {
    let keys = IssuerKeys::open(data, config).await?;
    let rows = keys.list().await?;
    let looked_up = stream::iter(rows).map(|row| {
        let records = keys.records(&row);
        async move {
            let records = records?;
            let answers = look_up(config, &records, name_servers.clone()).await?;
            let standings: Vec<Value> =
                records.iter().zip(&answers).map(|(record, answer)| standing(record, answer)).collect();
            Ok::<_, HostError>(json!({ "selector": row.selector, "dns_records": standings }))
        }
    });
    looked_up.buffered(PARALLEL).try_collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_reference_format::keys::SecretKey;
    use hibob_reference_format::keys::dns::{Label, record_value, revoked_value};

    #[test]
    fn a_record_stands_as_whoever_verifies_would_take_it() {
        let label = Label::ALL[0];
        let [own, another] = [(); 2].map(|()| record_value(label, &SecretKey::generate().unwrap().public()));
        let revoked = revoked_value(label);
        let found = |texts: &[&String]| Answer::Found(texts.iter().map(|text| (*text).clone()).collect());
        let record = |value: &String| DnsRecord { name: "k1._x.acme.example".to_owned(), value: value.clone() };
        let long = "x".repeat(5_000);
        for (value, answer, state, shown) in [
            (&own, found(&[&own]), "right", 0),
            (&own, found(&[&long, &own]), "right", 0),
            (&own, found(&[&own, &revoked]), "revoked", 2),
            (&own, found(&[&revoked]), "revoked", 1),
            (&revoked, found(&[&revoked]), "right", 0),
            // The key was revoked, and its former record is still there.
            (&revoked, found(&[&own]), "other", 1),
            (&own, found(&[&another]), "other", 1),
            (&own, found(&[&long; 20]), "other", TEXTS_MAX),
            (&own, Answer::Absent, "absent", 0),
            (&own, Answer::Unreachable("no answer".to_owned()), "unreachable", 0),
        ] {
            let standing = standing(&record(value), &answer);
            assert_eq!(standing["state"], state, "{standing}");
            let texts = standing["found"].as_array().unwrap();
            assert_eq!(texts.len(), shown, "{standing}");
            assert!(texts.iter().all(|text| text.as_str().unwrap().chars().count() <= TEXT_CHARS_MAX));
            assert_eq!(standing["why"].is_string(), state == "unreachable", "{standing}");
        }
    }
}
