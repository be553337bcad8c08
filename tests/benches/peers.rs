//! What `hibob` costs beside the scripts that somebody would write instead: `cargo bench --bench peers`, or `-- PROGRAM` for a
//! built program. The scripts are in `peers/`: Python with `requests`, and Node with `fetch`. What is missing is left out, with a
//! word; `HIBOB_PYTHON` and `HIBOB_NODE` name other programs.
//!
//! Each is a process of its own, from its start to its end; the component was compiled before. The stand-ins are in this
//! process and not counted. The programs alternate, and medians and ranges are printed, because the speed of a machine varies.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at what fails, and prints"
)]

use hibob_fakes::World;
use hibob_tests::numbers::median;
use hibob_tests::process::{Took, took};
use hibob_tests::setup::{Setup, in_memory, today};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How often each program is measured, after a first time that warms up.
const ROUNDS: usize = 5;

/// Employees where nothing is to be changed, where everybody is new, and of a first sync.
const EQUAL: usize = 10_000;
const NEW: usize = 50_000;
const FIRST_SYNC: usize = 2_000;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

/// What is compared: this project's program, and scripts.
#[derive(Clone, Debug)]
enum Peer {
    Hibob(PathBuf),
    Script { interpreter: PathBuf, file: &'static str },
}

impl Peer {
    fn name(&self) -> String {
        match self {
            Self::Hibob(_) => "hibob".to_owned(),
            Self::Script { file, .. } => (*file).to_owned(),
        }
    }

