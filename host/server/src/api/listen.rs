//! Listening: plain HTTP/1.1 on one address, meant to stand behind a proxy that speaks TLS.

use crate::api::Api;
use crate::api::answered::Answered;
use crate::api::gate::{finish, request_id};
use crate::api::hosts::Hosts;
use crate::api::places::{Kind, Place, Places, PlacesMax};
use crate::api::problem::Problem;
use crate::api::routes::{ROUTES, Route};
use crate::api::watched::Watched;
use crate::serve::Phase;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hibob_base::error::HostError;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower_service::Service;

/// How a listener treats its connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) places: PlacesMax,
    /// How long a connection may take to send the head of a request, or may be idle.
    pub(super) head_time_max: Duration,
    /// How long bytes of an answer may wait without that the peer reads any.
    pub(super) unread_time_max: Duration,
    /// Both of these for a connection beyond the regular ones.
    pub(super) further_time_max: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            places: PlacesMax { regular: 256, further: 8, of_one_address: 32 },
            head_time_max: Duration::from_secs(15),
            unread_time_max: Duration::from_secs(30),
            further_time_max: Duration::from_secs(2),
        }
    }
}

/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// How long the last answers may take to be sent when the host leaves.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(10);

/// The pause after a connection could not be accepted, because the process has no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// After how many seconds somebody may come back for whom there is no place.
const NO_PLACE_SECONDS: u64 = 5;

/// What is answered at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Serves {
    Everything,
    Monitoring,
}

/// Who may ask at an address, beside this machine.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Whether other machines may reach the address, although it speaks plain HTTP.
    pub is_remote_allowed: bool,
    /// Names under which the API is asked, beside those of this machine; see [`parse_host`](crate::api::parse_host).
    pub hosts: Vec<String>,
    /// Proxies in front of the API, whose connections are not counted by address.
    pub proxies: Vec<IpNet>,
}

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    hosts: Hosts,
    proxies: Vec<IpNet>,
    serves: Serves,
    pub(super) bounds: Bounds,
}

impl Listener {
    /// Begins to listen, for the whole API. An address that other machines can reach must be allowed by the caller,
    /// because tokens and personal data go over it unencrypted.
    ///
    /// # Errors
    /// Other machines can reach the address and that is not allowed, or the address is in use.
    pub async fn bind(address: SocketAddr, access: Access) -> Result<Self, HostError> {
        Self::open(address, access, Serves::Everything).await
    }

    /// As [`Self::bind`], for health and metrics alone.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub async fn bind_monitoring(address: SocketAddr, access: Access) -> Result<Self, HostError> {
        Self::open(address, access, Serves::Monitoring).await
    }

    async fn open(address: SocketAddr, access: Access, serves: Serves) -> Result<Self, HostError> {
        if !address.ip().to_canonical().is_loopback() && !access.is_remote_allowed {
            return Err(HostError::configuration(
                format!(
                    "{address} can be reached from other machines, and the API speaks plain HTTP: tokens could be read"
                ),
                "listen at 127.0.0.1 behind a proxy that speaks TLS; or say --allow-remote where the network protects it",
            ));
        }
        let failed = |error: std::io::Error| {
            let remedy = "choose another one: --listen ADDRESS:PORT";
            HostError::configuration(format!("cannot listen at {address}: {error}"), remedy)
        };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let hosts = Hosts::new(access.hosts, address);
        Ok(Self { socket, address, hosts, proxies: access.proxies, serves, bounds: Bounds::default() })
    }

    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether requests under foreign names are refused. False if other machines reach the address, and nobody has said
    /// under which names.
    pub fn checks_hosts(&self) -> bool {
        self.hosts.is_checked()
    }

    /// Answers requests until the host has no more work (`left`), also while it drains, so that whoever asks learns
    /// that it does; or until it has to leave at once ([`Phase::Save`]). Then it takes no more, and waits at most
    /// `LEAVE_TIME_MAX` for the last answers.
    pub async fn serve(self, api: &Arc<Api>, mut phase: watch::Receiver<Phase>, left: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let places = Places::new(self.bounds.places, self.proxies.clone());
        let Self { socket, hosts, serves, bounds, .. } = self;
        let answerer = Arc::new(Answerer { router: api.whole(), hosts, serves });
        let mut leaving = phase.clone();
        let stop = async {
            tokio::select! {
                () = left => {}
                () = Phase::reached(&mut leaving, Phase::Save) => {}
            }
        };
        tokio::pin!(stop);
        loop {
            let accepted = async {
                let (stream, peer) = socket.accept().await?;
                Ok::<_, std::io::Error>((stream, peer, places.take(peer.ip()).await))
            };
            let accepted = tokio::select! {
                accepted = accepted => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer, Some(place))) => {
                    connect(stream, peer, place, answerer.clone(), bounds, &graceful);
                }
                Ok((_, peer, None)) => tracing::debug!(%peer, "a connection was closed: its address has too many"),
                Err(error) => {
                    tracing::warn!("a connection cannot be accepted: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(socket);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(LEAVE_TIME_MAX) => {}
            () = Phase::reached(&mut phase, Phase::Save) => {}
        }
    }
}

/// Serves a connection in a task of its own, until it ends or its place is needed.
fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    answerer: Arc<Answerer>,
    bounds: Bounds,
    graceful: &GracefulShutdown,
) {
    let is_regular = place.kind == Kind::Regular;
    let (head_time_max, unread_time_max) = if is_regular {
        (bounds.head_time_max, bounds.unread_time_max)
    } else {
        (bounds.further_time_max, bounds.further_time_max)
    };
    let stream = Watched::new(stream, place.activity.clone(), unread_time_max);
    let place = Arc::new(place);
    let held = place.clone();
    let answer = service_fn(move |request: Request<Incoming>| {
        let (answerer, place) = (answerer.clone(), place.clone());
        async move {
            let answering = place.answering();
            let response = answerer.answer(request, peer, place.kind).await;
            Ok::<_, Infallible>(response.map(|body| Answered::new(body, answering)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time_max)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(is_regular)
        .serve_connection(TokioIo::new(stream), answer);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%peer, "a connection broke: {error}");
            },
            () = held.activity.dismissed() => tracing::debug!(%peer, "a connection was ended: others need its place"),
        }
    });
}

/// Answers what comes over connections.
struct Answerer {
    router: Router,
    hosts: Hosts,
    serves: Serves,
}

impl Answerer {
    async fn answer(&self, mut request: Request<Incoming>, peer: SocketAddr, kind: Kind) -> Response {
        let refused = |problem: Problem| finish(problem.into_response(), &request_id());
        if let Err(problem) = self.hosts.check(&request) {
            return refused(problem);
        }
        let route = ROUTES.iter().find(|route| route.path == request.uri().path());
        if kind == Kind::Further && !route.is_some_and(Route::is_health) {
            return refused(Problem::no_place(NO_PLACE_SECONDS));
        }
        if self.serves == Serves::Monitoring && !route.is_some_and(Route::is_monitoring) {
            return refused(Problem::no_such_path());
        }
        request.extensions_mut().insert(peer);
        match self.router.clone().call(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
