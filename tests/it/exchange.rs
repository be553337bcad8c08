//! Tests of exchanged work emails, with a temporary address.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_tests::setup::Setup;

/// A temporary address; and since everybody exchanges theirs here, a share of renames that lets all of them pass.
const SWAP: &str = "[safety]\nrename_limit_percent = 100\n[sync]\nswap_address = \"swap-{id}@x.example\"\n";

async fn colleagues(number: usize, extra: &str) -> Setup {
    let people = (1..=number).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example")));
    let setup = Setup::of(people.collect()).await;
    setup.apply_tenant("acme", extra).await;
    assert_eq!(setup.sync().await.created, number as u64);
    setup.writes();
    setup
}

fn user_names(setup: &Setup) -> Vec<(String, String)> {
    let world = setup.world();
    let pair = |user: &hibob_fakes::travelperk::User| Some((user.external_id.clone()?, user.user_name.clone()));
    let mut pairs: Vec<_> = world.travelperk.users.iter().filter_map(pair).collect();
    pairs.sort();
    pairs
}

fn exchange(setup: &Setup, addresses: &[(&str, &str)]) {
    for (id, email) in addresses {
        setup.world().hibob.employee_mut(id).email = Some((*email).to_owned());
    }
}

/// With a temporary address, an exchange is made one change after the other. The employee with the lowest id gets the
/// temporary one.
#[tokio::test(flavor = "multi_thread")]
async fn work_emails_are_exchanged_over_a_temporary_address() {
    let circles: [&[(&str, &str)]; 2] = [
        &[("1", "2@x.example"), ("2", "1@x.example")],
        &[("1", "3@x.example"), ("2", "1@x.example"), ("3", "2@x.example")],
    ];
    for circle in circles {
        let setup = colleagues(3, SWAP).await;
        exchange(&setup, circle);
        let report = setup.sync().await;
        assert_eq!((report.updated, report.exit()), (circle.len() as u64, Exit::Done), "{:?}", report.errors);
        assert_eq!(setup.writes(), circle.len() + 1);
        for (id, email) in circle {
            assert!(user_names(&setup).contains(&((*id).to_owned(), (*email).to_owned())));
        }
        assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
    }
}

/// If a run is interrupted while an account has the temporary address, the next run writes the final one.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_breaks_off_is_finished_by_the_next_run() {
    let setup = colleagues(2, SWAP).await;
    exchange(&setup, &[("1", "2@x.example"), ("2", "1@x.example")]);
    let failing =
        hibob_fakes::Fault::once("/Users/", hibob_fakes::FaultKind::status(400)).on("PATCH").after(1).times(9);
    setup.world().travelperk.faults.push(failing);
    assert_eq!(setup.sync().await.exit(), Exit::SomeFailed);
    assert_eq!(user_names(&setup)[0].1, "swap-1@x.example");
    setup.world().travelperk.faults.clear();
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    let names: Vec<String> = user_names(&setup).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["2@x.example", "1@x.example"]);
}

/// If another account has the temporary address, the exchange remains a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_address_that_is_taken_is_not_used() {
    let setup = colleagues(2, SWAP).await;
    setup.world().travelperk.insert_user(hibob_fakes::travelperk::User::new("Swap-1@x.example", "Some", "Guest"));
    exchange(&setup, &[("1", "2@x.example"), ("2", "1@x.example")]);
    let report = setup.sync().await;
    assert_eq!((report.conflicts, report.exit(), setup.writes()), (2, Exit::SomeFailed, 0));
    setup.apply_tenant("acme", "[sync]\nswap_address = \"swap@x.example\"\n").await;
    assert!(setup.plan().await.unwrap_err().to_string().contains("is not an address with {id} in it"));
}
