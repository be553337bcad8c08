//! What one call of a plugin may let out, against a statement of the rules that shares no code with the host's policy.
//!
//! An input is read as choices: a change with what the ledger has of it, and the requests of an arbitrary plugin with
//! the answers of an arbitrary target. The statement:
//!
//! 1. What leaves is one of the requests that the change allows, written out below from the change alone, and goes to an
//!    account that is the employee's by the ledger, or by what the target has shown.
//! 2. A request that an honest plugin would make for the change leaves.
//! 3. What counts as made is what the target has accepted and does not show otherwise; whether the account is active is
//!    what the target has.

mod case;
mod requests;
mod rules;
mod target;

use crate::Reading;
use case::{Choices, EMPLOYEE, HIBOB_URL, REST_URL, SCIM_URL, case};
use hibob_policy::Grant;
use hibob_policy::change_scope::{ApplyScope, Outgoing, TargetSettings};
use hibob_policy::request::{Action, Role, Route, decide};
use http::{Method, Uri};
use requests::{Asked, request};
use rules::{Seen, allowed, made, may_leave};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use target::{Account, answer};

/// How many requests were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that a plugin made.
    pub sent: u64,
    /// Requests that left.
    pub let_out: u64,
    /// Requests that an honest plugin would make. All of them have left.
    pub legitimate: u64,
}

/// Plays one input.
///
/// # Panics
/// The policy lets something out that the statement does not allow, or refuses what an honest plugin needs.
pub(crate) fn change_policy(bytes: &[u8]) -> Reading {
    Reading::accepted_if(play(bytes).let_out > 0)
}

/// An input that is drawn from `seed`: an endless one would be a stream of these.
pub fn drawn(seed: u64) -> Vec<u8> {
    let mut bytes = [0_u8; INPUT_BYTES];
    fill(&mut first_state(seed), &mut bytes);
    bytes.to_vec()
}

fn first_state(seed: u64) -> u64 {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1
}

/// xorshift64* (Vigna, 2016)
fn fill(state: &mut u64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        let drawn = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes();
        chunk.copy_from_slice(&drawn[..chunk.len()]);
    }
}

/// Plays inputs that are drawn from `seed` until `requests` requests were made.
///
/// # Panics
/// As the target itself.
pub fn play_random(seed: u64, requests: u64) -> Tally {
    let mut state = first_state(seed);
    let mut total = Tally::default();
    let mut bytes = [0_u8; INPUT_BYTES];
    while total.sent < requests {
        fill(&mut state, &mut bytes);
        let tally = play(&bytes);
        total.sent += tally.sent;
        total.let_out += tally.let_out;
        total.legitimate += tally.legitimate;
    }
    total
}

/// Bytes of a drawn input: more than any play reads.
const INPUT_BYTES: usize = 256;

static ROUTES: LazyLock<[Route; 4]> = LazyLock::new(|| {
    [(Role::HiBob, HIBOB_URL), (Role::Scim, SCIM_URL), (Role::Rest, REST_URL), (Role::CostCenters, REST_URL)]
        .map(|(role, url)| Route::new(role, url).unwrap())
});

fn play(bytes: &[u8]) -> Tally {
    let mut choices = Choices(bytes.iter());
    let steps = choices.below(9);
    let (case, change, ledger) = case(&mut choices);
    let settings =
        TargetSettings { content_type: case.content_type.to_owned(), approver_conditions: case.conditions.clone() };
    let scope = Arc::new(ApplyScope::new(&change, ledger, settings));
    let grant = if choices.maybe(16) { Grant::Read } else { Grant::Apply(scope.clone()) };
    let mut account = Account {
        external_id: Some(choices.one(&["", EMPLOYEE, "6", "8"]).to_owned()).filter(|id| !id.is_empty()),
        active: !choices.maybe(2),
        title: "Old".to_owned(),
    };
    let (mut seen, mut tally) = (Seen::default(), Tally::default());
    let mut accepted = BTreeSet::new();
    for _ in 0..steps {
        let asked = request(&mut choices, &case);
        tally.sent += 1;
        let left = leaves(&grant, &asked);
        let is_read = asked.method == "GET";
        let may = match &grant {
            Grant::Apply(_) => is_read || may_leave(&case, &seen),
            Grant::Read | Grant::Person(_) => is_read && !asked.url.contains('?'),
        };
        let is_legitimate = asked.is_honest && may;
        tally.legitimate += u64::from(is_legitimate);
        let Some((action, out)) = left else {
            let shown = String::from_utf8_lossy(&asked.body);
            assert!(!is_legitimate, "{:?} does not leave: {} {} {shown}", case.kind, asked.method, asked.url);
            continue;
        };
        tally.let_out += 1;
        let Some(out) = out else {
            assert!(action == Action::Read, "a call that only reads has written");
            continue;
        };
        allowed(&case, &seen, action, &asked, &out);
        answer(&mut choices, &case, &scope, &out, &mut account, &mut seen, &mut accepted);
    }
    made(&case, &scope, &account, &accepted);
    tally
}

/// Takes a request through the checks in the order in which the egress makes them.
fn leaves(grant: &Grant, asked: &Asked) -> Option<(Action, Option<Outgoing>)> {
    let uri: Uri = asked.url.parse().ok()?;
    let method = Method::from_bytes(asked.method.as_bytes()).ok()?;
    let decided = decide(ROUTES.iter(), grant, &method, &uri).ok()?;
    let role = ROUTES[decided.position].role;
    let Grant::Apply(scope) = grant else { return asked.body.is_empty().then_some((decided.action, None)) };
    let out = match decided.action {
        Action::Read => scope.check_read(role, &method, &decided.path, uri.query(), &asked.body),
        Action::Write => scope.check_write(role, &method, &decided.path, uri.query(), &asked.body),
    };
    Some((decided.action, Some(out.ok()?)))
}
