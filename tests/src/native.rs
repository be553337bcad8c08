//! Runs the core natively against the stand-ins' pure handlers. Without sandbox and sockets, thousands of syncs take a
//! minute.

use hibob_connector_core::apply::apply;
use hibob_connector_core::change::{Attempt, Change, Failure, NextStep, Outcome};
use hibob_connector_core::error::JobError;
use hibob_connector_core::http::{Body, Method, Request, Response, SendError, Side};
use hibob_connector_core::plan::Plan;
use hibob_connector_core::settings::Settings;
use hibob_connector_core::sync;
use hibob_connector_core::value::{NamedValue, Value};
use hibob_connector_core::world::{Entry, SCAN_ENTRIES_MAX, StorageError, World};
use hibob_fakes::{Delivery, Request as FakeRequest, Service};
use std::collections::{BTreeMap, BTreeSet};

/// Most attempts at a read request, as in the host.
const READ_ATTEMPTS: usize = 4;
/// Most calls of `apply` after an unknown outcome, as in the host.
const LOOKS: usize = 4;

/// The stand-ins and a storage, as the core's port to the outside world.
pub struct NativeWorld {
    /// The stand-ins.
    pub fakes: hibob_fakes::World,
    /// The tenant's storage.
    pub storage: BTreeMap<String, Vec<u8>>,
    /// The baseline of the last plan that was applied.
    pub baseline: Vec<NamedValue>,
    /// The time as of which jobs decide, in Unix seconds.
    pub now: u64,
    /// The stand-ins' clock in seconds. It advances with each request, so that no rate limit is exceeded.
    clock: f64,
}

impl NativeWorld {
    /// These stand-ins, and an empty storage.
    pub fn new(fakes: hibob_fakes::World, now: u64) -> Self {
        Self { fakes, storage: BTreeMap::new(), baseline: Vec::new(), now, clock: 0.0 }
    }

    /// Settings for these stand-ins.
    pub fn settings(extra: &[NamedValue]) -> Settings {
        let text = |name: &str, text: &str| NamedValue { name: name.to_owned(), value: Value::Text(text.to_owned()) };
        let mut values = vec![text("hibob-url", "http://hibob/v1"), text("scim-url", "http://travelperk/api/v2/scim")];
        values.extend_from_slice(extra);
        Settings::read(&values).unwrap()
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// As [`sync::plan`].
    pub fn plan(&mut self, settings: &Settings) -> Result<Plan, JobError> {
        let now = self.now;
        let baseline = self.baseline.clone();
        sync::plan(self, settings, now, &baseline)
    }

    /// Applies the changes of a plan as the host does, but one after the other, and returns their outcomes.
    pub fn apply(&mut self, settings: &Settings, plan: &Plan) -> Vec<(Change, Option<Outcome>)> {
        let changes: Vec<Change> = plan.changes(0).collect();
        let mut done = BTreeSet::new();
        let mut outcomes = Vec::new();
        for change in changes {
            if change.depends_on.iter().any(|id| !done.contains(id)) {
                outcomes.push((change, None));
                continue;
            }
            let mut attempt = Attempt::First;
            let mut looks = 0;
            let outcome = loop {
                let now = self.now;
                match apply(self, settings, &change, attempt, now) {
                    Outcome::Failed(Failure { next: NextStep::Look, .. }) if looks < LOOKS => {
                        attempt = Attempt::AfterUnknownOutcome;
                        looks += 1;
                    }
                    outcome => break outcome,
                }
            };
            if matches!(outcome, Outcome::Done { .. }) {
                done.insert(change.id.clone());
            }
            outcomes.push((change, Some(outcome)));
        }
        outcomes
    }

    fn ask(&mut self, request: &Request) -> hibob_fakes::Response {
        let (service, authorization) = match request.side {
            Side::HiBob => (Service::HiBob, self.fakes.hibob.authorization()),
            Side::Target => (Service::TravelPerk, self.fakes.travelperk.authorization()),
        };
        let (_, rest) = request.url.split_once("://").unwrap();
        let target = &rest[rest.find('/').unwrap()..];
        let mut fake = FakeRequest::new(request.method.as_str(), target).with_header("authorization", &authorization);
        for (name, value) in &request.headers {
            fake = fake.with_header(name, value);
        }
        fake.body = request.body.clone();
        self.clock += 2.0;
        let now = f64::from(u32::try_from(self.now).unwrap()) + self.clock;
        self.fakes.handle(service, &fake, now)
    }
}

struct Whole {
    body: Option<Vec<u8>>,
    cut_off: bool,
}

impl Body for Whole {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        match self.body.take() {
            Some(body) => Ok(Some(body)),
            None if self.cut_off => Err(SendError::Unknown("the answer was cut off".to_owned())),
            None => Ok(None),
        }
    }
}

impl World for NativeWorld {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let read = request.side == Side::HiBob || request.method == Method::Get;
        let mut answer = self.ask(request);
        for _ in 1..READ_ATTEMPTS {
            let lost = matches!(answer.delivery, Delivery::Reset | Delivery::Hang);
            if answer.status != 429 && !(read && (lost || answer.status >= 500)) {
                break;
            }
            answer = self.ask(request);
        }
        let cut_off = match answer.delivery {
            Delivery::Reset | Delivery::Hang => return Err(SendError::Unknown("no answer".to_owned())),
            Delivery::Truncated(length) => {
                answer.body.truncate(length);
                true
            }
            Delivery::Whole | Delivery::Chunked => false,
        };
        let content_type = answer.header("content-type").map(str::to_owned);
        let location = answer.header("location").map(str::to_owned).filter(|_| answer.status == 201);
        let body = Box::new(Whole { body: Some(answer.body), cut_off });
        Ok(Response { status: answer.status, content_type, location, body })
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.storage.get(key).cloned())
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let entries = self.storage.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let entries = entries.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        Ok(entries.take(SCAN_ENTRIES_MAX as usize).map(|(key, value)| (key.clone(), value.clone())).collect())
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
