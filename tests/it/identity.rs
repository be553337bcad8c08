//! Tests of trusting plugins, of reading what is in their files, and of two versions of the contract side by side.

use crate::cli::{Fakes, Shell, make_private, share_code};
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_contract::CallKind;
use hibob_contract::Planned;
use hibob_contract::WitVersion;
use hibob_fakes::Service;
use hibob_jobs::run::Report;
use hibob_policy::guard::Release;
use hibob_policy::manifest::Manifest;
use hibob_policy::request::Role;
use hibob_previous_component::COMPONENT as PREVIOUS;
use hibob_sandbox::identity::{Identity, Package, Trust};
use hibob_sandbox::plugin::Plugin;
use hibob_tests::setup::{Setup, cache_dir, plugin, runtime};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The connector, built for the contract before the present one.
static OLD: LazyLock<Plugin> = LazyLock::new(|| load(PREVIOUS).unwrap());

/// Loads a component without any trust.
fn load(bytes: &[u8]) -> Result<Plugin, hibob_base::error::HostError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.wasm");
    std::fs::write(&file, bytes).unwrap();
    Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned())
}

async fn sync(setup: &Setup, plugin: &Plugin) -> (Planned, Report) {
    let tenant = setup.tenant().await;
    let run = hibob_runner::start(&setup.data, &tenant, plugin, RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let planned = run.plan().await.unwrap();
    let mut report = run.apply(&planned, Release::default()).await;
    run.finish(&mut report, Some(&planned)).await.unwrap();
    (planned, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_of_the_previous_contract_runs_a_whole_sync() {
    assert_eq!((OLD.wit_version(), plugin().wit_version()), (WitVersion::V0_1, WitVersion::V0_3));
    assert_eq!(OLD.exports(), ["hibob:connector/directory-sync@0.1.0"]);
    assert!(OLD.imports().iter().any(|import| import == "hibob:connector/storage@0.1.0"));
    assert_eq!(**OLD.manifest(), Manifest::everything());

    // One plugin begins and the other goes on, and finds what the first one has stored.
    for (first, second) in [(&*OLD, plugin()), (plugin(), &*OLD)] {
        let setup = Setup::realistic(60).await;
        let planned = same_plan(&setup).await;
        let (applied, report) = sync(&setup, first).await;
        assert_eq!(planned.changes, applied.changes);
        assert!(report.created > 40 && report.failed == 0 && !report.is_stopped(), "{report:?}");
        setup.world().apply_day_two(f64::from(u32::try_from(chrono::Utc::now().timestamp()).unwrap()));
        same_plan(&setup).await;
        let (_, report) = sync(&setup, second).await;
        assert_eq!((report.created, report.updated, report.reactivated, report.archived), (1, 2, 1, 1));
        assert_eq!(same_plan(&setup).await.changes.len(), 0);

        let tenant = setup.tenant().await;
        let roster =
            async |plugin| hibob_runner::roster(plugin, &tenant, Arc::new(NoProgress)).await.unwrap().employees;
        assert_eq!(roster(&OLD).await, roster(plugin()).await);
        let check = async |plugin| hibob_runner::check(plugin, &tenant, Arc::new(NoProgress)).await.unwrap();
        assert_eq!(check(&OLD).await, check(plugin()).await);
    }
}

/// Makes a plan with each version's plugin, and asserts that they are equal.
async fn same_plan(setup: &Setup) -> Planned {
    let tenant = setup.tenant().await;
    let old = hibob_runner::plan(&OLD, &tenant, Arc::new(NoProgress)).await.unwrap();
    let new = hibob_runner::plan(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
    assert_eq!((&old.changes, &old.findings, &old.counts), (&new.changes, &new.findings, &new.counts));
    assert_eq!(old.baseline, new.baseline);
    new
}

/// Every request that the built-in plugin makes is one that it declares for that kind of call.
#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_declares_what_is_asked() {
    let mut setup = Setup::realistic(60).await;
    setup.rest = true;
    setup.apply_tenant("acme", "[sync]\nswap_address = \"swap-{id}@acme.example\"\n").await;
    let tenant = setup.tenant().await;
    let mut seen = 0;
    let mut declared = |kind: CallKind| {
        let mut world = setup.world();
        for entry in world.log() {
            let path = entry.path.as_str();
            let covered = match entry.service {
                Service::HiBob => {
                    path.strip_prefix("/v1").is_some_and(|path| covers(kind, Role::HiBob, &entry.method, path))
                }
                Service::TravelPerk => {
                    let scim = path.strip_prefix("/api/v2/scim");
                    scim.is_some_and(|path| covers(kind, Role::Scim, &entry.method, path))
                        || covers(kind, Role::Rest, &entry.method, path)
                        || covers(kind, Role::CostCenters, &entry.method, path)
                }
            };
            assert!(covered, "{} {path} is not declared for {kind:?}", entry.method);
            seen += 1;
        }
        world.clear_log();
    };
    hibob_runner::check(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
    declared(CallKind::Check);
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let planned = run.plan().await.unwrap();
    declared(CallKind::Plan);
    let mut report = run.apply(&planned, Release::default()).await;
    declared(CallKind::Apply);
    run.finish(&mut report, Some(&planned)).await.unwrap();
    assert!(report.created > 40 && report.cost_centers_created > 0 && seen > 60, "{report:?}, {seen} requests");
}

fn covers(kind: CallKind, role: Role, method: &str, path: &str) -> bool {
    let method = http::Method::from_bytes(method.as_bytes()).unwrap();
    plugin().manifest().covers(kind, role, &method, path).is_some()
}

#[test]
fn imports_that_the_host_does_not_offer_are_all_named() {
    let wat = r#"(component
        (import "wasi:sockets/tcp@0.2.6" (instance (export "tcp-socket" (type (sub resource)))))
        (import "wasi:filesystem/preopens@0.2.6" (instance (export "get-directories" (func))))
        (import "wasi:io/poll@0.2.6" (instance (export "pollable" (type (sub resource)))))
        (import "hibob:connector/storage@0.9.0" (instance (export "get" (func))))
        (import "run" (func)))"#;
    let Err(error) = load(&wat::parse_str(wat).unwrap()) else { panic!("the plugin was loaded") };
    let text = error.to_string();
    assert!(
        text.contains(
            "does not offer: hibob:connector/storage@0.9.0, run, wasi:filesystem/preopens@0.2.6, wasi:sockets/tcp@0.2.6"
        ),
        "{text}"
    );
    // If an interface is offered but a function of it is not, the engine names the function.
    let wat = r#"(component
        (import "wasi:cli/exit@0.2.6" (instance (export "leave" (func))))
        (instance $none)
        (export "hibob:connector/directory-sync@0.1.0" (instance $none)))"#;
    let Err(error) = load(&wat::parse_str(wat).unwrap()) else { panic!("the plugin was loaded") };
    assert!(error.to_string().contains("leave"), "{error}");
}

#[test]
fn a_plugin_of_the_present_contract_needs_one_right_manifest() {
    let with = |manifest: &str| {
        let wat = format!(
            r#"(component {manifest} (instance $none) (export "hibob:connector/directory-sync@0.3.0" (instance $none)))"#
        );
        let Err(error) = load(&wat::parse_str(wat).unwrap()) else { panic!("the plugin was loaded") };
        error.to_string()
    };
    let section = |json: &str| format!("(@custom \"hibob-connector-manifest\" {json:?})");
    let empty = r#"{"check":[],"plan":[],"apply":[]}"#;
    for (manifest, words) in [
        (String::new(), "has no manifest"),
        (section(empty) + &section(empty), "2 manifests"),
        (section("[]"), "its manifest cannot be read"),
        (
            section(r#"{"check":[],"plan":[{"role":"x","method":"GET","path":"/x","access":"read"}],"apply":[]}"#),
            "the role x",
        ),
        (section(empty), "does not have export"), // the manifest is right; the engine reports what is missing
    ] {
        let error = with(&manifest);
        assert!(error.contains(words), "{manifest}: {error}");
    }
}

/// Making a key, signing, trusting and no longer trusting, with the program itself.
#[test]
fn a_plugin_is_signed_trusted_and_run() {
    let shell = Shell::new();
    share_code(&shell.path("data"), PREVIOUS);
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    std::fs::write(shell.path("old.wasm"), PREVIOUS).unwrap();
    let code = |(exit, object): (i32, Value)| (exit, object["error"]["code"].as_str().map(str::to_owned));
    let refused = (2, Some("PLUGIN_NOT_TRUSTED".to_owned()));
    let check = || code(shell.json(&["check", "acme", "--plugin", "old.wasm"]));

    assert_eq!(check(), refused, "it is not trusted");
    let (_, object) = shell.json(&["plugin", "verify", "old.wasm"]);
    let remedy = object["error"]["remedy"].as_str().unwrap().to_owned();
    let digest = Package::new("", PREVIOUS, None).digest().to_string();
    assert!(
        remedy.contains(&format!("hibob plugin trust {digest}")) && remedy.contains("--allow-unsigned"),
        "{remedy}"
    );
    let output = shell.run(&["check", "acme", "--plugin", "old.wasm", "--allow-unsigned"]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("WARN") && log.contains("loading a plugin that is not trusted"), "{log}");

    let (exit, key) = shell.json(&["plugin", "key", "new", "a.key"]);
    let id = key["key"].as_str().unwrap();
    assert_eq!((exit, mode(&shell.path("a.key"))), (0, 0o600));
    assert_eq!(shell.json(&["plugin", "sign", "old.wasm", "--key", "a.key"]).0, 0);
    assert_eq!(check(), refused, "signed with a key that is not trusted");
    assert_eq!(
        shell.json(&["plugin", "trust", "a.key.pub"]),
        (0, serde_json::json!({ "trusted": format!("key {id}"), "new": true }))
    );
    let (exit, object) = shell.json(&["plugin", "verify", "old.wasm"]);
    assert_eq!(
        (exit, object["identity"]["key"].as_str(), object["identity"]["by"].as_str()),
        (0, Some(id), Some("signature"))
    );
    assert_eq!(check(), (0, None));
    assert_eq!(mode(&shell.path("data/trusted-plugins.toml")), 0o600);
    let (_, listed) = shell.json(&["plugin", "trust", "--list"]);
    assert_eq!(listed["keys"][0]["key"].as_str(), Some(id));

    // The signature is valid only for exactly these bytes.
    std::fs::write(shell.path("old.wasm"), [PREVIOUS, &[0, 2, 1, b'x']].concat()).unwrap();
    assert_eq!(check(), refused);
    let (_, object) = shell.json(&["plugin", "verify", "old.wasm"]);
    let remedy = object["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("do not use this file") && !remedy.contains("hibob plugin trust"), "{remedy}");
    std::fs::write(shell.path("old.wasm"), PREVIOUS).unwrap();
    assert_eq!(shell.json(&["plugin", "trust", "--remove", id]).0, 0);
    assert_eq!(shell.json(&["plugin", "trust", "--remove", id]).0, 2);
    assert_eq!(check(), refused);

    assert_eq!(shell.json(&["plugin", "trust", &digest]).0, 0);
    assert_eq!((check(), shell.json(&["plugin", "trust", "--remove", &digest]).0, check()), ((0, None), 0, refused));
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_tells_what_it_is_without_being_run() {
    let shell = Shell::new();
    std::fs::write(shell.path("old.wasm"), PREVIOUS).unwrap();
    let (exit, built_in) = shell.json(&["plugin", "inspect"]);
    assert_eq!(
        (exit, built_in["wit_version"].as_str(), built_in["identity"]["by"].as_str()),
        (0, Some("0.3"), Some("built-in"))
    );
    assert_eq!(
        built_in["manifest"]["plan"][0],
        serde_json::json!({ "role": "hibob", "method": "POST", "path": "/people/search", "access": "read" })
    );
    let (exit, old) = shell.json(&["plugin", "inspect", "old.wasm"]);
    assert_eq!(
        (exit, old["wit_version"].as_str(), old["identity"]["trusted"].as_bool()),
        (0, Some("0.1"), Some(false))
    );
    assert_eq!((&old["manifest"], old["size_bytes"].as_u64()), (&Value::Null, Some(PREVIOUS.len() as u64)));
    let text = String::from_utf8(shell.run(&["plugin", "inspect"]).stdout).unwrap();
    for line in [
        "identity   trusted: the built-in plugin",
        "wit        0.3",
        "exports    hibob:connector/directory-sync@0.3.0",
        "check      POST /people/search at hibob (read)",
        "           PATCH /Users/{id} at scim (write)",
        "references POST /people/search at hibob (read)",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
    }

    let strange = wat::parse_str(r#"(component (import "wasi:sockets/tcp@0.2.6" (instance (export "x" (func)))))"#);
    std::fs::write(shell.path("strange.wasm"), strange.unwrap()).unwrap();
    let (exit, strange) = shell.json(&["plugin", "inspect", "strange.wasm"]);
    assert_eq!((exit, strange["not_offered"][0].as_str()), (0, Some("wasi:sockets/tcp@0.2.6")));
    assert_eq!(shell.json(&["plugin", "inspect", "no.wasm"]).0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_plugin_is_loaded_beside_other_work() {
    let plugin = Plugin::load(runtime(), || Trust::built_in().admit(Package::embedded())).await.unwrap();
    assert_eq!(*plugin.identity(), Identity::BuiltIn);
    let refused = Plugin::load(runtime(), || Trust::built_in().admit(Package::new("x", PREVIOUS, None))).await;
    let Err(error) = refused else { panic!("the plugin was loaded") };
    assert_eq!(error.code(), "PLUGIN_NOT_TRUSTED");
}

/// The program finds damaged and foreign code in its folder of compiled code, and a folder that others can write to.
#[test]
fn the_program_does_not_run_code_that_is_not_its_own() {
    let _ = plugin();
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    // The test has its own folder of compiled code, since it damages it.
    let (compiled, key) = (shell.path("data/compiled"), shell.path("data/compiled.key"));
    std::fs::remove_dir_all(&compiled).unwrap();
    std::fs::remove_file(key).unwrap();
    make_private(&compiled);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let files = |folder: &Path| -> Vec<_> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
    };
    // Code that was sealed for another data directory.
    let digest = plugin().digest().trim_start_matches("sha256:").to_owned();
    for file in files(&cache_dir().join("compiled")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(&digest) {
            std::fs::copy(&file, compiled.join(name)).unwrap();
        }
    }
    let placed = files(&compiled);
    let before: Vec<_> = placed.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let output = shell.command(&["check", "acme"]).env("RUST_LOG", "warn").output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("compiled again: its seal does not verify"), "{log}");
    assert!(placed.iter().zip(before).any(|(path, before)| std::fs::read(path).unwrap() != before), "it was replaced");
    let output = shell.command(&["check", "acme"]).env("RUST_LOG", "warn").output().unwrap();
    assert!(!String::from_utf8(output.stderr).unwrap().contains("compiled again"));

    std::fs::set_permissions(&compiled, PermissionsExt::from_mode(0o750)).unwrap();
    let (exit, object) = shell.json(&["check", "acme"]);
    assert_eq!(exit, 2);
    assert!(object["error"]["remedy"].as_str().unwrap().contains("chmod 700"), "{object}");
}
