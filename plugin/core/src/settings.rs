//! The settings of a sync: read and checked once, from named values.

mod choices;
mod people;

use crate::approvers::{Approvals, Method};
use crate::exclusion::Exclusion;
use crate::field::{Detail, Field, FieldSet, Form, LANGUAGES, List, MANAGER, TEXT_FIELDS, TextField, fold, is_email};
use crate::finding::{Finding, Severity};
use crate::phone::Country;
use crate::text_form;
use crate::time_zones::{TimeZones, Zone};
use crate::value::{NamedValue, Value};
pub use choices::{GardenLeave, Lasts, LeaversBefore, MissingDetail, OutOfSelection};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The details that the setting `details` chooses from: those that are one field, then those of several fields. Names,
/// work email and start date are always part of a sync.
pub fn details() -> Vec<Detail> {
    let chosen = Field::all().filter(|field| field.row().detail.name().is_some());
    let (single, shared): (Vec<Field>, Vec<Field>) =
        chosen.partition(|field| field.row().detail.name() == Some(field.name()));
    let mut details: Vec<Detail> = single.into_iter().chain(shared).map(|field| field.row().detail).collect();
    details.dedup();
    details
}

/// TravelPerk's plans, from the smallest to the largest.
const TIERS: [&str; 3] = ["starter", "premium", "pro"];

/// Longest time before the start date that an account can be made, in days.
const DAYS_BEFORE_MAX: u16 = 365;

/// Most field ids that one `people/search` may name (people read API contract).
const FIELDS_MAX: usize = 400;

/// The settings of a sync, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Base URL of HiBob's API, without a slash at its end.
    pub hibob_url: String,
    /// Base URL of TravelPerk's SCIM service, without a slash at its end.
    pub scim_url: String,
    /// Base URL of TravelPerk's REST API, for companies. If there is none, companies are not checked.
    pub rest_url: Option<String>,
    /// Base URL of TravelPerk's cost centers. If there is none, cost centers are assigned by name and never created.
    pub cost_centers_url: Option<String>,
    /// The `Content-Type` of requests to TravelPerk.
    pub content_type: String,
    /// The names of the details that are synced.
    pub details: BTreeSet<String>,
    /// What a missing detail does to its employee.
    pub missing_detail: MissingDetail,
    /// For each text detail the HiBob fields to read. The first one with a value counts.
    pub sources: BTreeMap<TextField, Vec<String>>,
    /// The invoice profile for a value in HiBob, where the two have different names. The value is in the form of
    /// [`text_form::key`].
    pub companies: BTreeMap<String, String>,
    /// How trips are approved; none if the sync leaves that alone.
    pub approvals: Option<Approvals>,
    /// The language of accounts that have none, if HiBob has none for the employee either.
    pub default_language: Option<String>,
    /// The country of telephone numbers that have no country code; none if they are left out.
    pub phone_country: Option<&'static Country>,
    /// The same for single sites, by their names in the form of [`text_form::key`].
    pub site_countries: BTreeMap<String, &'static Country>,
    /// The names of the sites that are synced, in the form of [`text_form::key`]; none for all sites.
    pub sites: Option<BTreeSet<String>>,
    /// The names of sites that are known not to be synced, in the same form.
    pub other_sites: BTreeSet<String>,
    /// Who is left out of the sync.
    pub exclusion: Exclusion,
    /// What becomes of the account of an employee who works at another site.
    pub out_of_selection: OutOfSelection,
    /// How many days before the start date an account is created.
    pub create_days_before_start: u16,
    /// What becomes of the account of an employee on garden leave.
    pub garden_leave: GardenLeave,
    /// The longest time between two employments of somebody who came back under a new id, in days, where birth dates are
    /// not known.
    pub rehire_gap_days: u16,
    /// Whether birth dates are read to tell who is the same person, also where they are not synced.
    pub compare_birth_date: bool,
    /// What becomes of the account of somebody whom HiBob does not send any more.
    pub vanished: Lasts,
    /// What becomes of the account of somebody who starts later.
    pub waiting: Lasts,
    /// What becomes of active accounts of those who left before the first sync.
    pub leavers_before: LeaversBefore,
    /// The work email, folded to lower case, of the admin who enabled the sync. When they leave, the sync stops until
    /// another admin enables it. None if the tenant does not use that.
    pub enabled_by: Option<String>,
    /// The temporary address of an account while work emails are exchanged, with `{id}` in the place of the employee
    /// id. If there is none, an exchange is a conflict.
    pub swap_address: Option<String>,
    /// User names, folded to lower case, of accounts that are never archived.
    pub admins: BTreeSet<String>,
    /// The time zones by which a day begins and ends.
    pub time_zones: TimeZones,
    /// The text fields that are synced. Worked out once, as it is needed for every employee.
    text_fields: FieldSet,
}

