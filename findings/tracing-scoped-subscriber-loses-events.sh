#!/usr/bin/env bash
# tracing 0.1.44 with tracing-core 0.1.36: while one scoped subscriber is the only one in the process, an event is lost
# to it if a thread without a subscriber has met the event's callsite first.
#
# A test installs a subscriber for its own thread (`tracing::subscriber::with_default`) and counts events. Another thread
# of the process, which has no subscriber, runs the same code first. One would expect that the first thread's
# subscriber still gets its own thread's events: it is asked for its interest in each callsite.
#
# Seen: with one scoped subscriber alive, the callsite is registered with the interest of the *current* thread's
# default, which on the other thread is none: "never", kept for all threads. The subscriber gets 0 of 1 events. With a
# second scoped subscriber alive anywhere, both are asked, and it gets 1 of 1. So tests that count events pass or fail by
# what else runs beside them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "seen"
version = "0.0.0"
edition = "2024"

[dependencies]
tracing = { version = "=0.1.44", default-features = false, features = ["std"] }
tracing-core = { version = "=0.1.36", default-features = false, features = ["std"] }
TOML
cat > src/main.rs <<'RUST'
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Subscriber for Counter {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn first() {
    tracing::info!("an event of the first callsite");
}

fn second() {
    tracing::info!("an event of the second callsite");
}

/// How many of one event arrive, if another thread has run the same code before.
fn arrived(code: fn()) -> usize {
    let counter = Counter::default();
    tracing::subscriber::with_default(counter.clone(), || {
        std::thread::spawn(code).join().unwrap();
        code();
    });
    counter.0.load(Ordering::SeqCst)
}

fn main() {
    println!("alone: {}", arrived(first));
    let another = tracing::Dispatch::new(Counter::default());
    println!("beside another subscriber: {}", arrived(second));
    drop(another);
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
expected="alone: 0
beside another subscriber: 1"
if [ "$seen" != "$expected" ]; then
    echo "this has changed; expected:" >&2
    echo "$expected" >&2
    exit 1
fi
