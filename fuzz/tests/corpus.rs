//! Replays the committed seeds, and holds the corpus to the targets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what is not as it should be, also in its helpers"
)]

use hibob_fuzz::{Reading, TARGETS, corpus, seeds, target};
use std::collections::BTreeSet;
use std::path::Path;

/// Largest seed, in bytes: the page with its fonts is the largest that there is.
const SEED_BYTES_MAX: usize = 128 * 1024;

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Every target has a seed that its reader accepts and one that it refuses: a corpus of nothing but refusals does not
/// get behind the first check.
#[test]
fn every_seed_is_replayed_and_both_readings_occur() {
    for target in TARGETS {
        let mut readings = Vec::new();
        for (name, bytes) in files(&corpus(*target)) {
            assert!(bytes.len() <= SEED_BYTES_MAX, "{}/{name} has {} bytes", target.name, bytes.len());
            readings.push((target.run)(&bytes));
        }
        for reading in [Reading::Accepted, Reading::Refused] {
            assert!(readings.contains(&reading), "no seed of {} is {reading:?}", target.name);
        }
    }
}

#[test]
fn no_input_at_all_is_no_fault() {
    for target in TARGETS {
        (target.run)(b"");
    }
}

#[test]
fn every_folder_of_the_corpus_has_a_target() {
    let folders = std::fs::read_dir(corpus(TARGETS[0]).parent().unwrap()).unwrap();
    let folders: BTreeSet<String> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(folders, targets);
}

/// A format that changes makes the signed seeds old: `cargo run --package hibob-fuzz -- seeds` writes them anew.
#[test]
fn made_seeds_are_as_they_would_be_made_today() {
    for seed in seeds::all() {
        let path = corpus(target(seed.target).unwrap()).join(seed.name);
        assert!(std::fs::read(&path).ok() == Some(seed.bytes), "{} is not what is made today", path.display());
    }
}
