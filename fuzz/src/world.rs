//! The outside of a job whose every answer is foreign bytes.

use hibob_connector_core::http::{Body, Method, Request, Response, SendError, Side};
use hibob_connector_core::world::{Entry, StorageError, World};
use std::collections::BTreeMap;

/// Which answer a request gets.
pub(crate) type Choose = fn(&Request, usize) -> usize;

/// A world that gives the parts of an input as answers.
pub(crate) struct Answers<'b> {
    answers: Vec<&'b [u8]>,
    choose: Choose,
    /// Requests so far.
    asked: usize,
    /// The tenant's storage.
    pub(crate) storage: BTreeMap<String, Vec<u8>>,
    /// Whether a write to the target is allowed now; where it is not, one is a fault of the core.
    pub(crate) may_write: bool,
}

impl<'b> Answers<'b> {
    /// A world with these answers; `choose` says which of them a request gets, by the request and its number.
    pub(crate) fn new(answers: Vec<&'b [u8]>, choose: Choose) -> Self {
        Self { answers, choose, asked: 0, storage: BTreeMap::new(), may_write: false }
    }
}

/// An answer, with a status where it begins with three digits and a newline.
fn answer(bytes: &[u8]) -> (u16, &[u8]) {
    let status = bytes.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    match (status, bytes.get(3), bytes.get(4..)) {
        (Some(status @ 100..=599), Some(b'\n'), Some(body)) => (status, body),
        _ => (200, bytes),
    }
}

/// A body in pieces of 64 bytes.
struct Pieces(Vec<u8>);

impl Body for Pieces {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let rest = self.0.split_off(self.0.len().min(64));
        let piece = std::mem::replace(&mut self.0, rest);
        Ok((!piece.is_empty()).then_some(piece))
    }
}

impl World for Answers<'_> {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let is_write = request.side == Side::Target && request.method != Method::Get;
        assert!(self.may_write || !is_write, "{} while nothing may be written", request.name());
        let place = (self.choose)(request, self.asked);
        self.asked += 1;
        let Some(bytes) = self.answers.get(place) else {
            return Err(SendError::NotSent("the input has no more answers".to_owned()));
        };
        let (status, body) = answer(bytes);
        let content_type = Some("application/json".to_owned());
        Ok(Response { status, content_type, location: None, body: Box::new(Pieces(body.to_vec())) })
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.storage.get(key).cloned())
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let entries = self.storage.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let entries = entries.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        Ok(entries.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        self.storage.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), StorageError> {
        self.storage.remove(key);
        Ok(())
    }

    fn log(&mut self, _message: &str) {}

    fn progress(&mut self, _phase: &str, _done: usize, _total: Option<usize>) {}
}
