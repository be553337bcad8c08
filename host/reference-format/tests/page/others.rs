//! Verifiers that are not this project's: a script in Python and one in Node (`examples/verify`), and the libraries
//! openvc-core and Digital Bazaar's. They have to come to the verdict that is expected, each by itself.
//!
//! `HIBOB_VERIFIERS` names a folder in which their packages are installed, as `.ci/run` does: `venv` with those of
//! `requirements.txt`, and `node_modules` with those of `package-lock.json`. Without the variable the test says so and
//! passes.

use crate::people::{self, write};
use hibob_reference_format::credential::SignedCredential;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/verify")
}

/// The command of each verifier.
fn verifiers(installed: &Path) -> Vec<(&'static str, Command)> {
    let python = |script: &str| {
        let mut command = Command::new(installed.join("venv/bin/python"));
        command.arg(scripts().join(script));
        command
    };
    let node = |script: &str| {
        // A module looks for its packages beside itself, so that it has to lie beside them.
        let copy = installed.join(script);
        std::fs::copy(scripts().join(script), &copy).unwrap();
        let mut command = Command::new("node");
        command.arg(copy);
        command
    };
    vec![
        ("the script in Python", python("verify.py")),
        ("the script in Node", node("verify.mjs")),
        ("openvc-core", python("with_openvc.py")),
        ("Digital Bazaar's libraries", node("with_digitalbazaar.mjs")),
    ]
}

#[test]
fn verifiers_of_others_come_to_the_same_verdicts() {
    let Some(installed) = std::env::var_os("HIBOB_VERIFIERS").map(PathBuf::from) else {
        let _ =
            writeln!(std::io::stderr(), "HIBOB_VERIFIERS is not set: a test with verifiers of others is passed over");
        return;
    };
    let folder = super::folder("verifiers");
    people::write_site(&folder);
    let changed = |signed: &SignedCredential, from: &str, to: &str| {
        let text = String::from_utf8(signed.canonical().to_vec()).unwrap();
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let zoe = people::zoe();
    write(&folder, "files/promoted.json", changed(&zoe, "Senior Engineer", "Chief Engineer").as_bytes());
    write(&folder, "files/longer.json", changed(&zoe, "2019-03-01", "2009-03-01").as_bytes());
    let accepted = ["zoe", "hebrew", "arabic", "persian", "markup", "chinese", "long"];
    let refused = ["revoked", "superseded", "promoted", "longer"];
    let mut wrong = Vec::new();
    for (name, command) in verifiers(&installed) {
        // Digital Bazaar's library compares the definitions of terms by identity, so that it never takes those that are
        // written out in a document, as version 0.1.0 did.
        let old = (name != "Digital Bazaar's libraries").then_some("old");
        let files = accepted.into_iter().chain(old).map(|file| (file, true));
        for (file, is_accepted) in files.chain(refused.map(|file| (file, false))) {
            let mut run = Command::new(command.get_program());
            run.args(command.get_args()).arg(folder.join(format!("files/{file}.json"))).arg(folder.join("site"));
            let output = run.output().unwrap();
            let said = [output.stdout.as_slice(), &output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            let is_told = said.starts_with(if is_accepted { "genuine: " } else { "not accepted: " });
            if output.status.code() != Some(i32::from(!is_accepted)) || !is_told {
                wrong.push(format!("{name}, {file}: {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
