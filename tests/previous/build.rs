//! Builds `plugin/v0_1` for `wasm32-wasip2`.

#![expect(clippy::panic, reason = "a panic is how a build script fails with its message shown")]

#[path = "../../plugin/component/guest.rs"]
mod guest;

fn main() {
    let root = guest::root("../..");
    guest::watch(&root, &["wit/frozen/0.1.0", "plugin/v0_1"]);
    let component = guest::build(&root, "hibob-connector-v0-1", "wasm32-wasip2");
    println!("cargo::rerun-if-changed={}", component.display());
    println!("cargo::rustc-env=HIBOB_PREVIOUS_COMPONENT={}", component.display());
}
