//! The program `hibob` of one target.

use super::Release;
use crate::run::{cargo, output, root, run, target_dir};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The profile of `Cargo.toml` that releases are built in.
const PROFILE: &str = "dist";

/// A built program.
pub(super) struct Program {
    /// Where it lies.
    pub(super) file: PathBuf,
    /// The target that it was built for, as Rust names it.
    pub(super) target: String,
    /// What starts it on this machine, and its arguments; none if nothing does.
    start: Option<Vec<String>>,
}

impl Program {
    /// Builds it for a target. Neither the place of the tree nor the user's home is in it.
    ///
    /// # Errors
    /// The target is not installed and cannot be, or the build fails.
    pub(super) fn build(target: String, release: &Release) -> Result<Self> {
        install(&target)?;
        let variable = format!("CARGO_TARGET_{}_LINKER", variable(&target));
        let mut build = cargo();
        build.args(["build", "--locked", "--package", "hibob-host", "--bin", "hibob"]);
        build.args(["--profile", PROFILE, "--target", &target]);
        if target == "aarch64-unknown-linux-gnu" && target != own_target()? && std::env::var_os(&variable).is_none() {
            build.env(variable, "aarch64-linux-gnu-gcc");
        }
        let mut prefixes = vec![(root().display().to_string(), ".")];
        let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
        prefixes.extend(home.ok().map(|home| (home, "cargo")));
        let of_rust = prefixes.iter().map(|(from, to)| format!("--remap-path-prefix={from}={to}"));
        build.env("CARGO_ENCODED_RUSTFLAGS", of_rust.collect::<Vec<_>>().join("\u{1f}"));
        let of_c = prefixes.iter().map(|(from, to)| format!("-ffile-prefix-map={from}={to}"));
        if !target.contains("windows") {
            build.env("CFLAGS", of_c.collect::<Vec<_>>().join(" "));
        }
        build.env("SOURCE_DATE_EPOCH", release.unix_seconds.to_string());
        run(&mut build)?;
        let name = if target.contains("windows") { "hibob.exe" } else { "hibob" };
        Self::given(&target_dir()?.join(&target).join(PROFILE).join(name), target)
    }

    /// Takes a program that somebody has built for `target`, and starts it if that is possible.
    ///
    /// # Errors
    /// There is no such file, or it is the program of another version.
    pub(super) fn given(file: &Path, target: String) -> Result<Self> {
        let start = match std::env::var(format!("CARGO_TARGET_{}_RUNNER", variable(&target))) {
            Ok(runner) => Some(runner.split_whitespace().map(str::to_owned).collect()),
            Err(_) => (target == own_target()?).then(Vec::new),
        };
        Self::started_by(start, file, target)
    }

    /// [`Self::given`] with what starts it.
    ///
    /// # Errors
    /// As there.
    pub(super) fn started_by(start: Option<Vec<String>>, file: &Path, target: String) -> Result<Self> {
        let file = file.canonicalize().with_context(|| format!("cannot read {}", file.display()))?;
        let program = Self { file, target, start };
        match program.output(&["--version"])? {
            Some(says) => {
                let right = format!("hibob {}", version()?);
                ensure!(
                    says.lines().next() == Some(&right),
                    "{} says {:?}, not {right:?}",
                    program.file.display(),
                    says.trim()
                );
            }
            None => println!("{} cannot be started here: not tried", program.file.display()),
        }
        Ok(program)
    }

    /// What the program prints; none if it cannot be started on this machine.
    ///
    /// # Errors
    /// It fails.
    pub(super) fn output(&self, arguments: &[&str]) -> Result<Option<String>> {
        let Some(start) = &self.start else { return Ok(None) };
        let mut command = match start.split_first() {
            Some((runner, before)) => {
                let mut command = Command::new(runner);
                command.args(before).arg(&self.file);
                command
            }
            None => Command::new(&self.file),
        };
        output(command.args(arguments)).map(Some)
    }

    /// Whether the program has a command of this name; it has none if it cannot be asked.
    ///
    /// # Errors
    /// Its help fails.
    pub(super) fn has(&self, name: &str) -> Result<bool> {
        let help = self.output(&["--help"])?.unwrap_or_default();
        Ok(help.lines().any(|line| line.split_whitespace().next() == Some(name)))
    }

    /// The bytes of it.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))
    }
}

/// A target as cargo's variables spell it.
fn variable(target: &str) -> String {
    target.to_uppercase().replace('-', "_")
}

/// The version of the program in this tree.
///
/// # Errors
/// `cargo metadata` fails or does not have it.
pub(super) fn version() -> Result<String> {
    let metadata = output(cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata gives no JSON")?;
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array).map_or(&[][..], Vec::as_slice);
    let package = packages.iter().find(|package| package.get("name").is_some_and(|name| name == "hibob-host"));
    let version = package.and_then(|package| package.get("version")?.as_str());
    Ok(version.context("cargo metadata has no version of hibob-host")?.to_owned())
}

/// The target of this machine.
///
/// # Errors
/// There is no `rustc`.
pub(super) fn own_target() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV").current_dir(root()))?;
    Ok(version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?.to_owned())
}

/// Adds the target's standard library with rustup, if it is missing.
fn install(target: &str) -> Result<()> {
    let folder =
        output(Command::new("rustc").current_dir(root()).args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    println!("adding the Rust target {target}");
    match output(Command::new("rustup").current_dir(root()).args(["target", "add", target])) {
        Ok(_) => Ok(()),
        Err(error) => bail!("the Rust target {target} is missing and could not be added: {error:#}"),
    }
}
