//! A stream that is safe against injected replies around STARTTLS.
//!
//! An attacker on the network can append replies to the server's answer to STARTTLS. A client that reads ahead takes
//! them for replies that the server sent under TLS (RFC 3207, section 6; <https://nostarttls.secvuln.info>). `lettre`
//! keeps its buffer during the handshake. Therefore this stream never gives it more than the next byte, so that
//! injected bytes are read by the TLS handshake and make it fail.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake (RFC 8446, section 5.1). No SMTP command begins with it.
const HANDSHAKE: u8 = 22;

/// A stream that is read byte by byte until TLS begins.
#[derive(Debug)]
pub(super) struct LineStream {
    stream: TcpStream,
    is_tls: bool,
}

impl LineStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, is_tls: false }
    }
}

impl AsyncTokioStream for LineStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for LineStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_tls || buffer.remaining() <= 1 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let mut byte = [0];
        let mut single = ReadBuf::new(&mut byte);
        let read = Pin::new(&mut self.stream).poll_read(context, &mut single);
        buffer.put_slice(single.filled());
        read
    }
}

impl AsyncWrite for LineStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_tls |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
