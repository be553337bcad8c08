//! The references, their log and their deliveries.

use crate::database::tests::{Case, Host};
use crate::database::{
    AttemptRecord, DeliveryState, Fence, KeyedHash, Message, NewReference, ReferenceState, TenantDatabase,
    TitleDigests, tests::record::lost,
};
use futures::FutureExt;
use hibob_contract::offboarding_references::{Departure, Seen, Standing};

pub(super) const CASES: [(&str, Case); 4] = [
    ("issued", |one, other| a_departure_has_one_reference(one, other).boxed()),
    ("keys", |one, _| keys_take_their_turn(one).boxed()),
    ("heads", |one, other| the_log_only_grows(one, other).boxed()),
    ("delivered", |one, other| what_is_revoked_is_not_delivered(one, other).boxed()),
];

pub(super) fn reference(number: u32, employee: &str, ended_on: &str) -> NewReference {
    let (employee_id, ended_on) = (employee.to_owned(), ended_on.to_owned());
    NewReference {
        id: format!("id {number}"),
        departure: Departure { employee_id, ended_on, basis: "terminated".to_owned() },
        document: b"{\0}".to_vec(),
        digest: [u8::try_from(number).unwrap(); 32],
        selector: "s1".to_owned(),
        status_list: 1,
        status_index: number,
        plugin_digest: String::new(),
        answers_digest: [0; 32],
        issued_at: i64::from(number) * 10,
        message_id: format!("<{number}@acme.example>"),
    }
}

pub(super) async fn issuer(database: &TenantDatabase) -> Fence {
    database.put_reference_key("s1", &[1; 32], 1).await.unwrap();
    database.use_reference_key("s1", 2).await.unwrap();
    database.take_fence(1).await.unwrap()
}

async fn a_departure_has_one_reference(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let fence = issuer(&database).await;
    let seen = |employee: &str, standing| Seen { employee_id: employee.to_owned(), standing };
    let standings = [seen("é", Standing::Employed), seen("z", Standing::Employed), seen("A", Standing::Left)];
    database.record_standings(fence, &standings).await.unwrap();
    let issue = async |new: &NewReference, why| database.record_reference(fence, new, why).await.unwrap();
    assert_eq!(issue(&reference(0, "z", "2026-01-31"), None).await, Some(0));
    assert_eq!(issue(&reference(1, "z", "2026-01-31"), None).await, None);
    assert_eq!(issue(&reference(1, "z", "2026-02-28"), Some("corrected")).await, Some(1));
    // A position in a status list has one reference, and the key that signed it is known.
    let taken = NewReference { status_index: 1, ..reference(2, "A", "2026-01-31") };
    assert!(database.record_reference(fence, &taken, None).await.is_err());
    let unsigned = NewReference { selector: "s2".to_owned(), ..reference(2, "A", "2026-01-31") };
    assert!(database.record_reference(fence, &unsigned, None).await.is_err());

    let database = other.tenant("acme").await;
    let titles: TitleDigests = [("A", 1), ("é", 2)].map(|(id, byte)| (id.to_owned(), KeyedHash([byte; 32]))).into();
    let unrecorded = ("x".to_owned(), KeyedHash([3; 32]));
    database.record_title_digests(fence, &titles.clone().into_iter().chain([unrecorded]).collect()).await.unwrap();
    database.record_standings(fence, &standings).await.unwrap();
    assert_eq!(database.title_digests().await.unwrap(), titles);
    let people = database.reference_people().await.unwrap();
    let ids: Vec<_> = people.iter().map(|known| (known.employee_id.as_str(), known.issued.is_some())).collect();
    assert_eq!(ids, [("A", false), ("z", true), ("é", false)], "in the order of their bytes");
    let issued = people[1].issued.as_ref().unwrap();
    assert_eq!((issued.departure.ended_on.as_str(), issued.issued_at_unix_seconds), ("2026-02-28", 0));
    let rows = database.references().await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| (row.log_index, row.state, row.state_reason.as_str())).collect();
    assert_eq!(states, [(0, ReferenceState::Superseded, "corrected"), (1, ReferenceState::Valid, "")]);
    assert_eq!(database.reference(1).await.unwrap().document, b"{\0}");
    assert_eq!(database.log_entries().await.unwrap(), [[0; 32], [1; 32]]);
    let mut positions = database.status_positions().await.unwrap();
    positions.sort_unstable_by_key(|(_, index, _)| *index);
    assert_eq!(positions, [(1, 0, ReferenceState::Superseded), (1, 1, ReferenceState::Valid)]);

    // An employee who works here again has no valid reference.
    assert_eq!(database.cancel_departure(fence, &rows[1].departure, "back", 50).await.unwrap(), 1);
    assert_eq!(database.revoke_reference("id 1", "again", 51).await.unwrap(), Some(false));
    assert_eq!(database.revoke_reference("id 9", "again", 51).await.unwrap(), None);
    assert!(database.reference_people().await.unwrap()[1].issued.is_none());
    let later = other.tenant("acme").await.take_fence(2).await.unwrap();
    lost(database.record_reference(fence, &reference(3, "A", "2026-01-31"), None).await);
    lost(database.record_standings(fence, &standings).await);
    assert_eq!(database.record_reference(later, &reference(3, "A", "2026-01-31"), None).await.unwrap(), Some(2));
    // Another tenant may use these positions and ids.
    let globex = one.tenant("globex").await;
    let fence = issuer(&globex).await;
    assert_eq!(globex.record_reference(fence, &reference(0, "z", "2026-01-31"), None).await.unwrap(), Some(0));
}

