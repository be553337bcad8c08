//! The `[references]` table of a tenant's file.

use crate::delivery::{ChannelConfig, SmtpConfig, WebhookConfig};
use crate::tenant::TenantConfig;
use crate::witnesses::WitnessConfig;
use hibob_base::error::HostError;
use hibob_reference_format::claims::{ClaimText, Issuer};
use hibob_reference_format::domain::Domain;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The settings of offboarding references: who issues them, for which departures, and how they are delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferencesConfig {
    /// The issuer's domain. Its DNS and its site publish the keys.
    pub domain: String,
    /// The issuer's name, as references have it.
    pub name: String,
    /// The lifecycle statuses of HiBob that count as a departure.
    #[serde(default = "terminated")]
    pub statuses: Vec<String>,
    /// The HiBob field with the address to deliver to: `root.email` or `home.privateEmail`. A work mailbox is often
    /// closed when the employment ends.
    #[serde(default = "work_email")]
    pub address: String,
    /// The HiBob field with the address to deliver to where the first one has none, or refuses for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_address: Option<String>,
    /// How a person's name is written.
    #[serde(default)]
    pub person_name: PersonName,
    /// A folder with fonts for letters that the program's own fonts lack; relative to the tenant's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fonts: Option<PathBuf>,
    /// Whether garden leave counts as a departure.
    #[serde(default)]
    pub garden_leave: GardenLeave,
    /// The grace time: how many hours after the first run that saw a departure its reference is issued, at the
    /// earliest.
    #[serde(default = "one_day")]
    pub issue_after_hours: u32,
    /// Reasons of a termination for which a reference waits for a person, by their names in HiBob; none by default, and then
    /// the reason is not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hold_reasons: Vec<String>,
    /// Types of employment for which a reference waits for a person, as HiBob has them; none by default, and then the type
    /// is not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hold_types: Vec<String>,
    /// Digests of plugins that may have references signed, beside the built-in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<String>,
    /// Delivery by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpConfig>,
    /// Delivery to a system of the company, instead of e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookConfig>,
    /// Where the jobs publish; nowhere by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish: Option<PublishConfig>,
    /// The witnesses who confirm that the log only grows; none by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessConfig>,
}

/// The folder to which the issuer's public files are written by every run that changes them, and once a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishConfig {
    /// The folder that a web server serves at the issuer's domain; relative to the tenant's file.
    pub dir: PathBuf,
}

/// How a reference writes a person's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonName {
    /// The first name and then the last name.
    #[default]
    GivenFirst,
    /// The last name and then the first name, without a blank where both are in Han, Kana or Hangul.
    FamilyFirst,
    /// HiBob's display name.
    DisplayName,
}

/// Whether garden leave counts as a departure: the employee is released from work, and still employed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GardenLeave {
    /// Garden leave counts as employment: the reference is issued when the employment ends.
    #[default]
    Ignore,
    /// The first day of garden leave counts as the departure.
    IsDeparture,
}

impl GardenLeave {
    /// The value of the setting.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::IsDeparture => "is-departure",
        }
    }
}

fn terminated() -> Vec<String> {
    vec!["terminated".to_owned()]
}

fn one_day() -> u32 {
    24
}

/// HiBob's field with the work email.
pub const WORK_EMAIL: &str = "root.email";

fn work_email() -> String {
    WORK_EMAIL.to_owned()
}

impl ReferencesConfig {
    /// The issuer: its domain and its name.
    ///
    /// # Errors
    /// The domain or the name is not valid.
    pub fn issuer(&self) -> Result<Issuer, HostError> {
        let wrong = |setting: &str, what: String| {
            HostError::configuration(format!("{setting}: {what}"), "correct the tenant's file")
        };
        Ok(Issuer {
            domain: Domain::parse(&self.domain).map_err(|error| wrong("references.domain", error.to_string()))?,
            name: ClaimText::parse("name", &self.name).map_err(|error| wrong("references.name", error.to_string()))?,
        })
    }

