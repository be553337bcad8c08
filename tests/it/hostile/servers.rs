//! Servers with hostile behaviour on 127.0.0.1. They stop when they are dropped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a server does with each connection.
#[derive(Clone)]
pub(super) enum Manners {
    /// Answers every request with these bytes, and closes.
    Says(Vec<u8>),
    /// Announces this many bytes and sends them as fast as they are read.
    Pours(u64),
    /// Sends a head and then one byte of the body each time this many milliseconds have passed, without end.
    DripsBody(u64),
    /// Sends one byte of the head each time this many milliseconds have passed, without end.
    DripsHead(u64),
    /// Sends headers without end.
    PoursHead,
}

/// A listening server.
pub(super) struct Rude {
    address: SocketAddr,
    task: JoinHandle<()>,
    connections: Arc<AtomicUsize>,
}

impl Drop for Rude {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Rude {
    /// Starts a server with this behaviour.
    pub(super) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                open.spawn(serve(stream, manners.clone()));
            }
        });
        Self { address, task, connections }
    }

    /// Its base URL, as the setting for HiBob.
    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How often somebody connected.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A redirect to another place.
pub(super) fn redirect(status: u16, location: &str) -> Manners {
    Manners::Says(
        format!(
            "HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        .into_bytes(),
    )
}

async fn serve(mut stream: TcpStream, manners: Manners) {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read_buf(&mut asked).await {
            Ok(1..) => {}
            _ => return,
        }
    }
    // It ends when the other side has closed.
    let _ = answer(&mut stream, manners).await;
}

async fn answer(stream: &mut TcpStream, manners: Manners) -> std::io::Result<()> {
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    match manners {
        Manners::Says(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Manners::Pours(bytes) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            let piece = vec![b'x'; 64 * 1024];
            let mut left = bytes;
            while left > 0 {
                let now = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                stream.write_all(&piece[..now]).await?;
                left -= now as u64;
            }
            Ok(())
        }
        Manners::DripsBody(pause) => {
            stream.write_all(CHUNKED).await?;
            drip(stream, b"1\r\nx\r\n", pause).await
        }
        Manners::DripsHead(pause) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx-slow: ").await?;
            drip(stream, b"x", pause).await
        }
        Manners::PoursHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            for number in 0_u64.. {
                stream.write_all(format!("x-{number}: {}\r\n", "x".repeat(1_000)).as_bytes()).await?;
            }
            Ok(())
        }
    }
}

async fn drip(stream: &mut TcpStream, drop: &[u8], milliseconds: u64) -> std::io::Result<()> {
    loop {
        stream.write_all(drop).await?;
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
