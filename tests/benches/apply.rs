//! What applying a change costs: `cargo bench --bench apply`, optionally with another build of `hibob` to compare with.
//!
//! `cargo bench --bench apply -- /path/to/hibob 2000` compares this build with that program at 2,000 employees. The
//! first sync of a company, which creates nearly all of its accounts, is followed by one that has nothing to do; the
//! difference of their processor time, divided by the number of changes, is the cost of a change. So neither the plan
//! nor the start of the program is in it. The stand-ins are in this process and not counted. Builds alternate, and
//! medians are compared, because the speed of a machine varies.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at what fails, and prints")]

use hibob_fakes::World;
use hibob_tests::process::processor_time_of;
use hibob_tests::setup::{Setup, in_memory, today};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Number of employees, unless arguments give others.
const SIZES: [usize; 2] = [500, 2_000];

/// How often each build is measured, after a first time that warms up.
const ROUNDS: usize = 5;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");

/// What one sync took.
struct Took {
    processor: Duration,
    wall: Duration,
}

/// Runs a sync of `acme` to its end. `yes` has it confirm a first sync, where the build has that option.
fn sync(program: &Path, data: &Path, yes: bool) -> Took {
    let mut command = Command::new(program);
    command.args(["sync", "acme", "--data"]).arg(data).stdin(Stdio::null()).stdout(Stdio::null());
    if yes {
        command.arg("--yes");
    }
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    // It has ended and is not reaped, so its times can be read.
    let pid = Pid::from_child(&child);
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let took = Took { processor: processor_time_of(child.id()), wall: start.elapsed() };
    let status = child.wait().unwrap();
    // Findings about the generated company end a sync with 1.
    assert!(status.code().is_some_and(|code| code <= 1), "{}: {status}", program.display());
    took
}

/// The processor time of a change and the changes of a second, of a company's first sync.
async fn measure(program: &Path, employees: usize) -> (f64, f64, usize) {
    let setup = Setup::in_folder(World::realistic(employees, 1, today()), in_memory()).await;
    let data = setup.folder.path().join("of-the-program");
    let apply = Command::new(program)
        .args(["tenant", "apply"])
        .arg(setup.tenant_file("acme", ""))
        .arg("--data")
        .arg(&data)
        .stdout(Stdio::null())
        .status();
    assert!(apply.unwrap().success());
    // Compiles the component.
    let plan = Command::new(program).args(["plan", "acme", "--data"]).arg(&data).stdout(Stdio::null()).status();
    assert!(plan.unwrap().code().is_some());
    let has_yes = String::from_utf8_lossy(&Command::new(program).args(["sync", "--help"]).output().unwrap().stdout)
        .contains("--yes");
    let first = sync(program, &data, has_yes);
    let changes = setup.writes();
    let second = sync(program, &data, false);
    let own = first.processor.saturating_sub(second.processor).as_secs_f64();
    let wall = first.wall.saturating_sub(second.wall).as_secs_f64();
    (own * 1_000.0 / changes as f64, changes as f64 / wall, changes)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap()
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let others = arguments.iter().filter(|argument| argument.parse::<usize>().is_err()).map(PathBuf::from);
    let programs: Vec<PathBuf> = std::iter::once(PathBuf::from(PROGRAM)).chain(others).collect();
    println!("| employees | writes | program | processor time of a write | writes a second | this build : that one |");
    println!("|---|---|---|---|---|---|");
    for employees in if numbers.is_empty() { SIZES.to_vec() } else { numbers } {
        let mut taken = vec![(Vec::new(), Vec::new(), Vec::new(), 0); programs.len()];
        for round in 0..=ROUNDS {
            let mut own = 0.0;
            for (program, taken) in programs.iter().zip(&mut taken) {
                let (cost, rate, writes) = measure(program, employees).await;
                own = if program == Path::new(PROGRAM) { cost } else { own };
                if round > 0 {
                    taken.0.push(cost);
                    taken.1.push(rate);
                    taken.2.push(own / cost);
                    taken.3 = writes;
                }
            }
        }
        for (program, (costs, rates, ratios, writes)) in programs.iter().zip(taken) {
            println!(
                "| {employees} | {writes} | {} | {:.2} ms | {:.0} | {:.2} |",
                if program == Path::new(PROGRAM) { "this build".to_owned() } else { program.display().to_string() },
                median(costs),
                median(rates),
                median(ratios),
            );
        }
    }
}
