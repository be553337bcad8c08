//! The tables `[references.smtp]` and `[references.webhook]`, which say how references are delivered.

use crate::key::check::wrong;
use crate::key::rule::sender;
use hibob_base::error::{HostError, WrongSetting};
use hibob_base::secret::SecretSource;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroU32};

/// The channel by which a tenant's references are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelConfig<'c> {
    /// By e-mail.
    Smtp(&'c SmtpConfig),
    /// To a system of the company.
    Webhook(&'c WebhookConfig),
}

impl ChannelConfig<'_> {
    /// The setting that names the server.
    pub(super) fn setting(self) -> &'static str {
        match self {
            Self::Smtp(_) => "references.smtp.host",
            Self::Webhook(_) => "references.webhook.url",
        }
    }

    /// The URL of the server.
    pub(super) fn url(self) -> String {
        match self {
            Self::Smtp(smtp) => smtp.url(),
            Self::Webhook(webhook) => webhook.url.clone(),
        }
    }
}

/// Delivery through a mail server of the company (message submission, RFC 6409).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// The server's name. Its certificate must be for this name.
    pub host: String,
    /// The server's port. By default 587, or 465 if TLS starts with the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<NonZeroU16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// The name to log in with, together with `password`. Without both, the host does not log in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where the password comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// Where access tokens come from, to log in by XOAUTH2 in place of a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<SmtpOauthConfig>,
    /// The sender, as `ACME HR <hr@acme.example>`.
    pub from: String,
    /// The longest time for one whole delivery, in seconds.
    #[serde(default = "minute")]
    pub timeout_seconds: NonZeroU32,
}

/// The token endpoint of the company's identity provider (RFC 6749).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpOauthConfig {
    /// The endpoint's URL.
    pub token_url: String,
    /// The client's id there.
    pub client_id: String,
    /// Where the client's secret comes from.
    pub client_secret: SecretSource,
    /// Where a refresh token comes from. Without one the token is the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<SecretSource>,
    /// What the token is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// STARTTLS before anything else (RFC 3207). If the server does not offer it, nothing is sent.
    #[default]
    StartTls,
    /// TLS from the first byte (RFC 8314, section 3).
    Tls,
    /// No protection. Allowed only if the server is this machine.
    None,
}

/// Delivery to a system of the company, as <https://www.standardwebhooks.com> specifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The URL that references are posted to.
    pub url: String,
    /// Where the key comes from that signs the deliveries: `whsec_` and base64.
    pub key: SecretSource,
    /// The longest time for one whole delivery, in seconds.
    #[serde(default = "half_minute")]
    pub timeout_seconds: NonZeroU32,
}

fn minute() -> NonZeroU32 {
    const SECONDS: NonZeroU32 = NonZeroU32::new(60).unwrap();
    SECONDS
}

fn half_minute() -> NonZeroU32 {
    const SECONDS: NonZeroU32 = NonZeroU32::new(30).unwrap();
    SECONDS
}

impl SmtpConfig {
    /// The port that is connected to.
    pub fn port(&self) -> u16 {
        let usual = if self.security == SmtpSecurity::Tls { 465 } else { 587 };
        self.port.map_or(usual, NonZeroU16::get)
    }

    /// The server as a URL. Its origin is what the password is bound to.
    pub(super) fn url(&self) -> String {
        let (host, port) = (&self.host, self.port());
        if host.contains(':') { format!("https://[{host}]:{port}") } else { format!("https://{host}:{port}") }
    }

    /// The sender.
    ///
    /// # Errors
    /// It is not a mailbox whose address has only ASCII characters.
    pub fn sender(&self) -> Result<Mailbox, HostError> {
        sender(&self.from).ok_or_else(|| {
            HostError::configuration(
                "references.smtp.from is not a sender's address",
                "write it like ACME HR <hr@acme.example>, the address itself in ASCII",
            )
        })
    }

