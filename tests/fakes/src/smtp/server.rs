//! The mail server on 127.0.0.1.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio_rustls::TlsAcceptor;

use super::{
    mailbox::{Mailbox, Security},
    session::{Action, Session},
    stream::{Stream, acceptor},
};
use crate::listen::{Running, listen, lock, now};

/// The most bytes that are read at once.
const READ_BYTES: usize = 64 * 1024;

/// An SMTP server on a port that the system chooses. Dropping it stops the server.
#[derive(Debug)]
pub struct MailServer {
    mailbox: Arc<Mutex<Mailbox>>,
    address: SocketAddr,
    certificate: String,
    _running: Running,
}

impl MailServer {
    /// Starts the server with a new certificate. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound, or no certificate can be made.
    pub async fn start(mailbox: Arc<Mutex<Mailbox>>) -> io::Result<Self> {
        let (certificate, acceptor) = acceptor()?;
        let shared = Arc::clone(&mailbox);
        let (address, running) = listen(move |stream| {
            let (mailbox, acceptor) = (Arc::clone(&shared), acceptor.clone());
            async move {
                // An error is ignored: the client has closed the connection, or does not trust the certificate.
                serve(Stream::Plain(stream), &mailbox, &acceptor).await.ok();
            }
        })
        .await?;
        Ok(Self { mailbox, address, certificate, _running: running })
    }

    /// The address at which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that a client has to trust, in PEM. It is for `localhost` and 127.0.0.1.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The messages, settings and faults.
    #[must_use]
    pub fn mailbox(&self) -> &Arc<Mutex<Mailbox>> {
        &self.mailbox
    }
}

async fn serve(mut stream: Stream, mailbox: &Mutex<Mailbox>, acceptor: &TlsAcceptor) -> io::Result<()> {
    let secure = lock(mailbox).settings.security == Security::Tls;
    if secure {
        stream = stream.secure(acceptor).await?;
    }
    let mut session = Session::new(secure);
    let mut actions = session.open(&mut lock(mailbox), now());
    let mut buffer = vec![0; READ_BYTES];
    loop {
        for action in actions {
            match action {
                Action::Send(bytes) => stream.send(&bytes).await?,
                Action::Wait(delay) => tokio::time::sleep(delay).await,
                Action::StartTls => {
                    stream = stream.secure(acceptor).await?;
                    session.secured();
                }
                Action::Close => return stream.close().await,
                Action::Reset => return stream.reset(),
                Action::Hang => pending().await,
            }
        }
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let bytes = buffer.get(..length).unwrap_or_default();
        actions = session.receive(&mut lock(mailbox), bytes, now());
    }
}
