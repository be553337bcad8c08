//! What a configuration may have that comes through the API, and to which origins its secrets are sent.

use crate::tenant::NetworkConfig;
use crate::tenant::TenantConfig;
use hibob_base::error::HostError;
use hibob_base::secret::{Origin, SecretName, SecretSource};
use hibob_net::address::AddressPolicy;
use std::collections::BTreeSet;

/// Who applies a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliedBy {
    /// The operator of this machine, who can read its files and environment variables in any case.
    Operator,
    /// A caller of the API. Such a configuration may not name files or environment variables of this machine, whose
    /// content would be sent to a URL of the caller's choice, nor URLs of this machine or a private network, nor URLs
    /// without TLS, nor plugins to trust with signatures.
    Api,
}

impl TenantConfig {
    /// Where a secret comes from; `None` for a secret that this tenant does not use.
    pub fn source(&self, name: SecretName) -> Option<&SecretSource> {
        match name {
            SecretName::HiBobToken => Some(&self.hibob.token),
            SecretName::TravelPerkKey => self.travelperk.as_ref().map(|travelperk| &travelperk.key),
            SecretName::ReferencesToken => self.hibob.references.as_ref().map(|references| &references.token),
            SecretName::SmtpPassword => self.references.as_ref()?.smtp.as_ref()?.password.as_ref(),
            SecretName::SmtpClientSecret => {
                Some(&self.references.as_ref()?.smtp.as_ref()?.oauth.as_ref()?.client_secret)
            }
            SecretName::SmtpRefreshToken => {
                self.references.as_ref()?.smtp.as_ref()?.oauth.as_ref()?.refresh_token.as_ref()
            }
            SecretName::WebhookKey => self.references.as_ref()?.webhook.as_ref().map(|webhook| &webhook.key),
            SecretName::ProxyPassword => self.network.proxy_password.as_ref(),
        }
    }

    /// The origins to which a secret is sent: those of every base URL that it gives access to. Empty for a secret of
    /// `[references]` whose table the configuration does not have, and for the password at a proxy without one.
    ///
    /// # Errors
    /// A URL has no origin, or the tenant has no TravelPerk. The error names what to correct or to add.
    pub fn origins(&self, name: SecretName) -> Result<BTreeSet<Origin>, HostError> {
        let references = self.references.as_ref();
        let mail_server = references.and_then(|references| Some(references.smtp.as_ref()?.url()));
        let oauth = references.and_then(|references| references.smtp.as_ref()?.oauth.as_ref());
        let webhook = references.and_then(|references| references.webhook.as_ref());
        let urls: Vec<(&str, &str)> = match name {
            SecretName::HiBobToken | SecretName::ReferencesToken => vec![("hibob.url", self.hibob.url.as_str())],
            SecretName::TravelPerkKey => self.travelperk()?.urls().map(|(_, setting, url)| (setting, url)).collect(),
            SecretName::SmtpPassword => mail_server.iter().map(|url| ("references.smtp.host", url.as_str())).collect(),
            SecretName::SmtpClientSecret | SecretName::SmtpRefreshToken => {
                oauth.iter().map(|oauth| ("references.smtp.oauth.token_url", oauth.token_url.as_str())).collect()
            }
            SecretName::WebhookKey => webhook.iter().map(|to| ("references.webhook.url", to.url.as_str())).collect(),
            SecretName::ProxyPassword => self.network.proxy.iter().map(|url| ("network.proxy", url.as_str())).collect(),
        };
        urls.into_iter()
            .map(|(setting, url)| {
                Origin::of(url).map_err(|what| {
                    let message = format!("tenant {}: {setting}: {what}", self.id);
                    HostError::configuration(message, "give a base URL such as https://api.hibob.com/v1")
                })
            })
            .collect()
    }

