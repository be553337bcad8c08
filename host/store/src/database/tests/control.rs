//! The control database: configurations, secrets, tokens, and the API log.

use crate::database::SecretRow;
use crate::database::tests::{Case, Host, query};
use crate::database::{ApiLogEntry, ApiLogOutcome, ConsoleSession, Disabled, StoredToken, TokenRole};
use futures::FutureExt;
use futures::future::join_all;
use hibob_base::error::HostError;

pub(super) const CASES: [(&str, Case); 5] = [
    ("tenants", |one, other| configurations_are_kept_and_forgotten(one, other).boxed()),
    ("secrets", |one, other| secrets_are_all_sealed_with_one_key(one, other).boxed()),
    ("tokens", |one, other| tokens_end(one, other).boxed()),
    ("console", |one, other| sessions_and_links_of_the_console_end(one, other).boxed()),
    ("audit", |one, other| who_did_what_is_kept_for_long(one, other).boxed()),
];

async fn configurations_are_kept_and_forgotten(one: Host, other: Host) {
    let (mine, theirs) = (&one.control, &other.control);
    for tenant in ["zeta", "acme", "Beta"] {
        assert!(mine.put_tenant(tenant, "{}", 1).await.unwrap());
    }
    // Only the first of two hosts has added the tenant.
    let put = join_all([mine, theirs, mine, theirs].map(|control| control.put_tenant("new", "{\"a\":1}", 2))).await;
    assert_eq!(put.into_iter().filter(|new| *new.as_ref().unwrap()).count(), 1);
    assert!(!theirs.put_tenant("acme", "{\"b\":1}", 3).await.unwrap());
    let tenants = mine.tenants().await.unwrap();
    assert_eq!(tenants.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["Beta", "acme", "new", "zeta"]);
    assert_eq!(tenants[1], ("acme".to_owned(), "{\"b\":1}".to_owned(), 3));
    assert_eq!(mine.tenant("nobody\0").await.unwrap(), None);
    mine.set_disabled("acme", Some(9)).await.unwrap();
    assert_eq!(theirs.disabled_since("acme").await.unwrap(), Some(9));
    let disabled = Disabled { since: 7, by: Some("ana@acme.example".to_owned()), reason: Some("why".to_owned()) };
    mine.mark_disabled("acme", Some(&disabled)).await.unwrap();
    assert_eq!(theirs.disabled("acme").await.unwrap(), Some(disabled));
    mine.set_disabled("acme", None).await.unwrap();
    assert_eq!(theirs.disabled("acme").await.unwrap(), None);
    assert_eq!(theirs.disabled_since("acme").await.unwrap(), None);

    mine.put_secret(|_| Ok(secret("acme", "hibob.token", "k1"))).await.unwrap();
    let lease = mine.lease("acme", "a host").await.unwrap();
    mine.forget_tenant("acme").await.unwrap();
    drop(lease);
    assert_eq!(theirs.tenant("acme").await.unwrap(), None);
    assert!(theirs.secrets("acme").await.unwrap().is_empty() && !theirs.is_leased("acme").await.unwrap());
    assert_eq!(theirs.tenants().await.unwrap().len(), 3);
}

fn secret(tenant: &str, name: &str, key_id: &str) -> SecretRow {
    SecretRow {
        tenant: tenant.to_owned(),
        name: name.to_owned(),
        origins: "https://api.hibob.com".to_owned(),
        key_id: key_id.to_owned(),
        nonce: vec![0; 24],
        ciphertext: vec![0, 1, 255],
        entered_at: 7,
    }
}

async fn secrets_are_all_sealed_with_one_key(one: Host, other: Host) {
    one.control.put_tenant("acme", "{}", 1).await.unwrap();
    // Each host would begin with a key of its own; the second one gets the id of the first one's key.
    let enter = |number: usize| {
        let control = if number.is_multiple_of(2) { &one.control } else { &other.control };
        control.put_secret(move |in_use| {
            let own = format!("k{number}");
            Ok(secret("acme", &format!("secret {number}"), in_use.unwrap_or(&own)))
        })
    };
    for result in join_all((0..8).map(enter)).await {
        assert!(!result.unwrap(), "there was one before");
    }
    let rows = other.control.secrets("acme").await.unwrap();
    assert!(rows.len() == 8 && rows.iter().all(|row| row.key_id == rows[0].key_id), "{rows:?}");
    assert_eq!((rows[3].name.as_str(), rows[3].ciphertext.as_slice()), ("secret 3", [0, 1, 255].as_slice()));

    let refused = one.control.reencrypt_secrets(|row| {
        if row.name == "secret 5" { Err(HostError::configuration("broken", "mend it")) } else { Ok(row) }
    });
    assert!(refused.await.is_err());
    let reencrypted = one.control.reencrypt_secrets(|row| Ok(SecretRow { key_id: "next".to_owned(), ..row }));
    let (reencrypted, entered) = tokio::join!(reencrypted, enter(9));
    assert!(reencrypted.unwrap() >= 8);
    entered.unwrap();
    let rows = other.control.secrets("acme").await.unwrap();
    assert!(rows.len() == 9 && rows.iter().all(|row| row.key_id == "next"), "{rows:?}");
    assert!(one.control.remove_secret("acme", "secret 0").await.unwrap());
    assert!(!other.control.remove_secret("acme", "secret 0").await.unwrap());
    // A secret cannot be stored without its tenant.
    assert!(one.control.put_secret(|_| Ok(secret("nobody", "hibob.token", "next"))).await.is_err());
}

