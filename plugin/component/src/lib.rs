//! The connector as a built WASI component.
//!
//! The build script compiles `plugin/` for `wasm32-wasip2`, and this crate embeds the result, so that the host and the
//! tests always run the plugin's current source. With `HIBOB_PLUGIN_WASM=FILE` it embeds that file instead.

/// The component that is built from `plugin/`.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_CONNECTOR_COMPONENT"));
