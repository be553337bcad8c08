//! Builds `tests/hostile` and `examples/smallest-plugin` for `wasm32-wasip2`.

#![expect(clippy::panic, reason = "a panic is how a build script fails with its message shown")]

#[path = "../../../plugin/component/guest.rs"]
mod guest;

fn main() {
    let root = guest::root("../../..");
    guest::watch(&root, &["wit", "tests/hostile/src", "tests/hostile/manifest.json", "tests/hostile/Cargo.toml"]);
    guest::watch(&root, &["examples/smallest-plugin"]);
    for (package, variable) in
        [("hibob-hostile", "HIBOB_HOSTILE_COMPONENT"), ("hibob-smallest-plugin", "HIBOB_SMALLEST_COMPONENT")]
    {
        let component = guest::build(&root, package, "wasm32-wasip2");
        println!("cargo::rerun-if-changed={}", component.display());
        println!("cargo::rustc-env={variable}={}", component.display());
    }
}