    /// Finds what does not fit together.
    pub(super) fn conflicts(&self, found: &mut Vec<WrongSetting>) {
        let is_here = self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        if self.security == SmtpSecurity::None && !is_here {
            let message = "references.smtp.security is none, and the server is not this machine";
            let remedy = "choose starttls or tls; without protection the reference can be read on its way";
            found.push(wrong("references.smtp.security", message, remedy));
        }
        if self.oauth.is_some() {
            if self.password.is_some() || self.user.is_none() {
                let message =
                    "[references.smtp.oauth] goes with references.smtp.user, and in place of references.smtp.password";
                found.push(wrong("references.smtp.oauth", message, "give the user, and no password"));
            }
        } else if self.user.is_some() != self.password.is_some() {
            let message = "one of references.smtp.user and references.smtp.password is missing";
            let remedy = "give both, or neither where the server asks for none";
            found.push(wrong("references.smtp", message, remedy));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::applied_by::AppliedBy;
    use crate::tenant::TenantConfig;
    use hibob_base::secret::SecretName;

    const SMTP: &str = "[references.smtp]\nhost = \"smtp.acme.example\"\nfrom = \"ACME HR <hr@acme.example>\"\n";
    const WEBHOOK: &str = "[references.webhook]\nkey = \"store\"\nurl = \"https://intranet.acme.example/references\"\n";

    fn config(tables: &str) -> TenantConfig {
        toml::from_str(&format!(
            "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
             [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"store\"\n\
             [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\n{tables}"
        ))
        .unwrap()
    }

    #[track_caller]
    fn refused(tables: &str) -> String {
        config(tables).check().unwrap_err().to_string()
    }

    #[test]
    fn one_channel_or_none() {
        assert_eq!(config("").references.unwrap().channel(), None);
        for tables in ["", SMTP, WEBHOOK] {
            config(tables).check().unwrap();
        }
        assert!(refused(&format!("{SMTP}{WEBHOOK}")).starts_with("both references.smtp and references.webhook"));
    }

    #[test]
    fn ports_follow_the_protection() {
        let port = |more: &str| config(&format!("{SMTP}{more}")).references.unwrap().smtp.unwrap().port();
        assert_eq!([port(""), port("security = \"tls\""), port("port = 25")], [587, 465, 25]);
    }

    #[test]
    fn a_mail_server_is_protected_or_this_machine() {
        let table = |host: &str, more: &str| SMTP.replace("smtp.acme.example", host) + more;
        for host in ["localhost", "127.0.0.1", "::1"] {
            config(&table(host, "security = \"none\"")).check().unwrap();
        }
        assert!(refused(&table("smtp.acme.example", "security = \"none\"")).contains("is not this machine"));
        assert!(refused(&table("localhost.acme.example", "security = \"none\"")).contains("is not this machine"));
        for host in ["", "a b", "smtp.acme.example:587", "https://x", "u@x", "x/y", "a\\r\\nb"] {
            assert!(refused(&table(host, "")).starts_with("references.smtp.host"), "{host}");
        }
    }

    #[test]
    fn user_password_and_sender_are_checked() {
        let with = |more: &str| format!("{SMTP}{more}\n");
        config(&with("user = \"hr\"\npassword = \"store\"")).check().unwrap();
        assert!(refused(&with("user = \"hr\"")).contains("is missing"));
        assert!(refused(&with("password = \"store\"")).contains("is missing"));
        assert!(refused(&with("user = \"\"\npassword = \"store\"")).starts_with("references.smtp.user"));
        for from in ["ACME HR", "", "a@b.example, c@d.example", "jörg@acme.example", "ACME\\r\\nBcc: x <a@b.example>"]
        {
            let tables = SMTP.replace("ACME HR <hr@acme.example>", from);
            assert!(refused(&tables).starts_with("references.smtp.from"), "{from}");
        }
    }

    #[test]
    fn a_webhook_needs_tls_unless_it_is_on_this_machine() {
        let table = |url: &str| WEBHOOK.replace("https://intranet.acme.example/references", url);
        config(&table("http://127.0.0.1:4000/x")).check().unwrap();
        for url in ["http://intranet.acme.example", "https://u:p@x", "intranet", "ftp://x"] {
            assert!(refused(&table(url)).starts_with("references.webhook.url"), "{url}");
        }
    }

    #[test]
    fn secrets_are_bound_to_where_they_are_sent() {
        let origins = |tables: &str, name| {
            let origins = config(tables).origins(name).unwrap();
            origins.iter().map(|origin| origin.as_str().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(origins(SMTP, SecretName::SmtpPassword), "https://smtp.acme.example:587");
        let v6 = SMTP.replace("smtp.acme.example", "::1");
        assert_eq!(origins(&v6, SecretName::SmtpPassword), "https://[::1]:587");
        assert_eq!(origins(WEBHOOK, SecretName::WebhookKey), "https://intranet.acme.example");
        assert_eq!(origins(SMTP, SecretName::WebhookKey), "");
        let table = format!("{SMTP}user = \"hr\"\npassword = \"file:/etc/shadow\"\n");
        let error = config(&table).permit(AppliedBy::Api).unwrap_err().to_string();
        assert!(error.contains("references.smtp.password may be `store` only"), "{error}");
        let error = config(&SMTP.replace("smtp.acme.example", "localhost")).permit(AppliedBy::Api).unwrap_err();
        assert!(error.to_string().contains("is for the local operator only"), "{error}");
        config(SMTP).permit(AppliedBy::Api).unwrap();
    }

    #[test]
    fn this_machine_is_connected_to_where_the_table_names_it() {
        let lets = |tables: &str, name: &str, address: &str| {
            config(tables).addresses().check(name, address.parse().unwrap()).is_ok()
        };
        assert!(!lets(SMTP, "localhost", "127.0.0.1"));
        assert!(lets(&SMTP.replace("smtp.acme.example", "localhost"), "localhost", "127.0.0.1"));
        let webhook = WEBHOOK.replace("https://intranet.acme.example", "http://[::1]:4000");
        assert!(lets(&webhook, "::1", "::1") && !lets(&webhook, "127.0.0.1", "127.0.0.1"));
    }
}
