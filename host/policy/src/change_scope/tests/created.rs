//! What a change that creates an account may write, and when it counts as made.

use super::*;

/// The employee's former account was deleted in TravelPerk, and the ledger still has it.
#[test]
fn a_creation_makes_a_new_account_whatever_account_the_employee_had_before() {
    let fields = vec![text("external-id", Some("7")), text("user-name", Some("ana@x.example"))];
    let ledger =
        || LedgerFacts { account_id: Some("29".to_owned()), owner: Some("7".to_owned()), ..LedgerFacts::default() };
    let created = json!({ "id": "31", "externalId": "7", "userName": "ana@x.example", "active": true });
    let scope = scope_with(ChangeKind::Create, None, fields.clone(), ledger());
    assert_eq!(scope.made("31"), Made::Nothing);
    answer(&scope, &Method::POST, "/Users", &["external-id", "user-name"], StatusCode::CREATED, &created.to_string());
    assert_eq!((scope.made("31"), scope.made("29")), (Made::ApartFrom(Vec::new()), Made::Nothing));
    // It is not that account that is created, whoever names it.
    let scope = scope_with(ChangeKind::Create, Some("29"), fields, ledger());
    assert!(!patches(&scope, &replace("title", json!("Lead"))));
    show(&scope, &json!({ "id": "29", "userName": "ana@x.example", "active": true }));
    assert_eq!(scope.made("29"), Made::Nothing);
}
