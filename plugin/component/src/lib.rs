//! The connector as a built WASI component.
//!
//! The build script compiles `plugin/` for `wasm32-wasip2` and this crate embeds the result, so that the host and
//! the tests always run the code that is in the tree. `HIBOB_PLUGIN_WASM=FILE` embeds a given component instead.

/// The component's bytes.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_CONNECTOR_COMPONENT"));