async fn tokens_end(one: Host, other: Host) {
    let token = |id: &str, tenant: Option<&str>| StoredToken {
        id: id.to_owned(),
        digest: [9; 32],
        role: TokenRole::Reader,
        tenant: tenant.map(str::to_owned),
        name: "Zoë".to_owned(),
        created_at: 1,
        expires_at: tenant.map(|_| 99),
        revoked_at: None,
        used_on: None,
    };
    let (first, second) = (token("b", None), token("a", Some("acme")));
    one.control.add_token(&first).await.unwrap();
    one.control.add_token(&second).await.unwrap();
    assert!(one.control.add_token(&first).await.is_err());
    let kept = other.control.token("a").await.unwrap().unwrap();
    assert_eq!((kept.digest, kept.tenant.as_deref(), kept.expires_at), ([9; 32], Some("acme"), Some(99)));
    other.control.note_token_use("a", 20_000).await.unwrap();
    assert!(other.control.revoke_token("a", 5).await.unwrap() && other.control.revoke_token("a", 6).await.unwrap());
    assert!(!other.control.revoke_token("c", 6).await.unwrap());
    let all = one.control.tokens().await.unwrap();
    assert_eq!(all.iter().map(|token| token.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((all[0].revoked_at, all[0].used_on, all[1].revoked_at), (Some(5), Some(20_000), None));
}

async fn sessions_and_links_of_the_console_end(one: Host, other: Host) {
    let token = StoredToken {
        id: "a".to_owned(),
        digest: [9; 32],
        role: TokenRole::Operator,
        tenant: None,
        name: String::new(),
        created_at: 1,
        expires_at: None,
        revoked_at: None,
        used_on: None,
    };
    one.control.add_token(&token).await.unwrap();
    let session = |started_at| ConsoleSession {
        token: "a".to_owned(),
        person: "ana@acme.example".to_owned(),
        started_at,
        seen_at: started_at,
        proved_at: started_at,
    };
    one.control.add_console_session(&[1; 32], &session(100), 0, 0).await.unwrap();
    assert_eq!(other.control.console_session(&[1; 32]).await.unwrap(), Some(session(100)));
    assert_eq!(other.control.console_session(&[2; 32]).await.unwrap(), None);
    other.control.note_console_session(&[1; 32], 160, 150).await.unwrap();
    let seen = one.control.console_session(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((seen.started_at, seen.seen_at, seen.proved_at), (100, 160, 150));
    // A new one removes those whose time is over.
    one.control.add_console_session(&[2; 32], &session(500), 100, 161).await.unwrap();
    assert_eq!(other.control.console_session(&[1; 32]).await.unwrap(), None);
    other.control.end_console_session(&[2; 32]).await.unwrap();
    assert_eq!(one.control.console_session(&[2; 32]).await.unwrap(), None);
    assert!(
        one.control
            .add_console_session(&[3; 32], &ConsoleSession { token: "b".to_owned(), ..session(1) }, 0, 0)
            .await
            .is_err()
    );

    // Of all who use a link at the same time, one is let in.
    one.control.add_console_link(&[7; 32], "a", "ana@acme.example", 100, 160).await.unwrap();
    assert_eq!(other.control.take_console_link(&[8; 32], 110).await.unwrap(), None);
    assert_eq!(other.control.take_console_link(&[7; 32], 160).await.unwrap(), None, "its time is over");
    let takes = [&one, &other, &one, &other].map(|host| host.control.take_console_link(&[7; 32], 159));
    let taken = join_all(takes).await;
    let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken, [("a".to_owned(), "ana@acme.example".to_owned())]);
}

async fn who_did_what_is_kept_for_long(one: Host, other: Host) {
    let entry = |object: &str| ApiLogEntry {
        actor: "command-line".to_owned(),
        role: None,
        action: "sync",
        tenant: Some("acme".to_owned()),
        object: Some(object.to_owned()),
        request: "r1".to_owned(),
        os_user: Some("ana as hibob".to_owned()),
        asked_by: None,
    };
    let day = 86_400;
    let old = one.control.add_api_log_row(day, &entry("1"), ApiLogOutcome::Done, None).await.unwrap();
    let begun = other.control.add_api_log_row(300 * day, &entry("2"), ApiLogOutcome::Begun, None).await.unwrap();
    assert!(begun > old);
    other.control.end_api_log_row(begun, ApiLogOutcome::Failed, Some("STORAGE_FAILED")).await.unwrap();
    assert_eq!(one.control.api_log(1).await.unwrap()[0].id, begun);
    one.control.add_api_log_row(402 * day, &entry("3"), ApiLogOutcome::Done, None).await.unwrap();
    let rows = one.control.api_log(9).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.object.as_deref(), row.outcome.as_str())).collect();
    assert_eq!(told, [(Some("3"), "done"), (Some("2"), "failed")]);
    assert_eq!((rows[1].code.as_deref(), rows[1].role.as_deref()), (Some("STORAGE_FAILED"), None));
    assert_eq!((rows[1].os_user.as_deref(), rows[1].asked_by.as_deref()), (Some("ana as hibob"), None));
    assert_eq!(one.control.api_log_of(Some("acme"), 9).await.unwrap(), rows);
    assert_eq!(one.control.api_log_of(Some("globex"), 9).await.unwrap(), []);
    assert!(one.control.execute(query("UPDATE audit SET at = at + 1")).await == 2);
}
