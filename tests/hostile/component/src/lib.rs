//! Plugins of the tests as built WASI components; the build script compiles them for `wasm32-wasip2`.

/// The bytes of `tests/hostile`.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_HOSTILE_COMPONENT"));

/// The bytes of `examples/smallest-plugin`.
pub const SMALLEST: &[u8] = include_bytes!(env!("HIBOB_SMALLEST_COMPONENT"));
