//! The queue's futures, each dropped at every point at which it waits: nothing is half done, and the queue goes on.

use crate::database::query;
use crate::database::tests::dropped::{Watched, dropped_after};
use crate::queue::{Arguments, NewJob, Queue};
use hibob_policy::guard::Release;
use hibob_test_postgres::Server;
use std::time::Duration;

#[tokio::test]
async fn a_queue_that_is_dropped_in_the_middle_goes_on() {
    let Some(server) = Server::start("the queue dropped on PostgreSQL") else { return };
    let mut watched = Watched::new(&server, "queue").await;
    let queue = Queue::new(&watched.control);
    let new = NewJob { tenant: "acme".to_owned(), arguments: Arguments::Sync(Release::default()), requested_by: None };
    let job = 'started: {
        for polls in 1.. {
            let started = dropped_after(polls, queue.start(&new)).await;
            watched.require_clean(&format!("start after {polls} polls")).await;
            assert!(watched.count("SELECT count(*) FROM jobs").await <= 1, "after {polls} polls");
            if let Some(started) = started {
                break 'started started.unwrap().id;
            }
        }
        unreachable!("it ends")
    };
    assert_eq!(watched.count("SELECT count(*) FROM jobs").await, 1);
    for polls in 1.. {
        let claimed = dropped_after(polls, queue.claim("a host", Duration::from_hours(1))).await;
        watched.require_clean(&format!("claim after {polls} polls")).await;
        // A claim whose answer was dropped lapses with its lease; here at once.
        let lapse = "UPDATE jobs SET lease_until = 0 WHERE state = 'running'";
        if let Some(claimed) = claimed {
            assert_eq!(claimed.unwrap().map(|claimed| claimed.id), Some(job));
            break;
        }
        if query(lapse).execute(&queue.store).await.unwrap() == 1 {
            assert_eq!(queue.expire().await.unwrap().again, 1, "after {polls} polls");
            query("UPDATE jobs SET crashes = 0").execute(&queue.store).await.unwrap();
        }
    }
}
