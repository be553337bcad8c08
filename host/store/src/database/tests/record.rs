//! The history of runs, and the journal of a plan under a fencing token.

use crate::database::tests::approvals::approval;
use crate::database::tests::{Case, Host, empty_row};
use crate::database::{
    AppliedPlan, ChangeRecord, Decision, Fence, LedgerEntry, NewApproval, NewJournal, RunRecord, StoredUpdate,
    TenantDatabase, restored_because,
};
use crate::update_row::UpdateRow;
use futures::FutureExt;
use futures::future::join_all;
use hibob_base::error::HostError;
use hibob_base::job::{Lane, RunKind};
use hibob_contract::types::{NamedValue, Value};
use std::collections::BTreeMap;

pub(super) const CASES: [(&str, Case); 7] = [
    ("runs", |one, other| runs_are_numbered_for_each_tenant(one, other).boxed()),
    ("pruned", |one, _| what_is_old_is_removed(one).boxed()),
    ("journal", |one, _| a_journal_is_one_at_a_time_and_its_events_once(one).boxed()),
    ("together", |one, _| records_of_one_moment_are_written_each_for_itself(one).boxed()),
    ("once", |one, other| a_saved_plan_is_applied_once(one, other).boxed()),
    ("interrupted", |one, other| an_interrupted_plan_stays_open_with_its_mark(one, other).boxed()),
    ("fenced", |one, other| nothing_is_written_once_a_later_run_has_the_fence(one, other).boxed()),
];

pub(super) fn run(kind: RunKind, finished_at: i64, journal: Option<i64>) -> RunRecord {
    let report = "{\"text\":\"\\u0000\"}".to_owned();
    RunRecord {
        kind,
        trigger: "manual",
        job: None,
        started_at: 1,
        finished_at,
        exit_code: 1,
        report,
        journal,
        interrupted_by: None,
        saved: None,
    }
}

pub(super) fn plan(digest: &str) -> NewJournal<'_> {
    NewJournal {
        kind: RunKind::Sync,
        started_at: 1,
        digest,
        plan: b"{\0}",
        held: "{}",
        settings: "settings",
        plugin: "plugin",
        changes: 3,
        job: None,
        saved: None,
    }
}

/// An entry, an account, and the end of a change.
pub(super) async fn change(database: &TenantDatabase, fence: Fence, journal: i64, id: &str) -> Result<(), HostError> {
    let ledger = LedgerEntry { account_id: format!("of {id}"), employee_id: id.to_owned(), archived_at: None };
    let finished = Some((journal, id.to_owned(), "\"done\"".to_owned()));
    let entries = BTreeMap::from([(id.to_owned(), Some(b"value".to_vec()))]);
    database.record_change(fence, &entries, &ChangeRecord { ledger: Some(ledger), finished, kept: None }, 3).await
}

pub(super) fn lost<T>(result: Result<T, HostError>) {
    let error = result.err().unwrap();
    assert!(matches!(&error, HostError::LockLost(_)), "{error}");
    assert!(!error.remedy().contains("disk"), "{}", error.remedy());
}

async fn runs_are_numbered_for_each_tenant(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    let update = UpdateRow { name: "Zoë\0".to_owned(), field: "title".to_owned(), ..empty_row() };
    let value = Value::Text("Zo\0ë".to_owned());
    let baseline = [NamedValue { name: "fields".to_owned(), value: value.clone() }];
    assert!(database.baseline().await.unwrap().is_empty());
    for number in 1..=2 {
        let updates = [empty_row().into(), StoredUpdate { row: update.clone(), encrypted: "{}".to_owned() }];
        let id =
            database.record_run(fence, &run(RunKind::Sync, number, None), Some(&baseline), &updates).await.unwrap();
        assert_eq!(id, number);
    }
    let globex = other.tenant("globex").await;
    let theirs = globex.take_fence(1).await.unwrap();
    assert_eq!(globex.record_run(theirs, &run(RunKind::Apply, 1, None), None, &[]).await.unwrap(), 1);
    // Each tenant has at most one run of a job.
    let of_a_job = RunRecord { job: Some("7@1".to_owned()), ..run(RunKind::Apply, 3, None) };
    assert_eq!(globex.record_run(theirs, &of_a_job, None, &[]).await.unwrap(), 2);
    assert_eq!(database.record_run(fence, &of_a_job, None, &[]).await.unwrap(), 3);
    assert!(other.tenant("acme").await.record_run(fence, &of_a_job, None, &[]).await.is_err());
    assert_eq!(database.run_of_job("7@1").await.unwrap().map(|run| run.id), Some(3));
    assert!(database.run_of_job("7@2").await.unwrap().is_none());

    let database = other.tenant("acme").await;
    assert_eq!(database.runs().await.unwrap(), 3);
    let ids = async |limit| database.past_runs(limit).await.unwrap().iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!((ids(2).await, ids(9).await), (vec![3, 2], vec![3, 2, 1]));
    let past = database.past_run(2).await.unwrap().unwrap();
    assert_eq!((past.kind.word(), past.finished_at, past.report["text"].as_str()), ("sync", 2, Some("\0")));
    assert!(database.past_run(4).await.unwrap().is_none());
    let updates = database.run_updates(2).await.unwrap();
    assert_eq!((&updates[0], updates[1].encrypted.as_str()), (&empty_row().into(), "{}"));
    let row = &updates[1].row;
    // PostgreSQL cannot store U+0000 in a text; a text that is only shown has U+2400 instead.
    assert_eq!((row.name.replace('\u{2400}', "\0"), row.field.as_str()), ("Zoë\0".to_owned(), "title"));
    assert_eq!(database.last_exit_code(Lane::Directory).await.unwrap(), Some(1));
    assert_eq!(database.last_exit_code(Lane::References).await.unwrap(), None);
    let kept = database.baseline().await.unwrap();
    assert!(kept.len() == 1 && matches!(&kept[0].value, Value::Text(text) if text == "Zo\0ë"), "{kept:?}");
}

