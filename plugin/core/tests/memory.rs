//! Tests that the memory of every reader stays in proportion to its input. It is a test binary with a single test,
//! because the peak is measured for the whole process.
#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

mod input;

use hibob_connector_core::hibob::{ArraySplitter, ELEMENT_BYTES_MAX};
use input::{READERS, input};
use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory that every reader may use in addition, for any input, in bytes.
const BYTES_MAX: usize = 64 * 1024;

/// Has every reader read these bytes, and checks the memory of each.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    for (name, multiple, reader) in READERS {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        reader(bytes);
        let used = MEMORY.peak_usage() - before;
        let allowed = multiple * bytes.len() + BYTES_MAX;
        prop_assert!(used <= allowed, "{name}: {used} bytes for {}, more than {allowed}", bytes.len());
    }
    Ok(())
}

#[test]
fn memory_stays_in_proportion() {
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() });
    runner.run(&input(), |input| read(&input.0)).unwrap();
    the_most_expensive_inputs();
    a_long_answer_costs_no_more_than_its_longest_element();
}

/// Many of the elements that cost most memory, in the place where each reader stores them.
fn the_most_expensive_inputs() {
    let many = |item: &str, around: [&str; 2]| {
        let items = vec![item; (1 << 18) / item.len()].join(",");
        [around[0], &items, around[1]].concat().into_bytes()
    };
    for bytes in [
        many("0", ["[", "]"]),
        many("[]", ["[", "]"]),
        many(r#"{"":0}"#, ["[", "]"]),
        many(r#"{"id":1}"#, [r#"{"totalResults":1,"Resources":["#, "]}"]),
        many(r#"{"value":""}"#, [r#"{"id":1,"phoneNumbers":["#, "]}"]),
        many(r#"{"id":1,"value":"x"}"#, [r#"{"values":["#, "]}"]),
        many(r#""id":1"#, ["{", "}"]),
        many(r#"{"id":"1"}"#, [r#"{"employees":["#, "]}"]),
        many("x", [r#"{"id":""#, "\"}"]),
        [&b"["[..], &b"[".repeat(1 << 18)].concat(),
        [&br#"{"employees":["#[..], &b"{\"a\":".repeat(1 << 16)].concat(),
        [&br#"{"id":"#[..], &b"9".repeat(1 << 18), b"}"].concat(),
        [&b"{\""[..], &b"k".repeat(1 << 18), b"\":1}"].concat(),
    ] {
        read(&bytes).unwrap();
    }
}

/// The splitter keeps one element at a time, however long the answer is.
fn a_long_answer_costs_no_more_than_its_longest_element() {
    let element = [&br#"{"id":""#[..], &b"x".repeat(10_000), b"\"},"].concat();
    let mut splitter = ArraySplitter::new("employees");
    splitter.feed(br#"{"employees":["#, &mut |_| {}).unwrap();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    for _ in 0..2_000 {
        for piece in element.chunks(1_460) {
            splitter.feed(piece, &mut |_| {}).unwrap();
        }
    }
    assert!(MEMORY.peak_usage() - before <= 4 * element.len());
    // An element without an end is refused before it takes more memory than allowed.
    let endless = b"[".repeat(4_096);
    while splitter.feed(&endless, &mut |_| {}).is_ok() {}
    assert!(MEMORY.peak_usage() - before <= 4 * ELEMENT_BYTES_MAX);
}
