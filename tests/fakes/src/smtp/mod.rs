//! A mail server that keeps what it is given (RFC 5321), strict about order, syntax and sizes.
//!
//! [`Session`] is pure: bytes of one connection in, [`Action`]s out, with the time as a parameter. [`MailServer`] puts
//! it on a port of 127.0.0.1. What arrives is in the [`Mailbox`], which also says what goes wrong on the way.

mod address;
mod auth;
mod command;
mod data;
mod fault;
mod input;
mod mail;
mod mailbox;
mod reply;
mod server;
mod session;
mod stream;

pub use fault::{At, MailFault, MailFaultKind};
pub use mail::{Attachment, Mail};
pub use mailbox::{Account, Exchange, Mailbox, Mechanism, Security, Settings};
pub use reply::Reply;
pub use server::MailServer;
pub use session::{Action, Session};

#[cfg(test)]
mod tests;
