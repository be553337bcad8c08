//! Asking the configured witnesses to confirm the head of the log (c2sp.org/tlog-witness).
//!
//! A witness that does not answer stops nothing: references are issued and delivered without its confirmation, the
//! report has a warning, and the next run asks again. A witness that has confirmed another log of this issuer is an
//! error, and then nothing is delivered.

use crate::references::keys::IssuerKeys;
use crate::references::log::Log;
use crate::references::report::row;
use crate::run::ErrorRow;
use bytes::Bytes;
use futures::future::join_all;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_config::witnesses::WitnessConfig;
use hibob_net::address::SystemResolver;
use hibob_net::transport::{AGENT, HttpTransport, Transport, read_whole};
use hibob_reference_format::log::note::SignedNote;
use hibob_reference_format::log::witness::{
    ANSWER_BYTES_MAX, Witness, add_checkpoint_body, add_cosignatures, parse_size,
};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// How long one witness may take in all. The witnesses are asked at the same time.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The content type of an answer that says which size of the log the witness has confirmed.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// What the witnesses answered about the head of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WitnessReport {
    /// The witnesses that have confirmed the head, now or before.
    pub witnesses: Vec<Confirmation>,
    /// One row for each witness that has not confirmed it, and may confirm it another time.
    pub warnings: Vec<ErrorRow>,
    /// One row for each witness that has confirmed another log of this issuer.
    pub errors: Vec<ErrorRow>,
}

/// A witness that has confirmed the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// The witness's name.
    pub name: String,
    /// When it confirmed the head, in Unix seconds.
    pub confirmed_at: i64,
}

/// Why a witness did not confirm the head.
struct Refusal {
    /// Whether it has confirmed another log, because this one was rebuilt or has lost entries.
    is_other_log: bool,
    message: String,
    remedy: String,
}

/// Asks the witnesses that have not confirmed the head yet, and records their signatures with it. They are not asked
/// about an empty log.
///
/// # Errors
/// The issuer's key cannot be read, or the database failed.
pub(super) async fn ask(config: &TenantConfig, keys: &IssuerKeys, log: &mut Log) -> Result<WitnessReport, HostError> {
    let mut report = WitnessReport::default();
    if log.checkpoint().size == 0 {
        return Ok(report);
    }
    let configs = config.references.iter().flat_map(|references| &references.witnesses);
    let missing: Vec<(&WitnessConfig, Witness)> = configs
        .zip(log.confirmed())
        .filter(|(_, (_, confirmed))| confirmed.is_none())
        .map(|(config, (witness, _))| (config, witness.clone()))
        .collect();
    if !missing.is_empty() {
        let key = keys.current().await?.key;
        let (note, log_key) = (log.checkpoint().sign(&key), keys.log_key_of(key.public()));
        let connect_timeout = Duration::from_secs(config.limits.connect_timeout_seconds);
        let proxy = keys.data().secrets().proxy(config).await?;
        let (addresses, ca_file) = (config.addresses(), config.network.ca_file.as_deref());
        let resolver = Arc::new(SystemResolver);
        let transport = HttpTransport::through(proxy, connect_timeout, addresses, ca_file, resolver);
        let query = transport.map(|transport| WitnessQuery { transport, log, log_key, note });
        let answers = answers(&query, &missing).await;
        let mut lines = String::new();
        for ((_, witness), answer) in missing.iter().zip(answers) {
            match answer {
                Ok(own) => lines.push_str(&own),
                Err(Refusal { is_other_log, message, remedy }) => {
                    let message = format!("the witness {} did not confirm the log: {message}", witness.name());
                    let (rows, code) = match is_other_log {
                        true => (&mut report.errors, "WITNESS_DISAGREES"),
                        false => (&mut report.warnings, "WITNESS_FAILED"),
                    };
                    rows.push(row("", code, message, &remedy));
                }
            }
        }
        log.add_cosignatures(keys.database(), &lines).await?;
    }
    let confirmed = log.confirmed().filter_map(|(witness, at)| {
        Some(Confirmation { name: witness.name().to_owned(), confirmed_at: at?.timestamp() })
    });
    report.witnesses = confirmed.collect();
    Ok(report)
}

/// For each witness its signature line, or why there is none.
async fn answers(
    query: &Result<WitnessQuery<'_>, String>,
    missing: &[(&WitnessConfig, Witness)],
) -> Vec<Result<String, Refusal>> {
    join_all(missing.iter().map(|(config, witness)| async {
        let query = query.as_ref().map_err(|what| later(what.clone()))?;
        let late = |_| Err(later(format!("it took longer than {} seconds", TIMEOUT.as_secs())));
        tokio::time::timeout(TIMEOUT, query.ask(config, witness)).await.unwrap_or_else(late)
    }))
    .await
}

