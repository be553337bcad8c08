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

/// The folder with the packages of others. Without one it says that a test is passed over.
fn installed() -> Option<PathBuf> {
    let installed = std::env::var_os("HIBOB_VERIFIERS").map(PathBuf::from);
    if installed.is_none() {
        let _ =
            writeln!(std::io::stderr(), "HIBOB_VERIFIERS is not set: a test with programs of others is passed over");
    }
    installed
}

#[test]
fn verifiers_of_others_come_to_the_same_verdicts() {
    let Some(installed) = installed() else { return };
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

/// What programs read from a page, as those do that read applicants' files. `docs/use/page-text.md` has what each of them
/// does not read rightly, and why.
#[test]
fn programs_of_others_read_the_text_of_a_page() {
    let Some(installed) = installed() else { return };
    let folder = super::folder("read-pages");
    people::write_site(&folder);
    let python = installed.join("venv/bin/python");
    let read = |file: &str| -> Vec<(String, String)> {
        let mut run = Command::new(&python);
        run.arg(scripts().join("read_pdf.py")).arg(folder.join(format!("files/{file}.pdf")));
        let output = run.env("PYTHONUTF8", "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let readers = text.split("== ").skip(1).map(|part| part.split_once('\n').unwrap());
        // Blanks and line ends are each program's own.
        readers
            .map(|(name, text)| (name.trim().to_owned(), text.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect()
    };
    let everyone = ["pypdf", "pdfminer.six", "PDFium"].as_slice();
    let mut wrong = Vec::new();
    for (file, programs, expected) in [
        (
            "zoe",
            everyone,
            vec!["EMPLOYMENT REFERENCE", "Zoë Łukasz", "Position", "Senior Engineer", "How to check this"],
        ),
        ("chinese", everyone, vec!["陳大文", "工程師"]),
        ("superseded", everyone, vec!["Юлия Иванова"]),
        ("hebrew", &["PDFium"], vec!["שרה כהן", "מהנדסת תוכנה"]),
        ("hyphen", &["PDFium"], vec!["שרה כהן-לוי"]),
        ("arabic", &["PDFium"], vec!["محمد عبد الرحمن", "المبيعات"]),
        ("lam-alef", &["PDFium"], vec!["علاء سلامة"]),
    ] {
        let texts = read(file);
        assert_eq!(texts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), everyone);
        for (name, text) in texts.iter().filter(|(name, _)| programs.contains(&name.as_str())) {
            let missing = expected.iter().filter(|words| !text.contains(**words));
            wrong.extend(missing.map(|words| format!("{name}, {file}: {words} is not in: {text}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
