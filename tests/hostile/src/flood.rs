//! Attacks that do harmless things too often or with too much data.

use crate::bindings::hibob::connector::{log, progress};
use std::io::Write;
use wasi::clocks::monotonic_clock;
use wasi::http::types::Headers;
use wasi::io::poll;

/// Writes `lines` lines of `length` characters to the log.
pub(crate) fn log(lines: usize, length: usize) -> Vec<String> {
    let line = "x".repeat(length);
    for _ in 0..lines {
        log::write(log::Level::Info, &line);
    }
    vec![format!("{lines} lines")]
}

/// Writes a text to the log and as a progress report.
pub(crate) fn say_aside(text: &str) -> Vec<String> {
    log::write(log::Level::Error, text);
    progress::report(text, 1, None);
    Vec::new()
}

/// Writes to the standard error without an end.
pub(crate) fn standard_error() -> ! {
    let line = [b'x'; 1_000];
    loop {
        let _ = std::io::stderr().write_all(&line);
    }
}

/// Reports progress in a phase whose name has so many bytes.
pub(crate) fn long_phase(bytes: usize) -> Vec<String> {
    let phase = "x".repeat(bytes);
    progress::report(&phase, 1, None);
    vec![format!("{bytes} bytes")]
}

/// Makes the host keep so many lists of headers, each with so many bytes.
pub(crate) fn handles(number: usize, bytes: usize) -> Vec<String> {
    let value = vec![b'x'; bytes / 20];
    let mut kept = Vec::new();
    for _ in 0..number {
        let headers = Headers::new();
        for name in 0..20 {
            let _ = headers.append(&format!("x-{name}"), &value);
        }
        kept.push(headers);
    }
    vec![format!("{} lists of headers", kept.len())]
}

/// Waits for so many timers at once, all in the far future.
pub(crate) fn pollables(number: usize) -> Vec<String> {
    let waits: Vec<_> = (0..number).map(|_| monotonic_clock::subscribe_duration(u64::MAX)).collect();
    let all: Vec<_> = waits.iter().collect();
    poll::poll(&all);
    vec![format!("{number} waits")]
}

/// Returns the environment variables and arguments that it finds.
pub(crate) fn environment() -> Vec<String> {
    let variables = std::env::vars().map(|(name, value)| format!("{name}={value}"));
    variables.chain(std::env::args()).collect()
}
