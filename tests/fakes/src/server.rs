//! Both stand-ins on 127.0.0.1.

use std::{
    convert::identity,
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::{
    message::{Delivery, Request, Response, Service},
    world::World,
};

/// A request with a longer body ends the connection.
const REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bodies leave in pieces of this size, none of which is copied.
const FRAME_BYTES: usize = 64 * 1024;

/// Two HTTP servers on ports the system chooses; they stop when this is dropped.
#[derive(Debug)]
pub struct Server {
    world: Arc<Mutex<World>>,
    hibob: SocketAddr,
    travelperk: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl Server {
    /// Starts both services. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub async fn start(world: Arc<Mutex<World>>) -> io::Result<Self> {
        let (hibob, first) = listen(Service::HiBob, Arc::clone(&world)).await?;
        let (travelperk, second) = listen(Service::TravelPerk, Arc::clone(&world)).await?;
        Ok(Self { world, hibob, travelperk, tasks: [first, second] })
    }

    /// The base URL of HiBob.
    #[must_use]
    pub fn hibob_url(&self) -> String {
        format!("http://{}/v1", self.hibob)
    }

    /// The base URL of TravelPerk's SCIM.
    #[must_use]
    pub fn scim_url(&self) -> String {
        format!("http://{}/api/v2/scim", self.travelperk)
    }

    /// The base URL of TravelPerk's REST.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.travelperk)
    }

    /// What the servers answer from.
    #[must_use]
    pub fn world(&self) -> &Arc<Mutex<World>> {
        &self.world
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen(service: Service, world: Arc<Mutex<World>>) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((address, tokio::spawn(accept(listener, service, world))))
}

/// Runs until aborted; the connections end with it, because the set owns them.
async fn accept(listener: TcpListener, service: Service, world: Arc<Mutex<World>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, service, Arc::clone(&world)));
                }
                // Out of descriptors, most likely: leave the others time to close.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, service: Service, world: Arc<Mutex<World>>) {
    // Without it small answers on one connection wait for each other.
    stream.set_nodelay(true).ok();
    let answer = service_fn(|request| answer(request, service, Arc::clone(&world)));
    // Errors are the client's business: it went away, or a fault closed the connection.
    http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await.ok();
}

/// An error closes the connection without a response.
async fn answer(
    request: hyper::Request<Incoming>,
    service: Service,
    world: Arc<Mutex<World>>,
) -> io::Result<hyper::Response<Payload>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BYTES_MAX).collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers.iter().map(header).collect(),
        body: body.into(),
    };
    // A test that panicked with the lock held has failed already.
    let response = world.lock().unwrap_or_else(PoisonError::into_inner).handle(service, &request, now());
    deliver(response).await
}

async fn deliver(response: Response) -> io::Result<hyper::Response<Payload>> {
    let payload = match response.delivery {
        Delivery::Reset => return Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        Delivery::Hang => return pending().await,
        Delivery::Whole => Payload { rest: response.body.into(), sized: true, cut: None, flushed: false },
        Delivery::Chunked => Payload { rest: response.body.into(), sized: false, cut: None, flushed: false },
        Delivery::Truncated(bytes) => {
            Payload { rest: response.body.into(), sized: true, cut: Some(bytes), flushed: false }
        }
    };
    let mut answer = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        answer = answer.header(name, value);
    }
    answer.body(payload).map_err(io::Error::other)
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or_else(|_| Duration::ZERO, identity).as_secs_f64()
}

/// A body that may be cut off.
struct Payload {
    rest: Bytes,
    /// Whether the length is announced.
    sized: bool,
    /// So many bytes until the connection drops.
    cut: Option<usize>,
    flushed: bool,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.cut == Some(0) {
            if !self.flushed {
                // Lets the server send what it has before the error ends the connection.
                self.flushed = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = FRAME_BYTES.min(self.rest.len()).min(self.cut.unwrap_or(usize::MAX));
        self.cut = self.cut.map(|left| left - size);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.sized { SizeHint::with_exact(self.rest.len() as u64) } else { SizeHint::default() }
    }
}

#[cfg(test)]
mod tests;
