//! Encrypting and decrypting with a database.

use crate::database::{ErasureRow, Fence, TenantDatabase};
use crate::privacy::key::TenantKey;
use crate::privacy::plan::{DecryptedPlan, decrypt, encrypt};
use crate::privacy::{ErasedPeople, FORGOTTEN, Keyring, Purpose};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Finding, Person, Severity, Value as Field};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

struct Tenant {
    key: Arc<TenantKey>,
    database: TenantDatabase,
    fence: Fence,
    _folder: TempDir,
}

impl Tenant {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TenantDatabase::open(folder.path(), "acme").await.unwrap();
        let fence = database.take_fence(1).await.unwrap();
        Self { key: Arc::new(TenantKey::new("acme", &[1; 32])), database, fence, _folder: folder }
    }

    /// The keyring of a new process.
    fn keyring(&self) -> Keyring {
        Keyring::new(self.database.clone(), Some(self.key.clone()), ErasedPeople::default())
    }

    async fn forget(&self, employee: &str) {
        let tag = self.key.employee(employee);
        let row = ErasureRow { tag, times: 1, at: 0, is_lifted: false, is_complete: true };
        self.database.destroy_key(&row).await.unwrap();
    }
}

fn person(id: &str, name: &str) -> Value {
    json!({ "employee_id": id, "account_id": null, "display_name": name })
}

#[tokio::test]
async fn each_person_opens_alone_and_one_within_another_too() {
    let tenant = Tenant::new().await;
    let report = json!({ "managed": 2, "errors": [person("1", "Anastasia"), person("2", "Bonifatius")], "about": person("", "Company") });
    let change =
        json!({ "employee_id": "1", "name": "Anastasia", "manager": person("2", "Bonifatius"), "title": "Leadership" });
    let values = vec![report.clone(), change.clone(), json!(null)];
    let encrypted = tenant.keyring().encrypt(tenant.fence, Purpose::Report, values.clone()).await.unwrap();
    let text = format!("{encrypted:?}");
    assert!(
        !["Anastasia", "Bonifatius", "Leadership"].iter().any(|name| text.contains(name)) && text.contains("Company"),
        "{text}"
    );
    assert_eq!(tenant.keyring().decrypt(Purpose::Report, encrypted.clone()).await.unwrap(), values);
    let other = tenant.keyring().decrypt(Purpose::Plan, encrypted.clone()).await.unwrap();
    assert_eq!(other[1]["message"], "cannot be decrypted", "encrypted for another purpose");

    tenant.forget("2").await;
    let decrypted = tenant.keyring().decrypt(Purpose::Report, encrypted).await.unwrap();
    assert_eq!((&decrypted[0]["errors"][0], &decrypted[0]["managed"]), (&report["errors"][0], &json!(2)));
    assert_eq!(decrypted[0]["errors"][1]["message"], "forgotten");
    let expected = (&json!("Anastasia"), &json!("Leadership"), &json!("forgotten"), &json!(true));
    let (change, manager) = (&decrypted[1], &decrypted[1]["manager"]);
    assert_eq!((&change["name"], &change["title"], &manager["display_name"], &manager["forgotten"]), expected);
}

#[tokio::test]
async fn a_person_has_one_key_and_another_one_after_being_forgotten() {
    let tenant = Tenant::new().await;
    let number = async |keyring: &Keyring| {
        keyring.encrypt(tenant.fence, Purpose::Made, vec![person("1", "Anastasia")]).await.unwrap()[0]["person"]
            .as_i64()
            .unwrap()
    };
    let keyring = tenant.keyring();
    let first = number(&keyring).await;
    assert_eq!((number(&keyring).await, number(&tenant.keyring()).await), (first, first));
    tenant.forget("1").await;
    assert!(number(&tenant.keyring()).await > first, "a number is never used again");
    // More keys than one statement asks for.
    let many: Vec<Value> = (0..1_201).map(|id| person(&id.to_string(), "Bonifatius")).collect();
    let encrypted = tenant.keyring().encrypt(tenant.fence, Purpose::Made, many.clone()).await.unwrap();
    assert_eq!(tenant.keyring().decrypt(Purpose::Made, encrypted).await.unwrap(), many);
}

#[tokio::test]
async fn an_account_without_an_employee_is_the_ledgers() {
    let tenant = Tenant::new().await;
    let entry =
        crate::database::LedgerEntry { account_id: "100".to_owned(), employee_id: "1".to_owned(), archived_at: None };
    tenant.database.write_entries(&std::collections::BTreeMap::new(), Some(&entry)).await.unwrap();
    let named = |account: &str| json!({ "employee_id": null, "account_id": account, "display_name": "Anastasia" });
    let encrypted =
        tenant.keyring().encrypt(tenant.fence, Purpose::Plan, vec![named("100"), named("200")]).await.unwrap();
    assert!(encrypted[0].get("sealed").is_some() && encrypted[1] == named("200"), "{encrypted:?}");
    tenant.forget("1").await;
    assert_eq!(tenant.keyring().decrypt(Purpose::Plan, encrypted).await.unwrap()[0]["display_name"], "forgotten");
}

#[tokio::test]
async fn bytes_are_as_they_were_or_gone() {
    let tenant = Tenant::new().await;
    let encrypted = tenant
        .keyring()
        .encrypt_bytes(tenant.fence, Purpose::Reference, "1", b"{\"name\":\"Anastasia\"}")
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&encrypted).contains("Anastasia"));
    let stored: [&[u8]; 2] = [&encrypted, b"{\"plain\":1}"];
    let decrypted = async || tenant.keyring().decrypt_bytes(Purpose::Reference, &stored).await.unwrap();
    assert_eq!(decrypted().await, [Some(b"{\"name\":\"Anastasia\"}".to_vec()), Some(b"{\"plain\":1}".to_vec())]);
    tenant.forget("1").await;
    assert_eq!(decrypted().await, [None, Some(b"{\"plain\":1}".to_vec())]);
}

