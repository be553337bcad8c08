//! The settings of the references job.

use crate::finding::{Finding, Severity};
use crate::hibob::Status;
use crate::text_form;
use crate::time_zones::{TimeZones, Zone};
use crate::value::{NamedValue, Value};
use std::collections::BTreeSet;

/// The settings of the references job, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSettings {
    /// Base URL of HiBob's API, without a slash at its end.
    pub hibob_url: String,
    /// HiBob's lifecycle statuses that count as a departure, in lower case.
    pub statuses: BTreeSet<String>,
    /// The HiBob field that holds the address to deliver to.
    pub address_field: String,
    /// Whether garden leave (released from work, still employed) counts as a departure.
    pub garden_leave: GardenLeave,
    /// Where a day begins and ends.
    pub time_zones: TimeZones,
    /// Reasons of a termination for which a reference is held, by name or id, in lower case.
    pub hold_reasons: BTreeSet<String>,
    /// Types of employment for which a reference is held, in lower case.
    pub hold_types: BTreeSet<String>,
}

/// How garden leave is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GardenLeave {
    /// It is employment like any other; the reference is issued when the employment ends.
    Ignore,
    /// It is a departure from its first day on. The termination that follows is the same departure.
    IsDeparture,
}

/// HiBob's own word for somebody who has left (help centre, "Lifecycle statuses").
const TERMINATED: &str = "terminated";

/// HiBob's field with the work email.
const WORK_EMAIL: &str = "root.email";

/// HiBob fields that the setting `address-field` may name.
const ADDRESS_FIELDS: [&str; 2] = [WORK_EMAIL, "home.privateEmail"];

fn in_lower_case(words: &[String]) -> BTreeSet<String> {
    words.iter().map(|word| word.trim().to_lowercase()).collect()
}

impl ReferenceSettings {
    /// The names of all settings.
    pub(crate) const NAMES: [&str; 9] = [
        "hibob-url",
        "statuses",
        "address-field",
        "garden-leave",
        "time-zone",
        "site-time-zones",
        "time-zone-data",
        "hold-reasons",
        "hold-types",
    ];

