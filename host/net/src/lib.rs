//! The host's network connections: which addresses it connects to, the operator's proxy, TLS, and sending one HTTP request.

pub mod address;
pub mod literal;
pub mod proxy;
pub mod tls;
pub mod transport;

pub use address::{AddressPolicy, Resolve, SystemResolver};
pub use proxy::Proxy;
pub use transport::{HttpTransport, NotSent, Transport, TransportBody, TransportError};
