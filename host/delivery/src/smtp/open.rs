//! Opens connections to the mail server.

use crate::smtp::line::LineStream;
use crate::smtp::verdict::{Stage, Trouble};
use crate::smtp::{Kind, Security, Smtp};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::{ClientId, Extension};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// A connection over which e-mails can be sent.
pub(super) struct Open {
    pub(super) connection: AsyncSmtpConnection,
    /// The number of e-mails that were sent over it.
    pub(super) letters: u32,
    /// The time of its last use.
    pub(super) since: Instant,
}

impl Smtp {
    /// Makes a new connection, with TLS if configured, and logs in if there is a password.
    pub(super) async fn connect(&self) -> Result<Open, Trouble> {
        let addresses = self.addresses().await?;
        let connecting = |error| Trouble::at(Stage::Connection, error);
        let hello = ClientId::default();
        let mut connection = match &self.security {
            Security::StartTls(tls) => {
                let stream = self.reach(&addresses).await.map_err(|error| Trouble::network(&error))?;
                let stream = Box::new(LineStream::new(stream));
                let mut connection =
                    AsyncSmtpConnection::connect_with_transport(stream, &hello).await.map_err(connecting)?;
                if !connection.server_info().supports_feature(Extension::StartTls) {
                    let text = "the mail server does not offer STARTTLS; nothing was sent to it";
                    return Err(Trouble::own(Kind::Channel, text));
                }
                connection.starttls(tls.clone(), &hello).await.map_err(connecting)?;
                connection
            }
            security => {
                let tls = if let Security::Tls(tls) = security { Some(tls.clone()) } else { None };
                // These are addresses, not names, so they are not resolved again.
                let connected = AsyncSmtpConnection::connect_tokio1(
                    addresses.as_slice(),
                    Some(self.connect_timeout),
                    &hello,
                    tls,
                    None,
                );
                connected.await.map_err(connecting)?
            }
        };
        if let Some(login) = &self.login {
            login.at(&mut connection, &hello).await?;
        }
        Ok(Open { connection, letters: 0, since: Instant::now() })
    }

    /// The addresses of the server. All of them have to be allowed by the address policy.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Trouble> {
        let found = match self.host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.resolver.resolve(&self.host).await.map_err(|error| Trouble::network(&error))?,
        };
        self.policy
            .check_all(&self.host, &found)
            .map_err(|refused| Trouble::own(Kind::Channel, &refused.to_string()))?;
        let is_elsewhere = |address: &IpAddr| !address.is_loopback();
        if matches!(self.security, Security::None) && found.iter().any(is_elsewhere) {
            let text = "the mail server is not this machine, and references.smtp.security is none";
            return Err(Trouble::own(Kind::Channel, text));
        }
        Ok(found.into_iter().map(|address| (address, self.port).into()).collect())
    }

    /// Connects to the first address that answers.
    async fn reach(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match timeout(self.connect_timeout, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                Err(_) => last = ErrorKind::TimedOut.into(),
            }
        }
        Err(last)
    }
}
