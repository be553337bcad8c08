//! Delivers references by e-mail, or by webhook to a system of the company.
//!
//! The caller passes the address of a former employee for one delivery; it is not kept afterwards. It is in no error,
//! no log line and no `Debug` output: every reply of a server goes through `strip_addresses` before it leaves this
//! crate.

mod address;
mod message;
mod smtp;
mod strip_addresses;
#[cfg(test)]
mod tests;
mod webhook;
mod words;

pub use words::file_stem;

use hibob_base::error::HostError;
use hibob_config::delivery::ChannelConfig;
use hibob_config::tenant::TenantConfig;
use hibob_net::address::{Resolve, SystemResolver};
use hibob_net::transport::{NotSent, TransportError};
use hibob_reference_format::claims::Issuer;
use hibob_store::data_dir::DataDir;
use smtp::Smtp;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;
use webhook::Webhook;

/// Why a letter is sent.
#[derive(Clone, Copy)]
pub enum Occasion<'l> {
    /// The reference was issued.
    Issued,
    /// It replaces one that was delivered before.
    Correction {
        /// The id of the one before.
        replaced: &'l str,
        /// The day on which that one was issued, such as `2026-11-20`.
        issued_on: &'l str,
        /// What differs, each as a line for people.
        changes: &'l [String],
    },
    /// The reference was revoked. Nothing is attached.
    Revocation {
        /// The day on which it was issued.
        issued_on: &'l str,
        /// Why it was revoked, for people.
        reason: &'l str,
    },
}

/// A reference with everything that is delivered with it.
#[derive(Clone, Copy)]
pub struct Letter<'l> {
    /// Why it is sent.
    pub occasion: Occasion<'l>,
    /// The `Message-ID` with its angle brackets. Every attempt uses the same one, so that a mailbox that receives the
    /// message twice can recognize that.
    pub message_id: &'l str,
    /// The id of this delivery, by which the receiver of a webhook recognizes a request that is sent again: the
    /// reference's id, and another one where a person has it delivered once more.
    pub delivery: &'l str,
    /// The reference's id.
    pub reference: &'l str,
    /// HiBob's employee id. The company's system that receives a webhook recognizes the employee by it.
    pub employee: &'l str,
    /// The person's name.
    pub name: &'l str,
    /// The company that issued the reference.
    pub issuer: &'l Issuer,
    /// The reference as a PDF file.
    pub pdf: &'l [u8],
    /// The reference as canonical JSON.
    pub credential: &'l [u8],
    /// The proof that the reference is in the issuer's log.
    pub log_proof: &'l str,
}

/// The kind of a failure: whether another attempt may succeed, and whether other deliveries will fail as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A later attempt may succeed: the server is busy, unreachable or out of storage, or the outcome is unknown. The
    /// next attempt uses the same `Message-ID`.
    Temporary,
    /// This delivery to this address will never succeed.
    Permanent,
    /// Every delivery over this channel fails until somebody has corrected the settings or the server.
    Channel,
}

impl Kind {
    /// The kind of failure that it is where no answer came.
    fn of(error: &TransportError) -> Self {
        match error {
            TransportError::NotSent(NotSent::Prohibited | NotSent::Tls | NotSent::Proxy, _) => Self::Channel,
            TransportError::NotSent(NotSent::Name | NotSent::Refused | NotSent::Timeout, _)
            | TransportError::Lost(_) => Self::Temporary,
        }
    }
}

/// Why a delivery failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{said}")]
pub struct Failure {
    /// The kind of failure.
    pub kind: Kind,
    /// What happened, in one line of at most 400 characters. It may be stored and shown: it has no addresses, no
    /// secrets and no characters that a terminal would obey.
    pub said: String,
}

impl Failure {
    /// A failure that the host describes itself, so that the text has nothing to be removed.
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, said: text.into() }
    }
}

/// A tenant's channel: the way in which its references are delivered.
pub struct Channel {
    way: Way,
}

enum Way {
    Smtp(Box<Smtp>),
    Webhook(Box<Webhook>),
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.way {
            Way::Smtp(_) => "Channel(smtp)",
            Way::Webhook(_) => "Channel(webhook)",
        })
    }
}

impl Channel {
    /// Prepares the channel that the tenant has configured, and reads its secret. Nothing is connected yet.
    ///
    /// # Errors
    /// The tenant has no channel, or its secret or certificates cannot be read.
    pub async fn open(data: &DataDir, config: &TenantConfig) -> Result<Self, HostError> {
        Self::open_with(data, config, Arc::new(SystemResolver)).await
    }

    /// Does what [`Self::open`] does, but resolves names with the embedder's resolver.
    ///
    /// # Errors
    /// The tenant has no channel, or its secret or certificates cannot be read.
    pub async fn open_with(
        data: &DataDir,
        config: &TenantConfig,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, HostError> {
        let channel = config.references.as_ref().and_then(|references| references.channel());
        let way = match channel {
            Some(ChannelConfig::Smtp(smtp)) => Way::Smtp(Box::new(Smtp::open(data, config, smtp, resolver).await?)),
            Some(ChannelConfig::Webhook(webhook)) => {
                Way::Webhook(Box::new(Webhook::open(data, config, webhook, resolver).await?))
            }
            None => {
                return Err(HostError::configuration(
                    format!("tenant {}: there is no way to deliver references", config.id),
                    "add [references.smtp] or [references.webhook] to the tenant's file, and apply it again",
                ));
            }
        };
        Ok(Self { way })
    }

    /// Whether a delivery needs the person's e-mail address. A webhook does not: its receiver finds the person by the
    /// employee id.
    pub fn needs_address(&self) -> bool {
        matches!(self.way, Way::Smtp(_))
    }

    /// Tries whether the channel can be used, and delivers nothing: a mail server is connected to and logged in at. A
    /// webhook is not called, since whatever it received would count as a delivery.
    ///
    /// # Errors
    /// The mail server cannot be reached, or refuses the login.
    pub async fn probe(&self) -> Result<(), Failure> {
        match &self.way {
            Way::Smtp(smtp) => smtp.probe().await,
            Way::Webhook(_) => Ok(()),
        }
    }

    /// Makes one attempt to deliver one reference.
    ///
    /// # Errors
    /// It was not delivered, or its outcome is unknown.
    pub async fn deliver(&self, letter: &Letter<'_>, address: Option<&str>) -> Result<(), Failure> {
        match &self.way {
            Way::Smtp(smtp) => smtp.deliver(letter, address.unwrap_or_default()).await,
            Way::Webhook(webhook) => webhook.deliver(letter).await,
        }
    }
}
