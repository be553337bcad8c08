//! For build scripts: builds a guest crate for a wasm target with a nested cargo.
//!
//! 1. The nested cargo has its own target directory, because the outer cargo has locked the usual one.
//! 2. This directory is not in `OUT_DIR`, or every profile would compile the guest's dependencies again.
//! 3. The outer build's flags (clippy's wrapper, coverage, a `--target`) are removed from the environment.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROFILE: &str = "plugin";

/// The variable that names a file to be used in place of every component, when a build only checks whether the rest
/// compiles (`cargo xtask changes`).
pub(crate) const STAND_IN: &str = "HIBOB_GUEST_STAND_IN";

/// Variables that the outer build sets, and that must not affect the guest's build.
const SCRUBBED: &[&str] = &[
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CLIPPY_ARGS",
    "LLVM_PROFILE_FILE",
];

/// The workspace's folder. `up` is the path to it from the package's folder.
pub(crate) fn root(up: &str) -> PathBuf {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join(up);
    root.canonicalize().unwrap_or(root)
}

/// Tells cargo to run the build script again when one of these paths changes, or a path that every guest is built from.
pub(crate) fn watch(root: &Path, paths: &[&str]) {
    let all = ["plugin/src", "plugin/core/src", "plugin/core/Cargo.toml", "Cargo.toml", "Cargo.lock"];
    for path in all.iter().chain(paths) {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
}

/// Builds a package for `target`, and returns the path of its `.wasm` file: a component for `wasm32-wasip2`, a module for
/// `wasm32-unknown-unknown`. If [`STAND_IN`] is set, the path that it names.
pub(crate) fn build(root: &Path, package: &str, target: &str) -> PathBuf {
    println!("cargo::rerun-if-env-changed={STAND_IN}");
    if let Ok(path) = env::var(STAND_IN) {
        return root.join(path);
    }
    install_target(target);
    let target_dir = target_dir().join("guest");
    let mut cargo = Command::new(variable("CARGO"));
    for name in SCRUBBED {
        cargo.env_remove(name);
    }
    // simd128 speeds up the check of UTF-8. The prefixes keep the bytes independent of the source tree's location.
    let home = env::var("CARGO_HOME").or_else(|_| env::var("HOME").map(|home| format!("{home}/.cargo")));
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned(), format!("--remap-path-prefix={}=", root.display())];
    if let Ok(home) = home {
        flags.push(format!("--remap-path-prefix={home}=cargo"));
    }
    let output = cargo
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", &target_dir)
        .env("CARGO_BUILD_BUILD_DIR", &target_dir) // or a build.build-dir in the user's configuration would cause a deadlock
        .args(["build", "--locked", "--package", package, "--profile", PROFILE, "--target", target])
        .current_dir(root)
        .output()
        .unwrap_or_else(|error| panic!("cannot run cargo for {package}: {error}"));
    if !output.status.success() {
        panic!("building {package} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    target_dir.join(target).join(PROFILE).join(format!("{}.wasm", package.replace('-', "_")))
}

/// Adds the wasm target with rustup if it is missing. `rust-toolchain.toml` adds it only if rustup may install targets
/// by itself.
fn install_target(target: &str) {
    if has_target(target) {
        return;
    }
    println!("cargo::warning=the Rust target {target} is missing; adding it with `rustup target add {target}`");
    let added = Command::new("rustup").args(["target", "add", target]).output();
    let why = match added {
        Ok(output) if output.status.success() && has_target(target) => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => format!("rustup cannot be run: {error}"),
    };
    panic!("the Rust target {target} is missing and could not be added.\n{why}\nhelp: rustup target add {target}");
}

fn has_target(target: &str) -> bool {
    let output = Command::new(variable("RUSTC")).args(["--print", "target-libdir", "--target", target]).output();
    output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

/// The outer target directory: the folder above the profile's folder, found from `OUT_DIR` (`…/debug/build/NAME/out`).
fn target_dir() -> PathBuf {
    let out = PathBuf::from(variable("OUT_DIR"));
    let above = out.ancestors().find(|path| path.file_name().is_some_and(|name| name == "build"));
    match above.and_then(Path::parent).and_then(Path::parent) {
        Some(path) => path.to_owned(),
        None => panic!("OUT_DIR has no `build` folder: {}", out.display()),
    }
}

pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo did not set {name}"))
}
