//! Tests of the workflow that makes a release: it agrees with what `docs/develop/releasing.md` says of each target.

use super::tidy::root;
use std::collections::BTreeMap;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The targets of the workflow, each with whether it is marked as untested.
fn of_the_workflow() -> BTreeMap<String, bool> {
    let text = read(".github/workflows/release.yml");
    let rows = text.lines().filter_map(|line| line.trim().strip_prefix("- { target: "));
    rows.map(|row| {
        let (target, rest) = row.split_once(',').unwrap();
        let untested = rest.split_once("untested: ").unwrap().1.trim_end_matches([' ', '}']);
        (target.to_owned(), untested.parse().unwrap())
    })
    .collect()
}

/// The targets in the table of the document, each with whether it says that they are untested.
fn of_the_document() -> BTreeMap<String, bool> {
    let text = read("docs/develop/releasing.md");
    let table = text.split("\n### Targets\n").nth(1).unwrap().split("\n### ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| {
        let targets = row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2);
        targets.map(|target| (target.to_owned(), row.contains("untested")))
    })
    .collect()
}

#[test]
fn the_workflow_has_the_targets_of_the_document_and_marks_the_same_as_untested() {
    let targets = of_the_workflow();
    assert_eq!(targets, of_the_document());
    assert_eq!(targets.len(), 5);
    let tested: Vec<&str> =
        targets.iter().filter(|(_, untested)| !**untested).map(|(target, _)| target.as_str()).collect();
    assert_eq!(tested, ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"]);
}

/// `cargo xtask release` builds in this profile, and so does the container file, which copies the program from its folder.
#[test]
fn the_container_file_builds_as_a_release_is_built() {
    let profile = "dist";
    assert!(read("Cargo.toml").contains(&format!("[profile.{profile}]\ninherits = \"release\"\n")));
    assert!(read("xtask/src/release/program.rs").contains(&format!("const PROFILE: &str = \"{profile}\";")));
    let file = read("host/service/Containerfile");
    assert!(file.contains(&format!("cargo build --locked --profile {profile} --package hibob-host")), "{file}");
    assert!(file.contains(&format!("COPY --from=build /src/target/{profile}/hibob ")), "{file}");
}
