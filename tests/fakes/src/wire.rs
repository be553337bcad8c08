//! Reads requests from a connection, and writes responses to it.

use std::{
    future::pending,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::message::{Delivery, Request, Response};

/// The most bytes of a request's body. A longer one ends the connection.
const REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The size of the pieces, in bytes, in which a body is sent. They are not copied.
const FRAME_BYTES: usize = 64 * 1024;

/// Answers every request of a connection.
pub(crate) async fn serve<A, F>(stream: TcpStream, answer: A)
where
    A: Fn(Request) -> F,
    F: Future<Output = Response>,
{
    let answer = &answer;
    let respond = service_fn(move |request| async move { deliver(answer(whole(request).await?).await).await });
    // Errors are ignored: the client has closed the connection, or a fault has.
    http1::Builder::new().serve_connection(TokioIo::new(stream), respond).await.ok();
}

async fn whole(request: hyper::Request<Incoming>) -> io::Result<Request> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BYTES_MAX).collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers.iter().map(header).collect(),
        body: body.into(),
    })
}

/// Turns a response into one for the wire. An error closes the connection without a response.
async fn deliver(response: Response) -> io::Result<hyper::Response<Payload>> {
    if !response.delay.is_zero() {
        tokio::time::sleep(response.delay).await;
    }
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

/// A body that may be cut off.
struct Payload {
    rest: Bytes,
    /// Whether the length is sent in the headers.
    sized: bool,
    /// The number of bytes after which the connection is closed; `None` for the whole body.
    cut: Option<usize>,
    flushed: bool,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.cut == Some(0) {
            if !self.flushed {
                // Lets the server send the bytes so far before the error ends the connection.
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
