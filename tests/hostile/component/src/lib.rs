//! Plugins for tests, as WASI components. The build script compiles them for `wasm32-wasip2`.

/// The component that is built from `tests/hostile`.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_HOSTILE_COMPONENT"));

/// The component that is built from `examples/smallest-plugin`.
pub const SMALLEST: &[u8] = include_bytes!(env!("HIBOB_SMALLEST_COMPONENT"));
