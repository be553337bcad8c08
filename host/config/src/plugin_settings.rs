//! From a tenant's settings to those of the plugin.

use crate::tenant::{REHIRE_GAP_DAYS, TenantConfig};
use hibob_base::error::HostError;
use hibob_contract::types::{NamedValue, Value};

impl TenantConfig {
    /// The settings of a sync as the plugin gets them: docs/develop/plugin-settings.md. They have no secrets.
    ///
    /// # Errors
    /// The tenant has no TravelPerk: see [`TenantConfig::travelperk`].
    pub fn plugin_settings(&self) -> Result<Vec<NamedValue>, HostError> {
        let (travelperk, sync) = (self.travelperk()?, &self.sync);
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let companies: Vec<_> = sync.companies.clone().into_iter().collect();
        let texts = |texts: &[String]| (!texts.is_empty()).then(|| Value::Texts(texts.to_vec()));
        let excluded = sync.exclude.field_values();
        let approvals = sync.approvals.as_ref();
        let zones: Vec<_> = sync.site_time_zones.clone().into_iter().collect();
        let countries: Vec<_> = sync.site_countries.clone().into_iter().collect();
        let days = |days: u16| Value::Integer(days.into());
        let settings = [
            ("hibob-url", text(&self.hibob.url)),
            ("scim-url", text(&travelperk.scim_url)),
            ("rest-url", travelperk.rest_url.as_deref().and_then(text)),
            ("cost-centers-url", travelperk.cost_centers_url.as_deref().and_then(text)),
            ("content-type", text(&travelperk.content_type)),
            ("details", sync.details.clone().map(Value::Texts)),
            ("missing-detail", sync.missing_detail.as_deref().and_then(text)),
            ("companies", (!companies.is_empty()).then_some(Value::Pairs(companies))),
            ("plan-tier", travelperk.plan.as_deref().and_then(text)),
            ("approval-method", approvals.and_then(|approvals| text(&approvals.method))),
            ("approvals-replace-existing", approvals.map(|approvals| Value::Flag(approvals.replaces_existing))),
            ("approver-conditions", approvals.map(|approvals| Value::Texts(approvals.conditions.clone()))),
            ("swap-address", sync.swap_address.as_deref().and_then(text)),
            ("default-language", sync.default_language.as_deref().and_then(text)),
            ("sites", sync.sites.clone().map(Value::Texts)),
            ("other-sites", sync.other_sites.clone().map(Value::Texts)),
            ("exclude-employees", texts(&sync.exclude.employees)),
            ("exclude-email-domains", texts(&sync.exclude.email_domains)),
            ("exclude-fields", (!excluded.is_empty()).then_some(Value::Pairs(excluded))),
            ("out-of-selection", sync.out_of_selection.as_deref().and_then(text)),
            ("create-days-before-start", Some(Value::Integer(sync.create_days_before_start.into()))),
            ("garden-leave", sync.garden_leave.as_deref().and_then(text)),
            // The default is not sent: plugins of before do not know the setting.
            ("rehire-gap-days", Some(sync.rehire_gap_days).filter(|days| *days != REHIRE_GAP_DAYS).map(days)),
            ("compare-birth-date", sync.compare_birth_date.then_some(Value::Flag(true))),
            ("vanished", sync.vanished.as_deref().and_then(text)),
            ("waiting", sync.waiting.as_deref().and_then(text)),
            ("leavers-before", sync.leavers_before.as_deref().and_then(text)),
            ("time-zone", sync.time_zone.as_deref().and_then(text)),
            ("enabled-by", self.enabled_by.as_deref().filter(|_| sync.stops_with_its_admin).and_then(text)),
            ("admins", Some(Value::Texts(self.safety.admins.clone()))),
            ("site-time-zones", (!zones.is_empty()).then_some(Value::Pairs(zones))),
            ("phone-country", sync.phone_country.as_deref().and_then(text)),
            ("site-countries", (!countries.is_empty()).then_some(Value::Pairs(countries))),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(NamedValue { name: name.to_owned(), value: value? }))
        .chain(
            sync.sources
                .iter()
                .map(|(detail, ids)| NamedValue { name: format!("source-{detail}"), value: Value::Texts(ids.clone()) }),
        );
        Ok(settings.collect())
    }
}

/// The key of a tenant's file from which a plugin's setting of this name comes, as messages name it; none for what the
/// host itself sets. `table` is where most settings of the call are: `sync` or `references`.
pub fn key_of(table: &str, setting: &str) -> Option<String> {
    let name = setting.replace('-', "_");
    Some(match setting {
        "time-zone-data" => return None,
        "hibob-url" => "hibob.url".to_owned(),
        "scim-url" | "rest-url" | "cost-centers-url" | "content-type" => format!("travelperk.{name}"),
        "plan-tier" => "travelperk.plan".to_owned(),
        "approval-method" => "sync.approvals.method".to_owned(),
        "approvals-replace-existing" => "sync.approvals.replaces_existing".to_owned(),
        "approver-conditions" => "sync.approvals.conditions".to_owned(),
        "enabled-by" => name,
        "admins" => "safety.admins".to_owned(),
        "address-field" => "references.address".to_owned(),
        "time-zone" | "site-time-zones" => format!("sync.{name}"),
        _ => match (setting.strip_prefix("source-"), name.strip_prefix("exclude_")) {
            (Some(detail), _) => format!("sync.sources.{detail}"),
            (None, Some(who)) => format!("sync.exclude.{who}"),
            (None, None) => format!("{table}.{name}"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_the_plugin_has_its_key_in_the_tenants_file() {
        for (table, setting, key) in [
            ("sync", "scim-url", "travelperk.scim_url"),
            ("sync", "plan-tier", "travelperk.plan"),
            ("sync", "source-date-of-birth", "sync.sources.date-of-birth"),
            ("sync", "exclude-email-domains", "sync.exclude.email_domains"),
            ("sync", "garden-leave", "sync.garden_leave"),
            ("sync", "enabled-by", "enabled_by"),
            ("references", "garden-leave", "references.garden_leave"),
            ("references", "address-field", "references.address"),
            ("references", "site-time-zones", "sync.site_time_zones"),
        ] {
            assert_eq!(key_of(table, setting).as_deref(), Some(key));
        }
        assert_eq!(key_of("sync", "time-zone-data"), None);
    }
}