    /// Checks that this configuration may come from `applied_by`. `DataDir::put` of the store checks every
    /// configuration before it stores it, also the parts that the operator has set earlier.
    ///
    /// # Errors
    /// The first setting that only the operator may use. The message does not repeat paths and names of variables.
    pub fn permit(&self, applied_by: AppliedBy) -> Result<(), HostError> {
        if applied_by == AppliedBy::Operator {
            return Ok(());
        }
        let refused =
            |what: String, remedy: String| Err(HostError::configuration(format!("tenant {}: {what}", self.id), remedy));
        if self.network != NetworkConfig::default() {
            return refused(
                "[network] is for the local operator only".to_owned(),
                "leave that table out, or have the operator apply the file".to_owned(),
            );
        }
        for name in SecretName::ALL {
            let Some(source) = self.source(name) else { continue };
            if *source != SecretSource::Store {
                return refused(
                    format!("{name} may be `store` only; env: and file: are for the local operator"),
                    format!("write {name} = \"store\", and enter the secret"),
                );
            }
        }
        if self.references.as_ref().is_some_and(|references| !references.plugins.is_empty()) {
            return refused(
                "references.plugins is for the local operator only".to_owned(),
                "leave it out, or have the operator apply the file".to_owned(),
            );
        }
        let references = self.references.as_ref();
        let folders = [
            ("references.publish", references.is_some_and(|references| references.publish.is_some())),
            ("references.fonts", references.is_some_and(|references| references.fonts.is_some())),
        ];
        if let Some((key, _)) = folders.into_iter().find(|(_, is_there)| *is_there) {
            return refused(
                format!("{key} is for the local operator only: it is a folder of this machine"),
                "leave it out, or have the operator apply the file".to_owned(),
            );
        }
        for (_, url) in self.urls() {
            // The operator's exceptions do not count here: [network] is empty, and this machine is not to be named.
            let is_public = |host: &str| AddressPolicy::default().check_host(host).is_ok();
            let host = url.parse::<http::Uri>().ok().and_then(|url| Some(url.host()?.to_owned()));
            let is_elsewhere = host.as_deref().is_some_and(is_public);
            let origin = Origin::of(&url).ok();
            let origin = origin.filter(|origin| !origin.is_https() || origin.is_loopback() || !is_elsewhere);
            if let Some(origin) = origin {
                let remedy = "give https URLs, and names or public addresses of other machines".to_owned();
                return refused(format!("{origin} is for the local operator only"), remedy);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(source: &str, hibob: &str, rest: &str) -> TenantConfig {
        toml::from_str(&format!(
            "id = \"acme\"\n[hibob]\nurl = \"{hibob}\"\nservice_user = \"S\"\ntoken = \"store\"\n\
             [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nrest_url = \"{rest}\"\nkey = \"{source}\"\n"
        ))
        .unwrap()
    }

    #[test]
    fn an_api_names_neither_files_nor_variables_nor_this_machine() {
        let (hibob, rest) = ("https://api.hibob.com/v1", "https://api.travelperk.com");
        assert!(config("store", hibob, rest).permit(AppliedBy::Api).is_ok());
        for (source, hibob, rest, words) in [
            ("file:/etc/shadow", hibob, rest, "travelperk.key may be `store` only"),
            ("env:HIBOB_SECRETS_KEY", hibob, rest, "travelperk.key may be `store` only"),
            ("store", "http://127.0.0.1:4000/v1", rest, "http://127.0.0.1:4000 is for the local operator"),
            ("store", hibob, "https://localhost:9200", "https://localhost:9200 is for the local operator"),
            ("store", "https://[::ffff:127.0.0.1]/", rest, "is for the local operator"),
            ("store", "http://api.hibob.com/v1", rest, "is for the local operator"),
            ("store", "https://2130706433/v1", rest, "is for the local operator"),
            ("store", "https://0x7f.1/v1", rest, "is for the local operator"),
            ("store", "https://0177.0.0.1/v1", rest, "is for the local operator"),
            ("store", hibob, "https://169.254.43518", "is for the local operator"),
            ("store", hibob, "https://127.0.0.1.", "is for the local operator"),
            ("store", hibob, "https://10.0.0.5", "is for the local operator"),
            ("store", hibob, "https://[::ffff:10.0.0.5]", "is for the local operator"),
            ("store", hibob, "https://93.184.3854", "is for the local operator"),
        ] {
            let config = config(source, hibob, rest);
            let error = config.permit(AppliedBy::Api).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("shadow"), "{error}");
            assert!(config.permit(AppliedBy::Operator).is_ok());
        }
        let mut config = config("store", hibob, rest);
        config.hibob.references = Some(crate::tenant::ServiceUser {
            service_user: "R".to_owned(),
            token: SecretSource::Env("HOME".to_owned()),
        });
        assert!(config.permit(AppliedBy::Api).unwrap_err().to_string().contains("hibob.references.token"));
    }

    #[test]
    fn an_api_trusts_no_plugin() {
        let trusting = |plugins: &str| -> TenantConfig {
            toml::from_str(&format!(
                "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
                 [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\nplugins = [{plugins}]\n"
            ))
            .unwrap()
        };
        assert!(trusting("").permit(AppliedBy::Api).is_ok());
        let config = trusting(&format!("\"sha256:{}\"", "0".repeat(64)));
        let error = config.permit(AppliedBy::Api).unwrap_err().to_string();
        assert!(error.contains("references.plugins is for the local operator only"), "{error}");
        assert!(config.permit(AppliedBy::Operator).is_ok());
    }

    /// Whoever stores it, an address is refused by the policy by which the host connects.
    #[test]
    fn an_address_in_an_odd_spelling_is_refused_when_it_is_stored() {
        let rest = "https://api.travelperk.com";
        let check = |url: &str| config("store", url, rest).check();
        for usual in
            ["http://127.0.0.1:4000/v1", "http://localhost:4000", "https://93.184.215.14/v1", "https://hr.intern"]
        {
            check(usual).unwrap();
        }
        for odd in [
            "http://2130706433/v1",
            "http://0x7f.1:4000",
            "http://127.1",
            "http://0177.0.0.1",
            "http://127.0.0.1.",
            "http://[::ffff:127.0.0.1]",
            "https://10.0.0.5",
            "https://93.184.3854",
            "https://1.2.3.4.5",
        ] {
            let error = check(odd).unwrap_err().to_string();
            assert!(error.contains("hibob.url: "), "{odd}: {error}");
        }
    }

    #[test]
    fn a_key_goes_to_every_origin_that_it_opens() {
        let config = config("store", "https://api.hibob.com/v1", "https://api.travelperk.com:443/x");
        let origins = |name| {
            let origins = config.origins(name).unwrap();
            origins.iter().map(Origin::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(origins(SecretName::TravelPerkKey), "https://api.travelperk.com https://app.perk.com");
        assert_eq!(origins(SecretName::ReferencesToken), "https://api.hibob.com");
    }
}
