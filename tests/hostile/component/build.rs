//! Builds `tests/hostile` for `wasm32-wasip2`.

#![expect(clippy::panic, reason = "a panic is how a build script fails with its message shown")]

#[path = "../../../plugin/component/guest.rs"]
mod guest;

fn main() {
    let root = guest::root("../../..");
    guest::watch(&root, &["wit", "tests/hostile/src", "tests/hostile/manifest.json", "tests/hostile/Cargo.toml"]);
    let component = guest::build(&root, "hibob-hostile");
    println!("cargo::rerun-if-changed={}", component.display());
    println!("cargo::rustc-env=HIBOB_HOSTILE_COMPONENT={}", component.display());
}
