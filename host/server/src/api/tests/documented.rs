//! What is documented of the API is what it does: the table of routes in `docs/operate/api.md`, and the schemas of its
//! answers.

use crate::api::description;
use crate::api::routes::{ROUTES, Route};
use crate::api::tests::HOLDERS;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::sync::LazyLock;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(description);

/// What is wrong with a value by a schema of the description; nothing where it fits.
fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let whole = json!({ "allOf": [schema], "components": DESCRIPTION["components"] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Asserts that an answer in JSON fits the schema that the description has for its status.
pub(super) fn assert_fits(route: &Route, status: u16, headers: &HeaderMap, body: &[u8]) {
    let media_type = headers["content-type"].to_str().unwrap().split(';').next().unwrap();
    if !media_type.ends_with("json") {
        return;
    }
    let (method, status) = (route.method.word(), status.to_string());
    let schema = &DESCRIPTION["paths"][route.path][method]["responses"][&status]["content"][media_type]["schema"];
    assert!(schema.is_object(), "{method} {} {status} has no schema", route.path);
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(faults(schema, &body), Vec::<String>::new(), "{method} {} {status}: {body:#}", route.path);
}

#[test]
fn each_answer_in_json_has_a_schema_and_each_example_fits_its_own() {
    for route in &ROUTES {
        for (status, media_type) in route.done.iter().filter(|(_, media_type)| media_type.ends_with("json")) {
            let operation = &DESCRIPTION["paths"][route.path][route.method.word()];
            let schema = &operation["responses"][status.to_string()]["content"][media_type]["schema"];
            assert!(schema.is_object(), "{} {} {status}", route.method.word(), route.path);
            let name = schema["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            let examples = DESCRIPTION["components"]["schemas"][name]["examples"].as_array();
            assert!(examples.is_some_and(|examples| !examples.is_empty()), "{name} has no example");
        }
    }
    for (name, schema) in DESCRIPTION["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_eq!(faults(schema, example), Vec::<String>::new(), "{name}");
        }
    }
}

/// A row names routes with or without their method, which goes on until another one is named; `…` stands for the
/// beginning of a path.
#[test]
fn each_route_is_in_the_document_with_those_who_may_call_it() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/api.md");
    let document = std::fs::read_to_string(file).unwrap();
    let rows = document.lines().skip_while(|line| !line.starts_with("| route |")).skip(2);
    let mut left: Vec<&Route> = ROUTES.iter().collect();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (names, holders) = (cells[1], &cells[2..6]);
        let mut method = "";
        for name in names.split('`').skip(1).step_by(2) {
            let path = name.split_once(' ').map_or(name, |(word, path)| {
                method = word;
                path
            });
            let at = left.iter().position(|route| {
                route.method.word().eq_ignore_ascii_case(method)
                    && path.strip_prefix('…').map_or(route.path == path, |end| route.path.ends_with(end))
            });
            let route = left.remove(at.unwrap_or_else(|| panic!("{method} {path} is no route, or is named twice")));
            assert_eq!(route.holders.is_none(), holders[0] == "without a token", "{method} {path}");
            for (cell, (holder, ..)) in holders.iter().zip(HOLDERS) {
                let may = route.holders.is_some_and(|holders| holders.contains(&holder));
                assert_eq!(*cell == "yes", may, "{method} {path} for {holder:?}");
            }
        }
    }
    let missing: Vec<&str> = left.iter().map(|route| route.path).collect();
    assert!(missing.is_empty(), "docs/operate/api.md lacks {missing:?}");
}