async fn what_is_old_is_removed(host: Host) {
    let database = host.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    for (digest, finished_at) in [("one", 10), ("two", 20), ("three", 30)] {
        let journal = database.begin_journal(fence, &plan(digest)).await.unwrap();
        database.record_started(fence, journal, "a", 1).await.unwrap();
        let updates = [empty_row().into()];
        database.record_run(fence, &run(RunKind::Sync, finished_at, Some(journal)), None, &updates).await.unwrap();
    }
    let open = database.begin_journal(fence, &plan("three")).await.unwrap();
    let counts = async || {
        let mut counts = Vec::new();
        for table in ["runs", "run_updates", "journals", "journal_events", "plans"] {
            counts.push(database.count(table).await);
        }
        counts
    };
    assert_eq!(counts().await, [3, 3, 4, 3, 3]);
    database.prune(fence, 15, 25).await.unwrap();
    assert_eq!(counts().await, [2, 2, 2, 1, 1]);
    database.prune(fence, 99, 99).await.unwrap();
    assert_eq!(counts().await, [0, 0, 1, 0, 1]);
    // A number is never used again.
    assert_eq!(database.record_run(fence, &run(RunKind::Sync, 40, Some(open)), None, &[]).await.unwrap(), 4);
}

async fn a_journal_is_one_at_a_time_and_its_events_once(host: Host) {
    let database = host.tenant("acme").await;
    let fence = database.take_fence(7).await.unwrap();
    assert!(database.open_journal().await.unwrap().is_none());
    let journal = database.begin_journal(fence, &plan("one")).await.unwrap();
    assert!(database.begin_journal(fence, &plan("two")).await.is_err(), "one plan at a time");
    for id in ["b", "a"] {
        database.record_started(fence, journal, id, 1).await.unwrap();
    }
    change(&database, fence, journal, "b").await.unwrap();
    // Nothing that comes with a second outcome of a change is stored.
    let before = database.count("accounts").await;
    let ledger = LedgerEntry { account_id: "another".to_owned(), employee_id: "b".to_owned(), archived_at: None };
    let again =
        ChangeRecord { ledger: Some(ledger), finished: Some((journal, "b".to_owned(), "1".to_owned())), kept: None };
    let error = database.record_change(fence, &BTreeMap::new(), &again, 3).await.unwrap_err();
    assert_eq!(error.code(), "STORAGE_FAILED");
    assert_eq!(database.count("accounts").await, before);
    assert!(database.execute("UPDATE journal_events SET event = 'nothing'").await.is_err());
    let open = database.open_journal().await.unwrap().unwrap();
    assert_eq!((open.id, open.digest.as_str(), open.plan.as_slice()), (journal, "one", b"{\0}".as_slice()));
    let events: Vec<_> =
        open.events.iter().map(|event| (event.change.as_str(), event.is_finished, event.generation)).collect();
    assert_eq!(events, [("b", false, 7), ("a", false, 7), ("b", true, 7)]);
    database.record_run(fence, &run(RunKind::Sync, 2, Some(journal)), None, &[]).await.unwrap();
    assert!(database.open_journal().await.unwrap().is_none());
}

