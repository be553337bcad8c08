//! The names of a tenant's secrets.

use std::fmt;
use std::str::FromStr;

/// A secret of a tenant, named by the setting that says where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretName {
    /// `hibob.token`: the token of HiBob's service user.
    HiBobToken,
    /// `travelperk.key`: the key of TravelPerk's APIs.
    TravelPerkKey,
    /// `hibob.references.token`: the token of the service user for offboarding references.
    ReferencesToken,
    /// `references.smtp.password`: the password at the mail server that delivers references.
    SmtpPassword,
    /// `references.smtp.oauth.client_secret`: the secret at the token endpoint for the mail server.
    SmtpClientSecret,
    /// `references.smtp.oauth.refresh_token`: the refresh token there.
    SmtpRefreshToken,
    /// `references.webhook.key`: the key that signs deliveries by webhook.
    WebhookKey,
    /// `network.proxy_password`: the password at the operator's proxy.
    ProxyPassword,
}

impl SecretName {
    /// Every name.
    pub const ALL: [Self; 8] = [
        Self::HiBobToken,
        Self::TravelPerkKey,
        Self::ReferencesToken,
        Self::SmtpPassword,
        Self::SmtpClientSecret,
        Self::SmtpRefreshToken,
        Self::WebhookKey,
        Self::ProxyPassword,
    ];

    /// The name of the setting.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HiBobToken => "hibob.token",
            Self::TravelPerkKey => "travelperk.key",
            Self::ReferencesToken => "hibob.references.token",
            Self::SmtpPassword => "references.smtp.password",
            Self::SmtpClientSecret => "references.smtp.oauth.client_secret",
            Self::SmtpRefreshToken => "references.smtp.oauth.refresh_token",
            Self::WebhookKey => "references.webhook.key",
            Self::ProxyPassword => "network.proxy_password",
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SecretName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text may be the secret itself, so the message does not repeat it.
        let found = Self::ALL.into_iter().find(|name| name.as_str() == text);
        found.ok_or_else(|| format!("a secret's name is one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}
