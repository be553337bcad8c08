//! Tests of reading the claims of many leavers in few calls: what HiBob is asked, and that nobody waits for somebody
//! else's trouble.

use super::references::TABLE;
use super::references_job::{Office, leave, people};
use flate2::read::GzDecoder;
use hibob_base::error::Exit;
use hibob_base::progress::NoProgress;
use hibob_contract::WitVersion;
use hibob_fakes::{Recorded, Service};
use hibob_jobs::references::{Deliveries, ReferencesRequest, Release, Report};
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_tests::setup::{plugin, runtime};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

const LEAVERS: usize = 41;

/// A run that may issue references for all of them.
fn release() -> ReferencesRequest {
    ReferencesRequest { release: Release { issuing: LEAVERS, revoking: 0 }, ..ReferencesRequest::default() }
}

/// The ids that a search of people names; none if it is about all of them.
fn ids_of(entry: &Recorded) -> Option<Vec<String>> {
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    let ids = body.pointer("/filters/0/values")?.as_array()?;
    Some(ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect())
}

/// The paths of the requests to HiBob since the log was cleared, without those that read the address of one delivery, and
/// the number of these.
fn asked(office: &Office) -> (Vec<String>, usize) {
    let mut world = office.world();
    let entries = || world.log().iter().filter(|entry| entry.service == Service::HiBob);
    let is_address = |entry: &&Recorded| {
        serde_json::from_slice::<Value>(&entry.body)
            .is_ok_and(|body| body["fields"] == json!(["root.id", "root.email"]))
    };
    let others = entries().filter(|entry| !is_address(entry)).map(|entry| entry.path.clone()).collect();
    let addresses = entries().filter(is_address).count();
    world.clear_log();
    (others, addresses)
}

/// Forty-one people leave at once. Finding them and issuing their references takes at most ten requests to HiBob, and
/// each delivery one more: an address is in memory for one delivery only.
#[tokio::test(flavor = "multi_thread")]
async fn forty_one_leavers_take_at_most_ten_requests_and_one_for_each_delivery() {
    for garden_leave in ["", "garden_leave = \"is-departure\"\n"] {
        let mut office = Office::of(people(LEAVERS + 4), garden_leave).await;
        office.setup.hibob_calls_per_minute = 6_000;
        office.world().hibob.limits.search = u32::MAX;
        office.apply(garden_leave).await;
        office.run().await;
        let leavers: Vec<String> = (1..=LEAVERS).map(|id| id.to_string()).collect();
        for id in &leavers {
            let mut world = office.world();
            leave(&mut world, id, "2026-11-20");
            let person = world.hibob.employees.get_mut(id).unwrap();
            person.last_day_of_work = person.last_day_of_work.filter(|_| garden_leave.is_empty());
        }
        asked(&office);
        let report = office.run_with(release()).await;
        let expected = LEAVERS as u64;
        assert_eq!((report.issued, report.delivered, report.exit()), (expected, expected, Exit::Done), "{report:?}");
        let (requests, addresses) = asked(&office);
        assert!(requests.len() <= 10, "{requests:?}");
        assert_eq!(addresses, LEAVERS);
        let lists = requests.iter().filter(|path| path.contains("/named-lists/")).collect::<Vec<_>>();
        assert_eq!(lists.len(), lists.iter().collect::<BTreeSet<_>>().len(), "each list once: {lists:?}");
        // Each has their own name.
        let rows = office.setup.data.records("acme").await.unwrap().references().await.unwrap();
        let own = rows.iter().filter(|row| {
            let document = String::from_utf8(row.document.clone()).unwrap();
            document.contains(&format!("\"Ana{} Ruiz\"", row.departure.employee_id))
        });
        assert_eq!(own.count(), LEAVERS);
    }
}

/// One leaver of a batch has a title that no list has. All others get their references in the same run.
#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_have_a_reference_keeps_nobody_of_the_batch_from_theirs() {
    let office = Office::of(people(6), "").await;
    office.run().await;
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    let lost = ("work.title".to_owned(), json!("255499999"));
    office.world().hibob.employees.get_mut("2").unwrap().overrides.extend([lost]);
    let report = office.run().await;
    assert_eq!((report.issued, report.exit()), (2, Exit::SomeFailed), "{report:?}");
    let faults: Vec<_> = report.errors.iter().map(|row| (row.employee_id.as_deref(), row.code.as_str())).collect();
    assert_eq!(faults, [(Some("2"), "REFERENCE_NOT_POSSIBLE")]);
}

/// The plugin of an earlier build, whose contract has one leaver in a call.
fn of_0_2() -> Plugin {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/0.1.0-514e127/plugin-0.2.wasm.gz");
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(packed).unwrap()).read_to_end(&mut bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugin-0.2.wasm");
    std::fs::write(&file, bytes).unwrap();
    Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned()).unwrap()
}

/// A plugin of 0.2 is asked about one leaver in a call, as before. What it may not do is the same as for a newer one.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_of_0_2_is_asked_about_one_leaver_at_a_time() {
    let old = of_0_2();
    assert_eq!((old.wit_version(), plugin().wit_version()), (WitVersion::V0_2, WitVersion::V0_3));
    let office = Office::of(people(5), "").await;
    let port = office.mail.address().port();
    let digest = old.digest();
    let smtp = format!(
        "plugins = [\"{digest}\"]\n[references.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"hr@acme.example\"\n"
    );
    office.setup.apply_tenant("acme", &format!("{TABLE}{smtp}")).await;
    let run = async || -> Report {
        let tenant = office.setup.tenant().await;
        let order = ReferencesRequest { deliveries: Deliveries::Due, ..release() };
        hibob_runner::references(&office.setup.data, &tenant, &old, Arc::new(NoProgress), &order).await
    };
    run().await;
    for id in ["1", "2", "3"] {
        leave(&mut office.world(), id, "2026-11-20");
    }
    office.world().clear_log();
    let report = run().await;
    assert_eq!((report.issued, report.delivered, report.exit()), (3, 3, Exit::Done), "{report:?}");
    let world = office.world();
    let named: Vec<Vec<String>> = world.log().iter().filter_map(ids_of).collect();
    assert!(named.len() >= 3 && named.iter().all(|ids| ids.len() == 1), "{named:?}");
}
