//! A stand-in for a mail server (RFC 5321) that keeps the messages. It is strict about order, syntax and sizes.
//!
//! [`Session`] is pure: it gets the bytes of one connection and returns [`Action`]s, with the time as a parameter.
//! [`MailServer`] serves it on a port of 127.0.0.1. The [`Mailbox`] has the messages, the settings and the faults.

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
