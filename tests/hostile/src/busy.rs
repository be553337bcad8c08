//! Attacks that use up time or memory, or end abruptly.

use crate::bindings::hibob::connector::progress;
use std::hint::black_box;
use wasi::clocks::monotonic_clock;

/// Computes without an end.
pub(crate) fn endless_loop() -> ! {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}

/// Calls the host without an end.
pub(crate) fn endless_host_calls() -> ! {
    loop {
        progress::report("employees", black_box(1), None);
    }
}

/// Waits for a time in the far future.
pub(crate) fn endless_wait() -> ! {
    loop {
        monotonic_clock::subscribe_duration(u64::MAX).block();
    }
}

/// Waits a millisecond at a time, without an end.
pub(crate) fn endless_short_waits() -> ! {
    loop {
        monotonic_clock::subscribe_duration(1_000_000).block();
    }
}

/// Allocates memory until there is no more.
pub(crate) fn memory() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 1024 * 1024]);
        black_box(&kept);
    }
}

/// Calls itself without an end. It adds something to the result, so that the compiler cannot turn the call into a loop.
#[expect(unconditional_recursion, reason = "it is the attack")]
pub(crate) fn recursion(depth: u64) -> u64 {
    let here = black_box([depth; 8]);
    recursion(depth + 1) + here.iter().sum::<u64>()
}

/// Calls `exit`, as a program would.
pub(crate) fn exit() -> ! {
    std::process::exit(0)
}

/// Panics, as broken code would.
#[expect(clippy::panic, reason = "it is the attack")]
pub(crate) fn fail(message: &str) -> ! {
    panic!("{message}")
}