/// The request that goes to every witness.
struct WitnessQuery<'i> {
    transport: HttpTransport,
    log: &'i Log,
    /// The verifier key of the log, which a witness has to know.
    log_key: String,
    /// The head, signed by the issuer.
    note: SignedNote,
}

/// What a witness answers.
enum Answer {
    /// Its signature lines.
    Lines(String),
    /// The size of the log that it has confirmed last, where that differs from the size in the request.
    Knows(u64),
}

impl WitnessQuery<'_> {
    async fn ask(&self, config: &WitnessConfig, witness: &Witness) -> Result<String, Refusal> {
        let size = self.log.checkpoint().size;
        let mut old = self.log.size_known_to(witness);
        for is_last in [false, true] {
            match self.post(config, old).await? {
                Answer::Lines(lines) => return self.own(witness, &lines),
                Answer::Knows(known) if known > size => {
                    return Err(other_log(format!("it has confirmed {known} entries, and here are only {size}")));
                }
                Answer::Knows(known) if known == old && known == size => {
                    return Err(other_log(format!("it has confirmed other {size} entries")));
                }
                Answer::Knows(known) if is_last => {
                    return Err(later(format!("it knew {old} entries, and a moment later {known}")));
                }
                // Its last answer was lost on the way, or it is asked for the first time: ask again, with its size.
                Answer::Knows(known) => old = known,
            }
        }
        Err(later("it gave no answer".to_owned()))
    }

    /// The lines of the answer with a valid signature of this witness.
    fn own(&self, witness: &Witness, lines: &str) -> Result<String, Refusal> {
        let mut note = self.note.clone();
        add_cosignatures(&mut note, witness, lines).map_err(|_| Refusal {
            is_other_log: false,
            message: "its answer has no signature by its key that fits the log's head".to_owned(),
            remedy: "compare the key in the tenant's file with what the witness's operator publishes".to_owned(),
        })?;
        Ok(note.signatures().iter().skip(self.note.signatures().len()).map(ToString::to_string).collect())
    }

    async fn post(&self, config: &WitnessConfig, old: u64) -> Result<Answer, Refusal> {
        let proof = self.log.consistency_proof(old).map_err(|error| later(error.to_string()))?;
        let request = Request::post(config.add_checkpoint_url())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(Full::from(add_checkpoint_body(old, &proof, &self.note)))
            .map_err(|_| later("its URL is not valid".to_owned()))?;
        let (head, body) = self.transport.send(request).await.map_err(|error| later(error.to_string()))?.into_parts();
        let status = head.status;
        let is_size = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == SIZE_TYPE.as_bytes());
        if status != StatusCode::OK && status != StatusCode::CONFLICT {
            return Err(self.refusal(status));
        }
        let body: Bytes = read_whole(body, ANSWER_BYTES_MAX).await.map_err(later)?;
        let text = str::from_utf8(&body).map_err(|_| later("its answer is not text".to_owned()))?;
        if status == StatusCode::OK {
            return Ok(Answer::Lines(text.to_owned()));
        }
        let size = parse_size(text).filter(|_| is_size);
        size.map(Answer::Knows)
            .ok_or_else(|| later("it has confirmed another size of the log, and does not say which".to_owned()))
    }

    /// The refusal that an HTTP status stands for (c2sp.org/tlog-witness, "add-checkpoint").
    fn refusal(&self, status: StatusCode) -> Refusal {
        let origin = &self.log.checkpoint().origin;
        let message = match status {
            StatusCode::UNPROCESSABLE_ENTITY => {
                return other_log("what it has confirmed before is not the beginning of this log".to_owned());
            }
            StatusCode::FORBIDDEN => "it knows none of the keys that signed the head (status 403)".to_owned(),
            StatusCode::NOT_FOUND => format!("it does not know the log {origin} (status 404)"),
            status if status.is_redirection() => {
                return later(format!(
                    "it answered with a redirect (status {}), which is not followed",
                    status.as_u16()
                ));
            }
            status => return later(format!("it answered with status {}", status.as_u16())),
        };
        let remedy = format!("give the witness's operator the key of the log: {}", self.log_key);
        Refusal { is_other_log: false, message, remedy }
    }
}

fn later(message: String) -> Refusal {
    let remedy = "nothing for now; it is asked again by the next run. If this goes on, ask its operator".to_owned();
    Refusal { is_other_log: false, message, remedy }
}

fn other_log(message: String) -> Refusal {
    let remedy =
        "restore the tenant's database from a newer backup; where there is none, this witness will not confirm the \
                  log any more: take it out of references.witnesses, and say so to those who rely on it"
            .to_owned();
    Refusal { is_other_log: true, message, remedy }
}
