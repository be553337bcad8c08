//! What a reference says, and what it cannot say.

use super::bob::Bob;
use super::*;
use serde_json::{Value, json};

/// Has left, with these JSON pointers of the record set to something else.
fn left(more: Value) -> Bob {
    let mut bob = Bob::new("2026-11-20");
    bob.terminate("2026-11-30");
    bob.more = more;
    bob
}

fn said(mut bob: Bob) -> Option<Claims> {
    let departure = bob.look_up().unwrap();
    bob.claims(&departure)
}

/// An archived title still has its name, and one that no list has is no reason to say less.
#[test]
fn a_title_or_department_that_nobody_can_name_makes_no_reference() {
    for field in ["/work/title", "/work/department"] {
        for nameless in [json!("267873068"), json!(267_873_068), json!(["267873068"])] {
            assert_eq!(said(left(json!({ field: nameless }))), None, "{field} {nameless}");
        }
        let mut bob = left(json!({ field: "267873068" }));
        bob.archived = vec![("267873068", " Sales ")];
        let claims = said(bob).unwrap();
        let name = if field == "/work/title" { claims.job_title } else { claims.department };
        assert_eq!(name.as_deref(), Some("Sales"), "{field}");
    }
    let claims = said(left(json!({ "/work/title": null, "/work/department": "Research" }))).unwrap();
    assert_eq!((claims.job_title, claims.department.as_deref()), (None, Some("Research")));
}

#[test]
fn a_reference_needs_both_names() {
    assert!(said(left(json!({}))).is_some());
    for field in ["/firstName", "/surname"] {
        assert_eq!(said(left(json!({ field: " " }))), None, "{field}");
    }
}
