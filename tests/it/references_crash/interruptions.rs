//! Tests of interrupting the references job by Ctrl-C and by SIGTERM: at each request to HiBob, at each reference, at
//! each step of a mail and at random moments. From then on no further reference is issued and no delivery is begun until
//! a person resumes, and then each departure has its one reference.

use super::Moments;
use super::office::{LOOK_EVERY, RUN, Victim};
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_store::database::DeliveryState;
use hibob_tests::deep;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Interruptions at random moments, if the tests run at length, and if not.
const RANDOM: usize = 10;
const RANDOM_SHORT: usize = 4;

/// How many leave before each run.
const LEAVERS: usize = 5;

/// How long a mail server takes for what it is asked, so that a signal comes in the middle.
const SLOWNESS: Duration = Duration::from_millis(15);

/// When a run is interrupted.
#[derive(Clone, Copy, Debug)]
enum When {
    /// After so many requests to HiBob.
    Request(usize),
    /// As soon as so many of the references are issued.
    Issued(usize),
    /// As soon as the mail server has been asked this so often.
    Mail(At, usize),
    /// After so many microseconds.
    After(u64),
}

/// What was done: references issued, mails taken, deliveries recorded.
async fn done(victim: &Victim) -> (usize, usize, usize) {
    let database = victim.office.setup.data.tenant_database("acme").await.unwrap();
    let issued = victim.office.setup.data.records("acme").await.unwrap().references().await.unwrap().len();
    let deliveries = database.deliveries().await.unwrap();
    let delivered = deliveries.iter().filter(|row| row.state == DeliveryState::Delivered).count();
    let mails = victim.office.mailbox().mails().len();
    (issued, mails, delivered)
}

fn signal(child: &Child, name: &str) {
    // It is not waited for yet, so that its number cannot be another process's.
    Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
}

/// Runs the job, and interrupts it. Returns its exit code, and what was done when it said that it had heard the signal;
/// none if it ended before.
async fn interrupted(victim: &Victim, name: &str, when: When) -> (Option<i32>, Option<(usize, usize, usize)>) {
    let (issued, ..) = done(victim).await;
    let requests = victim.office.world().log().len();
    let start = std::time::Instant::now();
    let mut child = victim.command(&RUN).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let is_time = async || match when {
        When::Request(number) => victim.office.world().log().len() >= requests + number,
        When::Issued(number) => done(victim).await.0 >= issued + number,
        When::Mail(..) => victim.office.mailbox().faults.first().is_some_and(|fault| fault.times == 0),
        When::After(microseconds) => start.elapsed() >= Duration::from_micros(microseconds),
    };
    while !is_time().await {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), None);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    signal(&child, name);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let is_heard = lines.by_ref().map_while(Result::ok).any(|line| line.contains("what is in flight is finished"));
    let then = if is_heard { Some(done(victim).await) } else { None };
    lines.for_each(drop);
    (child.wait().unwrap().code(), then)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_interrupts_references_nothing_is_issued_or_delivered_until_somebody_resumes() {
    let mut victim = Victim::new().await;
    let mut moments = Moments(77);
    let mut all = Vec::new();
    all.extend((0..deep(4, 12)).map(When::Request));
    all.extend((1..deep(3, LEAVERS)).map(When::Issued));
    let steps = [At::Connect, At::Mail, At::Data, At::EndOfData];
    all.extend(steps.into_iter().flat_map(|at| (0..deep(1, 3)).map(move |number| When::Mail(at, number))));
    all.extend((0..deep(RANDOM_SHORT, RANDOM)).map(|_| When::After(moments.below(400_000))));
    let (mut paused, mut left_undone) = (0, 0);
    for (number, when) in all.into_iter().enumerate() {
        victim.leave(LEAVERS);
        victim.office.mailbox().faults = match when {
            When::Mail(at, number) => vec![
                MailFault::once(at, MailFaultKind::Late(SLOWNESS)).after(number),
                MailFault::always(at, MailFaultKind::Late(SLOWNESS)),
            ],
            _ => vec![MailFault::always(At::Data, MailFaultKind::Late(SLOWNESS))],
        };
        let name = ["INT", "TERM"][number % 2];
        let before = done(&victim).await;
        let (code, heard) = interrupted(&victim, name, when).await;
        let after = done(&victim).await;
        victim.office.mailbox().faults.clear();
        let database = victim.office.setup.data.tenant_database("acme").await.unwrap();
        let is_paused = database.reference_pause().await.unwrap().is_some();
        match (code, heard) {
            // It was interrupted before it had begun with anything, so there is nothing to resume.
            (Some(8), Some(_)) if !is_paused => assert_eq!(after, before, "{when:?}"),
            (Some(8), Some(heard)) => {
                paused += 1;
                // One reference may have been in flight, and the deliveries that were begun.
                assert!(after.0 <= heard.0 + 1, "{when:?}: {heard:?} when it was interrupted, and then {after:?}");
                left_undone += usize::from(after.2 < victim.left);
                // Nothing more happens, however often somebody or the schedule starts it.
                for _ in 0..2 {
                    let output = victim.command(&[&RUN[..], &["--json"]].concat()).output().unwrap();
                    let text = String::from_utf8(output.stdout).unwrap();
                    assert_eq!(output.status.code(), Some(3), "{when:?}: {text}");
                    assert!(text.contains("hibob references resume acme"), "{when:?}: {text}");
                    assert_eq!(done(&victim).await, after, "{when:?}: something was done before anybody resumed");
                }
                let resumed = victim.command(&["references", "resume", "acme"]).output().unwrap();
                assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
            }
            // It had done everything when the signal came, or was not listening yet, and has done nothing.
            (Some(0), _) | (None, None) => {}
            other => panic!("{when:?}: {other:?}"),
        }
        victim.finish().await;
        victim.prove(&format!("{when:?}")).await;
    }
    assert!(paused >= 6 && left_undone >= 3, "{paused} were interrupted, and {left_undone} had something left");
}
