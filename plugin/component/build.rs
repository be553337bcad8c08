//! Builds `plugin/`, unless a built component is given.

use hibob_guest_build::{build, tell, watch, workspace};
use std::env;

const OVERRIDE: &str = "HIBOB_PLUGIN_WASM";

fn main() {
    let root = workspace("../..");
    tell(&format!("rerun-if-env-changed={OVERRIDE}"));
    watch(&root, &["wit", "plugin/src", "plugin/core/src", "plugin/Cargo.toml", "plugin/core/Cargo.toml"]);
    let component = match env::var(OVERRIDE) {
        Ok(path) => root.join(path), // a build script runs in its package's folder
        Err(_) => build(&root, "hibob-connector"),
    };
    tell(&format!("rerun-if-changed={}", component.display()));
    tell(&format!("rustc-env=HIBOB_CONNECTOR_COMPONENT={}", component.display()));
}
