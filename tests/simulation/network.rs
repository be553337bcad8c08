//! The simulated network between hosts and services: requests take time, get lost, or arrive late.

use crate::host::Host;
use crate::sim::Sim;
use crate::watch::about;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hibob_fakes::{Delivery, Fault, FaultKind, Request, Response, Service};
use hibob_net::transport::{NotSent, Transport, TransportBody, TransportError};
use http_body_util::{BodyExt as _, Full, StreamBody};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Longest time of one direction without trouble.
const LATENCY_MAX: Duration = Duration::from_millis(150);

/// Base URL of HiBob.
pub(crate) const HIBOB_URL: &str = "https://hibob.example/v1";
/// Base URL of TravelPerk's SCIM service.
pub(crate) const SCIM_URL: &str = "https://travelperk.example/api/v2/scim";

/// How bad the network is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    /// How many of a thousand requests get lost, are refused or are answered with an error.
    pub(crate) faults: u64,
    /// How many of a thousand transmissions in one direction are slow.
    pub(crate) slow: u64,
}

/// Longest time of a slow transmission: longer than a lease, and longer than a host waits for an answer.
const SLOW_MAX: Duration = Duration::from_secs(90);

/// The transport of one process.
pub(crate) struct Wire {
    pub(crate) sim: Sim,
    pub(crate) host: Arc<Host>,
}

/// What the network does to one request.
struct Course {
    there: Duration,
    back: Duration,
    is_sent: bool,
    fault: Option<FaultKind>,
}

impl Course {
    fn draw(sim: &Sim) -> Self {
        let state = &mut *sim.lock();
        let (trouble, chance) = (state.trouble, &mut state.chance);
        let mut way = || {
            let is_slow = chance.in_thousand(trouble.slow);
            chance.time(if is_slow { SLOW_MAX } else { LATENCY_MAX })
        };
        let (there, back) = (way(), way());
        let mut course = Self { there, back, is_sent: true, fault: None };
        if chance.in_thousand(trouble.faults) {
            let kinds = [
                FaultKind::too_many("2"),
                FaultKind::status(500),
                FaultKind::StatusAfter(502),
                FaultKind::Truncated,
                FaultKind::Hang,
                FaultKind::ResetBefore,
                FaultKind::ResetAfter,
                FaultKind::NotJson,
            ];
            course.is_sent = !chance.in_thousand(100);
            course.fault = Some(chance.pick(&kinds)).filter(|_| course.is_sent);
        }
        course
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> BoxFuture<'static, Result<http::Response<TransportBody>, TransportError>> {
        let (sim, host) = (self.sim.clone(), self.host.clone());
        async move {
            let (service, asked) = read(request);
            let course = Course::draw(&sim);
            sim.note(&host.name, format!("--> {} {}", asked.method, shown(&asked)));
            let found = {
                let state = &mut *sim.lock();
                state.watch.request_leaves(host.generation(), &asked, &state.pages)
            };
            found.into_iter().for_each(|what| sim.broken(&host.name, &what));
            if !course.is_sent {
                tokio::time::sleep(course.there).await;
                sim.note(&host.name, format!("<-- {} {}: no connection", asked.method, shown(&asked)));
                sim.lock().watch.request_ended(host.generation(), &asked, true);
                return Err(TransportError::NotSent(NotSent::Refused, "connection refused".to_owned()));
            }
            let (answer, answered) = oneshot::channel();
            sim.lock().in_flight += 1;
            tokio::spawn(carry(sim.clone(), host.clone(), service, asked.clone(), course, answer));
            let Ok(response) = answered.await else { return std::future::pending().await };
            let is_clear = response.delivery == Delivery::Whole && response.status < 500;
            sim.lock().watch.request_ended(host.generation(), &asked, is_clear);
            let what = match response.delivery {
                Delivery::Reset | Delivery::Hang => "reset".to_owned(),
                Delivery::Truncated(_) => format!("{}, cut off", response.status),
                Delivery::Whole | Delivery::Chunked => response.status.to_string(),
            };
            sim.note(&host.name, format!("<-- {} {}: {what}", asked.method, shown(&asked)));
            told(response)
        }
        .boxed()
    }
}

/// Carries a request to its service and the answer back, even if the host ends meanwhile.
async fn carry(
    sim: Sim,
    host: Arc<Host>,
    service: Service,
    asked: Request,
    course: Course,
    answer: oneshot::Sender<Response>,
) {
    tokio::time::sleep(course.there).await;
    let now = sim.now();
    let (response, found) = {
        let state = &mut *sim.lock();
        let faults = match service {
            Service::HiBob => &mut state.fakes.hibob.faults,
            Service::TravelPerk => &mut state.fakes.travelperk.faults,
        };
        *faults = course.fault.into_iter().map(|kind| Fault::once("", kind)).collect();
        let response = state.fakes.handle(service, &asked, now);
        let found = if asked.method == "GET" || service == Service::HiBob {
            Vec::new()
        } else {
            let is_late = answer.is_closed() || state.pages.fence != host.generation();
            state.watch.write_landed(&asked, is_late, &state.fakes, now)
        };
        (response, found)
    };
    if service == Service::TravelPerk && asked.method != "GET" {
        sim.note(&host.name, format!("    {} {} lands", asked.method, shown(&asked)));
    }
    found.into_iter().for_each(|what| sim.broken(&host.name, &what));
    tokio::time::sleep(course.back).await;
    sim.lock().in_flight -= 1;
    if response.delivery != Delivery::Hang {
        let _ = answer.send(response); // the host may have ended
    }
}

/// Converts a request to the stand-ins' type.
fn read(request: http::Request<Full<Bytes>>) -> (Service, Request) {
    let (parts, body) = request.into_parts();
    let is_hibob = HIBOB_URL.starts_with(&format!("https://{}", parts.uri.authority().unwrap()));
    let service = if is_hibob { Service::HiBob } else { Service::TravelPerk };
    let mut asked = Request::new(parts.method.as_str(), parts.uri.path_and_query().unwrap().as_str());
    for (name, value) in &parts.headers {
        asked = asked.with_header(name.as_str(), value.to_str().unwrap());
    }
    asked.body = body.collect().now_or_never().unwrap().unwrap().to_bytes().to_vec();
    (service, asked)
}

/// Converts an answer to the transport's type.
fn told(response: Response) -> Result<http::Response<TransportBody>, TransportError> {
    let mut head = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        head = head.header(name, value);
    }
    let frames = match response.delivery {
        Delivery::Reset | Delivery::Hang => return Err(TransportError::Lost("reset".to_owned())),
        Delivery::Truncated(length) => {
            vec![Ok(Bytes::from(response.body[..length].to_vec())), Err("the connection was closed".to_owned())]
        }
        Delivery::Whole | Delivery::Chunked => vec![Ok(Bytes::from(response.body))],
    };
    let frames = futures::stream::iter(frames.into_iter().map(|frame| frame.map(http_body::Frame::data)));
    Ok(head.body(StreamBody::new(frames).boxed_unsync()).unwrap())
}

/// A request for the trace: path and query below the service's base URL, and the employee whose account is created.
fn shown(asked: &Request) -> String {
    let path = asked.path.rsplit_once("/scim").map_or(asked.path.as_str(), |(_, path)| path);
    match (asked.parameter("filter"), about(asked)) {
        (Some(filter), _) => format!("{path} where {filter}"),
        (None, Some(about)) if asked.method == "POST" => format!("{path} for {about}"),
        (None, _) => path.to_owned(),
    }
}
