//! The example of a plugin: it loads, and it does nothing.

use super::sync::employee;
use hibob_base::progress::NoProgress;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_tests::setup::{Setup, runtime};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_plugin_loads_and_asks_nobody_anything() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smallest.wasm");
    std::fs::write(&file, hibob_hostile_component::SMALLEST).unwrap();
    let plugin = Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned()).unwrap();
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example")]).await;
    let tenant = setup.tenant().await;
    let check = hibob_runner::check(&plugin, &tenant, Arc::new(NoProgress)).await.unwrap();
    assert!(check.findings.is_empty() && check.counts.is_empty(), "{check:?}");
    let planned = hibob_runner::plan(&plugin, &tenant, Arc::new(NoProgress)).await.unwrap();
    assert!(planned.changes.is_empty() && planned.findings.is_empty(), "{planned:?}");
    assert!(setup.world().log().is_empty());
}
