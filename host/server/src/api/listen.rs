//! Listening: plain HTTP/1.1 on one address, meant to stand behind a proxy that speaks TLS.

use crate::api::Api;
use crate::serve::Phase;
use hibob_base::error::HostError;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_service::Service;

/// The most connections at one time. Further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 256;

/// How long a connection may take to send the head of a request, or may be idle.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);

/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// How long the last answers may take to be sent when the host leaves.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(10);

/// The pause after a connection could not be accepted, because the process has no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Begins to listen. An address that other machines can reach must be allowed by the caller, because tokens and
    /// personal data go over it unencrypted.
    ///
    /// # Errors
    /// Other machines can reach the address and that is not allowed, or the address is in use.
    pub async fn bind(address: SocketAddr, is_remote_allowed: bool) -> Result<Self, HostError> {
        if !address.ip().to_canonical().is_loopback() && !is_remote_allowed {
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
        Ok(Self { socket, address })
    }

    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until the host has no more work (`left`), also while it drains, so that whoever asks learns
    /// that it does; or until it has to leave at once ([`Phase::Save`]). Then it takes no more, and waits at most
    /// `LEAVE_TIME_MAX` for the last answers.
    pub async fn serve(self, api: &Arc<Api>, mut phase: watch::Receiver<Phase>, left: impl Future<Output = ()>) {
        let (router, graceful) = (api.router(), GracefulShutdown::new());
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
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
                let place = places.clone().acquire_owned().await;
                (self.socket.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut stop => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("a connection cannot be accepted: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let router = router.clone();
            let answer = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                router.clone().call(request)
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME_MAX)
                .max_buf_size(HEAD_BYTES_MAX)
                .serve_connection(TokioIo::new(stream), answer);
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!("a connection broke: {error}");
                }
                drop(place);
            });
        }
        drop(self.socket);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(LEAVE_TIME_MAX) => {}
            () = Phase::reached(&mut phase, Phase::Save) => {}
        }
    }
}