async fn keys_take_their_turn(host: Host) {
    let database = host.tenant("acme").await;
    // Without a key there is nothing to pause.
    database.pause_references(Some("restored")).await.unwrap();
    assert_eq!(database.reference_pause().await.unwrap(), None);
    let fence = issuer(&database).await;
    database.pause_references(Some("restored")).await.unwrap();
    assert_eq!(database.reference_pause().await.unwrap().as_deref(), Some("restored"));
    database.pause_references(None).await.unwrap();
    assert_eq!(database.reference_pause().await.unwrap(), None);
    assert!(database.put_reference_key("s1", &[2; 32], 1).await.is_err());
    database.put_reference_key("s2", &[2; 32], 40).await.unwrap();
    assert_eq!(database.record_reference(fence, &reference(3, "1", "2026-01-31"), None).await.unwrap(), Some(0));
    // The clock was set back: a key is retired no earlier than what it signed, and signs no earlier than it was made.
    database.use_reference_key("s2", 20).await.unwrap();
    let keys = database.reference_keys().await.unwrap();
    let times: Vec<_> = keys.iter().map(|key| (key.selector.as_str(), key.signs_from, key.retired_at)).collect();
    assert_eq!(times, [("s1", Some(2), Some(30)), ("s2", Some(40), None)]);
    assert_eq!((keys[0].public_key, keys[1].is_current()), ([1; 32], true));
    assert_eq!(database.revoke_reference_key("s1", "lost", 60).await.unwrap(), 1);
    assert_eq!(database.reference_keys().await.unwrap()[0].revoked_at, Some(60));
    assert_eq!(database.references().await.unwrap()[0].state, ReferenceState::Revoked);
    assert_eq!(database.waiting_deliveries().await.unwrap(), 0);
}

async fn the_log_only_grows(one: Host, other: Host) {
    let (mine, theirs) = (one.tenant("acme").await, other.tenant("acme").await);
    mine.put_log_head(2, &[2; 32]).await.unwrap();
    mine.add_cosignatures(2, "a\n").await.unwrap();
    theirs.add_cosignatures(2, "b\n").await.unwrap();
    theirs.put_log_head(2, &[2; 32]).await.unwrap();
    assert!(theirs.put_log_head(2, &[3; 32]).await.is_err(), "another head of that size");
    assert!(theirs.put_log_head(1, &[1; 32]).await.is_err(), "a smaller one");
    // Heads that are recorded at once never end with a smaller one after a larger one.
    for size in 3..40 {
        let (small, large) = ([1; 32], [2; 32]);
        let (smaller, larger) =
            tokio::join!(mine.put_log_head(size * 2, &small), theirs.put_log_head(size * 2 + 1, &large));
        larger.unwrap();
        let heads = mine.log_heads().await.unwrap();
        assert_eq!(heads.iter().any(|head| head.size == size * 2), smaller.is_ok());
    }
    let first = &mine.log_heads().await.unwrap()[0];
    assert_eq!((first.size, first.root, first.cosignatures.as_str()), (2, [2; 32], "a\nb\n"));
    assert!(one.tenant("globex").await.log_heads().await.unwrap().is_empty());
}

async fn what_is_revoked_is_not_delivered(one: Host, other: Host) {
    let (mine, theirs) = (one.tenant("acme").await, other.tenant("acme").await);
    let fence = issuer(&mine).await;
    for number in 0..3 {
        let new = reference(number, &number.to_string(), "2026-01-31");
        mine.record_reference(fence, &new, None).await.unwrap();
    }
    let due = theirs.due_deliveries(15, 1_000).await.unwrap();
    assert_eq!(due.iter().map(|due| due.log_index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((due[1].reference.as_str(), due[1].message_id.as_str()), ("id 1", "<1@acme.example>"));
    // A delivery that is further away than the longest pause is due as well.
    assert_eq!(theirs.due_deliveries(0, 15).await.unwrap().len(), 2);
    let attempt = |state, is_counted| AttemptRecord { state, said: "421 busy", next_at: 99, is_counted };
    assert!(
        mine.record_attempt(fence, (Message::Reference, 0), &attempt(DeliveryState::Waiting, true), 20).await.unwrap()
    );
    assert!(
        mine.record_attempt(fence, (Message::Reference, 1), &attempt(DeliveryState::Refused, true), 20).await.unwrap()
    );
    assert!(
        !mine
            .record_attempt(fence, (Message::Reference, 1), &attempt(DeliveryState::Delivered, true), 20)
            .await
            .unwrap()
    );
    let rows = theirs.deliveries().await.unwrap();
    assert_eq!((rows[0].attempts, rows[0].next_at, rows[0].said.as_str()), (1, 99, "421 busy"));
    assert_eq!((rows[1].state, theirs.waiting_deliveries().await.unwrap()), (DeliveryState::Refused, 2));
    assert!(theirs.retry_delivery("id 1", 30).await.unwrap());
    assert_eq!(theirs.revoke_reference("id 0", "wrong", 31).await.unwrap(), Some(true));
    assert!(!theirs.retry_delivery("id 0", 32).await.unwrap());
    assert_eq!(theirs.deliveries().await.unwrap()[0].state, DeliveryState::Withdrawn);
    // However a revocation and a retry are interleaved, no delivery of a revoked reference waits.
    assert!(
        mine.record_attempt(fence, (Message::Reference, 1), &attempt(DeliveryState::Refused, true), 33).await.unwrap()
    );
    let (revoked, tried) = tokio::join!(mine.revoke_reference("id 1", "wrong", 34), theirs.retry_delivery("id 1", 34));
    assert_eq!(revoked.unwrap(), Some(true));
    let state = mine.deliveries().await.unwrap()[1].state;
    assert_eq!(state, if tried.unwrap() { DeliveryState::Withdrawn } else { DeliveryState::Refused });
}
