//! Tests that for any answer of a service and any entry of the storage, every reader ends without a panic, and that its
//! error repeats nothing of the input.
#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

mod input;

use hibob_connector_core::hibob::{ArraySplitter, SplitError};
use input::{READERS, document, input};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

/// Splits a body that arrives in pieces. Their lengths are those of `lengths`, repeated.
fn split(mut bytes: &[u8], lengths: &[usize]) -> (Vec<Vec<u8>>, Result<(), SplitError>) {
    let mut elements = Vec::new();
    let mut splitter = ArraySplitter::new("employees");
    for length in lengths.iter().cycle() {
        let (piece, rest) = bytes.split_at(bytes.len().min(*length));
        if let Err(error) = splitter.feed(piece, &mut |element| elements.push(element.to_vec())) {
            return (elements, Err(error));
        }
        bytes = rest;
        if bytes.is_empty() {
            break;
        }
    }
    (elements, splitter.finish())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_survives_anything(input in input()) {
        for (name, _, reader) in READERS {
            let error = reader(&input.0).unwrap_or_default();
            prop_assert!(error.len() < 500, "{name}: {error}");
        }
    }

    #[test]
    fn pieces_do_not_matter(
        input in input(), lengths in prop::collection::vec(1..50_usize, 1..5),
    ) {
        let bytes = input.0;
        let (elements, result) = split(&bytes, &lengths);
        prop_assert_eq!(&(elements.clone(), result.clone()), &split(&bytes, &[usize::MAX]));
        // If a full parser finds such a list, the splitter finds it too, with the same elements.
        let Ok(Value::Object(answer)) = serde_json::from_slice::<Value>(&bytes) else { return Ok(()) };
        let text = String::from_utf8_lossy(&bytes);
        if let (Some(Value::Array(list)), 1) = (answer.get("employees"), text.matches("employees\"").count()) {
            prop_assert_eq!(result, Ok(()));
            let elements: Vec<Value> = elements.iter().map(|element| serde_json::from_slice(element).unwrap()).collect();
            prop_assert_eq!(&elements, list);
        }
    }

    #[test]
    fn errors_repeat_nothing_of_what_was_read(bytes in document(), at in any::<Index>()) {
        // A name is put into every text, and the end is cut off.
        let bytes = String::from_utf8(bytes).unwrap().replace(":\"", ":\"Zaphod").replace("29", "Zaphod");
        let broken = &bytes.as_bytes()[..at.index(bytes.len())];
        for (name, _, reader) in READERS {
            for error in [reader(broken), reader(bytes.as_bytes())].into_iter().flatten() {
                prop_assert!(!error.contains("Zaphod"), "{name}: {error}");
            }
        }
    }
}
