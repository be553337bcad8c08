//! The hostile plugin as a built WASI component; the build script compiles `tests/hostile/` for `wasm32-wasip2`.

/// The component's bytes.
pub const COMPONENT: &[u8] = include_bytes!(env!("HIBOB_HOSTILE_COMPONENT"));
