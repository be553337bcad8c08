//! The settings of the references job.

use crate::finding::{Finding, Severity};
use crate::hibob::Status;
use crate::value::{NamedValue, Value};
use std::collections::BTreeSet;

/// Checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSettings {
    /// Base URL of HiBob's API, without a slash at its end.
    pub hibob_url: String,
    /// Statuses that are a departure, as HiBob writes them, in small letters.
    pub statuses: BTreeSet<String>,
    /// The HiBob field that holds the address to deliver to.
    pub address_field: String,
}

/// HiBob's own word for somebody who has left (help centre, "Lifecycle statuses").
const TERMINATED: &str = "terminated";

/// The work email, as HiBob's job asks for it.
const WORK_EMAIL: &str = "root.email";

/// Fields that may hold the address.
const ADDRESS_FIELDS: [&str; 2] = [WORK_EMAIL, "home.privateEmail"];

impl ReferenceSettings {
    /// Reads named values.
    ///
    /// # Errors
    /// Every value that is wrong, and every name that is none.
    pub fn read(values: &[NamedValue]) -> Result<Self, Vec<Finding>> {
        let mut settings = Self {
            hibob_url: String::new(),
            statuses: BTreeSet::from([TERMINATED.to_owned()]),
            address_field: WORK_EMAIL.to_owned(),
        };
        let mut findings = Vec::new();
        for NamedValue { name, value } in values {
            match (name.as_str(), value) {
                ("hibob-url", Value::Text(url)) => settings.hibob_url = url.trim_end_matches('/').to_owned(),
                ("statuses", Value::Texts(words)) if !words.is_empty() => {
                    settings.statuses = words.iter().map(|word| word.to_lowercase()).collect();
                }
                ("address-field", Value::Text(field)) if ADDRESS_FIELDS.contains(&field.as_str()) => {
                    settings.address_field.clone_from(field);
                }
                ("address-field", Value::Text(_)) => {
                    findings.push(wrong(name, format!("it must be one of {}", ADDRESS_FIELDS.join(", "))));
                }
                ("hibob-url" | "statuses" | "address-field", _) => {
                    findings.push(wrong(name, "it is of another kind".to_owned()));
                }
                _ => findings.push(wrong(name, "there is no such setting".to_owned())),
            }
        }
        if settings.hibob_url.is_empty() {
            findings.push(wrong("hibob-url", "it is missing".to_owned()));
        }
        if findings.is_empty() { Ok(settings) } else { Err(findings) }
    }

    /// Whether a status means that somebody has left.
    pub(super) fn is_departure(&self, status: Option<&str>) -> bool {
        status.is_some_and(|status| self.statuses.contains(&status.to_lowercase()))
    }

    /// Whether a status is one that is understood at all: HiBob's own, or one that is a departure by setting.
    pub(super) fn is_known(&self, status: Option<&str>) -> bool {
        self.is_departure(status) || status.is_some_and(|status| !matches!(Status::of(status), Status::Unknown(_)))
    }
}

fn wrong(name: &str, what: String) -> Finding {
    let message = format!("the setting {name} of the references is wrong: {what}");
    Finding::new(Severity::Error, "WRONG_SETTING", message, "correct the tenant's file").field(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: Value) -> Result<ReferenceSettings, Vec<Finding>> {
        let url = NamedValue { name: "hibob-url".to_owned(), value: Value::Text("https://x/v1/".to_owned()) };
        ReferenceSettings::read(&[url, NamedValue { name: name.to_owned(), value }])
    }

    #[test]
    fn what_is_not_said_is_as_in_hibob() {
        let settings = read("statuses", Value::Texts(vec!["Offboarded".to_owned()])).unwrap();
        assert_eq!((settings.hibob_url.as_str(), settings.address_field.as_str()), ("https://x/v1", "root.email"));
        assert!(settings.is_departure(Some("OFFBOARDED")) && !settings.is_departure(Some("terminated")));
        assert!(
            settings.is_known(Some("employed")) && !settings.is_known(Some("sabbatical")) && !settings.is_known(None)
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read("address-field", Value::Text("home.privateEmail".to_owned())).is_ok());
        for (name, value) in [
            ("address-field", Value::Text("home.iban".to_owned())),
            ("statuses", Value::Texts(Vec::new())),
            ("statuses", Value::Flag(true)),
            ("unheard-of", Value::Flag(true)),
        ] {
            assert_eq!(read(name, value).unwrap_err()[0].field.as_deref(), Some(name));
        }
        assert_eq!(ReferenceSettings::read(&[]).unwrap_err()[0].field.as_deref(), Some("hibob-url"));
    }
}
