//! Attacks by the structure of a component's file: it is refused when it is loaded, before any of it runs.

use super::arena::{Arena, growth, stopped};
use hibob_base::error::HostError;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_tests::setup::runtime;

/// Memory that other tests of this process may take at the same time, in bytes.
const OTHERS: u64 = 300 * 1024 * 1024;

/// Loads a component, given as text.
pub(super) fn load(text: &str) -> Result<Plugin, HostError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugin.wasm");
    // The export that every plugin has is added, so that the host goes on with its checks.
    let export = "(instance $e) (export \"hibob:connector/directory-sync@0.1.0\" (instance $e)))";
    let text = format!("{}{export}", text.strip_suffix(')').unwrap());
    std::fs::write(&file, wat::parse_str(text).unwrap()).unwrap();
    Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned())
}

/// Components nested this deep, each of which has two instances of the inner one.
pub(super) fn doubling(depth: usize) -> String {
    let mut text = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..=depth {
        let within = level - 1;
        let twice = format!("(instance (instantiate $c{within})) (instance (instantiate $c{within}))");
        text = format!("(component $c{level} {text} {twice})");
    }
    format!("(component {text} (instance (instantiate $c{depth})))")
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_not_loaded() {
    let instance = "(core instance (instantiate $m))";
    let one = "(component (core module $m MODULE) (core instance (instantiate $m)))";
    let many = |number: usize, what: &str| one.replace("MODULE", &what.repeat(number));
    let bombs = [
        (many(1, "(memory 65536)"), "which exceeds the limit of 0x40000000 bytes"),
        (many(1, "(memory i64 1000000)"), "which exceeds the limit of 0x40000000 bytes"),
        (many(2, "(memory 1)"), "memories count of 2 exceeds"),
        (many(1, "(table 10000000 funcref)"), "which exceeds the limit of 20000"),
        (many(9, "(table 1 funcref)"), "tables count of 9 exceeds"),
        (format!("(component (core module $m) {})", instance.repeat(17)), "17 core module instances"),
        (doubling(5), "32 core module instances"),
        (doubling(18), "more than 256 instances"),
        (format!("(component (core module $m) {})", instance.repeat(300)), "more than 256 instances"),
    ];
    let arena = Arena::new().await;
    for (bomb, words) in &bombs {
        let (result, grown) = growth(arena.beside(async || load(bomb).map(|_| ()))).await;
        stopped(result, "CONFIGURATION", words);
        assert!(grown < OTHERS, "{grown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_that_the_host_does_not_offer_are_named() {
    let arena = Arena::new().await;
    for import in [
        "wasi:sockets/tcp@0.2.0",
        "wasi:sockets/ip-name-lookup@0.2.0",
        "wasi:filesystem/preopens@0.2.0",
        "wasi:filesystem/types@0.2.0",
        "wasi:clocks/wall-clock@0.2.0",
        "wasi:random/random@0.2.0",
        "hibob:connector/secrets@0.1.0",
        "hibob:connector/storage@0.9.0",
    ] {
        let text = format!("(component (import \"{import}\" (instance (export \"f\" (func)))))");
        stopped(arena.beside(async || load(&text).map(|_| ())).await, "CONFIGURATION", import);
    }
}
