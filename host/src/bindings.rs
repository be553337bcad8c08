//! What wasmtime makes of `wit/`: the types of a plan and the calls into a component.
#![expect(missing_docs, reason = "generated; the WIT package documents it")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});

pub use exports::hibob::connector::directory_sync;
pub use hibob::connector::{log, progress, storage, types};
