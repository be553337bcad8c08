//! A slow service on 127.0.0.1: it answers from memory, and delays its answers to `people/search` until the benchmark
//! lets it go on.

use bytes::Bytes;
use hibob_tests::canned::{Canned, HIBOB, SCIM};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The service, with its own thread and runtime. It runs until the process ends.
pub(crate) struct Slow {
    address: SocketAddr,
    gate: Arc<Gate>,
}

struct Gate {
    waiting: AtomicUsize,
    arrived: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    async fn pass(&self) {
        let mut open = self.open.subscribe();
        self.arrived.send_replace(self.waiting.fetch_add(1, Ordering::SeqCst) + 1);
        open.wait_for(|open| *open).await.unwrap();
    }
}

impl Slow {
    pub(crate) fn start(canned: Canned) -> Self {
        let gate = Arc::new(Gate {
            waiting: AtomicUsize::new(0),
            arrived: watch::Sender::new(0),
            open: watch::Sender::new(false),
        });
        let (started, start) = std::sync::mpsc::channel();
        let (canned, held) = (Arc::new(canned), gate.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                started.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let (canned, gate) = (canned.clone(), held.clone());
                    let serve = service_fn(move |request| answer(canned.clone(), gate.clone(), request));
                    tokio::spawn(
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), serve),
                    );
                }
            });
        });
        Self { address: start.recv().unwrap(), gate }
    }

    /// A URL of the canned company as one of this service.
    pub(crate) fn here(&self, url: &str) -> String {
        let (_, path) = url.split_once(".example").unwrap();
        format!("http://{}{path}", self.address)
    }

    /// Returns once so many searches wait for their answer.
    pub(crate) async fn all(&self, number: usize) {
        self.gate.arrived.subscribe().wait_for(|arrived| *arrived >= number).await.unwrap();
    }

    /// Answers all of them, and all later searches at once.
    pub(crate) fn go_on(&self) {
        self.gate.open.send_replace(true);
    }
}

async fn answer(
    canned: Arc<Canned>,
    gate: Arc<Gate>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let target = request.uri().path_and_query().unwrap().to_string();
    if target.ends_with("/people/search") {
        gate.pass().await;
    }
    let service = if target.starts_with("/v1/") { HIBOB } else { SCIM };
    let (origin, _) = service.split_once(".example").unwrap();
    let body = Full::new(canned.answer(&format!("{origin}.example{target}")));
    Ok(http::Response::builder().header("content-type", "application/json").body(body).unwrap())
}