    /// How references are delivered. Without a channel, references are issued and wait in the outbox.
    pub fn channel(&self) -> Option<ChannelConfig<'_>> {
        let smtp = self.smtp.as_ref().map(ChannelConfig::Smtp);
        smtp.or_else(|| self.webhook.as_ref().map(ChannelConfig::Webhook))
    }

    /// The HiBob fields with an address to deliver to, in the order in which they are tried.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.address.as_str()).chain(self.second_address.as_deref())
    }

    /// Whether references go by e-mail to the work mailbox alone.
    pub fn is_work_mailbox_only(&self) -> bool {
        self.smtp.is_some() && self.addresses().all(|field| field == WORK_EMAIL)
    }

    /// For how long a departure is only looked at before its reference is issued, in seconds.
    pub fn grace_seconds(&self) -> i64 {
        i64::from(self.issue_after_hours) * 3_600
    }

    /// Makes relative paths absolute, of secrets and of folders: they count from `folder`.
    pub(super) fn resolved(mut self, folder: &Path) -> Self {
        if let Some(smtp) = &mut self.smtp {
            smtp.password = smtp.password.take().map(|password| password.resolved(folder));
            if let Some(oauth) = &mut smtp.oauth {
                oauth.client_secret = oauth.client_secret.clone().resolved(folder);
                oauth.refresh_token = oauth.refresh_token.take().map(|token| token.resolved(folder));
            }
        }
        if let Some(publish) = &mut self.publish {
            publish.dir = folder.join(&publish.dir);
        }
        self.fonts = self.fonts.map(|fonts| folder.join(fonts));
        if let Some(webhook) = &mut self.webhook {
            webhook.key = webhook.key.clone().resolved(folder);
        }
        self
    }
}

/// The table `[references]` of a tenant's configuration.
///
/// # Errors
/// The configuration has no such table.
pub fn issuing(config: &TenantConfig) -> Result<&ReferencesConfig, HostError> {
    config.references.as_ref().ok_or_else(|| {
        let message = format!("tenant {} issues no references", config.id);
        HostError::configuration(
            message,
            "add the table [references] to the tenant's file: hibob tenant schema prints its keys",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applied_by::AppliedBy;

    fn read(more: &str) -> Result<ReferencesConfig, String> {
        let text = format!(
            "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
             [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\n{more}"
        );
        let config = TenantConfig::from_text(Path::new("acme.toml"), &text);
        Ok(config.map_err(|error| format!("{error} {}", error.remedy()))?.references.unwrap())
    }

    /// A folder of this machine is the operator's to name, and counts from the tenant's file.
    #[test]
    fn the_folder_of_fonts_is_the_operators() {
        let with_fonts = read("fonts = \"fonts\"").unwrap();
        let fonts = with_fonts.resolved(Path::new("/etc/hibob")).fonts.unwrap();
        assert_eq!(fonts, Path::new("/etc/hibob/fonts"));
        let text = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
                    [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\nfonts = \"fonts\"\n";
        let config = TenantConfig::from_text(Path::new("acme.toml"), text).unwrap();
        let error = config.permit(AppliedBy::Api).unwrap_err();
        assert!(error.to_string().contains("references.fonts is for the local operator only"), "{error}");
        assert!(config.permit(AppliedBy::Operator).is_ok());
    }

    #[test]
    fn the_folder_to_publish_to_is_the_operators() {
        let text = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
                    [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\n[references.publish]\ndir = \"public\"\n";
        let config = TenantConfig::from_text(Path::new("acme.toml"), text).unwrap();
        let references = config.references.clone().unwrap().resolved(Path::new("/etc/hibob"));
        assert_eq!(references.publish.unwrap().dir, Path::new("/etc/hibob/public"));
        let error = config.permit(AppliedBy::Api).unwrap_err();
        assert!(error.to_string().contains("references.publish is for the local operator only"), "{error}");
        assert!(config.permit(AppliedBy::Operator).is_ok());
    }

    #[test]
    fn garden_leave_is_one_of_two_words() {
        assert_eq!(read("").unwrap().garden_leave, GardenLeave::Ignore);
        for word in [GardenLeave::Ignore, GardenLeave::IsDeparture] {
            assert_eq!(read(&format!("garden_leave = \"{}\"", word.word())).unwrap().garden_leave, word);
        }
        let error = read("garden_leave = \"archive\"").unwrap_err();
        assert!(error.contains("ignore, is-departure"), "{error}");
        for spelling in ["Garden leave", "gardenLeave", "garden-leave"] {
            let error = read(&format!("statuses = [\"terminated\", \"{spelling}\"]")).unwrap_err();
            assert!(error.contains("references.garden_leave"), "{error}");
        }
        assert!(read("statuses = [\"terminated\", \"leave\"]").is_ok());
    }
}