    /// Reads the settings from named values. Those that are left out get their defaults.
    ///
    /// # Errors
    /// One finding for each wrong value and for each name that is not a setting of this job.
    pub fn read(values: &[NamedValue]) -> Result<Self, Vec<Finding>> {
        let mut settings = Self {
            hibob_url: String::new(),
            statuses: BTreeSet::from([TERMINATED.to_owned()]),
            address_field: WORK_EMAIL.to_owned(),
            garden_leave: GardenLeave::Ignore,
            time_zones: TimeZones::default(),
            hold_reasons: BTreeSet::new(),
            hold_types: BTreeSet::new(),
        };
        let mut findings = Vec::new();
        let own = values.iter().find(|value| value.name == "time-zone-data").map(|value| &value.value);
        let own = if let Some(Value::Pairs(own)) = own { own.as_slice() } else { &[] };
        for NamedValue { name, value } in values {
            if !Self::NAMES.contains(&name.as_str()) {
                findings.push(wrong(name, "there is no such setting".to_owned()));
                continue;
            }
            match (name.as_str(), value) {
                ("hibob-url", Value::Text(url)) => settings.hibob_url = url.trim_end_matches('/').to_owned(),
                ("statuses", Value::Texts(words)) if !words.is_empty() => {
                    settings.statuses = in_lower_case(words);
                }
                ("hold-reasons", Value::Texts(words)) => settings.hold_reasons = in_lower_case(words),
                ("hold-types", Value::Texts(words)) => settings.hold_types = in_lower_case(words),
                ("address-field", Value::Text(field)) if ADDRESS_FIELDS.contains(&field.as_str()) => {
                    settings.address_field.clone_from(field);
                }
                ("address-field", Value::Text(_)) => {
                    findings.push(wrong(name, format!("it must be one of {}", ADDRESS_FIELDS.join(", "))));
                }
                ("garden-leave", Value::Text(word)) => match word.as_str() {
                    "ignore" => settings.garden_leave = GardenLeave::Ignore,
                    "is-departure" => settings.garden_leave = GardenLeave::IsDeparture,
                    _ => findings.push(wrong(name, "it must be ignore or is-departure".to_owned())),
                },
                ("time-zone", Value::Text(zone)) => match Zone::of(zone, own) {
                    Some(zone) => settings.time_zones.default = zone,
                    None => findings.push(no_zone(name, zone)),
                },
                ("site-time-zones", Value::Pairs(zones)) => {
                    for (site, zone) in zones {
                        match Zone::of(zone, own) {
                            Some(zone) => {
                                settings.time_zones.by_site.insert(text_form::key(site).into_owned(), zone);
                            }
                            None => findings.push(no_zone(name, zone)),
                        }
                    }
                }
                // It is read before the others.
                ("time-zone-data", Value::Pairs(_)) => {}
                _ => findings.push(wrong(name, "it has another kind of value than it needs".to_owned())),
            }
        }
        if settings.statuses.iter().any(|status| Status::of(status) == Status::GardenLeave) {
            findings.push(wrong("statuses", "garden leave has a setting of its own, garden-leave".to_owned()));
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

    /// Whether a status is garden leave and the settings count that as a departure.
    pub(super) fn is_garden_leave(&self, status: Option<&str>) -> bool {
        let is_departure = self.garden_leave == GardenLeave::IsDeparture;
        is_departure && status.is_some_and(|status| Status::of(status) == Status::GardenLeave)
    }

    /// Whether a status is known: one of HiBob's own, or one that the settings name as a departure.
    pub(super) fn is_known(&self, status: Option<&str>) -> bool {
        self.is_departure(status) || status.is_some_and(|status| !matches!(Status::of(status), Status::Unknown(_)))
    }
}

fn no_zone(name: &str, zone: &str) -> Finding {
    wrong(name, format!("`{zone}` is not a time zone of the IANA database"))
}

fn wrong(name: &str, what: String) -> Finding {
    let message = format!("the setting {name} of the references is wrong: {what}");
    Finding::new(Severity::Error, "WRONG_SETTING", message, "correct the tenant's file").field(name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Settings with an address of HiBob and these texts.
    pub(in crate::references) fn settings(words: &[(&str, &str)]) -> ReferenceSettings {
        let text =
            |(name, text): (&str, &str)| NamedValue { name: name.to_owned(), value: Value::Text(text.to_owned()) };
        let values: Vec<_> = [("hibob-url", "https://x")].iter().chain(words).copied().map(text).collect();
        ReferenceSettings::read(&values).unwrap()
    }

    fn read(name: &str, value: Value) -> Result<ReferenceSettings, Vec<Finding>> {
        let url = NamedValue { name: "hibob-url".to_owned(), value: Value::Text("https://x/v1/".to_owned()) };
        ReferenceSettings::read(&[url, NamedValue { name: name.to_owned(), value }])
    }

    #[test]
    fn settings_that_are_left_out_have_defaults() {
        let settings = read("statuses", Value::Texts(vec!["Offboarded".to_owned()])).unwrap();
        assert_eq!((settings.hibob_url.as_str(), settings.address_field.as_str()), ("https://x/v1", "root.email"));
        assert!(settings.is_departure(Some("OFFBOARDED")) && !settings.is_departure(Some("terminated")));
        assert!(
            settings.is_known(Some("employed")) && !settings.is_known(Some("sabbatical")) && !settings.is_known(None)
        );
    }

    #[test]
    fn garden_leave_is_employment_unless_the_setting_makes_it_a_departure() {
        assert!(!settings(&[]).is_garden_leave(Some("garden leave")));
        assert!(!settings(&[("garden-leave", "ignore")]).is_garden_leave(Some("garden leave")));
        let settings = settings(&[("garden-leave", "is-departure"), ("time-zone", "Europe/Madrid")]);
        assert!(settings.is_garden_leave(Some("Garden leave")) && !settings.is_garden_leave(Some("leave")));
        assert!(!settings.is_departure(Some("garden leave")));
        assert_eq!(settings.time_zones.default.name(), "Europe/Madrid");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read("address-field", Value::Text("home.privateEmail".to_owned())).is_ok());
        for (name, value) in [
            ("address-field", Value::Text("home.iban".to_owned())),
            ("statuses", Value::Texts(Vec::new())),
            ("statuses", Value::Flag(true)),
            ("statuses", Value::Texts(vec!["Garden Leave".to_owned()])),
            ("garden-leave", Value::Text("keep".to_owned())),
            ("garden-leave", Value::Flag(true)),
            ("time-zone", Value::Text("Madrid".to_owned())),
            ("site-time-zones", Value::Pairs(vec![("London".to_owned(), "London".to_owned())])),
            ("unheard-of", Value::Flag(true)),
        ] {
            assert_eq!(read(name, value).unwrap_err()[0].field.as_deref(), Some(name));
        }
        assert_eq!(ReferenceSettings::read(&[]).unwrap_err()[0].field.as_deref(), Some("hibob-url"));
    }
}
