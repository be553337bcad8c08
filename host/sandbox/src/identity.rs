//! Decides whether this host trusts a plugin.
//!
//! A file is trusted if its SHA-256 is pinned, or if a trusted key has made the signature beside it. The signature is a
//! file of its own, `PLUGIN.wasm.minisig`, in the format of minisign (<https://jedisct1.github.io/minisign/>): Ed25519
//! over the BLAKE2b-512 of the file, so that `minisign -V` checks it too. The built-in plugin is trusted by its digest.
//!
//! A file is read once, and the bytes in memory that are checked are also those that are compiled: only
//! [`Trust::admit`] makes an [`Admitted`], and only that can become a plugin.

mod key;
mod package;
mod trust;

pub use key::{PASSWORD_VARIABLE, PublicKey, new_key, sign};
pub use package::{PLUGIN_BYTES_MAX, Package, signature_path};
pub use trust::{Admitted, Identity, Trust, TrustFile};