async fn nothing_is_written_once_a_later_run_has_the_fence(one: Host, other: Host) {
    let (mine, theirs) = (one.tenant("acme").await, other.tenant("acme").await);
    let old = mine.take_fence(1).await.unwrap();
    let journal = mine.begin_journal(old, &plan("one")).await.unwrap();
    let new = theirs.take_fence(3).await.unwrap();
    assert!(!mine.holds(old).await.unwrap() && mine.holds(new).await.unwrap());
    lost(mine.require(old).await);
    lost(mine.begin_journal(old, &plan("two")).await);
    lost(mine.record_started(old, journal, "a", 1).await);
    lost(change(&mine, old, journal, "a").await);
    lost(mine.record_run(old, &run(RunKind::Sync, 2, Some(journal)), None, &[]).await);
    lost(mine.prune(old, 99, 99).await);
    assert!(mine.take_fence(2).await.is_err(), "the fence only rises");
    assert_eq!((theirs.fence_generation().await.unwrap(), theirs.count("entries").await), (3, 0));
    change(&theirs, new, journal, "a").await.unwrap();
    // Each tenant has a fencing token of its own.
    let globex = one.tenant("globex").await;
    assert_eq!(globex.fence_generation().await.unwrap(), 0);
    globex.take_fence(1).await.unwrap();
}

async fn a_saved_plan_is_applied_once(one: Host, other: Host) {
    let (database, theirs) = (one.tenant("acme").await, other.tenant("acme").await);
    let fence = database.take_fence(1).await.unwrap();
    let saved = |digest| NewJournal { saved: Some("5ea1"), ..plan(digest) };
    assert_eq!(theirs.applied_plan("5ea1").await.unwrap(), None);
    let journal = database.begin_journal(fence, &saved("one")).await.unwrap();
    assert_eq!(theirs.applied_plan("5ea1").await.unwrap(), Some(AppliedPlan { at: 1, run: None }));
    let number = database.record_run(fence, &run(RunKind::Apply, 2, Some(journal)), None, &[]).await.unwrap();
    assert_eq!(theirs.applied_plan("5ea1").await.unwrap(), Some(AppliedPlan { at: 1, run: Some(number) }));
    assert!(database.begin_journal(fence, &saved("two")).await.is_err(), "once");
    assert!(database.open_journal().await.unwrap().is_none());
    // One without changes has no journal.
    let empty = RunRecord { saved: Some("5ea1000".to_owned()), ..run(RunKind::Apply, 3, None) };
    let number = database.record_run(fence, &empty, None, &[]).await.unwrap();
    assert_eq!(database.applied_plan("5ea1000").await.unwrap(), Some(AppliedPlan { at: 1, run: Some(number) }));
    assert!(database.record_run(fence, &empty, None, &[]).await.is_err(), "once");
    // It is known for good, and by no other tenant.
    database.prune(fence, 99, 99).await.unwrap();
    assert!(database.applied_plan("5ea1").await.unwrap().is_some());
    assert_eq!(other.tenant("globex").await.applied_plan("5ea1").await.unwrap(), None);

    // A restore makes all of it void: the epoch of saved plans, and what is open or waits.
    let epoch = database.epoch().await.unwrap();
    assert!(epoch.len() == 32 && epoch != other.tenant("globex").await.epoch().await.unwrap());
    assert_eq!(theirs.epoch().await.unwrap(), epoch);
    let open = database.begin_journal(fence, &plan("three")).await.unwrap();
    let waiting = NewApproval { saved: Some("5ea1f11e"), ..approval("four") };
    database.await_approval(fence, &waiting).await.unwrap();
    theirs.void_plans("yesterday's backup", 50).await.unwrap();
    assert_ne!(database.epoch().await.unwrap(), epoch);
    assert_eq!(database.open_approval(50).await.unwrap(), None);
    let mark = database.open_journal().await.unwrap().unwrap().interrupted_by.unwrap();
    assert_eq!(restored_because(&mark), Some("yesterday's backup"));
    database.record_run(fence, &run(RunKind::Sync, 51, Some(open)), None, &[]).await.unwrap();

    // A saved plan that waited is applied with its approval.
    database.await_approval(fence, &NewApproval { saved: None, ..approval("five") }).await.unwrap();
    let row = database.open_approval(51).await.unwrap().unwrap();
    database.note_saved(fence, row.id, "5ea1f11e").await.unwrap();
    let yes = Decision { by: "ana@acme.example", with: "command-line", rejected_because: None };
    assert!(database.decide(row.id, yes, 52).await.unwrap());
    assert_eq!(database.applied_plan("5ea1f11e").await.unwrap(), None);
    database.begin_approved_journal(fence, row.id, &plan("five"), 53).await.unwrap().unwrap();
    assert_eq!(database.applied_plan("5ea1f11e").await.unwrap(), Some(AppliedPlan { at: 53, run: None }));
}

