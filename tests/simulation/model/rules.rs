//! Random settings: every setting that a sync reads is left out or has one of a few values.

use hibob_connector_core::settings::Settings;
use hibob_connector_core::value::{NamedValue, Value};
use hibob_tests::native::NativeWorld;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::{BTreeMap, BTreeSet};

/// HiBob's sites.
pub(crate) const SITES: [&str; 3] = ["Berlin", "London", "Madrid"];
/// The invoice profile of the site Madrid, if the setting `companies` is used.
pub(crate) const IBERIA: &str = "ACME Iberia SL";
/// Time zones without summer time, and how many hours each is ahead of UTC.
pub(crate) const ZONES: [(&str, i64); 4] =
    [("UTC", 0), ("Asia/Tokyo", 9), ("Pacific/Kiritimati", 14), ("Etc/GMT+10", -10)];

/// A custom field of HiBob.
macro_rules! custom {
    ($number:literal) => {
        concat!("work.custom.field_", $number)
    };
}
pub(crate) const CUSTOM_TITLE: &str = custom!(1);
pub(crate) const CUSTOM_LANGUAGE: &str = custom!(2);
pub(crate) const CUSTOM_LOCALE: &str = custom!(3);
pub(crate) const CUSTOM_POLICY: &str = custom!(4);
pub(crate) const CUSTOM_CONTACT: &str = custom!(5);
pub(crate) const CUSTOM_CONTACT_PHONE: &str = custom!(6);

/// A text field of an account, the detail that it belongs to, whether that is synced by default, and the lists of HiBob
/// fields to choose from, of which the first is the default.
pub(crate) struct Detail {
    pub(crate) field: &'static str,
    pub(crate) detail: &'static str,
    pub(crate) usual: bool,
    pub(crate) sources: &'static [&'static [&'static str]],
}

const fn detail(field: &'static str, usual: bool, sources: &'static [&'static [&'static str]]) -> Detail {
    Detail { field, detail: field, usual, sources }
}

/// The table of details in docs/use/sync.md, without the line manager.
pub(crate) const DETAILS: [Detail; 12] = [
    detail("title", true, &[&["work.title"], &[CUSTOM_TITLE, "work.title"], &[]]),
    detail("cost-center", true, &[&["work.department"], &[]]),
    detail("phone", true, &[&["work.workPhone", "work.workMobile"], &["work.workMobile"], &[]]),
    detail("gender", true, &[&["home.legalGender"], &[]]),
    detail("date-of-birth", true, &[&["personal.birthDate"], &[]]),
    detail("language", true, &[&[], &[CUSTOM_LANGUAGE]]),
    detail("locale", true, &[&[], &[CUSTOM_LOCALE]]),
    detail("travel-policy", true, &[&[], &[CUSTOM_POLICY]]),
    detail("company", false, &[&["work.site"], &[]]),
    detail("country", false, &[&["address.country"], &[]]),
    Detail { detail: "emergency-contact", ..detail("emergency-name", false, &[&[], &[CUSTOM_CONTACT]]) },
    Detail { detail: "emergency-contact", ..detail("emergency-phone", false, &[&[], &[CUSTOM_CONTACT_PHONE]]) },
];

/// Settings. Those that are `None` or empty are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) details: Option<BTreeSet<&'static str>>,
    pub(crate) missing_fails: Option<bool>,
    /// The sources by text field.
    pub(crate) sources: BTreeMap<&'static str, &'static [&'static str]>,
    pub(crate) companies: bool,
    pub(crate) default_language: Option<&'static str>,
    pub(crate) sites: Option<BTreeSet<&'static str>>,
    pub(crate) archives_outside: Option<bool>,
    pub(crate) days_before: Option<i64>,
    pub(crate) garden_archives: Option<bool>,
    pub(crate) enabled_by: Option<String>,
    pub(crate) admins: Option<Vec<String>>,
    pub(crate) zone: Option<(&'static str, i64)>,
    pub(crate) site_zones: BTreeMap<&'static str, (&'static str, i64)>,
    pub(crate) content_type: Option<&'static str>,
}

