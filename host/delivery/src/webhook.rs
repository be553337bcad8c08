//! Delivers references to a system of the company, by a webhook as Standard Webhooks specifies it
//! (<https://github.com/standard-webhooks/standard-webhooks>, `spec/standard-webhooks.md`).

use crate::Occasion;
use crate::strip_addresses::without_addresses;
use crate::{Failure, Kind, Letter};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use hibob_base::error::HostError;
use hibob_base::secret::{Redactor, Secret, SecretName};
use hibob_config::delivery::WebhookConfig;
use hibob_config::tenant::TenantConfig;
use hibob_net::address::Resolve;
use hibob_net::transport::{AGENT, HttpTransport, NotSent, Transport, TransportBody, TransportError};
use hibob_store::data_dir::DataDir;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// The beginning of every key.
const KEY_PREFIX: &str = "whsec_";
/// The length of a key in bytes, by the specification.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The most bytes of an answer's body that are read. The rest is not needed, because the status decides.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

/// The URL to which references are posted, with its key and settings.
pub(super) struct Webhook {
    url: String,
    key: Zeroizing<Vec<u8>>,
    timeout: Duration,
    transport: HttpTransport,
    redactor: Redactor,
}

impl Webhook {
    /// Reads the key and the certificates.
    pub(super) async fn open(
        data: &DataDir,
        config: &TenantConfig,
        webhook: &WebhookConfig,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, HostError> {
        let secret = data.secrets().read(config, SecretName::WebhookKey).await?;
        let wrong = |message: String, remedy: String| {
            HostError::configuration(format!("tenant {}: {message}", config.id), remedy)
        };
        let key = read_key(&secret).ok_or_else(|| {
            wrong(
                format!("{} is not {KEY_PREFIX} and {KEY_BYTES:?} bytes in base64", SecretName::WebhookKey),
                format!(
                    "enter the key of the receiving system: hibob secret set {} {}",
                    config.id,
                    SecretName::WebhookKey
                ),
            )
        })?;
        let mut redactor = Redactor::default();
        redactor.learn(&secret, None);
        redactor.learn(&Secret::new(secret.reveal().trim_start_matches(KEY_PREFIX).to_owned()), None);
        let connect_timeout = Duration::from_secs(config.limits.connect_timeout_seconds);
        let ca_file = config.network.ca_file.as_deref();
        let proxy = data.secrets().proxy(config).await?;
        let transport = HttpTransport::through(proxy, connect_timeout, config.addresses(), ca_file, resolver)
            .map_err(|what| wrong(what, "name a PEM file with certificates of authorities".to_owned()))?;
        let timeout = Duration::from_secs(webhook.timeout_seconds.get().into());
        Ok(Self { url: webhook.url.clone(), key, timeout, transport, redactor })
    }

    pub(super) async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Failure> {
        let request = self.request(letter, Utc::now())?;
        let deadline = Instant::now() + self.timeout;
        let response = match timeout_at(deadline, self.transport.send(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.unsent(error)),
            Err(_) => {
                let text = format!("the webhook took longer than {} seconds", self.timeout.as_secs());
                return Err(Failure::new(Kind::Temporary, text));
            }
        };
        let (head, answer) = response.into_parts();
        let Some(kind) = kind(head.status) else { return Ok(()) };
        // The status decides. If the body does not arrive in time, the text of the failure lacks it.
        let body = timeout_at(deadline, beginning(answer)).await.unwrap_or_default();
        let before = if body.trim().is_empty() { "" } else { ": " };
        Err(self.failure(kind, &format!("the webhook answered with status {}{before}{body}", head.status.as_u16())))
    }

    fn request(&self, letter: &Letter<'_>, now: DateTime<Utc>) -> Result<Request<Full<Bytes>>, Failure> {
        let unsendable = |what: &str| Failure::new(Kind::Permanent, format!("the webhook cannot be written: {what}"));
        let body = body(letter, now).map_err(|_| unsendable("the credential is not JSON"))?;
        let timestamp = now.timestamp();
        let signature = signature(&self.key, letter.delivery, timestamp, &body);
        Request::post(&self.url)
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", letter.delivery)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature.ok_or_else(|| unsendable("it cannot be signed"))?)
            .body(Full::from(body))
            .map_err(|_| unsendable("the delivery's id cannot be a header's value"))
    }

    fn unsent(&self, error: TransportError) -> Failure {
        let kind = Kind::of(&error);
        let text = match error {
            TransportError::NotSent(NotSent::Prohibited | NotSent::Proxy, why) => why,
            TransportError::NotSent(NotSent::Tls, why) => {
                format!("no secure connection to the webhook can be made: {why}")
            }
            TransportError::NotSent(NotSent::Name | NotSent::Refused | NotSent::Timeout, why) => {
                format!("the webhook cannot be reached: {why}")
            }
            TransportError::Lost(why) => format!("the connection to the webhook broke off: {why}"),
        };
        self.failure(kind, &text)
    }

    fn failure(&self, kind: Kind, text: &str) -> Failure {
        Failure::new(kind, without_addresses(&self.redactor.text(text), ""))
    }
}

/// The kind of failure that a status means; `None` if the reference was delivered.
///
/// A server that requires a login, does not know the URL, or redirects (redirects are not followed) does so for every
/// delivery, so these are failures of the channel. Any other refusal concerns this delivery only.
fn kind(status: StatusCode) -> Option<Kind> {
    match status.as_u16() {
        200..=299 => None,
        408 | 425 | 429 | 500.. => Some(Kind::Temporary),
        ..=399 | 401 | 403 | 404 | 405 | 407 | 410 => Some(Kind::Channel),
        _ => Some(Kind::Permanent),
    }
}

/// The beginning of an answer's body, at most [`ANSWER_BYTES_MAX`] bytes.
async fn beginning(mut answer: TransportBody) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER_BYTES_MAX
        && let Some(Ok(frame)) = answer.frame().await
    {
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
    }
    bytes.truncate(ANSWER_BYTES_MAX);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The body of the request.
fn body(letter: &Letter<'_>, now: DateTime<Utc>) -> serde_json::Result<Vec<u8>> {
    let timestamp = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    if let Occasion::Revocation { reason, .. } = letter.occasion {
        let data = json!({ "reference_id": letter.reference, "employee_id": letter.employee, "reason": reason });
        return serde_json::to_vec(&json!({ "type": "reference.revoked", "timestamp": timestamp, "data": data }));
    }
    let credential: Value = serde_json::from_slice(letter.credential)?;
    let mut data = json!({
        "reference_id": letter.reference,
        "employee_id": letter.employee,
        "credential": credential,
        "log_proof": letter.log_proof,
        "pdf": STANDARD.encode(letter.pdf),
    });
    if let (Occasion::Correction { replaced, changes, .. }, Some(data)) = (letter.occasion, data.as_object_mut()) {
        data.insert("replaces".to_owned(), json!({ "reference_id": replaced, "changes": changes }));
    }
    serde_json::to_vec(&json!({ "type": "reference.issued", "timestamp": timestamp, "data": data }))
}

fn read_key(secret: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let key = Zeroizing::new(STANDARD.decode(secret.reveal().strip_prefix(KEY_PREFIX)?).ok()?);
    KEY_BYTES.contains(&key.len()).then_some(key)
}

/// The value of `webhook-signature`: HMAC-SHA256 over id, time and body. `None` if the key cannot be used.
fn signature(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_other_implementations() {
        // From the tests of the specification's own libraries.
        let key = read_key(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())).unwrap();
        let signature = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_has_its_prefix_and_length() {
        let key = |text: &str| read_key(&Secret::new(text.to_owned())).is_some();
        assert!(key(&format!("whsec_{}", STANDARD.encode([7; 24]))));
        let (short, long) = (STANDARD.encode([7; 23]), STANDARD.encode([7; 65]));
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%"] {
            assert!(!key(text), "{text}");
        }
        assert!(!key(&format!("whsec_{short}")) && !key(&format!("whsec_{long}")));
    }

    #[test]
    fn a_status_is_about_the_letter_or_about_all_of_them() {
        let kind = |status| kind(StatusCode::from_u16(status).unwrap());
        for (statuses, expected) in [
            (&[200, 202, 204][..], None),
            (&[408, 425, 429, 500, 502, 503, 504], Some(Kind::Temporary)),
            (&[301, 302, 308, 401, 403, 404, 405, 407, 410], Some(Kind::Channel)),
            (&[400, 409, 413, 415, 422], Some(Kind::Permanent)),
        ] {
            for status in statuses {
                assert_eq!(kind(*status), expected, "{status}");
            }
        }
    }
}
