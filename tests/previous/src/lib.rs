//! The connector as a plugin of version 0.1 of the contract: today's logic, built against the frozen WIT package.

/// The component that is built from `plugin/v0_1`.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_PREVIOUS_COMPONENT"));
