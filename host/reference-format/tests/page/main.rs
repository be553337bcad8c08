//! Tests of the verify page: its security policy fits its content, its verdicts equal the program's, and it works in a
//! browser.
//!
//! The tests write documents with this crate; then `node` runs the page's modules on them, and Chromium the whole page.
//! Where node, openssl or Chromium is not installed, the test says so and passes.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what is not as it should be")]

mod cases;
mod others;
mod people;
mod ways;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hibob_reference_format::VERIFY_PAGE;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn page_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("page")
}

/// Whether a program can be started. If not, it says that a test is skipped, on the real standard error, which cargo
/// does not capture.
fn has(program: &str) -> bool {
    let version = if program == "openssl" { "version" } else { "--version" };
    let found = Command::new(program).arg(version).output().is_ok_and(|output| output.status.success());
    if !found {
        let _ = writeln!(std::io::stderr(), "{program} is not installed: a test of the verify page is passed over");
    }
    found
}

/// Runs test files with node. They find the documents in `folder`.
fn run_node(folder: &Path, files: &[&str]) {
    let mut command = Command::new("node");
    command.arg("--test").args(files.iter().map(|file| page_folder().join("tests").join(file)));
    let output = command.env("SAMPLES", folder).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// A folder that only this test uses. It may have files of an earlier run.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_page_is_one_file_that_its_policy_fits() {
    let between = |start: &str, end: &str| {
        let inner: Vec<&str> = VERIFY_PAGE.split(start).skip(1).map(|rest| rest.split_once(end).unwrap().0).collect();
        assert_eq!(inner.len(), 1, "{start}");
        inner[0]
    };
    let policy = between("http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let (script, style) = (between("<script>", "</script>"), between("<style>", "</style>"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            hash(script),
            hash(style)
        )
    );
    for outside in ["src=", "<link", "href=", "<iframe", "<img", "@import", "url(", "innerHTML", " style=", " onclick"]
    {
        assert!(!VERIFY_PAGE.contains(outside), "{outside}");
    }
    assert!(VERIFY_PAGE.contains("The MIT License (MIT)"), "the bundled library's licence");
}

/// Runs only where the bundled library is installed, by `npm ci` in `page`.
#[test]
fn the_page_is_built_from_its_sources() {
    if page_folder().join("node_modules").exists() && has("node") {
        let check = Command::new("node").arg(page_folder().join("build.mjs")).arg("--check").output().unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }
}

/// Compares the verdict and each check of the report, for some hundred documents and over a thousand changed bytes.
#[test]
fn the_page_comes_to_the_same_verdicts_as_the_program() {
    if has("node") {
        let folder = folder("verify-page-cases");
        cases::write_files(&folder);
        run_node(&folder, &["ed25519.test.mjs", "json.test.mjs", "cases.test.mjs"]);
    }
}

/// Writes the table of the ways in which a site can answer, for the browser.
fn write_ways(folder: &Path) {
    let ways = ways::ways(chrono::DateTime::from(std::time::SystemTime::now()));
    ways::assert_table(&ways);
    let mut bodies = 0;
    let mut answer = |(host, path, reply): &ways::Answer| {
        let reply = match reply {
            ways::Reply::File(bytes) => {
                bodies += 1;
                people::write(folder, &format!("ways/{bodies}"), bytes);
                json!({"status": 200, "file": format!("ways/{bodies}")})
            }
            ways::Reply::Status(status) => json!({"status": status}),
            ways::Reply::Moved(location) => json!({"status": 301, "location": location}),
            ways::Reply::Closed => json!({"closed": true}),
        };
        json!({"host": host, "path": path, "reply": reply})
    };
    let mut written = Vec::new();
    for way in &ways {
        let answers = way.answers.each_ref().map(|answers| answers.iter().map(&mut answer).collect::<Vec<_>>());
        written.push(json!({"name": way.name, "answers": answers, "verdicts": way.page}));
    }
    people::write(folder, "ways.json", serde_json::to_string(&written).unwrap().as_bytes());
}

#[test]
fn the_page_works_in_a_browser() {
    if ["node", "openssl", "chromium"].into_iter().all(has) {
        let folder = folder("verify-page-site");
        people::write_site(&folder);
        write_ways(&folder);
        run_node(&folder, &["browser.test.mjs"]);
    }
}
