//! Tests of the statements of a reference, and of when there can be none.

use crate::bob::Bob;
use hibob_connector_core::references::Claims;
use serde_json::{Value, json};

/// An employee who has left, with the record changed at these JSON pointers.
fn left(more: Value) -> Bob {
    let mut bob = Bob::new("2026-11-20");
    bob.terminate("2026-11-30");
    bob.more = more;
    bob
}

fn claims_of(mut bob: Bob) -> Option<Claims> {
    let departure = bob.look_up().unwrap();
    bob.claims(&departure)
}

/// An archived title still has its name. If no list has the title, there is no reference rather than one without a
/// title.
#[test]
fn a_title_or_department_that_nobody_can_name_makes_no_reference() {
    for field in ["/work/title", "/work/department"] {
        for nameless in [json!("267873068"), json!(267_873_068), json!(["267873068"])] {
            assert_eq!(claims_of(left(json!({ field: nameless }))), None, "{field} {nameless}");
        }
        let mut bob = left(json!({ field: "267873068" }));
        bob.archived = vec![("267873068", " Sales ")];
        let claims = claims_of(bob).unwrap();
        let name = if field == "/work/title" { claims.job_title } else { claims.department };
        assert_eq!(name.as_deref(), Some("Sales"), "{field}");
    }
    let claims = claims_of(left(json!({ "/work/title": null, "/work/department": "Research" }))).unwrap();
    assert_eq!((claims.job_title, claims.department.as_deref()), (None, Some("Research")));
}

#[test]
fn a_reference_needs_one_name_and_nobody_needs_two() {
    for (field, names) in [("/firstName", ["", "Ruiz"]), ("/surname", ["Ana", ""])] {
        let claims = claims_of(left(json!({ field: " " }))).unwrap();
        assert_eq!([claims.given_name.as_str(), claims.family_name.as_str()], names, "{field}");
    }
    assert_eq!(claims_of(left(json!({ "/firstName": " ", "/surname": null }))), None);
}
