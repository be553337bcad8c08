//! What a sync costs: `cargo bench --bench apply`, for other builds of `hibob` as well.
//!
//! `cargo bench --bench apply -- target/release/hibob /path/to/hibob 2000` compares two builds at 2,000 employees; without
//! programs, this build is measured alone. The first sync of a company creates nearly all of its accounts, and a second
//! one has nothing to do: it is the cost of a plan. The difference of their processor time, divided by the number of
//! writes, is the cost of a write. The component is compiled before. The stand-ins are in this process and not counted.
//! Builds alternate, and medians are compared, because the speed of a machine varies.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at what fails, and prints"
)]

use hibob_fakes::World;
use hibob_tests::numbers::{median, milliseconds};
use hibob_tests::process::{Took, took};
use hibob_tests::setup::{Setup, in_memory, today};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Number of employees, unless arguments give others.
const SIZES: [usize; 2] = [500, 2_000];

/// How often each build is measured, after a first time that warms up.
const ROUNDS: usize = 5;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");

/// Runs a sync of `acme` to its end. `yes` has it confirm a first sync, where the build has that option.
fn sync(program: &Path, data: &Path, yes: bool) -> Took {
    let mut command = Command::new(program);
    command.args(["sync", "acme", "--data"]).arg(data).stdin(Stdio::null()).stdout(Stdio::null());
    if yes {
        command.arg("--yes");
    }
    let took = took(command.spawn().unwrap());
    // Findings about the generated company end a sync with 1.
    assert!(took.status.code().is_some_and(|code| code <= 1), "{}: {}", program.display(), took.status);
    took
}

/// What the syncs of a company cost.
struct Cost {
    /// Processor time of a write, in milliseconds.
    of_a_write: f64,
    /// Processor time of a sync with nothing to do, in milliseconds.
    of_a_plan: f64,
    /// Writes of the first sync in a second.
    rate: f64,
    writes: usize,
}

async fn measure(program: &Path, employees: usize) -> Cost {
    let setup = Setup::in_folder(World::realistic(employees, 1, today()), in_memory()).await;
    let data = setup.folder.path().join("of-the-program");
    let run = |args: &[&str], file: &Path| {
        let status = Command::new(program).args(args).arg(file).stdin(Stdio::null()).stdout(Stdio::null()).status();
        status.unwrap().code().unwrap()
    };
    let data_text = data.to_str().unwrap();
    assert_eq!(run(&["--data", data_text, "tenant", "apply"], &setup.tenant_file("acme", "")), 0);
    run(&["plan", "acme", "--data"], &data);
    let help = Command::new(program).args(["sync", "--help"]).output().unwrap();
    let has_yes = String::from_utf8_lossy(&help.stdout).contains("--yes");
    setup.writes();
    let first = sync(program, &data, has_yes);
    let writes = setup.writes();
    let second = sync(program, &data, false);
    Cost {
        of_a_write: milliseconds(first.processor.saturating_sub(second.processor)) / writes as f64,
        of_a_plan: milliseconds(second.processor),
        rate: writes as f64 / first.wall.saturating_sub(second.wall).as_secs_f64(),
        writes,
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let mut programs: Vec<PathBuf> =
        arguments.iter().filter(|argument| argument.parse::<usize>().is_err()).map(PathBuf::from).collect();
    if programs.is_empty() {
        programs.push(PathBuf::from(PROGRAM));
    }
    println!("The ratios are the first program's time by the other's.\n");
    println!("| employees | writes | program | a write | ratio | nothing to do | ratio | writes a second |");
    println!("|---|---|---|---|---|---|---|---|");
    for employees in if numbers.is_empty() { SIZES.to_vec() } else { numbers } {
        let mut rounds = Vec::new();
        for round in 0..=ROUNDS {
            let mut costs = Vec::new();
            for program in &programs {
                costs.push(measure(program, employees).await);
            }
            if round > 0 {
                rounds.push(costs); // the first round warms up
            }
        }
        for (position, program) in programs.iter().enumerate() {
            let of =
                |value: &dyn Fn(&Cost) -> f64| median(rounds.iter().map(|costs| value(&costs[position])).collect());
            let ratio = |value: &dyn Fn(&Cost) -> f64| {
                median(rounds.iter().map(|costs| value(&costs[0]) / value(&costs[position])).collect())
            };
            println!(
                "| {employees} | {} | {} | {:.2} ms | {:.2} | {:.0} ms | {:.2} | {:.0} |",
                rounds[0][position].writes,
                program.display(),
                of(&|cost| cost.of_a_write),
                ratio(&|cost| cost.of_a_write),
                of(&|cost| cost.of_a_plan),
                ratio(&|cost| cost.of_a_plan),
                of(&|cost| cost.rate),
            );
        }
    }
}