impl Settings {
    /// Whether a detail is synced.
    pub fn has(&self, detail: &str) -> bool {
        self.details.contains(detail)
    }

    /// Whether missing cost centers are created.
    pub fn makes_cost_centers(&self) -> bool {
        self.has_text(TextField::CostCenter) && self.cost_centers_url.is_some()
    }

    /// Whether companies are read from TravelPerk before they are assigned.
    pub fn checks_companies(&self) -> bool {
        self.has_text(TextField::Company) && self.rest_url.is_some()
    }

    /// Whether anything depends on the sites of employees.
    pub fn needs_sites(&self) -> bool {
        self.sites.is_some() || !self.time_zones.by_site.is_empty() || !self.site_countries.is_empty()
    }

    /// Whether a text field is synced.
    pub fn has_text(&self, field: TextField) -> bool {
        self.text_fields.contains(field)
    }

    /// Whether values of a synced field are items of this list.
    pub fn needs_list(&self, list: List) -> bool {
        TEXT_FIELDS.into_iter().any(|field| field.form() == Form::Item(list) && self.has_text(field))
    }

    /// The value for accounts that have none in this field, if HiBob has none either.
    pub fn default_of(&self, field: TextField) -> Option<&str> {
        match field.form() {
            Form::Language => self.default_language.as_deref(),
            Form::Text | Form::UserName | Form::Phone | Form::Gender | Form::Date | Form::Item(_) | Form::Company => {
                None
            }
        }
    }

    /// The text fields that are always synced, and those whose detail is synced and that have a source or a default.
    fn synced_text_fields(&self) -> FieldSet {
        let is_synced = |field: &TextField| match field.row().detail {
            Detail::Mandatory(_) => true,
            Detail::Usual(detail) | Detail::OnlyIfNamed(detail) => {
                self.has(detail) && (self.default_of(*field).is_some() || !self.source(*field).is_empty())
            }
            Detail::Decided => false,
        };
        TEXT_FIELDS.into_iter().filter(is_synced).collect()
    }

    /// The HiBob fields from which a text field is read, those that are always synced left out but for names.
    pub fn source(&self, field: TextField) -> &[String] {
        self.sources.get(&field).map(Vec::as_slice).unwrap_or_default()
    }

    /// The HiBob fields from which a field that is always synced is read: those of the settings, else those of the table.
    pub fn mandatory_source(&self, field: TextField) -> impl Iterator<Item = &str> {
        let own = self.source(field);
        let default = field.row().sources.iter().copied().filter(|_| own.is_empty());
        own.iter().map(String::as_str).chain(default)
    }

    /// Reads settings from named values.
    ///
    /// # Errors
    /// One finding for each setting that is missing, unknown or wrong.
    pub fn read(values: &[NamedValue]) -> Result<Self, Vec<Finding>> {
        let mut reader = Reader { values, findings: Vec::new(), known: BTreeSet::new() };
        let settings = Self::from(&mut reader);
        reader.unknown();
        if reader.findings.is_empty() { Ok(settings) } else { Err(reader.findings) }
    }

