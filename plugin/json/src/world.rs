//! The core's port to the outside world, over what a host of this world imports.

use hibob_connector_core::http::{Body, COST_CENTERS_URL, HIBOB_URL, REST_URL, Request, Response, SCIM_URL, SendError};
use hibob_connector_core::world::{Entry, SCAN_ENTRIES_MAX, StorageError, World};
use serde_json::{Map, Value as Json, json};

/// Most bytes that one piece of a body has.
pub(crate) const PIECE_BYTES: u32 = 1024 * 1024;

/// Each service: its role, the setting of the core with its base URL, the core's name of that setting in messages, and the
/// URL that the core is given. The host knows the real one, and no request names this one.
pub(crate) const SERVICES: [(&str, &str, &str, &str); 4] = [
    ("hibob", "hibob-url", HIBOB_URL, "https://hibob.invalid"),
    ("scim", "scim-url", SCIM_URL, "https://scim.invalid"),
    ("rest", "rest-url", REST_URL, "https://rest.invalid"),
    ("cost-centers", "cost-centers-url", COST_CENTERS_URL, "https://cost-centers.invalid"),
];

/// The head of an answer; `json-host.answer` of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// By which the body is read and dropped.
    pub id: u32,
    /// The `Content-Type`, if one was sent.
    pub content_type: Option<String>,
    /// The `Location` of an answer 201, if one was sent.
    pub location: Option<String>,
}

/// What became of a request; `json-host.sent` of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// An answer came.
    Answer(Answer),
    /// The host refuses the request.
    Denied(String),
    /// Nothing was sent.
    NotSent(String),
    /// Whether it was carried out is unknown.
    Unknown(String),
}

/// A piece of a body; `json-host.piece` of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The next characters.
    Text(String),
    /// The body has come to its end.
    End,
    /// The rest of the body is lost.
    Lost(String),
}

/// What the host gives the component; the interface `json-host` of the contract, where each function is described.
#[expect(missing_docs, reason = "the functions are documented in the WIT package")]
pub trait Host {
    fn send(&mut self, role: &str, method: &str, path: &str, query: &str, headers: &str, body: &str) -> Sent;
    fn read(&mut self, id: u32, max: u32) -> Piece;
    fn drop(&mut self, id: u32);
    fn storage_get(&mut self, keys: &str) -> String;
    fn storage_scan(&mut self, prefix: &str, after: Option<&str>, limit: u32) -> String;
    fn storage_commit(&mut self, writes: &str) -> String;
    fn progress(&mut self, phase: &str, done: u32, total: Option<u32>);
    fn log(&mut self, level: &str, message: &str);
}

/// A host as the core sees it.
pub(crate) struct Outside<'h>(pub(crate) &'h mut dyn Host);

/// A request as the host gets it: the service's role, the path, and the query without its question mark.
fn addressed(request: &Request) -> Option<(&'static str, &str, &str)> {
    let (role, .., base) = SERVICES.iter().find(|(_, _, setting, _)| *setting == request.setting)?;
    let below = request.url.strip_prefix(base)?;
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    Some((role, path, query))
}

impl World for Outside<'_> {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let not_built = |what: &str| SendError::NotSent(format!("the request could not be built: {what}"));
        let (role, path, query) = addressed(request).ok_or_else(|| not_built("it is for no service"))?;
        let body = str::from_utf8(&request.body).map_err(|_| not_built("its body is no text"))?;
        let headers: Map<String, Json> =
            request.headers.iter().map(|(name, value)| ((*name).to_owned(), Json::from(value.as_str()))).collect();
        let headers = Json::Object(headers).to_string();
        match self.0.send(role, request.method.as_str(), path, query, &headers, body) {
            Sent::Answer(answer) => Ok(Response {
                status: answer.status,
                content_type: answer.content_type,
                location: answer.location,
                body: Box::new(Open { host: &mut *self.0, id: Some(answer.id) }),
            }),
            Sent::Denied(reason) => Err(SendError::Denied(reason)),
            Sent::NotSent(reason) => Err(SendError::NotSent(reason)),
            Sent::Unknown(reason) => Err(SendError::Unknown(reason)),
        }
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let values = ok(&self.0.storage_get(&json!([key]).to_string()))?;
        match values.get(0) {
            Some(Json::String(value)) => Ok(Some(value.clone().into_bytes())),
            Some(Json::Null) => Ok(None),
            _ => Err(unreadable()),
        }
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let entries = ok(&self.0.storage_scan(prefix, after, SCAN_ENTRIES_MAX))?;
        let entry = |entry: &Json| {
            let (key, value) = (entry.get(0)?.as_str()?, entry.get(1)?.as_str()?);
            Some((key.to_owned(), value.as_bytes().to_owned()))
        };
        let entries = entries.as_array().ok_or_else(unreadable)?;
        entries.iter().map(|one| entry(one).ok_or_else(unreadable)).collect()
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        let value = str::from_utf8(value).map_err(|_| StorageError("a value is no text".to_owned()))?;
        ok(&self.0.storage_commit(&json!([[key, value]]).to_string())).map(drop)
    }

    fn remove(&mut self, key: &str) -> Result<(), StorageError> {
        ok(&self.0.storage_commit(&json!([[key, null]]).to_string())).map(drop)
    }

    fn log(&mut self, message: &str) {
        self.0.log("info", message);
    }

    fn progress(&mut self, phase: &str, done: usize, total: Option<usize>) {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.0.progress(phase, number(done), total.map(number));
    }
}

/// An answer's body that was not read to its end.
struct Open<'h> {
    host: &'h mut dyn Host,
    /// None once the host has said that the body is over.
    id: Option<u32>,
}

impl Body for Open<'_> {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let Some(id) = self.id else { return Ok(None) };
        match self.host.read(id, PIECE_BYTES) {
            Piece::Text(text) => Ok(Some(text.into_bytes())),
            Piece::End => {
                self.id = None;
                Ok(None)
            }
            Piece::Lost(reason) => {
                self.id = None;
                Err(SendError::Unknown(reason))
            }
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.host.drop(id);
        }
    }
}

/// What an answer of the storage has under `ok`.
fn ok(answer: &str) -> Result<Json, StorageError> {
    let mut answer: Json = serde_json::from_str(answer).map_err(|_| unreadable())?;
    if let Some(error) = answer.get("error") {
        let text = |key: &str| error.get(key).and_then(Json::as_str).unwrap_or_default();
        return Err(StorageError(match text("kind") {
            "read-only" => "this call may not write to the storage".to_owned(),
            "over-limit" => format!("the plugin asked its storage for more than is allowed: {}", text("message")),
            _ => text("message").to_owned(),
        }));
    }
    answer.get_mut("ok").map(Json::take).ok_or_else(unreadable)
}

fn unreadable() -> StorageError {
    StorageError("the host's storage gave an answer of another form than the contract's".to_owned())
}
