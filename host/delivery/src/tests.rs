//! Tests of deliveries to the stand-ins, over sockets.

mod connections;
mod mail;
mod post;

use crate::*;
use hibob_base::secret::{Secret, SecretName};
use hibob_config::applied_by::AppliedBy;
use hibob_reference_format::claims::ClaimText;
use hibob_reference_format::domain::Domain;
use std::path::Path;

pub(super) fn issuer(name: &str) -> Issuer {
    Issuer { domain: Domain::parse("acme.example").unwrap(), name: ClaimText::parse("name", name).unwrap() }
}

pub(super) fn letter<'l>(issuer: &'l Issuer, name: &'l str) -> Letter<'l> {
    Letter {
        occasion: Occasion::Issued,
        message_id: "<6f1c0b9e@acme.example>",
        delivery: "6f1c0b9e-3f5b-4d4e-9a62-0c9d3f0a1b2c",
        reference: "6f1c0b9e-3f5b-4d4e-9a62-0c9d3f0a1b2c",
        employee: "2128438131849368421",
        name,
        issuer,
        pdf: PDF,
        credential: CREDENTIAL,
        log_proof: LOG_PROOF,
    }
}

/// A file with all kinds of line ends, and bytes that are not text.
const PDF: &[u8] = b"%PDF-1.7\n%\xff\xfe\r\n.\r\n..\r\nend\r";
const CREDENTIAL: &[u8] = b"{\"@context\":[\"x\"],\"name\":\"Zo\xc3\xab\"}";
const LOG_PROOF: &str = "c2sp.org/tlog-proof@v1\nindex 0\n\n\u{2014} acme.example x\n";

/// A password that a server accepts, and a key for webhooks.
const PASSWORD: &str = "pa55-word-of-hr";
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A data directory, and files beside it.
struct Place {
    folder: tempfile::TempDir,
    data: DataDir,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("data")).await.unwrap();
        Self { folder, data }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A tenant's configuration with these tables below `[references]`. Its secrets are in files.
    fn config(&self, tables: &str, ca: &str) -> TenantConfig {
        let network = if ca.is_empty() { "" } else { "[network]\nca_file = \"ca.pem\"\n" };
        let text = format!(
            "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
             [travelperk]\nscim_url = \"https://app.perk.com/scim\"\nkey = \"store\"\n{network}\
             [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\n{tables}"
        );
        for (name, content) in [("acme.toml", text.as_str()), ("password", PASSWORD), ("key", KEY), ("ca.pem", ca)] {
            std::fs::write(self.path().join(name), content).unwrap();
        }
        TenantConfig::read(&self.path().join("acme.toml")).unwrap()
    }

    async fn channel(&self, tables: &str, ca: &str) -> Channel {
        Channel::open(&self.data, &self.config(tables, ca)).await.unwrap()
    }
}

/// A resolver that always gives the same answer.
struct Always(&'static str);

impl Resolve for Always {
    fn resolve(&self, _name: &str) -> futures::future::BoxFuture<'static, std::io::Result<Vec<std::net::IpAddr>>> {
        let address = self.0.parse().unwrap();
        Box::pin(async move { Ok(vec![address]) })
    }
}

#[tokio::test]
async fn a_tenant_without_a_channel_is_told_so() {
    let place = Place::new().await;
    let error = Channel::open(&place.data, &place.config("", "")).await.unwrap_err();
    assert!(error.remedy().starts_with("add [references.smtp] or [references.webhook]"), "{error}");
}

#[tokio::test]
async fn a_password_goes_to_the_server_that_it_was_entered_for() {
    let place = Place::new().await;
    let secret = Secret::new(PASSWORD.to_owned());
    let set = async |config: &TenantConfig| place.data.secrets().set(config, SecretName::SmtpPassword, &secret).await;
    let error = set(&place.config("", "")).await.unwrap_err();
    assert!(error.to_string().contains("nothing says where references.smtp.password is sent"), "{error}");
    let table = "[references.smtp]\nhost = \"smtp.acme.example\"\nuser = \"hr\"\npassword = \"store\"\nfrom = \"hr@acme.example\"\n";
    let config = place.config(table, "");
    place.data.put(&config, AppliedBy::Operator).await.unwrap();
    set(&config).await.unwrap();
    Channel::open(&place.data, &config).await.unwrap();
    let other = place.config(&table.replace("smtp.acme", "smtp.other"), "");
    let error = Channel::open(&place.data, &other).await.unwrap_err().to_string();
    let words = "entered for https://smtp.acme.example:587, and is not sent to https://smtp.other.example:587";
    assert!(error.contains(words), "{error}");
}
