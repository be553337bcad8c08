//! The DNS server on 127.0.0.1.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinSet,
};

use super::{Dns, Reply, Transport};
use crate::listen::{Running, accept, lock, now};

/// The number of attempts to find a port that is free for both TCP and UDP.
const PORT_ATTEMPTS: usize = 32;
/// The most bytes of a datagram.
const DATAGRAM_BYTES_MAX: usize = 65535;

/// A DNS server on one port, for UDP and TCP, that the system chooses. Dropping it stops the server.
#[derive(Debug)]
pub struct DnsServer {
    dns: Arc<Mutex<Dns>>,
    address: SocketAddr,
    _running: [Running; 2],
}

impl DnsServer {
    /// Starts the server. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn start(dns: Arc<Mutex<Dns>>) -> io::Result<Self> {
        let (listener, socket) = bind().await?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&dns);
        let streams = accept(listener, move |stream| serve(stream, Arc::clone(&shared)));
        let datagrams = answer(socket, Arc::clone(&dns));
        Ok(Self { dns, address, _running: [Running::start(streams), Running::start(datagrams)] })
    }

    /// The address at which it listens, on UDP and TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The records, settings and log.
    #[must_use]
    pub fn dns(&self) -> &Arc<Mutex<Dns>> {
        &self.dns
    }
}

async fn bind() -> io::Result<(TcpListener, UdpSocket)> {
    let mut attempt = 1;
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match UdpSocket::bind(listener.local_addr()?).await {
            Ok(socket) => return Ok((listener, socket)),
            Err(error) if attempt == PORT_ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

/// Answers datagrams until it is aborted. Delayed answers end with it, because the set owns their tasks.
async fn answer(socket: UdpSocket, dns: Arc<Mutex<Dns>>) {
    let socket = Arc::new(socket);
    let mut replies = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        tokio::select! {
            // An error concerns a datagram for which a client no longer waits.
            received = socket.recv_from(&mut buffer) => if let Ok((length, client)) = received {
                let packet = buffer.get(..length).unwrap_or_default();
                let reply = lock(&dns).handle(packet, Transport::Udp, now());
                if let Some(Reply { bytes, after }) = reply {
                    let socket = Arc::clone(&socket);
                    replies.spawn(async move {
                        tokio::time::sleep(after).await;
                        socket.send_to(&bytes, client).await.ok();
                    });
                }
            },
            Some(_) = replies.join_next() => {}
        }
    }
}

/// Answers the queries of a connection, one after the other, until the client closes it. If a query gets no answer, the
/// connection stays open.
async fn serve(mut stream: TcpStream, dns: Arc<Mutex<Dns>>) {
    while let Ok(length) = stream.read_u16().await {
        let mut packet = vec![0; usize::from(length)];
        if stream.read_exact(&mut packet).await.is_err() {
            return;
        }
        let reply = lock(&dns).handle(&packet, Transport::Tcp, now());
        let Some(Reply { bytes, after }) = reply else { continue };
        tokio::time::sleep(after).await;
        let Ok(length) = u16::try_from(bytes.len()) else { return };
        let framed = [&length.to_be_bytes(), bytes.as_slice()].concat();
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}