async fn an_interrupted_plan_stays_open_with_its_mark(one: Host, other: Host) {
    let (database, theirs) = (one.tenant("acme").await, other.tenant("acme").await);
    let fence = database.take_fence(4).await.unwrap();
    assert_eq!(theirs.interrupted_plan().await.unwrap(), None);
    let new = NewJournal { job: Some("7@1"), ..plan("one") };
    let journal = database.begin_journal(fence, &new).await.unwrap();
    for id in ["a", "b"] {
        database.record_started(fence, journal, id, 1).await.unwrap();
    }
    change(&database, fence, journal, "a").await.unwrap();
    let open = theirs.interrupted_plan().await.unwrap().unwrap();
    assert_eq!((open.interrupted, open.job.as_deref(), open.run), (None, Some("7@1"), None));
    assert_eq!((open.changes, open.finished, open.in_flight), (Some(3), 1, 1));
    // The first mark stays.
    database.mark_interrupted(fence, journal, "Ctrl-C", 5).await.unwrap();
    let interrupted = RunRecord { interrupted_by: Some("SIGTERM".to_owned()), ..run(RunKind::Sync, 6, Some(journal)) };
    let number = database.record_run(fence, &interrupted, None, &[]).await.unwrap();
    let open = theirs.interrupted_plan().await.unwrap().unwrap();
    assert_eq!((open.interrupted, open.run), (Some((5, "Ctrl-C".to_owned())), Some(number)));
    let row = theirs.open_journal().await.unwrap().unwrap();
    assert_eq!((row.interrupted_by.as_deref(), row.told_generation), (Some("Ctrl-C"), 4));
    // A person has it resumed, and it is interrupted again.
    let later = theirs.take_fence(6).await.unwrap();
    lost(database.mark_interrupted(fence, journal, "SIGTERM", 7).await);
    lost(database.unmark_interrupted(fence, journal).await);
    theirs.unmark_interrupted(later, journal).await.unwrap();
    let row = theirs.open_journal().await.unwrap().unwrap();
    assert_eq!((row.interrupted_by, row.job, row.told_generation), (None, None, 4));
    let again = theirs.record_run(later, &interrupted, None, &[]).await.unwrap();
    let open = theirs.interrupted_plan().await.unwrap().unwrap();
    assert_eq!((open.interrupted, open.run), (Some((6, "SIGTERM".to_owned())), Some(again)));
    theirs.record_run(later, &run(RunKind::Sync, 8, Some(journal)), None, &[]).await.unwrap();
    assert_eq!(theirs.interrupted_plan().await.unwrap(), None);
    // A plan that is closed is not marked any more.
    theirs.mark_interrupted(later, journal, "Ctrl-C", 9).await.unwrap();
    assert_eq!(theirs.interrupted_plan().await.unwrap(), None);
}

/// What many changes record at one moment is written, each record once and whole, and each caller gets the answer to its own:
/// one that cannot be written does not keep the others out.
async fn records_of_one_moment_are_written_each_for_itself(host: Host) {
    let database = host.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    let journal = database.begin_journal(fence, &plan("one")).await.unwrap();
    let ids: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let started = join_all(ids.iter().map(|id| database.record_started(fence, journal, id, 1))).await;
    assert!(started.iter().all(Result::is_ok), "{started:?}");
    // Every tenth change ends a second time, which no journal takes.
    let twice = ids.iter().filter(|id| id.ends_with('7'));
    let ended = join_all(ids.iter().chain(twice).map(|id| change(&database, fence, journal, id))).await;
    let refused = ended.iter().filter_map(|answer| answer.as_ref().err().map(HostError::code));
    assert_eq!(refused.collect::<Vec<_>>(), ["STORAGE_FAILED"; 10]);
    let events = database.open_journal().await.unwrap().unwrap().events;
    let (ended, started): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.is_finished);
    assert_eq!((started.len(), ended.len(), database.count("accounts").await), (100, 100, 100));
    // A later run has taken over: of the earlier one nothing is written any more, whoever else writes at the moment.
    let later = database.take_fence(2).await.unwrap();
    let of_both = (0..20).map(|number| {
        let (database, fence) = (&database, if number % 2 == 0 { fence } else { later });
        async move { database.record_started(fence, journal, &format!("later {number}"), 2).await.is_ok() }
    });
    let written = join_all(of_both).await;
    assert!(written.iter().enumerate().all(|(number, is_written)| *is_written == (number % 2 == 1)), "{written:?}");
}
