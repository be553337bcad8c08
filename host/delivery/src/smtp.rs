//! Delivers references by e-mail, through a mail server of the company.
//!
//! A connection is kept for the next e-mail, so that a back-fill of thousands needs few handshakes. A delivery owns the
//! connection that it uses, and returns it only when the server has answered its last command. If a delivery is aborted
//! half-way, its connection is closed. `lettre`'s own pool is not used, because it reuses a connection that was dropped
//! within a message.

mod line;
mod login;
mod open;
mod token;
mod verdict;

use crate::address::Recipient;
use crate::strip_addresses::without_addresses;
use crate::{Failure, Kind, Letter, message};
use hibob_base::error::HostError;
use hibob_base::secret::{Redactor, SecretName};
use hibob_config::delivery::{SmtpConfig, SmtpOauthConfig, SmtpSecurity};
use hibob_config::tenant::TenantConfig;
use hibob_net::address::{AddressPolicy, Resolve};
use hibob_net::tls::ca_certificates;
use hibob_net::transport::HttpTransport;
use hibob_store::data_dir::DataDir;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use login::Login;
use open::Open;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use token::TokenSource;
use tokio::time::timeout;
use verdict::{Stage, Trouble};

/// The most idle connections that are kept open.
const IDLE_CONNECTIONS_MAX: usize = 4;
/// The longest time that an idle connection is kept. Servers close one after minutes (RFC 5321, section 4.5.3.2.7).
const IDLE_MAX: Duration = Duration::from_secs(20);
/// The most e-mails that are sent over one connection. Some servers close it after a hundred.
const LETTERS_MAX: u32 = 50;
/// The reply code with which a server closes a connection without having carried out the command (RFC 5321, section
/// 3.8).
const CLOSING: u16 = 421;
/// The only reply codes that are accepted for DATA and for the message itself (RFC 5321, section 4.3.2). `lettre` would
/// accept every 2xx and 3xx.
const GO_ON: u16 = 354;
const TAKEN: u16 = 250;

/// The mail server with its settings, the sender, and the idle connections.
pub(super) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    login: Option<Login>,
    from: Mailbox,
    /// The time limit of one whole delivery.
    timeout: Duration,
    connect_timeout: Duration,
    policy: AddressPolicy,
    resolver: Arc<dyn Resolve>,
    redactor: Redactor,
    idle: Mutex<Vec<Open>>,
}

enum Security {
    StartTls(TlsParameters),
    Tls(TlsParameters),
    /// No TLS. Allowed only if the server runs on this machine.
    None,
}

