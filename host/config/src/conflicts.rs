//! Settings that are right one by one, and do not fit together.

use crate::key::check::wrong;
use crate::references::ReferencesConfig;
use crate::tenant::{NO_PROXY, SyncConfig, TenantConfig, TravelPerkConfig};
use crate::witnesses;
use hibob_base::error::{HostError, WrongSetting};
use hibob_net::tls::ca_certificates;
use hibob_policy::person_scope::is_garden_leave;
use hibob_policy::request::Role;

/// Most HiBob fields that `[sync.sources]` may name together: the plugin asks for others beside them, and HiBob answers
/// 400 in one request (people read API contract).
const SOURCE_FIELDS_MAX: usize = 200;

/// Details that are not synced unless `sync.details` names them.
const ONLY_IF_NAMED: [&str; 3] = ["country", "company", "emergency-contact"];

/// The fields of `[sync.sources]` that are always synced.
const NAMES: [&str; 2] = ["given-name", "family-name"];

/// The one detail that the two fields of an emergency contact belong to.
const EMERGENCY_CONTACT: &str = "emergency-contact";

impl TenantConfig {
    /// Finds settings that do not fit together, name what cannot be used, or do nothing.
    pub(crate) fn conflicts(&self) -> Vec<WrongSetting> {
        let mut found = Vec::new();
        let mut take = |key: &str, error: HostError| found.push(wrong(key, error.to_string(), error.remedy()));
        if let Err(error) = self.route(Role::HiBob, "hibob.url", &self.hibob.url) {
            take("hibob.url", error);
        }
        for (role, setting, url) in self.travelperk.iter().flat_map(TravelPerkConfig::urls) {
            if let Err(error) = self.route(role, setting, url) {
                take(setting, error);
            }
        }
        for (setting, schedule) in
            [("schedule.sync", self.sync_schedule()), ("schedule.references", self.references_schedule())]
        {
            if let Err(error) = schedule {
                take(setting, error);
            }
        }
        self.hosts(&mut found);
        self.missing_tables(&mut found);
        self.of_sync(&mut found);
        if let Some(references) = &self.references {
            of_references(references, &mut found);
        }
        let network = &self.network;
        let has_proxy = network.proxy.as_deref().is_some_and(|proxy| proxy != NO_PROXY);
        if network.proxy_user.is_some() != network.proxy_password.is_some()
            || (network.proxy_user.is_some() && !has_proxy)
        {
            let message =
                "network.proxy_user and network.proxy_password belong together, and to a proxy in network.proxy";
            let remedy = "set all three, or leave these two out; HTTPS_PROXY has its own user name and password";
            found.push(wrong("network.proxy_user", message, remedy));
        }
        if let Some(Err(what)) = self.network.ca_file.as_deref().map(ca_certificates) {
            found.push(wrong("network.ca_file", what, "name a PEM file with certificates of authorities"));
        }
        found
    }

    /// Addresses in URLs that the host would not connect to, by the policy by which it connects.
    fn hosts(&self, found: &mut Vec<WrongSetting>) {
        let policy = self.addresses();
        for (setting, url) in self.urls() {
            let Some(host) = url.parse::<http::Uri>().ok().and_then(|url| Some(url.host()?.to_owned())) else {
                continue; // found by the rule of its key
            };
            if let Err(what) = policy.check_host(&host) {
                let remedy = "give the server's name; an address has to be public, or in network.allow_addresses";
                found.push(wrong(&setting, format!("{setting}: {what}"), remedy));
            }
        }
    }

    fn missing_tables(&self, found: &mut Vec<WrongSetting>) {
        if self.travelperk.is_none() && self.references.is_none() {
            let remedy = "add [travelperk] to sync the directory, [references] to issue references, or both; hibob tenant \
                          schema prints their keys";
            found.push(wrong("", "there is neither [travelperk] nor [references]", remedy));
        }
        if self.schedule.sync.is_some() && self.travelperk.is_none() {
            let remedy = "add the table [travelperk], or leave schedule.sync out";
            let message = "schedule.sync is set, and there is no [travelperk] to sync";
            found.push(wrong("schedule.sync", message, remedy));
        }
        if self.schedule.references.is_some() && self.references.is_none() {
            let remedy = "add the table [references], or leave schedule.references out";
            let message = "schedule.references is set, and there is no [references] to issue";
            found.push(wrong("schedule.references", message, remedy));
        }
        if self.hibob.references.is_some() && self.references.is_none() {
            let remedy = "add the table [references], or leave [hibob.references] out";
            let message = "hibob.references does nothing, since there is no [references] to issue";
            found.push(wrong("hibob.references", message, remedy));
        }
    }

