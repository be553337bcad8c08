//! Plans that wait for approval.

use crate::database::tests::{Case, Host, record};
use crate::database::{ApprovalRow, ApprovalState, Decision, NewApproval};
use futures::FutureExt;
use hibob_base::job::RunKind;

pub(super) const CASES: [(&str, Case); 1] =
    [("approvals", |one, other| a_plan_waits_is_approved_once_and_applied_once(one, other).boxed())];

pub(super) fn approval(digest: &str) -> NewApproval<'_> {
    NewApproval {
        digest,
        plan: b"{}",
        settings: "settings",
        plugin: "plugin",
        reasons: "[]",
        changes: 7,
        trigger: "schedule",
        requested_by: None,
        created_at: 10,
        lapses_at: 100,
        saved: None,
    }
}

const YES: Decision<'_> = Decision { by: "ana@acme.example", with: "command-line", rejected_because: None };

async fn a_plan_waits_is_approved_once_and_applied_once(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    let (open, states) = (
        async |now| other.tenant("acme").await.open_approval(now).await.unwrap(),
        async |now| {
            let rows = database.approvals(now, 9).await.unwrap();
            rows.into_iter().map(|row: ApprovalRow| (row.id, row.state)).collect::<Vec<_>>()
        },
    );
    assert_eq!(open(10).await, None);
    // A newer plan supersedes one that waits.
    database.await_approval(fence, &approval("one")).await.unwrap();
    database.await_approval(fence, &approval("two")).await.unwrap();
    let second = open(10).await.unwrap();
    assert_eq!((second.plan.as_str(), second.state, second.changes), ("two", ApprovalState::Waiting, 7));
    let first = database.approvals_of(10, "on").await.unwrap().remove(0);
    assert_eq!((first.state, first.superseded_by.as_deref()), (ApprovalState::Superseded, Some("two")));
    assert!(!database.decide(first.id, YES, 11).await.unwrap());
    assert!(database.decide(second.id, YES, 12).await.unwrap());
    assert!(!database.decide(second.id, YES, 13).await.unwrap(), "once");
    let approved = open(500).await.unwrap();
    assert_eq!((approved.state, approved.decided_at), (ApprovalState::Approved, Some(12)), "it does not lapse");
    let journal = record::plan("two");
    let begun = database.begin_approved_journal(fence, second.id, &journal, 14).await.unwrap().unwrap();
    assert!(database.is_of_approval(begun).await.unwrap());
    assert_eq!(open(15).await, None);
    let run = database.record_run(fence, &record::run(RunKind::Sync, 15, Some(begun)), None, &[]).await.unwrap();
    assert_eq!(database.approvals_of(15, "two").await.unwrap()[0].run, Some(run));
    // An approval is used once.
    assert_eq!(database.begin_approved_journal(fence, second.id, &journal, 16).await.unwrap(), None);
    assert_eq!(database.open_journal().await.unwrap().map(|journal| journal.id), None);

    // The third plan lapses and the fourth is rejected; another tenant sees neither.
    database.await_approval(fence, &approval("three")).await.unwrap();
    assert_eq!(other.tenant("globex").await.approvals(10, 9).await.unwrap(), []);
    assert_eq!(open(100).await, None);
    database.await_approval(fence, &approval("four")).await.unwrap();
    let fourth = open(10).await.unwrap().id;
    let no = Decision { rejected_because: Some("not today"), ..YES };
    assert!(database.decide(fourth, no, 20).await.unwrap());
    assert!(!database.close_approval(fence, fourth, ApprovalState::Stale, 21).await.unwrap());
    database.await_approval(fence, &approval("five")).await.unwrap();
    let fifth = open(10).await.unwrap().id;
    assert!(database.close_approval(fence, fifth, ApprovalState::Stale, 22).await.unwrap());
    let expected = [
        ApprovalState::Stale,
        ApprovalState::Rejected,
        ApprovalState::Lapsed,
        ApprovalState::Applied,
        ApprovalState::Superseded,
    ];
    assert_eq!(states(30).await.into_iter().map(|(_, state)| state).collect::<Vec<_>>(), expected);
    assert_eq!(database.stored_plan("five").await.unwrap(), b"{}");
    // Old rows in their last state are removed with their plans.
    database.prune(fence, 1_000, 1_000).await.unwrap();
    assert_eq!((states(30).await, database.count("plans").await), (Vec::new(), 0));
}