impl Smtp {
    /// Reads the password and the certificates.
    pub(super) async fn open(
        data: &DataDir,
        config: &TenantConfig,
        smtp: &SmtpConfig,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, HostError> {
        let mut redactor = Redactor::default();
        let login = match (&smtp.user, &smtp.oauth) {
            (Some(user), Some(oauth)) => {
                let source = token_source(data, config, oauth, resolver.clone()).await?;
                redactor.learn(&source.client_secret, None);
                if let Some(token) = &source.refresh_token {
                    redactor.learn(token, None);
                }
                Some(Login::Token(user.clone(), Box::new(source)))
            }
            (Some(user), None) => {
                let password = data.secrets().read(config, SecretName::SmtpPassword).await?;
                redactor.learn(&password, Some(user));
                Some(Login::Password(Credentials::new(user.clone(), password.reveal().to_owned())))
            }
            (None, _) => None,
        };
        let tls = || {
            tls(config, &smtp.host).map_err(|what| {
                HostError::configuration(
                    format!("tenant {}: {what}", config.id),
                    "name a PEM file with certificates of authorities",
                )
            })
        };
        Ok(Self {
            host: smtp.host.clone(),
            port: smtp.port(),
            security: match smtp.security {
                SmtpSecurity::StartTls => Security::StartTls(tls()?),
                SmtpSecurity::Tls => Security::Tls(tls()?),
                SmtpSecurity::None => Security::None,
            },
            login,
            from: smtp.sender()?,
            timeout: Duration::from_secs(smtp.timeout_seconds.get().into()),
            connect_timeout: Duration::from_secs(config.limits.connect_timeout_seconds),
            policy: config.addresses(),
            resolver,
            redactor,
            idle: Mutex::default(),
        })
    }

    pub(super) async fn deliver(&self, letter: &Letter<'_>, address: &str) -> Result<(), Failure> {
        let Some(recipient) = Recipient::parse(address) else {
            let text = "the address in HiBob is not an e-mail address, or is more than one";
            return Err(Failure::new(Kind::Permanent, text));
        };
        let message = message::compose(letter, &self.from, &recipient)
            .map_err(|what| self.failure(Kind::Permanent, &format!("the e-mail cannot be written: {what}"), address))?;
        // The client has no time limit of its own once it is connected.
        match timeout(self.timeout, self.exchange(&recipient, &message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(trouble)) => {
                let (kind, text) = trouble.into_parts();
                Err(self.failure(kind, &text, address))
            }
            Err(_) => {
                let text = format!("the mail server took longer than {} seconds", self.timeout.as_secs());
                Err(Failure::new(Kind::Temporary, text))
            }
        }
    }

    /// Connects and logs in, and sends no e-mail.
    pub(super) async fn probe(&self) -> Result<(), Failure> {
        let connected = async {
            let mut open = self.connect().await?;
            // The login has worked; how the server takes the farewell says nothing more.
            let _ = open.connection.quit().await;
            Ok::<_, Trouble>(())
        };
        match timeout(self.timeout, connected).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(trouble)) => {
                let (kind, text) = trouble.into_parts();
                Err(self.failure(kind, &text, ""))
            }
            Err(_) => {
                let text = format!("the mail server took longer than {} seconds", self.timeout.as_secs());
                Err(Failure::new(Kind::Temporary, text))
            }
        }
    }

    fn failure(&self, kind: Kind, text: &str, address: &str) -> Failure {
        Failure::new(kind, without_addresses(&self.redactor.text(text), address))
    }

    async fn exchange(&self, recipient: &Recipient, message: &[u8]) -> Result<(), Trouble> {
        if let Some(open) = self.idle().await {
            match self.hand_over(open, recipient, message).await {
                // The server did not accept the message and closes the connection, so nothing is sent twice.
                Err(trouble) if trouble.code() == Some(CLOSING) => {}
                result => return result,
            }
        }
        let open = self.connect().await?;
        self.hand_over(open, recipient, message).await
    }

    /// An idle connection that still answers. It has been reset, so that nothing of the previous e-mail is left on it.
    async fn idle(&self) -> Option<Open> {
        loop {
            let mut open = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if open.since.elapsed() < IDLE_MAX
                && matches!(timeout(self.connect_timeout, open.connection.command(Rset)).await, Ok(Ok(_)))
            {
                return Some(open);
            }
        }
    }

    /// Sends one message (RFC 5321, section 3.3), and keeps the connection unless it is closed or has served
    /// [`LETTERS_MAX`].
    async fn hand_over(&self, mut open: Open, recipient: &Recipient, message: &[u8]) -> Result<(), Trouble> {
        let result = self.send(&mut open, recipient, message).await;
        open.letters += 1;
        open.since = tokio::time::Instant::now();
        let is_usable = match &result {
            Ok(()) => true,
            Err(trouble) => trouble.code().is_some_and(|code| code != CLOSING),
        };
        if is_usable && open.letters < LETTERS_MAX {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_CONNECTIONS_MAX {
                idle.push(open);
            }
        }
        result
    }

    async fn send(&self, open: &mut Open, recipient: &Recipient, message: &[u8]) -> Result<(), Trouble> {
        let supports = |extension| open.connection.server_info().supports_feature(extension);
        let mut parameters = Vec::new();
        if recipient.needs_utf8() {
            if !supports(Extension::SmtpUtfEight) {
                let text = "the address has letters beyond ASCII, and references.smtp.host does not offer SMTPUTF8 (RFC 6531): \
                            the address is right. Ask whoever runs that mail server, or give another address in HiBob";
                return Err(Trouble::own(Kind::Permanent, text));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() && supports(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        // If MAIL is refused with SMTPUTF8, the sender may still be accepted for other recipients.
        let sender = if recipient.needs_utf8() { Stage::Letter } else { Stage::Sender };
        let connection = &mut open.connection;
        let mail = Mail::new(Some(self.from.email.clone()), parameters);
        connection.command(mail).await.map_err(|error| Trouble::at(sender, error))?;
        let rcpt = Rcpt::new(recipient.address().clone(), Vec::new());
        connection.command(rcpt).await.map_err(|error| Trouble::at(Stage::Recipient, error))?;
        let go_on = connection.command(Data).await.map_err(|error| Trouble::at(Stage::Letter, error))?;
        if !go_on.has_code(GO_ON) {
            return Err(Trouble::out_of_step());
        }
        let taken = connection.message(message).await.map_err(|error| Trouble::at(Stage::Letter, error))?;
        if taken.has_code(TAKEN) { Ok(()) } else { Err(Trouble::out_of_step()) }
    }
}

/// Where the tokens of [`Login::Token`] come from.
async fn token_source(
    data: &DataDir,
    config: &TenantConfig,
    oauth: &SmtpOauthConfig,
    resolver: Arc<dyn Resolve>,
) -> Result<TokenSource, HostError> {
    let proxy = data.secrets().proxy(config).await?;
    let connect_timeout = Duration::from_secs(config.limits.connect_timeout_seconds);
    let ca_file = config.network.ca_file.as_deref();
    let transport = HttpTransport::through(proxy, connect_timeout, config.addresses(), ca_file, resolver);
    Ok(TokenSource {
        url: oauth.token_url.clone(),
        client_id: oauth.client_id.clone(),
        client_secret: data.secrets().read(config, SecretName::SmtpClientSecret).await?,
        refresh_token: match &oauth.refresh_token {
            Some(_) => Some(data.secrets().read(config, SecretName::SmtpRefreshToken).await?),
            None => None,
        },
        scope: oauth.scope.clone(),
        transport: transport.map_err(|what| {
            HostError::configuration(
                format!("tenant {}: {what}", config.id),
                "name a PEM file with certificates of authorities",
            )
        })?,
        last: tokio::sync::Mutex::new(None),
    })
}

/// The TLS settings for a server of this name. Trusted are the platform's certificates and those in the operator's
/// file.
fn tls(config: &TenantConfig, host: &str) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = config.network.ca_file.as_deref() {
        for certificate in ca_certificates(path)? {
            let certificate = Certificate::from_der(certificate.to_vec()).map_err(|error| error.to_string())?;
            parameters = parameters.add_root_certificate(certificate);
        }
    }
    parameters.build().map_err(|error| error.to_string())
}