    /// What the plugin would refuse as well, and settings that do nothing.
    fn of_sync(&self, found: &mut Vec<WrongSetting>) {
        let sync = &self.sync;
        if let Some(approvals) = &sync.approvals {
            let key = "sync.approvals.method";
            if self.travelperk.as_ref().is_some_and(|travelperk| travelperk.plan.as_deref() != Some("pro")) {
                let message = format!("{key} is set, and automatic approvals are a feature of TravelPerk's Pro plan");
                let remedy = "set travelperk.plan = \"pro\" if that is yours, or leave [sync.approvals] out";
                found.push(wrong(key, message, remedy));
            }
            if !approvals.replaces_existing {
                let key = "sync.approvals.replaces_existing";
                let message = "sync.approvals.replaces_existing is not true, and automatic approvals replace the approval \
                               processes that exist in TravelPerk";
                let remedy = "save those as CSV in TravelPerk, then set sync.approvals.replaces_existing = true";
                found.push(wrong(key, message, remedy));
            }
            if !sync.has("manager") {
                let message = format!("{key} is set, and `manager` is not among sync.details");
                found.push(wrong(key, message, "add `manager` to sync.details: approvals go by the line manager"));
            }
        }
        for field in sync.sources.keys() {
            let detail = if field.starts_with("emergency-") { EMERGENCY_CONTACT } else { field };
            let is_name = NAMES.contains(&field.as_str());
            if is_name && sync.sources.get(field).is_some_and(Vec::is_empty) {
                let key = format!("sync.sources.{field}");
                let message = format!("{key} names no field, and every account has a name");
                found.push(wrong(&key, message, "name a field, or leave it out"));
            }
            if !is_name && !sync.has(detail) {
                let key = format!("sync.sources.{field}");
                found.push(wrong(&key, format!("{key} does nothing, since `{detail}` is not synced"), to_sync(detail)));
            }
        }
        let fields: usize = sync.sources.values().map(Vec::len).sum();
        if fields > SOURCE_FIELDS_MAX {
            let message = format!("sync.sources names {fields} fields, and {SOURCE_FIELDS_MAX} are possible");
            found.push(wrong("sync.sources", message, "name fewer"));
        }
        if !sync.companies.is_empty() && !sync.has("company") {
            let message = "sync.companies does nothing, since `company` is not synced";
            found.push(wrong("sync.companies", message, to_sync("company")));
        }
        if sync.default_language.is_some() && !sync.has("language") {
            let message = "sync.default_language does nothing, since `language` is not synced";
            found.push(wrong("sync.default_language", message, to_sync("language")));
        }
        if sync.other_sites.is_some() && sync.sites.is_none() {
            let message = "sync.other_sites does nothing, since all sites are synced";
            found.push(wrong(
                "sync.other_sites",
                message,
                "name the sites that are synced in sync.sites, or leave it out",
            ));
        }
        if sync.out_of_selection.as_deref() == Some("archive") && sync.sites.is_none() {
            let message = "sync.out_of_selection does nothing, since all sites are synced";
            found.push(wrong("sync.out_of_selection", message, "name the sites in sync.sites, or leave it out"));
        }
    }
}

fn to_sync(detail: &str) -> String {
    format!("add `{detail}` to sync.details, or leave this out")
}

impl SyncConfig {
    /// Whether a detail is synced.
    fn has(&self, detail: &str) -> bool {
        match &self.details {
            Some(details) => details.iter().any(|named| named == detail),
            None => !ONLY_IF_NAMED.contains(&detail),
        }
    }
}

fn of_references(references: &ReferencesConfig, found: &mut Vec<WrongSetting>) {
    if references.statuses.iter().any(|status| is_garden_leave(status)) {
        let remedy = "leave it out there, and set references.garden_leave = \"is-departure\"";
        found.push(wrong("references.statuses", "references.statuses names garden leave", remedy));
    }
    if references.second_address.as_ref() == Some(&references.address) {
        let message = "references.second_address is the same as references.address";
        found.push(wrong("references.second_address", message, "name the other one, or leave it out"));
    }
    if references.smtp.is_some() && references.webhook.is_some() {
        let message = "both references.smtp and references.webhook are there";
        found.push(wrong("references.webhook", message, "keep one of them; a reference is delivered by one channel"));
    }
    if let Some(smtp) = &references.smtp {
        smtp.conflicts(found);
    }
    witnesses::conflicts(&references.witnesses, found);
}
