//! Builds `plugin/` for `wasm32-wasip2`, or uses the component that `HIBOB_PLUGIN_WASM` names.

#![expect(clippy::panic, reason = "a panic is how a build script fails with its message shown")]

mod guest;

const OVERRIDE: &str = "HIBOB_PLUGIN_WASM";

fn main() {
    let root = guest::root("../..");
    println!("cargo::rerun-if-env-changed={OVERRIDE}");
    guest::watch(&root, &["wit", "plugin/manifest.json", "plugin/Cargo.toml"]);
    let component = match std::env::var(OVERRIDE) {
        Ok(path) => root.join(path), // a build script runs in its package's folder
        Err(_) => guest::build(&root, "hibob-connector", "wasm32-wasip2"),
    };
    println!("cargo::rerun-if-changed={}", component.display());
    println!("cargo::rustc-env=HIBOB_CONNECTOR_COMPONENT={}", component.display());
}
