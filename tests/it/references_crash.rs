//! Tests of killing the program at every step between detection and recorded delivery. After a restart each departure
//! has exactly one reference in the log and at least one mail, and mails that are sent twice are identical.
//!
//! A killed run leaves what it has written to its database, and the mails that the server has accepted. So the steps
//! are: each request to HiBob, which gets no answer while the program is killed; each step of sending a mail, either
//! before it is carried out or after it but before its answer; and each transaction, after which the program is killed
//! as soon as another connection sees it. Kills at random moments may find further cases.

mod interruptions;
mod office;

use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_fakes::{Fault, FaultKind};
use hibob_tests::deep;
use office::Victim;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(3_600);

/// Kills at random moments, if the tests run at length, and if not.
const KILLS: usize = 60;
const KILLS_SHORT: usize = 12;

/// Steps of a mail.
const STEPS: [At; 6] = [At::Connect, At::Hello, At::Mail, At::Rcpt, At::Data, At::EndOfData];

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_request_to_hibob() {
    let mut victim = Victim::new().await;
    let mut requests = 0;
    loop {
        victim.leave(2);
        victim.office.world().hibob.faults = vec![Fault::once("", FaultKind::Hang).after(requests)];
        let is_held = async || victim.office.world().hibob.faults[0].times == 0;
        let was_killed = victim.kill_when(is_held).await;
        victim.office.world().hibob.faults.clear();
        victim.finish().await;
        victim.prove(&format!("the request {requests}")).await;
        if !was_killed {
            break;
        }
        requests += 1;
    }
    // The search for leavers, and for each of the two their record and their address.
    assert!(requests >= 5, "{requests}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_mail() {
    let mut victim = Victim::new().await;
    // The last one, after which a mail is taken, is always among them.
    for at in STEPS.into_iter().skip(deep(STEPS.len() - 1, 0)) {
        // The second mail may be sent over the connection of the first one.
        let mails = if matches!(at, At::Connect | At::Hello) { 1 } else { 2 };
        // The step is either not carried out, or carried out but not answered. So the second mail is either unsent or
        // has arrived.
        for kind in [MailFaultKind::Hang, MailFaultKind::Late(HOUR)] {
            for other in 0..mails {
                victim.leave(2);
                let before = victim.office.mailbox().mails().len();
                victim.office.mailbox().faults = vec![MailFault::once(at, kind.clone()).after(other)];
                let is_held = async || victim.office.mailbox().faults[0].times == 0;
                let after = format!("{at:?}, {kind:?}, {other}");
                assert!(victim.kill_when(is_held).await, "{after}");
                victim.office.mailbox().faults.clear();
                let arrived = victim.office.mailbox().mails().len() - before;
                victim.finish().await;
                victim.prove(&after).await;
                let repeated = victim.office.mailbox().mails().len() - before - 2;
                assert!(repeated <= arrived, "{after}: {repeated} of {arrived}");
                if at == At::EndOfData && kind == MailFaultKind::Late(HOUR) {
                    assert!(repeated >= 1, "{after}: a mail that was accepted without an answer should be sent again");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_transaction() {
    let mut victim = Victim::new().await;
    let mut transactions = 1;
    loop {
        victim.leave(2);
        let mut connection = victim.database.acquire().await.unwrap();
        // The version changes with each transaction of another connection (SQLite, "PRAGMA data_version").
        let mut version =
            async || -> i64 { sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut *connection).await.unwrap() };
        let (mut last, mut seen) = (version().await, 0);
        let is_written = async || {
            let now = version().await;
            seen += u32::from(now != last);
            last = now;
            seen >= transactions
        };
        let was_killed = victim.kill_when(is_written).await;
        drop(connection);
        victim.finish().await;
        victim.prove(&format!("the transaction {transactions}")).await;
        if !was_killed {
            break;
        }
        transactions += 1;
    }
    // The run, the standings, two references, the log head, two deliveries. Two transactions in quick succession are
    // seen as one.
    assert!(transactions >= 6, "{transactions}");
}

/// Pseudo-random numbers (SplitMix64).
struct Moments(u64);

impl Moments {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut moments = Moments(seed);
    let mut victim = Victim::new().await;
    victim.leave(3);
    let whole = victim.finish().await;
    victim.prove("no crash").await;
    let (mut kills, mut batch) = (0, 0);
    let kills_max = deep(KILLS_SHORT, KILLS);
    while kills < kills_max {
        // Several crashes before a run may finish.
        victim.leave(2);
        batch += 1;
        let wanted = (kills + 6).min(kills_max);
        while kills < wanted {
            if moments.below(3) == 0 {
                victim.leave(1);
            }
            let delay = Duration::from_micros(moments.below(u64::try_from(whole.as_micros()).unwrap()));
            let start = Instant::now();
            kills += usize::from(victim.kill_when(async || start.elapsed() >= delay).await);
        }
        victim.finish().await;
        victim.prove(&format!("seed {seed}, {kills} kills, batch {batch}")).await;
    }
}
