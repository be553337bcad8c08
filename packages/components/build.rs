//! Builds the guests of the packages for `wasm32-unknown-unknown`, and makes components of the modules.

#![expect(clippy::panic, reason = "a panic is how a build script fails with its message shown")]

#[path = "../../plugin/component/guest.rs"]
mod guest;

use std::path::Path;

fn main() {
    let root = guest::root("../..");
    guest::watch(
        &root,
        &["wit", "plugin/manifest.json", "plugin/json", "packages/guard", "host/policy", "host/contract"],
    );
    guest::watch(&root, &["tests/hostile/json"]);
    for (package, variable) in [
        ("hibob-json-connector", "HIBOB_JSON_CONNECTOR"),
        ("hibob-guard", "HIBOB_GUARD"),
        ("hibob-json-hostile", "HIBOB_JSON_HOSTILE"),
    ] {
        let module = guest::build(&root, package, "wasm32-unknown-unknown");
        println!("cargo::rerun-if-changed={}", module.display());
        let component = Path::new(&guest::variable("OUT_DIR")).join(format!("{package}.wasm"));
        std::fs::write(&component, encoded(&module)).unwrap_or_else(|error| panic!("cannot write {package}: {error}"));
        println!("cargo::rustc-env={variable}={}", component.display());
    }
}

/// The component of a module with the bindings of wit-bindgen. A stand-in stays as it is.
fn encoded(module: &Path) -> Vec<u8> {
    let name = module.display();
    let bytes = std::fs::read(module).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
    if std::env::var_os(guest::STAND_IN).is_some() {
        return bytes;
    }
    let mut encoder = wit_component::ComponentEncoder::default();
    let module = encoder.validate(true).module(&bytes);
    module.and_then(|encoder| encoder.encode()).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}
