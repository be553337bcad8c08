//! Plays drawn requests against the policy: thousands in every test run, ten million where tests run at length.

use hibob_fuzz::change_policy::play_random;
use hibob_test_depth::deep;

/// The share of legitimate requests below which the others say little: one in twenty.
const LEGITIMATE_ONE_IN: u64 = 20;

/// Half of the requests with each seed, beside each other.
#[test]
fn no_request_leaves_that_the_change_does_not_say() {
    let requests = u64::try_from(deep(50_000, 10_000_000)).unwrap_or(u64::MAX) / 2;
    let play = |seed| {
        let tally = play_random(seed, requests);
        assert!(tally.sent >= requests && tally.legitimate * LEGITIMATE_ONE_IN >= tally.sent, "{tally:?}");
        assert!(tally.let_out >= tally.legitimate && tally.let_out < tally.sent, "{tally:?}");
    };
    std::thread::scope(|scope| {
        for seed in [1, 2] {
            scope.spawn(move || play(seed));
        }
    });
}
