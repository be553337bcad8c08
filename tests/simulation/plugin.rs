//! Calls of the plugin's real core. Each is a coroutine that stops at every request until the answer has arrived.

use crate::host::Host;
use crate::sim::Sim;
use bytes::Bytes;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use hibob_connector_core::http::{Body, Request, Response, SendError};
use hibob_connector_core::world::{Entry, SCAN_ENTRIES_MAX, StorageError, World};
use hibob_egress::CallEgress;
use http_body_util::{BodyExt as _, Full};
use std::collections::BTreeMap;
use std::pin::Pin;
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpHooks as _};

/// What a call wrote to its storage, by key; none for a deleted key.
pub(crate) type Written = BTreeMap<String, Option<Vec<u8>>>;

/// Status, content type, location and body of an answer, and the error if the body ends early.
type Answer = Result<(u16, [Option<String>; 2], Vec<u8>, Option<SendError>), SendError>;

/// Has the core do some work, whose requests pass the host's real egress. Other tasks go on meanwhile.
pub(crate) async fn call<T: 'static>(
    sim: &Sim,
    host: &Host,
    egress: &mut CallEgress,
    work: impl FnOnce(&mut dyn World) -> T + 'static,
) -> (T, Written) {
    let sim = sim.clone();
    let mut coroutine = Coroutine::new(move |yielder: &Yielder<Answer, Request>, _begin: Answer| {
        let mut world = CoreWorld { yielder, sim, written: Written::new() };
        let done = work(&mut world);
        (done, world.written)
    });
    let mut answer = Err(SendError::Denied("nothing was asked yet".to_owned()));
    loop {
        match coroutine.resume(answer) {
            CoroutineResult::Yield(request) => {
                host.step().await;
                answer = ask(egress, &request).await;
                host.step().await;
            }
            CoroutineResult::Return(done) => return done,
        }
    }
}

async fn ask(egress: &mut CallEgress, request: &Request) -> Answer {
    let mut asked = http::Request::builder().method(request.method.as_str()).uri(&request.url);
    for (name, value) in &request.headers {
        asked = asked.header(*name, value);
    }
    let body = Full::new(Bytes::from(request.body.clone())).map_err(|never| match never {}).boxed_unsync();
    let asked: http::Request<WasiBody> = asked.body(body).unwrap();
    let sent = Pin::from(egress.send_request(asked, None, Box::new(async { Ok(()) }))).await;
    let (response, _) = sent.map_err(|error| send_error(&error))?;
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let headers = ["content-type", "location"].map(header);
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let (mut bytes, mut end) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend(frame.into_data().unwrap_or_default()),
            Err(_) => {
                end = Some(SendError::Unknown("the answer was cut off".to_owned()));
                break;
            }
        }
    }
    Ok((status, headers, bytes, end))
}

/// The core's error for an error of the egress, as the plugin's glue converts it.
fn send_error(error: &Error) -> SendError {
    match error {
        Error::HttpRequestDenied => SendError::Denied("the host's policy does not allow this request".to_owned()),
        Error::ConnectionRefused | Error::ConnectionTimeout => SendError::NotSent("it cannot be reached".to_owned()),
        other => SendError::Unknown(format!("{other:?}")),
    }
}

/// What the core calls the host for.
struct CoreWorld<'y> {
    yielder: &'y Yielder<Answer, Request>,
    sim: Sim,
    written: Written,
}

struct Whole {
    body: Option<Vec<u8>>,
    end: Option<SendError>,
}

impl Body for Whole {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        match self.body.take() {
            Some(body) => Ok(Some(body)),
            None => self.end.take().map_or(Ok(None), Err),
        }
    }
}

impl World for CoreWorld<'_> {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let (status, [content_type, location], body, end) = self.yielder.suspend(request.clone())?;
        Ok(Response { status, content_type, location, body: Box::new(Whole { body: Some(body), end }) })
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(match self.written.get(key) {
            Some(value) => value.clone(),
            None => self.sim.lock().pages.entries.get(key).cloned(),
        })
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let state = self.sim.lock();
        let entries = state.pages.entries.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let entries = entries.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        Ok(entries.take(SCAN_ENTRIES_MAX as usize).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        self.written.insert(key.to_owned(), Some(value.to_owned()));
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), StorageError> {
        self.written.insert(key.to_owned(), None);
        Ok(())
    }

    fn log(&mut self, _message: &str) {}

    fn progress(&mut self, _phase: &str, _done: usize, _total: Option<usize>) {}
}