fn change(employee: &str, name: &str, depends_on: &[&str]) -> Change {
    let manager = Person { employee_id: Some("1".to_owned()), account_id: None, display_name: "Anastasia".to_owned() };
    Change {
        id: format!("create:{employee}"),
        kind: ChangeKind::Create,
        employee_id: Some(employee.to_owned()),
        target_id: None,
        display_name: name.to_owned(),
        depends_on: depends_on.iter().map(ToString::to_string).collect(),
        after: Vec::new(),
        fields: vec![FieldChange { field: "manager".to_owned(), before: None, after: Some(Field::Person(manager)) }],
        reason: "employed, and has no account".to_owned(),
    }
}

#[tokio::test]
async fn a_stored_plan_opens_as_it_was_and_without_whoever_was_forgotten() {
    let tenant = Tenant::new().await;
    let finding = Finding {
        severity: Severity::Error,
        code: "MISSING_EMAIL".to_owned(),
        employee_id: Some("1".to_owned()),
        field: None,
        message: "Anastasia has no email".to_owned(),
        remedy: String::new(),
    };
    let planned = Planned {
        created_at: 7,
        counts: [("create".to_owned(), 2)].into(),
        findings: vec![finding],
        active_accounts: Vec::new(),
        has_left: std::collections::BTreeSet::new(),
        baseline: Vec::new(),
        changes: vec![change("1", "Anastasia", &[]), change("2", "Bonifatius", &["create:1"])],
    };
    let content = encrypt(&tenant.keyring(), tenant.fence, &planned).await.unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(!["Anastasia", "create:1", "Bonifatius", "employee_id"].iter().any(|word| text.contains(word)), "{text}");
    let decrypted = async |content: &[u8]| decrypt(&tenant.keyring(), content).await.unwrap();
    let DecryptedPlan { planned: again, forgotten, is_whole, is_plaintext } = decrypted(&content).await.unwrap();
    assert_eq!(
        (serde_json::to_value(&again).unwrap(), forgotten, is_whole, is_plaintext),
        (json!(planned), 0, true, false)
    );
    let named = Planned { changes: vec![change("2", "Bonifatius", &[])], ..planned.clone() };
    let named = encrypt(&tenant.keyring(), tenant.fence, &named).await.unwrap();

    tenant.forget("1").await;
    let DecryptedPlan { planned: rest, forgotten, is_whole, .. } = decrypted(&content).await.unwrap();
    assert_eq!((forgotten, is_whole, rest.changes.len(), rest.counts == planned.counts), (1, false, 2, true));
    let named = decrypted(&named).await.unwrap();
    assert_eq!((named.forgotten, named.is_whole), (0, false), "as a line manager they are gone as well");
    let text = format!("{rest:?}");
    assert!(!text.contains("Anastasia") && !text.contains("create:1") && text.contains("Bonifatius"), "{text}");
    assert_eq!(rest.changes[1].depends_on, [rest.changes[0].id.clone()]);

    // A plan that an earlier version stored, and contents that are no plan.
    let plain = decrypted(&serde_json::to_vec(&planned).unwrap()).await.unwrap();
    assert_eq!((plain.planned.changes, plain.is_plaintext), (planned.changes, true));
    for (content, words) in [
        ("{", "EOF"),
        ("{\"format\":\"hibob-stored-plan/1\"}", "missing field"),
        (&text_with(&content, "\"depends_on\":[0]", "\"depends_on\":[9]"), "waits for one that is not there"),
    ] {
        let error = decrypted(content.as_bytes()).await.err().unwrap();
        assert!(error.contains(words), "{error}");
    }
}

/// An erased person may still be somebody's line manager in the target; a plan that replaces that line manager is
/// whole.
#[tokio::test]
async fn a_plan_that_was_made_after_somebody_was_forgotten_opens_as_it_was() {
    let tenant = Tenant::new().await;
    let forgotten =
        ErasedPeople::new(tenant.key.clone(), [tenant.key.employee("1")].into(), [tenant.key.account("100")].into());
    let keyring = Keyring::new(tenant.database.clone(), Some(tenant.key.clone()), forgotten);
    let boss = Person { employee_id: None, account_id: Some("100".to_owned()), display_name: FORGOTTEN.to_owned() };
    let mut moved = change("2", "Bonifatius", &[]);
    moved.fields[0] = FieldChange { before: Some(Field::Person(boss)), after: None, ..moved.fields[0].clone() };
    let (counts, findings, baseline) = (std::collections::BTreeMap::new(), Vec::new(), Vec::new());
    let planned = Planned {
        created_at: 7,
        counts,
        findings,
        baseline,
        changes: vec![moved],
        active_accounts: Vec::new(),
        has_left: std::collections::BTreeSet::new(),
    };
    let decrypted =
        decrypt(&keyring, &encrypt(&keyring, tenant.fence, &planned).await.unwrap()).await.unwrap().unwrap();
    assert_eq!((decrypted.planned.changes, decrypted.is_whole), (planned.changes, true));
}

fn text_with(content: &[u8], from: &str, to: &str) -> String {
    let text = String::from_utf8(content.to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    text.replace(from, to)
}
