//! Everything that a plugin may import. There are no sockets, no files and none of the host's environment among it.

use crate::bindings::{log, progress, storage, v0_1, v0_2};
use crate::state::CallState;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings as wasi;
use wasmtime_wasi::random::WasiRandom;

/// The interfaces that [`linker`] defines, each with its versions. An import fits if its version has the same major and
/// minor number.
const OFFERED: &[(&str, &[&str])] = &[
    ("hibob:connector/types", &["0.1", "0.2", "0.3"]),
    ("hibob:connector/storage", &["0.1", "0.2", "0.3"]),
    ("hibob:connector/progress", &["0.1", "0.2", "0.3"]),
    ("hibob:connector/log", &["0.1", "0.2", "0.3"]),
    ("wasi:http/types", &["0.2"]),
    ("wasi:http/outgoing-handler", &["0.2"]),
    ("wasi:io/error", &["0.2"]),
    ("wasi:io/poll", &["0.2"]),
    ("wasi:io/streams", &["0.2"]),
    ("wasi:clocks/monotonic-clock", &["0.2"]),
    ("wasi:clocks/wall-clock", &["0.2"]),
    ("wasi:random/random", &["0.2"]),
    ("wasi:random/insecure-seed", &["0.2"]),
    ("wasi:cli/environment", &["0.2"]),
    ("wasi:cli/exit", &["0.2"]),
    ("wasi:cli/stdin", &["0.2"]),
    ("wasi:cli/stdout", &["0.2"]),
    ("wasi:cli/stderr", &["0.2"]),
    ("wasi:cli/terminal-input", &["0.2"]),
    ("wasi:cli/terminal-output", &["0.2"]),
    ("wasi:cli/terminal-stdin", &["0.2"]),
    ("wasi:cli/terminal-stdout", &["0.2"]),
    ("wasi:cli/terminal-stderr", &["0.2"]),
];

/// The imports that this host does not offer.
pub(super) fn missing(imports: &[String]) -> Vec<String> {
    imports.iter().filter(|import| !is_offered(import)).cloned().collect()
}

fn is_offered(import: &str) -> bool {
    let Some((name, version)) = import.split_once('@') else { return false };
    let fits = |offered: &str| version.strip_prefix(offered).is_some_and(|rest| rest.starts_with('.'));
    OFFERED.iter().any(|(offered, versions)| *offered == name && versions.iter().any(|version| fits(version)))
}

/// A linker that defines all of them.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    wasmtime_wasi_http::p2::add_to_linker_async(l)?;
    wasi::random::insecure_seed::add_to_linker::<CallState, WasiRandom>(l, |state| state.ctx().ctx.random())?;
    wasi::cli::environment::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::exit::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_input::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_output::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<CallState, WasiCli>(l, CallState::cli)?;
    storage::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    progress::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    log::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    v0_1::hibob::connector::storage::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    v0_1::hibob::connector::progress::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    v0_1::hibob::connector::log::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    v0_2::hibob::connector::storage::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    v0_2::hibob::connector::progress::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    v0_2::hibob::connector::log::add_to_linker::<CallState, HasSelf<CallState>>(l, |state| state)?;
    Ok(linker)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An item of each interface. `types` has only types, which need no definition.
    const ITEMS: &[(&str, &str)] = &[
        ("hibob:connector/storage", "scan"),
        ("hibob:connector/progress", "report"),
        ("hibob:connector/log", "write"),
        ("wasi:http/types", "fields"),
        ("wasi:http/outgoing-handler", "handle"),
        ("wasi:io/error", "error"),
        ("wasi:io/poll", "poll"),
        ("wasi:io/streams", "input-stream"),
        ("wasi:clocks/monotonic-clock", "now"),
        ("wasi:clocks/wall-clock", "now"),
        ("wasi:random/random", "get-random-bytes"),
        ("wasi:random/insecure-seed", "insecure-seed"),
        ("wasi:cli/environment", "get-environment"),
        ("wasi:cli/exit", "exit"),
        ("wasi:cli/stdin", "get-stdin"),
        ("wasi:cli/stdout", "get-stdout"),
        ("wasi:cli/stderr", "get-stderr"),
        ("wasi:cli/terminal-input", "terminal-input"),
        ("wasi:cli/terminal-output", "terminal-output"),
        ("wasi:cli/terminal-stdin", "get-terminal-stdin"),
        ("wasi:cli/terminal-stdout", "get-terminal-stdout"),
        ("wasi:cli/terminal-stderr", "get-terminal-stderr"),
    ];

    /// A linker does not say what it has, but refuses to define an item twice.
    #[test]
    fn every_offered_interface_is_defined() {
        let engine = Engine::default();
        let linker = linker(&engine).unwrap();
        for (name, versions) in OFFERED.iter().filter(|(name, _)| *name != "hibob:connector/types") {
            let (_, item) = ITEMS.iter().find(|(interface, _)| interface == name).unwrap();
            for version in *versions {
                let is_defined = |patch| {
                    let mut linker = linker.clone();
                    let mut instance = linker.instance(&format!("{name}@{version}.{patch}")).unwrap();
                    instance.func_wrap(item, |_, (): ()| Ok(())).is_err()
                };
                assert!((0..32).any(is_defined), "{name}@{version}");
            }
        }
    }

    #[test]
    fn imports_that_are_not_offered_are_named() {
        let imports = [
            "hibob:connector/storage@0.3.0",
            "hibob:connector/storage@0.4.0",
            "hibob:connector/storage@0.30.0",
            "hibob:connector/storage",
            "wasi:http/types@0.2.99",
            "wasi:http/types@0.3.0",
            "wasi:sockets/tcp@0.2.6",
            "run",
        ];
        let imports = imports.map(str::to_owned);
        let named = missing(&imports);
        assert_eq!(named, [&imports[1..4], &imports[5..]].concat());
    }
}
