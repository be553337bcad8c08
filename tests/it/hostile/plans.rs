//! Attacks by plans.

use super::arena::{Arena, Orders, growth, stopped};
use crate::cli::{share_code, share_compiled};
use hibob_base::progress::NoProgress;
use std::process::{Command, Output};
use std::sync::Arc;

const MIB: u64 = 1024 * 1024;

/// Memory that other tests of this process may take at the same time, in bytes.
const OTHERS: u64 = 300 * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn a_million_changes_or_findings_or_employees_are_too_many() {
    const LIMIT: &str = "plan_changes_max = 2000";
    for words in [&["updates", "1000000"][..], &["findings"], &["all-at-once", "3000"]] {
        let arena = Arena::new().await;
        let (result, grown) = growth(arena.plan(&Orders::of("makes", words).limit(LIMIT))).await;
        stopped(result, "OVER_LIMIT", "(limits.plan_changes_max)");
        assert!(grown < OTHERS, "{grown}");
    }
    let arena = Arena::new().await;
    let tenant = arena.mallory(&Orders::of("makes", &["employees"]).limit(LIMIT)).await;
    let roster = async || hibob_runner::roster(super::arena::hostile(), &tenant, Arc::new(NoProgress)).await;
    stopped(arena.beside(roster).await, "OVER_LIMIT", "(limits.plan_changes_max)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_a_hundred_megabytes_is_too_long() {
    let arena = Arena::new().await;
    let orders = Orders::of("makes", &["long-text", "100000000"]);
    let (result, grown) = growth(arena.plan(&orders)).await;
    stopped(result, "PLUGIN_FAILED", "too much data is being copied");
    assert!(grown < 256 * MIB + OTHERS, "{grown}");
}

/// The texts, fields without a text, and the summary all count towards the size of a plan.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_takes_no_more_bytes_than_it_may() {
    for words in [["long-text", "1000000"], ["many-fields", "50000"], ["long-baseline", "1000000"]] {
        let arena = Arena::new().await;
        let (result, grown) = growth(arena.plan(&Orders::of("makes", &words).limit("plan_bytes_max = 1000000"))).await;
        stopped(result, "OVER_LIMIT", "(limits.plan_bytes_max)");
        assert!(grown < OTHERS, "{grown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_be_applied_is_refused() {
    for (makes, words) in [
        ("same-ids", "same comes twice"),
        ("cycle", "100 has to wait for 101, which does not come before it"),
        ("cycle-of-after", "100 has to wait for 101, which does not come before it"),
        ("waits-for-nothing", "100 has to wait for nothing, which does not come before it"),
        ("many-fields", "100 has the field  twice"),
        ("of-nobody", "100 names no employee"),
    ] {
        let arena = Arena::new().await;
        stopped(arena.plan(&Orders::of("makes", &[makes, "2"])).await, "PLUGIN_FAILED", words);
    }
}

/// Runs the program for mallory with the hostile plugin.
pub(super) fn program(arena: &Arena, args: &[&str]) -> Output {
    let folder = arena.honest.folder.path();
    let plugin = folder.join("hostile.wasm");
    std::fs::write(&plugin, hibob_hostile_component::COMPONENT).unwrap();
    let data = arena.honest.data.path();
    if !data.join("compiled").exists() {
        share_compiled(data);
        share_code(data, hibob_hostile_component::COMPONENT);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_hibob-under-test"));
    command.args(args).arg("-v").arg("--allow-unsigned").arg("--plugin").arg(plugin).arg("--data").arg(data);
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").output().unwrap()
}

/// Asserts that an output has nothing that would control a terminal.
pub(super) fn clean(output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(text.clone()).unwrap();
        let obeyed = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
        assert!(!text.chars().any(|c| obeyed(&c)), "{}", text.escape_debug());
    }
}

/// The program prints nothing that would control a terminal, also with the log switched on.
#[tokio::test(flavor = "multi_thread")]
async fn escape_sequences_do_not_reach_the_terminal() {
    let arena = Arena::new().await;
    let aside = ["say-aside", "\u{1b}[2J\u{9b}31m\u{202e}\r\nsecond line\u{7}"];
    arena.mallory(&Orders::of("makes", &["escapes", "1"]).and("plan", &aside).and("check", &aside)).await;
    for (command, replaced) in [
        (&["plan", "mallory", "--all"][..], true),
        (&["check", "mallory"], false),
        (&["sync", "mallory"], true),
        (&["employees", "mallory"], false),
    ] {
        let output = program(&arena, command);
        clean(&output);
        let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(log.contains("plugin: [2J31msecond line"), "the log is off: {log}");
        assert_eq!(out.contains("\u{fffd}[2J"), replaced, "{out}");
    }
    // The message of a panic comes from the plugin as well.
    arena.mallory(&Orders::of("check", &["panic"])).await;
    let output = program(&arena, &["check", "mallory"]);
    clean(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("a panic[2J of the plugin"), "{output:?}");
}
