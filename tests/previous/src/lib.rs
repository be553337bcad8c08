//! The connector as it was built for version 0.1 of the contract: with today's logic, and the frozen WIT package.

/// The component's bytes.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_PREVIOUS_COMPONENT"));