impl Rules {
    /// The settings in the core's form.
    pub(crate) fn settings(&self) -> Settings {
        let mut values = Vec::new();
        let mut set = |name: &str, value: Value| values.push(NamedValue { name: name.to_owned(), value });
        let text = |text: &str| Value::Text(text.to_owned());
        let texts = |texts: &[&str]| Value::Texts(texts.iter().map(ToString::to_string).collect());
        let choice = |yes: bool, words: [&str; 2]| text(words[usize::from(yes)]);
        if let Some(details) = &self.details {
            set("details", texts(&details.iter().copied().collect::<Vec<_>>()));
        }
        if let Some(fails) = self.missing_fails {
            set("missing-detail", choice(fails, ["skip", "fail"]));
        }
        for (field, ids) in &self.sources {
            set(&format!("source-{field}"), texts(ids));
        }
        if self.companies {
            set("companies", Value::Pairs(vec![("Madrid".to_owned(), IBERIA.to_owned())]));
        }
        if let Some(language) = self.default_language {
            set("default-language", text(language));
        }
        if let Some(sites) = &self.sites {
            set("sites", texts(&sites.iter().copied().collect::<Vec<_>>()));
        }
        if let Some(archives) = self.archives_outside {
            set("out-of-selection", choice(archives, ["leave", "archive"]));
        }
        if let Some(days) = self.days_before {
            set("create-days-before-start", Value::Integer(days));
        }
        if let Some(archives) = self.garden_archives {
            set("garden-leave", choice(archives, ["keep", "archive"]));
        }
        if let Some(email) = &self.enabled_by {
            set("enabled-by", text(email));
        }
        if let Some(admins) = &self.admins {
            set("admins", Value::Texts(admins.clone()));
        }
        if let Some((zone, _)) = self.zone {
            set("time-zone", text(zone));
        }
        if !self.site_zones.is_empty() {
            let pairs = self.site_zones.iter().map(|(site, (zone, _))| ((*site).to_owned(), (*zone).to_owned()));
            set("site-time-zones", Value::Pairs(pairs.collect()));
        }
        if let Some(content_type) = self.content_type {
            set("content-type", text(content_type));
        }
        NativeWorld::settings(&values)
    }
}

/// Random settings. `emails` are the addresses of possible admins.
pub(crate) fn rules(emails: &'static [&'static str]) -> impl Strategy<Value = Rules> {
    let mut names: Vec<&'static str> = DETAILS.iter().map(|detail| detail.detail).chain(["manager"]).collect();
    names.dedup();
    let all = names.len();
    let sources = DETAILS.iter().map(|detail| prop::option::weighted(0.4, select(detail.sources))).collect::<Vec<_>>();
    let what = (
        prop::option::weighted(0.4, subsequence(names, all / 2..=all)),
        prop::option::weighted(0.6, prop::bool::weighted(0.3)),
        sources,
        any::<bool>(),
        prop::option::of(select(&["de", "en"][..])),
    );
    let email = select(emails).prop_map(str::to_owned);
    let who = (
        prop::option::weighted(0.2, subsequence(SITES.to_vec(), 1..=3)),
        prop::option::of(any::<bool>()),
        prop::option::of(select(&[0, 1, 5, 365][..])),
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.05, email.clone()),
        prop::option::weighted(0.4, prop::collection::vec(email, 0..5)),
    );
    let rest = (
        prop::option::of(select(&ZONES[..])),
        prop::collection::btree_map(select(&SITES[..]), select(&ZONES[..]), 0..3),
        prop::option::of(Just("application/scim+json")),
    );
    (what, who, rest).prop_map(|(what, who, (zone, site_zones, content_type))| {
        let (details, missing_fails, sources, companies, default_language) = what;
        let (sites, archives_outside, days_before, garden_archives, enabled_by, admins) = who;
        let sources = DETAILS.iter().zip(sources).filter_map(|(detail, ids)| Some((detail.field, ids?)));
        Rules {
            details: details.map(|names| names.into_iter().collect()),
            missing_fails,
            sources: sources.collect(),
            companies,
            default_language,
            sites: sites.map(|sites| sites.into_iter().collect()),
            archives_outside,
            days_before,
            garden_archives,
            enabled_by,
            admins,
            zone,
            site_zones,
            content_type,
        }
    })
}
