//! Delivering references: by e-mail, or to a system of the company.
//!
//! The address of a former employee is given for one delivery and forgotten with it. It is in no error, no log line and
//! no `Debug`: whatever a server says passes [`said`] before anybody else sees it.

mod address;
mod message;
mod said;
mod smtp;
#[cfg(test)]
mod tests;
mod webhook;
mod words;

use hibob_base::error::HostError;
use hibob_config::delivery::ChannelConfig;
use hibob_config::tenant::TenantConfig;
use hibob_net::address::{Resolve, SystemResolver};
use hibob_reference_format::claims::Issuer;
use hibob_store::data_dir::DataDir;
use smtp::Smtp;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;
use webhook::Webhook;

/// A reference as it is sent to somebody.
#[derive(Clone, Copy)]
pub struct Letter<'l> {
    /// The `Message-ID` with its angle brackets. It is the same whenever this letter is sent again, so that a mailbox
    /// that got it twice can tell.
    pub message_id: &'l str,
    /// The reference's id.
    pub reference: &'l str,
    /// HiBob's id of the person: how a company's system knows whom it is about.
    pub employee: &'l str,
    /// The person's name.
    pub name: &'l str,
    /// Who issued it.
    pub issuer: &'l Issuer,
    /// The reference.
    pub pdf: &'l [u8],
    /// The same as canonical JSON.
    pub credential: &'l [u8],
    /// The proof that it is in the issuer's log.
    pub log_proof: &'l str,
}

/// What a failure means for the other letters, and for another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It may go through later: the other side is busy, away or full, or what became of the letter is not known. It is
    /// sent again with the same `Message-ID`.
    Temporary,
    /// This letter will never go through to this address.
    Permanent,
    /// No letter will, until somebody has corrected the settings or the server.
    Channel,
}

/// Why a letter was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{said}")]
pub struct Failure {
    /// What it means.
    pub kind: Kind,
    /// What happened, in one line of at most 400 characters that may be stored and shown: without addresses, secrets,
    /// and what a terminal would obey.
    pub said: String,
}

impl Failure {
    /// A failure in the host's own words.
    fn new(kind: Kind, said: impl Into<String>) -> Self {
        Self { kind, said: said.into() }
    }
}

/// A tenant's way to deliver references.
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
    /// The channel of a tenant's file, with its secret. Nothing is connected to yet.
    ///
    /// # Errors
    /// The file has none, or its secret or certificates cannot be read.
    pub async fn open(data: &DataDir, config: &TenantConfig) -> Result<Self, HostError> {
        Self::open_with(data, config, Arc::new(SystemResolver)).await
    }

    /// As [`Self::open`], with a resolver of the embedder's.
    ///
    /// # Errors
    /// As [`Self::open`].
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

    /// Whether a letter goes to an address; else the other side finds the person by their id.
    pub fn needs_address(&self) -> bool {
        matches!(self.way, Way::Smtp(_))
    }

    /// Delivers one letter, once.
    ///
    /// # Errors
    /// It was not delivered, or nobody knows whether it was.
    pub async fn deliver(&self, letter: &Letter<'_>, address: Option<&str>) -> Result<(), Failure> {
        match &self.way {
            Way::Smtp(smtp) => smtp.deliver(letter, address.unwrap_or_default()).await,
            Way::Webhook(webhook) => webhook.deliver(letter).await,
        }
    }
}
