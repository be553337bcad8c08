//! Employment references that anyone can check.
//!
//! A reference is a W3C Verifiable Credential 2.0 with an `eddsa-jcs-2022` proof ([`credential`], [`proof`]). The
//! public key is in the issuer's DNS and in its key file ([`keys`]). Each reference is in the issuer's transparency log
//! ([`log`]) and has an entry in its status lists ([`status_list`]). The person gets it as JSON and as a PDF/A-3 page
//! ([`pdf`], [`qr`]), and [`verify`] gives a verdict on such a file.
//!
//! The crate is pure: it reads no file, opens no connection and reads no clock. The only thing that it takes from its
//! surroundings is the operating system's randomness, for keys, ids and status indices.
#![forbid(unsafe_code)]

pub mod claims;
pub mod context;
pub mod credential;
mod data_model;
pub mod domain;
pub mod jcs;
pub mod json;
pub mod keys;
pub mod log;
pub mod pdf;
pub mod proof;
pub mod publish;
pub mod qr;
mod random;
pub mod status_list;
#[cfg(test)]
mod testing;
mod time;
pub mod verify;

pub use random::RandomError;

/// The verify page as one HTML file, built from `page/src`. An issuer publishes it at [`publish::VERIFY_PAGE_PATH`].
pub const VERIFY_PAGE: &str = include_str!("../page/verify.html");
