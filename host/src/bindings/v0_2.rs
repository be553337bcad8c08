//! What wasmtime makes of `wit/`, version 0.2: the types that the host works with.
#![expect(missing_docs, reason = "generated; the WIT package documents it")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});