    fn command(&self, setup: &Setup, data: &Path, words: &[&str]) -> Command {
        let mut command = match self {
            Self::Hibob(program) => {
                let mut command = Command::new(program);
                command.args(words).arg("--data").arg(data);
                command
            }
            Self::Script { interpreter, file } => {
                let mut command = Command::new(interpreter);
                command.arg(Path::new(SCRIPTS).join(file)).arg(where_they_are(setup).to_string());
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    fn run(&self, setup: &Setup, data: &Path, words: &[&str]) -> Took {
        let took = took(self.command(setup, data, words).spawn().unwrap());
        // Findings about the generated company end a sync with 1.
        assert!(took.status.code().is_some_and(|code| code <= 1), "{}: {}", self.name(), took.status);
        took
    }
}

/// The addresses and credentials of the stand-ins, for a script.
fn where_they_are(setup: &Setup) -> Value {
    let world = setup.world();
    serde_json::json!({
        "hibob_url": setup.server.hibob_url(),
        "scim_url": setup.server.scim_url(),
        "user": world.hibob.service_user_id,
        "token": world.hibob.token,
        "key": world.travelperk.api_key,
    })
}

/// A program of this kind, if it is there and this test of it succeeds.
fn interpreter(variable: &str, name: &str, test: &[&str]) -> Option<PathBuf> {
    let program = PathBuf::from(std::env::var_os(variable).unwrap_or_else(|| name.into()));
    let tried =
        Command::new(&program).args(test).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    println!("{name} is left out: `{} {}` does not succeed\n", program.display(), test.join(" "));
    None
}

/// Stand-ins for a company of so many, and a data directory with its tenant.
async fn setup(employees: usize, program: &Path) -> (Setup, PathBuf) {
    let mut world = World::realistic(employees, 1, today());
    let limits = &mut world.hibob.limits;
    (limits.search, limits.person, limits.metadata, limits.tables) = (u32::MAX, u32::MAX, u32::MAX, u32::MAX);
    let mut setup = Setup::in_folder(world, in_memory()).await;
    setup.hibob_calls_per_minute = u32::MAX;
    let data = setup.folder.path().join("of-the-program");
    let file = setup.tenant_file("acme", "");
    let mut command = Command::new(program);
    command.args(["tenant", "apply"]).arg(file).arg("--data").arg(&data).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    // The component is compiled and kept.
    Peer::Hibob(program.to_owned()).run(&setup, &data, &["plan", "acme", "--json"]);
    (setup, data)
}

/// Prints a table: a row for each program, with medians and ranges.
fn print(title: &str, peers: &[Peer], rounds: &[Vec<Took>], changes: Option<usize>) {
    println!("{title}\n");
    println!(
        "| program | processor time, s | ratio | time, s | peak, MiB |{}",
        changes.map_or("", |_| " processor time of a change, ms |")
    );
    println!("|---|---|---|---|---|{}", changes.map_or("", |_| "---|"));
    for (place, peer) in peers.iter().enumerate() {
        let of =
            |value: &dyn Fn(&Took) -> f64| -> Vec<f64> { rounds.iter().map(|round| value(&round[place])).collect() };
        let shown = |values: Vec<f64>, digits: usize| {
            let (least, most) =
                (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(0.0, f64::max));
            format!("{:.digits$} ({least:.digits$} to {most:.digits$})", median(values))
        };
        let processor = |took: &Took| took.processor.as_secs_f64();
        let ratio = median(rounds.iter().map(|round| processor(&round[0]) / processor(&round[place])).collect());
        let of_a_change = changes.map_or(String::new(), |changes| {
            format!(" {} |", shown(of(&|took| processor(took) * 1_000.0 / changes as f64), 2))
        });
        println!(
            "| {} | {} | {ratio:.2} | {} | {} |{of_a_change}",
            peer.name(),
            shown(of(&processor), 2),
            shown(of(&|took| took.wall.as_secs_f64()), 2),
            shown(of(&|took| took.peak_kib as f64 / 1_024.0), 0),
        );
    }
    println!();
}

/// Measures plans, which change nothing, alternately.
fn plans(setup: &Setup, data: &Path, peers: &[Peer]) -> Vec<Vec<Took>> {
    let round = |_| peers.iter().map(|peer| peer.run(setup, data, &["plan", "acme", "--json"])).collect();
    (0..=ROUNDS).map(round).skip(1).collect()
}

#[tokio::main]
async fn main() {
    let program = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let program = program.map_or_else(|| PathBuf::from(PROGRAM), PathBuf::from);
    let python = interpreter("HIBOB_PYTHON", "python3", &["-c", "import requests"]);
    let node = interpreter("HIBOB_NODE", "node", &["-e", "fetch; new URL('http://a/')"]);
    let script =
        |interpreter: &Option<PathBuf>, file| interpreter.clone().map(|interpreter| Peer::Script { interpreter, file });
    let hibob = Peer::Hibob(program.clone());
    let planners: Vec<Peer> =
        [Some(hibob.clone()), script(&python, "plan.py"), script(&node, "plan.mjs")].into_iter().flatten().collect();
    println!("The ratios are hibob's processor time by that program's.\n");

    let (equal, data) = setup(EQUAL, &program).await;
    hibob.run(&equal, &data, &["sync", "acme", "--yes"]);
    let rounds = tokio::task::block_in_place(|| plans(&equal, &data, &planners));
    print(&format!("A plan, {EQUAL} employees, nothing to change:"), &planners, &rounds, None);
    drop(equal);

    let (new, data) = setup(NEW, &program).await;
    let rounds = tokio::task::block_in_place(|| plans(&new, &data, &planners));
    print(&format!("A plan, {NEW} employees, an empty target:"), &planners, &rounds, None);
    drop(new);

    let writers: Vec<Peer> = [Some(hibob), script(&python, "apply.py")].into_iter().flatten().collect();
    let (mut rounds, mut writes) = (Vec::new(), 0);
    for round in 0..=ROUNDS {
        let mut of_round = Vec::new();
        for peer in &writers {
            let (first, data) = setup(FIRST_SYNC, &program).await;
            first.writes();
            of_round.push(tokio::task::block_in_place(|| peer.run(&first, &data, &["sync", "acme", "--yes"])));
            writes = first.writes();
        }
        if round > 0 {
            rounds.push(of_round);
        }
    }
    print(&format!("A first sync of {FIRST_SYNC}:"), &writers, &rounds, Some(writes));
}