    /// The names of all settings.
    #[cfg(test)]
    pub(crate) fn names() -> BTreeSet<&'static str> {
        let mut reader = Reader { values: &[], findings: Vec::new(), known: BTreeSet::new() };
        let _settings = Self::from(&mut reader);
        reader.known
    }

    /// Reads every setting, also those that are not given, so that the reader then knows all names.
    fn from(reader: &mut Reader<'_>) -> Self {
        let mut settings = Self {
            hibob_url: reader.url("hibob-url"),
            scim_url: reader.url("scim-url"),
            rest_url: reader.optional_url("rest-url"),
            cost_centers_url: reader.optional_url("cost-centers-url"),
            content_type: reader.text("content-type").unwrap_or_else(|| "application/json".to_owned()),
            details: reader.details(),
            missing_detail: reader.missing_detail(),
            sources: reader.sources(),
            companies: reader
                .table("companies")
                .into_iter()
                .map(|(name, profile)| (text_form::key(&name).into_owned(), profile))
                .collect(),
            approvals: reader.approvals(),
            default_language: reader.language("default-language"),
            sites: reader.sites(),
            other_sites: reader
                .texts("other-sites")
                .unwrap_or_default()
                .iter()
                .map(|site| text_form::key(site).into_owned())
                .collect(),
            exclusion: reader.exclusion(),
            out_of_selection: reader
                .choice("out-of-selection", [("leave", OutOfSelection::Leave), ("archive", OutOfSelection::Archive)]),
            create_days_before_start: reader.number("create-days-before-start", 0, DAYS_BEFORE_MAX),
            garden_leave: reader
                .choice("garden-leave", [("keep", GardenLeave::Keep), ("archive", GardenLeave::Archive)]),
            rehire_gap_days: reader.number("rehire-gap-days", choices::REHIRE_GAP_DAYS, choices::REHIRE_GAP_DAYS_MAX),
            compare_birth_date: reader.flag("compare-birth-date"),
            vanished: reader.choice("vanished", [("keep", Lasts::Keep), ("archive", Lasts::Archive)]),
            waiting: reader.choice("waiting", [("keep", Lasts::Keep), ("archive", Lasts::Archive)]),
            leavers_before: reader
                .choice("leavers-before", [("report", LeaversBefore::Report), ("link", LeaversBefore::Link)]),
            enabled_by: reader.text("enabled-by").map(|email| fold(&email)),
            swap_address: reader.swap_address(),
            admins: reader.texts("admins").unwrap_or_default().iter().map(|name| fold(name)).collect(),
            time_zones: reader.time_zones(),
            phone_country: reader.text("phone-country").and_then(|name| reader.country("phone-country", &name)),
            site_countries: reader.countries("site-countries"),
            text_fields: FieldSet::EMPTY,
        };
        settings.text_fields = settings.synced_text_fields();
        if settings.approvals.is_some() && !settings.has(MANAGER) {
            reader.wrong(
                "approval-method",
                "approvals go by the line manager, and `manager` is not among the details",
                "add `manager` to the details",
            );
        }
        settings
    }
}

struct Reader<'v> {
    values: &'v [NamedValue],
    findings: Vec<Finding>,
    known: BTreeSet<&'static str>,
}

impl<'v> Reader<'v> {
    fn wrong(&mut self, name: &str, message: impl Into<Cow<'static, str>>, remedy: impl Into<Cow<'static, str>>) {
        self.findings.push(Finding::new(Severity::Error, "WRONG_SETTING", message, remedy).field(name));
    }

    fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.insert(name);
        let mut found = self.values.iter().filter(|value| value.name == name);
        let value = found.next().map(|named| &named.value);
        if found.next().is_some() {
            self.wrong(name, format!("the setting {name} is given twice"), "give it once");
        }
        value
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.value(name)? {
            Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            other => {
                self.wrong(
                    name,
                    format!("the setting {name} is {} where a text belongs", other.kind()),
                    "give a text that is not empty",
                );
                None
            }
        }
    }

    fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        match self.value(name)? {
            Value::Texts(texts) => Some(texts.clone()),
            other => {
                self.wrong(
                    name,
                    format!("the setting {name} is {} where a list belongs", other.kind()),
                    "give a list of texts",
                );
                None
            }
        }
    }

    fn url(&mut self, name: &'static str) -> String {
        let Some(url) = self.text(name) else {
            if !self.values.iter().any(|value| value.name == name) {
                self.wrong(name, format!("the setting {name} is missing"), "give the base URL of that service");
            }
            return String::new();
        };
        self.base_url(name, &url)
    }

    fn optional_url(&mut self, name: &'static str) -> Option<String> {
        let url = self.text(name)?;
        Some(self.base_url(name, &url))
    }

    fn base_url(&mut self, name: &'static str, url: &str) -> String {
        if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(['?', '#', ' ']) {
            self.wrong(
                name,
                format!("{name} is not a base URL"),
                "give an address such as https://api.hibob.com/v1, without query",
            );
        }
        url.trim_end_matches('/').to_owned()
    }

    fn details(&mut self) -> BTreeSet<String> {
        let known = details();
        let Some(names) = self.texts("details") else {
            let usual = known.into_iter().filter(|detail| matches!(detail, Detail::Usual(_)));
            return usual.filter_map(Detail::name).map(str::to_owned).collect();
        };
        let known: Vec<&str> = known.into_iter().filter_map(Detail::name).collect();
        for name in &names {
            if !known.contains(&name.as_str()) {
                self.wrong(
                    "details",
                    format!("`{name}` is not a detail that can be synced"),
                    format!("choose from {}", known.join(", ")),
                );
            }
        }
        names.into_iter().collect()
    }

    /// Reads the settings of approvals. They need TravelPerk's Pro plan, and the operator's consent, as switching them on
    /// replaces what was set up by hand.
    fn approvals(&mut self) -> Option<Approvals> {
        let tier = self.text("plan-tier");
        if tier.as_deref().is_some_and(|tier| !TIERS.contains(&tier)) {
            self.wrong("plan-tier", "TravelPerk has no plan of this name", format!("choose from {}", TIERS.join(", ")));
        }
        let confirmed = match self.value("approvals-replace-existing") {
            None | Some(Value::Flag(false)) => false,
            Some(Value::Flag(true)) => true,
            Some(_) => {
                self.wrong("approvals-replace-existing", "it is neither true nor false", "give true or false");
                false
            }
        };
        let conditions = self.texts("approver-conditions").unwrap_or_default();
        let Some(method) = self.text("approval-method") else {
            if !conditions.is_empty() {
                self.wrong("approver-conditions", "conditions are set, and no method is", "choose a method: A, B or C");
            }
            return None;
        };
        if tier.as_deref() != Some("pro") {
            self.wrong(
                "approval-method",
                "automatic approvals are a feature of TravelPerk's Pro plan",
                "set travelperk.plan = \"pro\" if that is yours, or leave approvals out",
            );
        }
        if !confirmed {
            self.wrong(
                "approval-method",
                "switching on automatic approvals replaces the approval processes that exist in TravelPerk",
                "save those as CSV in TravelPerk, then set sync.approvals.replaces_existing = true",
            );
        }
        let method = match method.as_str() {
            "A" => Method::InPolicy,
            "B" => Method::InPolicyNotified,
            "C" => Method::EveryTrip,
            other => {
                self.wrong("approval-method", format!("there is no method `{other}`"), "choose A, B or C");
                return None;
            }
        };
        Some(Approvals { method, conditions })
    }

    fn swap_address(&mut self) -> Option<String> {
        let pattern = self.text("swap-address")?;
        if !pattern.contains("{id}") || !is_email(&pattern.replace("{id}", "1")) {
            self.wrong(
                "swap-address",
                format!("`{pattern}` is not an address with {{id}} in it"),
                "give one of your own domain, such as swap-{id}@acme.example",
            );
        }
        Some(pattern)
    }

    fn language(&mut self, name: &'static str) -> Option<String> {
        let language = self.text(name)?;
        if !LANGUAGES.contains(&language.as_str()) {
            self.wrong(
                name,
                format!("`{language}` is not a language that TravelPerk accepts"),
                format!("choose from {}", LANGUAGES.join(", ")),
            );
        }
        Some(language)
    }

    /// One of two words; the first one if the setting is not given.
    fn choice<T: Copy>(&mut self, name: &'static str, words: [(&'static str, T); 2]) -> T {
        let [(_, default), _] = words;
        let Some(text) = self.text(name) else { return default };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None => {
                let known = words.map(|(word, _)| word).join(" or ");
                self.wrong(name, format!("{name} is `{text}`"), format!("choose {known}"));
                default
            }
        }
    }

    /// A number of days.
    fn number(&mut self, name: &'static str, default: u16, most: u16) -> u16 {
        let days = match self.value(name) {
            None => return default,
            Some(Value::Integer(days)) => u16::try_from(*days).ok().filter(|days| *days <= most),
            Some(_) => None,
        };
        days.unwrap_or_else(|| {
            self.wrong(name, format!("{name} is not a number of days"), format!("give a number from 0 to {most}"));
            default
        })
    }

    fn country(&mut self, name: &'static str, country: &str) -> Option<&'static Country> {
        let found = Country::named(country.trim());
        if found.is_none() {
            self.wrong(
                name,
                format!("`{country}` is not a country"),
                "give the two letters of ISO 3166, such as ES or GB",
            );
        }
        found
    }

    fn countries(&mut self, name: &'static str) -> BTreeMap<String, &'static Country> {
        self.table(name)
            .into_iter()
            .filter_map(|(site, country)| Some((text_form::key(&site).into_owned(), self.country(name, &country)?)))
            .collect()
    }

    /// The zones of a tenant. The operator's own data of them are read before.
    fn time_zones(&mut self) -> TimeZones {
        let own = self.table("time-zone-data");
        TimeZones {
            default: self.text("time-zone").and_then(|zone| self.zone("time-zone", &zone, &own)).unwrap_or_default(),
            by_site: self
                .table("site-time-zones")
                .into_iter()
                .filter_map(|(site, zone)| {
                    Some((text_form::key(&site).into_owned(), self.zone("site-time-zones", &zone, &own)?))
                })
                .collect(),
        }
    }

    fn zone(&mut self, name: &'static str, zone: &str, own: &[(String, String)]) -> Option<Zone> {
        let found = Zone::of(zone, own);
        if found.is_none() {
            self.wrong(
                name,
                format!("`{zone}` is not a time zone"),
                "give a name of the IANA database, such as Europe/Madrid",
            );
        }
        found
    }

    fn table(&mut self, name: &'static str) -> Vec<(String, String)> {
        match self.value(name) {
            None => Vec::new(),
            Some(Value::Pairs(pairs)) => pairs.clone(),
            Some(other) => {
                self.wrong(
                    name,
                    format!("the setting {name} is {} where a table belongs", other.kind()),
                    "give a table of texts",
                );
                Vec::new()
            }
        }
    }

    /// The default is as in TravelPerk's setup guide: a missing detail is an error if the operator chose the details, and
    /// is left out if the usual details are synced.
    fn missing_detail(&mut self) -> MissingDetail {
        let are_details_chosen = self.values.iter().any(|value| value.name == "details");
        let (fail, skip) = (("fail", MissingDetail::Fail), ("skip", MissingDetail::Skip));
        self.choice("missing-detail", if are_details_chosen { [fail, skip] } else { [skip, fail] })
    }

    fn sources(&mut self) -> BTreeMap<TextField, Vec<String>> {
        let mut sources = BTreeMap::new();
        let mut fields = 0;
        for field in TEXT_FIELDS.into_iter().filter(|field| field.takes_sources()) {
            let (name, default) = (field.text_row().source_setting, field.row().sources);
            let ids = self.texts(name).unwrap_or_else(|| default.iter().map(ToString::to_string).collect());
            self.field_ids(name, &ids);
            fields += ids.len();
            sources.insert(field, ids);
        }
        if fields > FIELDS_MAX / 2 {
            self.wrong("source-phone", format!("the sources name more than {} fields", FIELDS_MAX / 2), "name fewer");
        }
        sources
    }

    fn field_ids(&mut self, name: &'static str, ids: &[String]) {
        for id in ids {
            if !id.contains('.') || id.contains(['/', ' ']) || id.split('.').any(str::is_empty) {
                self.wrong(
                    name,
                    format!("`{id}` is not the id of a HiBob field"),
                    "give the id as GET /company/people/fields shows it, for example work.custom.field_1680000000000",
                );
            }
        }
    }

    fn unknown(&mut self) {
        for value in self.values {
            if !self.known.contains(value.name.as_str()) {
                let known: Vec<&str> = self.known.iter().copied().collect();
                self.findings.push(
                    Finding::new(
                        Severity::Error,
                        "UNKNOWN_SETTING",
                        format!("there is no setting {}", value.name),
                        format!("remove it, or choose from {}", known.join(", ")),
                    )
                    .field(&value.name),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, value: &str) -> NamedValue {
        NamedValue { name: name.to_owned(), value: Value::Text(value.to_owned()) }
    }

    fn smallest_settings() -> Vec<NamedValue> {
        vec![text("hibob-url", "https://api.hibob.com/v1/"), text("scim-url", "https://app.perk.com/api/v2/scim")]
    }

    #[test]
    fn the_smallest_settings_have_every_usual_detail() {
        let settings = Settings::read(&smallest_settings()).unwrap();
        assert_eq!(settings.hibob_url, "https://api.hibob.com/v1");
        for detail in details() {
            assert_eq!(settings.has(detail.name().unwrap()), matches!(detail, Detail::Usual(_)), "{detail:?}");
        }
        assert!(settings.has_text(TextField::Title) && !settings.has_text(TextField::TravelPolicy));
        assert_eq!(settings.missing_detail, MissingDetail::Skip);
    }

    #[test]
    fn each_wrong_setting_is_named() {
        let codes = |extra: NamedValue| {
            let mut values = smallest_settings();
            values.push(extra);
            let findings = Settings::read(&values).unwrap_err();
            findings
                .into_iter()
                .map(|finding| format!("{} {}", finding.code, finding.field.unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(codes(text("default-language", "klingon")), ["WRONG_SETTING default-language"]);
        assert_eq!(codes(text("langauge", "en")), ["UNKNOWN_SETTING langauge"]);
        assert_eq!(codes(text("details", "title")), ["WRONG_SETTING details"]);
        let source = NamedValue { name: "source-title".to_owned(), value: Value::Texts(vec!["/work/x".to_owned()]) };
        assert_eq!(codes(source), ["WRONG_SETTING source-title"]);
        assert_eq!(codes(text("hibob-url", "https://twice")), ["WRONG_SETTING hibob-url"]);
        assert_eq!(Settings::read(&[]).unwrap_err().len(), 2);
    }
}
