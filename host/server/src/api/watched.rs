//! A connection's bytes, watched for progress: one whose peer does not read what waits for it ends.

use crate::api::places::Activity;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A stream that ends with an error when bytes wait to be written and none can be for a while. As long as nothing
/// waits, it may be idle.
pub(super) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    idle_max: Duration,
    /// Runs while bytes wait.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    /// Watches a stream, whose peer may leave waiting bytes unread for `idle_max`.
    pub(super) fn new(stream: S, activity: Arc<Activity>, idle_max: Duration) -> Self {
        Self { stream, activity, idle_max, alarm: None }
    }

    /// Notes how a write went.
    fn written(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.alarm = None;
            self.activity.moved_out();
            return written;
        }
        self.activity.blocked();
        let idle_max = self.idle_max;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle_max)));
        ready!(alarm.as_mut().poll(context));
        let why = format!("its peer has read nothing for {} seconds", idle_max.as_secs());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.moved_in();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::places::{Places, PlacesMax};
    use std::net::IpAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    const IDLE_MAX: Duration = Duration::from_secs(30);

    async fn pair() -> (Watched<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let places = Places::new(PlacesMax { regular: 1, further: 0, of_one_address: 1 }, Vec::new());
        let place = places.take(IpAddr::from([127, 0, 0, 1])).await.unwrap();
        let (ours, theirs) = tokio::io::duplex(4);
        (Watched::new(ours, place.activity.clone(), IDLE_MAX), theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_loses_its_connection_after_a_while() {
        let (mut ours, theirs) = pair().await;
        let started = Instant::now();
        let error = ours.write_all(b"more than four").await.unwrap_err();
        assert_eq!((error.kind(), started.elapsed().as_secs()), (io::ErrorKind::TimedOut, IDLE_MAX.as_secs()));
        drop(theirs);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_and_an_idle_one_keep_it() {
        let (mut ours, mut theirs) = pair().await;
        let reading = async {
            let mut byte = [0];
            for _ in 0..12 {
                tokio::time::sleep(IDLE_MAX - Duration::from_secs(1)).await;
                theirs.read_exact(&mut byte).await.unwrap();
            }
        };
        let writing = async { ours.write_all(b"sixteen bytes ..").await.unwrap() };
        tokio::join!(reading, writing);
        // Nothing waits now, so it may take any time.
        tokio::time::sleep(IDLE_MAX * 10).await;
        let mut rest = [0; 4];
        theirs.read_exact(&mut rest).await.unwrap();
        ours.write_all(b"!").await.unwrap();
    }
}
