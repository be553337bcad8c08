//! Splitting an answer into employees as it arrives.

use hibob_connector_core::hibob::{ArraySplitter, ELEMENT_BYTES_MAX, SplitError};
use proptest::prelude::*;

fn split(body: &[u8], piece: usize) -> Result<Vec<String>, SplitError> {
    let mut elements = Vec::new();
    let mut splitter = ArraySplitter::new("employees");
    for part in body.chunks(piece) {
        splitter.feed(part, &mut |element| elements.push(String::from_utf8_lossy(element).into_owned()))?;
    }
    splitter.finish()?;
    Ok(elements)
}

#[test]
fn elements_come_out_whole_whatever_the_pieces() {
    let body = br#" {"meta":{"a":[1,"]}"]},"employees":[{"id":"1","x":"a\"}]\\"}, {"id":"2","n":[{}]} ],"z":null} "#;
    for piece in 1..body.len() {
        assert_eq!(split(body, piece).unwrap(), [r#"{"id":"1","x":"a\"}]\\"}"#, r#"{"id":"2","n":[{}]}"#]);
    }
    assert_eq!(split(br#"{"employees":[]}"#, 3).unwrap(), Vec::<String>::new());
}

#[test]
fn what_is_not_the_answer_is_an_error() {
    for body in [
        "",
        "<html>",
        "[]",
        r#"{"employees":{}}"#,
        r#"{"employees":[{}]"#,
        r#"{"employees":[{}]}x"#,
        r#"{"employees":[{},]}"#,
    ] {
        assert!(split(body.as_bytes(), 4).is_err(), "{body}");
    }
    assert_eq!(split(b"{}", 1), Err(SplitError::NoList("employees")));
    assert_eq!(split(br#"{"employees":[],"employees":[]}"#, 9), Err(SplitError::NoList("employees")));
    assert_eq!(split(br#"{"employees":[{"id":"#, 64), Err(SplitError::Truncated(20)));
}

#[test]
fn an_endless_element_is_refused() {
    let mut splitter = ArraySplitter::new("employees");
    splitter.feed(br#"{"employees":[{"a":""#, &mut |_| {}).unwrap();
    let filler = vec![b'x'; ELEMENT_BYTES_MAX];
    assert_eq!(splitter.feed(&filler, &mut |_| {}), Err(SplitError::TooLarge));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".*".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(".*", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json(elements in prop::collection::vec(json(), 0..6), before in json(), piece in 1_usize..40) {
        let body = serde_json::to_vec(&serde_json::json!({ "a": before, "employees": elements, "z": [before] })).unwrap();
        let split = split(&body, piece).unwrap();
        let parsed: Vec<serde_json::Value> = split.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        prop_assert_eq!(parsed, elements);
    }

    #[test]
    fn never_panics(body in prop::collection::vec(prop_oneof![
        any::<u8>(), prop::sample::select(br#"{}[]",:\e"#.to_vec())], 0..200), piece in 1_usize..20) {
        let _ = split(&body, piece);
    }
}
