//! Answers that a service has packed although it was not asked to: gzip is unpacked as it streams.
//!
//! All limits of bytes count unpacked bytes, since this body lies below the one that counts them ([`Guarded`]).
//!
//! [`Guarded`]: crate::body::Guarded

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use hibob_net::transport::TransportBody;
use hibob_policy::over::Overrun;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many packed bytes are unpacked at a time. One byte becomes 1,032 bytes at most (RFC 1951), so this is half a
/// mebibyte of memory.
const PACKED_BYTES_AT_A_TIME: usize = 512;

/// The answer with its body unpacked. One that unpacks to more than `times_max` times its size ends the call.
///
/// # Errors
/// The encoding, if it is neither gzip nor none.
pub(super) fn unpacked(
    response: Response<TransportBody>,
    times_max: u64,
    overrun: &Overrun,
) -> Result<Response<TransportBody>, String> {
    match encoding(response.headers()).as_deref() {
        None | Some("identity") => Ok(response),
        Some("gzip" | "x-gzip") => {
            let (mut parts, inner) = response.into_parts();
            parts.headers.remove(CONTENT_ENCODING);
            parts.headers.remove(CONTENT_LENGTH);
            Ok(Response::from_parts(parts, Unpacked::new(inner, times_max, overrun.clone()).boxed_unsync()))
        }
        Some(other) => Err(other.chars().filter(|c| !c.is_control()).take(40).collect()),
    }
}

/// All encodings of an answer, in the order in which they were applied (RFC 9110, section 8.4); `None` if there is none.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let all: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase())
        .filter(|encoding| !encoding.is_empty())
        .collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// A gzip body as it is unpacked.
struct Unpacked {
    inner: TransportBody,
    decoder: MultiGzDecoder<Vec<u8>>,
    /// Packed bytes that have arrived and are not unpacked yet.
    waiting: VecDeque<Bytes>,
    packed: u64,
    unpacked: u64,
    is_ended: bool,
    times_max: u64,
    overrun: Overrun,
}

impl Unpacked {
    fn new(inner: TransportBody, times_max: u64, overrun: Overrun) -> Self {
        Self {
            inner,
            decoder: MultiGzDecoder::new(Vec::new()),
            waiting: VecDeque::new(),
            packed: 0,
            unpacked: 0,
            is_ended: false,
            times_max,
            overrun,
        }
    }

    /// Unpacks some of what has arrived. The result may be empty.
    fn unpack(&mut self, mut arrived: Bytes) -> Result<Bytes, String> {
        let some = arrived.split_to(arrived.len().min(PACKED_BYTES_AT_A_TIME));
        if !arrived.is_empty() {
            self.waiting.push_front(arrived);
        }
        self.decoder.write_all(&some).map_err(|error| format!("its gzip cannot be unpacked: {error}"))?;
        self.packed += some.len() as u64;
        self.taken()
    }

    /// What has been unpacked since the last call.
    fn taken(&mut self) -> Result<Bytes, String> {
        let unpacked = std::mem::take(self.decoder.get_mut());
        self.unpacked += unpacked.len() as u64;
        if self.unpacked > self.packed.saturating_mul(self.times_max) {
            let what = format!("an answer that unpacks to more than {} times its size", self.times_max);
            self.overrun.note("unpacked_times_max", format!("was sent {what}"));
            return Err(what);
        }
        Ok(unpacked.into())
    }
}

impl Body for Unpacked {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        let this = &mut *self;
        loop {
            if let Some(arrived) = this.waiting.pop_front() {
                match this.unpack(arrived) {
                    Ok(unpacked) if unpacked.is_empty() => continue,
                    other => return Poll::Ready(Some(other.map(Frame::data))),
                }
            }
            if this.is_ended {
                return Poll::Ready(None);
            }
            match std::task::ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.waiting.push_back(data);
                    }
                }
                Some(Err(reason)) => return Poll::Ready(Some(Err(reason))),
                None => {
                    this.is_ended = true;
                    if this.packed == 0 {
                        return Poll::Ready(None); // an answer without a body
                    }
                    let ended = this.decoder.try_finish().map_err(|error| format!("its gzip ends too early: {error}"));
                    match ended.and_then(|()| this.taken()) {
                        Ok(rest) if rest.is_empty() => return Poll::Ready(None),
                        other => return Poll::Ready(Some(other.map(Frame::data))),
                    }
                }
            }
        }
    }
}
