//! A stand-in for a witness of transparency logs (c2sp.org/tlog-witness, with cosignatures of
//! c2sp.org/tlog-cosignature).
//!
//! It is as strict as the specification: it makes the checks in the order of the specification, the first that fails
//! decides, and a request that is not answered with 200 changes nothing.

mod request;
mod server;

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use hibob_reference_format::{
    keys::SecretKey,
    log::{
        Hash,
        note::{NoteKey, SignatureType},
        tree::verify_consistency,
        witness::cosign,
    },
};

use crate::{
    fault::{Fault, next_fault},
    message::{Request, Response},
};
use request::AddCheckpoint;
pub use server::WitnessServer;

/// A witness with its key, the logs that it watches, and its settings.
#[derive(Debug)]
pub struct Witness {
    name: String,
    key: SecretKey,
    logs: BTreeMap<String, Log>,
    /// Faults for single requests, used up as they match: a closed connection, 500, an answer that gets lost.
    pub faults: Vec<Fault>,
    /// The signature lines that it answers with.
    pub lines: Lines,
    /// How far its clock is fast.
    pub clock_ahead: Duration,
    log: Vec<Asked>,
}

/// A log that the witness watches.
#[derive(Debug, Default)]
struct Log {
    keys: Vec<NoteKey>,
    /// The size and root that it confirmed last.
    confirmed: Option<(u64, Hash)>,
}

/// The signature lines that a witness answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lines {
    /// Its right cosignature.
    #[default]
    Right,
    /// A line of an unknown key and then its right cosignature, as witnesses answer while they change keys.
    WithAnother,
    /// A cosignature under its name, but by another key.
    OfAnother,
    /// Its cosignature over another text.
    OverAnotherText,
    /// A text that is not a signature line.
    Garbage,
}

/// A request in the log, with the status of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The old size in the request; `None` if the request could not be read.
    pub old: Option<u64>,
    /// The size of the request's checkpoint; `None` if the request could not be read.
    pub size: Option<u64>,
    /// The status of the right answer, which a fault may have replaced.
    pub status: u16,
}

impl Witness {
    /// A witness that watches no log yet.
    #[must_use]
    pub fn new(name: &str, seed: u8) -> Self {
        Self {
            name: name.to_owned(),
            key: SecretKey::from_seed(&[seed; 32]),
            logs: BTreeMap::new(),
            faults: Vec::new(),
            lines: Lines::default(),
            clock_ahead: Duration::ZERO,
            log: Vec::new(),
        }
    }

    /// The witness's verifier key.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        NoteKey::new(&self.name, SignatureType::Cosignature, self.key.public()).to_string()
    }

    /// Makes the witness watch a log, by a verifier key that signs the log. A log may have several keys.
    ///
    /// # Panics
    ///
    /// If the text is not a verifier key.
    pub fn watch(&mut self, log_key: &str) {
        let key = NoteKey::parse(log_key).ok().filter(|key| key.kind() == SignatureType::Ed25519);
        let key = key.expect("the verifier key of a log");
        self.logs.entry(key.name().to_owned()).or_default().keys.push(key);
    }

    /// The size at which the witness last confirmed a log; `None` if it never did.
    #[must_use]
    pub fn confirmed_size(&self, origin: &str) -> Option<u64> {
        self.logs.get(origin)?.confirmed.map(|(size, _)| size)
    }

    /// All requests so far, in order.
    #[must_use]
    pub fn log(&self) -> &[Asked] {
        &self.log
    }

    /// Answers one request and logs it.
    pub fn handle(&mut self, request: &Request, now: DateTime<Utc>) -> Response {
        let fault = next_fault(&mut self.faults, request);
        match fault {
            Some(kind) => kind.spoil(|| self.serve(request, now)),
            None => self.serve(request, now),
        }
    }

    fn serve(&mut self, request: &Request, now: DateTime<Utc>) -> Response {
        if request.path != "/add-checkpoint" {
            return text(404, "there is only /add-checkpoint");
        }
        if request.method != "POST" {
            return text(405, "POST a checkpoint").with_header("Allow", "POST");
        }
        let read = str::from_utf8(&request.body).ok().and_then(AddCheckpoint::read);
        let response = read.as_ref().map_or_else(|| text(400, "malformed"), |add| self.add(add, now));
        let (old, size) = (read.as_ref().map(|add| add.old), read.as_ref().map(|add| add.checkpoint.size));
        self.log.push(Asked { old, size, status: response.status });
        response
    }

    fn add(&mut self, add: &AddCheckpoint, now: DateTime<Utc>) -> Response {
        let Some(log) = self.logs.get_mut(&add.checkpoint.origin) else { return text(404, "unknown log") };
        // Lines of unknown keys are ignored; a wrong signature of a known key makes the whole note invalid.
        if add.note.is_signed_by(&log.keys) != Ok(true) {
            return text(403, "no signature by a known key of the log");
        }
        let (size, root) = (add.checkpoint.size, add.checkpoint.root);
        if add.old > size {
            return text(400, "the old size is above that of the checkpoint");
        }
        let known = log.confirmed.map_or(0, |(size, _)| size);
        let other_root = log.confirmed.is_some_and(|(known, of)| known == size && of != root);
        if add.old != known || (add.old == size && other_root) {
            return Response::bytes(409, "text/x.tlog.size", format!("{known}\n").into_bytes());
        }
        let is_continued = match log.confirmed {
            Some((known, known_root)) => verify_consistency(known, &known_root, size, &root, &add.proof),
            None => add.proof.is_empty(),
        };
        if !is_continued {
            return text(422, "the proof does not show that the log continues the one that was confirmed");
        }
        log.confirmed = Some((size, root));
        text(200, &self.answer(add, now + self.clock_ahead))
    }

    fn answer(&self, add: &AddCheckpoint, time: DateTime<Utc>) -> String {
        let own = cosign(&self.name, &self.key, &add.note, time).to_string();
        let other_key = SecretKey::from_seed(&[0xee; 32]);
        let other = cosign(&self.name, &other_key, &add.note, time);
        match self.lines {
            Lines::Right => own,
            Lines::WithAnother => format!("{other}{own}"),
            Lines::OfAnother => other.to_string(),
            Lines::OverAnotherText => cosign(&self.name, &self.key, &add.other_text(), time).to_string(),
            Lines::Garbage => "\u{2014} garbage\n".to_owned(),
        }
    }
}

fn text(status: u16, body: &str) -> Response {
    Response::bytes(status, "text/plain; charset=utf-8", body.as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
