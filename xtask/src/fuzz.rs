//! `cargo xtask fuzz`: libFuzzer on the targets in `fuzz/`, with the stable compiler.

use crate::run::{cargo, output, root, run, target_dir};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// What makes rustc count the edges that an input takes: LLVM's own options, which the stable compiler passes on.
/// cargo-fuzz sets the same for a build without a sanitizer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// An input that takes longer is a fault, in seconds.
const INPUT_SECONDS_MAX: u32 = 10;

/// A target that takes more memory has a fault, in MiB.
const MEMORY_MIB_MAX: u32 = 1024;

/// What to run.
#[derive(Debug)]
pub(crate) struct Options {
    /// For how long each target, in seconds.
    seconds: u32,
    /// How many beside each other.
    jobs: usize,
    /// The seed of libFuzzer's random numbers; none for another one in each run.
    seed: Option<u32>,
    /// Which; empty for all.
    targets: Vec<String>,
}

impl Options {
    /// Reads the arguments behind `fuzz`.
    ///
    /// # Errors
    /// An option is unknown, or has no number.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let mut options = Self { seconds: 30, jobs, seed: None, targets: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut number = || -> Result<u32> {
                let number = arguments.next().and_then(|number| number.parse().ok()).filter(|number| *number > 0);
                number.with_context(|| format!("{argument} needs a number above 0"))
            };
            match *argument {
                "--seconds" => options.seconds = number()?,
                "--jobs" => options.jobs = number()? as usize,
                "--seed" => options.seed = Some(number()?),
                option if option.starts_with('-') => bail!("fuzz has no option {option}"),
                target => options.targets.push(target.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Builds the fuzzer and runs it on each target.
///
/// # Errors
/// It cannot be built, or a target has a crash; the input is kept, and the error says where.
pub(crate) fn fuzz(options: &Options) -> Result<()> {
    let known = targets()?;
    let targets = if options.targets.is_empty() { known.clone() } else { options.targets.clone() };
    if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
        bail!("there is no target {unknown}; there are: {}", known.join(", "));
    }
    let target_dir = target_dir()?;
    let program = build(&target_dir)?;
    println!("{} targets, {} s each, {} beside each other", targets.len(), options.seconds, options.jobs);
    let queue = Mutex::new(targets.iter());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.min(targets.len()) {
            scope.spawn(|| {
                while let Some(target) = next() {
                    match one(&program, target, options, &target_dir.join("fuzz-runs").join(target)) {
                        Ok(line) => println!("{line}"),
                        Err(error) => {
                            println!("{target}: FAILED\n{error:#}");
                            failures.lock().into_iter().for_each(|mut failures| failures.push(target.clone()));
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_default();
    ensure!(failures.is_empty(), "fuzz targets with a crash: {}", failures.join(", "));
    Ok(())
}

/// The names of the targets: each has a folder of seeds, which a test makes sure of.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/corpus");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut targets: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    targets.sort();
    Ok(targets)
}

/// Builds the fuzzer. With a `--target`, so that build scripts and macros are compiled without the flags.
fn build(target_dir: &Path) -> Result<PathBuf> {
    let version = output(Command::new("rustc").arg("-vV").current_dir(root()))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "hibob-fuzz", "--bin", "hibob-fuzz", "--profile", "fuzz"]);
    build.args(["--target", host]).env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut build)?;
    Ok(target_dir.join(host).join("fuzz/hibob-fuzz"))
}

/// Runs one target in a folder of its own. What libFuzzer finds stays there and is where the next run begins; the seeds
/// in the repository are only read.
///
/// With a seed, what earlier runs have found is left out: on the same code, two runs try the same inputs, as far as they
/// get in their time.
fn one(program: &Path, target: &str, options: &Options, folder: &Path) -> Result<String> {
    let found = folder.join(if options.seed.is_some() { "corpus-of-a-seed" } else { "corpus" });
    if options.seed.is_some() && found.exists() {
        std::fs::remove_dir_all(&found).with_context(|| format!("cannot empty {}", found.display()))?;
    }
    std::fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
    let result = Command::new(program)
        .env("HIBOB_FUZZ_TARGET", target)
        .env("RUST_BACKTRACE", "1")
        .arg(format!("-max_total_time={}", options.seconds))
        .args(options.seed.map(|seed| format!("-seed={seed}")))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-artifact_prefix={}/", folder.display()))
        .arg(format!("-dict={}", root().join("fuzz/words.dict").display()))
        .args(["-print_final_stats=1", "-detect_leaks=0"])
        .args([&found, &root().join("fuzz/corpus").join(target)])
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let log = String::from_utf8_lossy(&result.stderr);
    std::fs::write(folder.join("log"), &*log).with_context(|| format!("cannot write to {}", folder.display()))?;
    if !result.status.success() {
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n");
        bail!(
            "{end}\nto see it again: cargo run --package hibob-fuzz -- {target} FILE (the file is in {})",
            folder.display()
        );
    }
    let number = |name: &str| {
        let line = log.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("?", str::trim).to_owned()
    };
    let edges = log.lines().rev().find_map(|line| line.split_once("cov: ")?.1.split(' ').next()).unwrap_or("?");
    let (runs, rate) = (number("stat::number_of_executed_units:"), number("stat::average_exec_per_sec:"));
    Ok(format!("{target}: {runs} inputs, {rate} a second, {edges} edges"))
}
