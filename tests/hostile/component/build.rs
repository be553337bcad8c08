//! Builds `tests/hostile/`.

use hibob_guest_build::{build, tell, watch, workspace};

fn main() {
    let root = workspace("../../..");
    watch(&root, &["wit", "tests/hostile/src", "tests/hostile/Cargo.toml"]);
    let component = build(&root, "hibob-hostile");
    tell(&format!("rerun-if-changed={}", component.display()));
    tell(&format!("rustc-env=HIBOB_HOSTILE_COMPONENT={}", component.display()));
}
