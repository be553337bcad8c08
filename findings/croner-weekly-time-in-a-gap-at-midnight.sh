#!/usr/bin/env bash
# croner 4.0.3 (crate): a weekly time that falls into a gap of the clock just before midnight is not moved to the
# first minute after the gap, as a daily one is, but lost until the next week. In Nuuk the clock goes from 23:00 to 24:00
# on Saturday, 28 March 2026, so that the time `30 23 * * SAT` of that day does not exist.
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"
[workspace]
[dependencies]
chrono = { version = "=0.4.45", default-features = false, features = ["std"] }
chrono-tz = { version = "=0.10.4", default-features = false }
croner = "=4.0.3"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use chrono::{DateTime, Utc};
use croner::parser::CronParser;

fn next(expression: &str) -> String {
    let from: DateTime<Utc> = "2026-03-28T12:00:00Z".parse().unwrap();
    let cron = CronParser::builder().build().parse(expression).unwrap();
    cron.find_next_occurrence(&from.with_timezone(&chrono_tz::America::Nuuk), false).unwrap().to_string()
}

fn main() {
    println!("30 23 * * *    {}", next("30 23 * * *"));
    println!("30 23 * * SAT  {}", next("30 23 * * SAT"));
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/output"
echo "croner 4.0.3"
# The daily time moves to the first minute after the gap; the weekly one comes a week later.
grep -q '^30 23 \* \* \*  *2026-03-29 00:00:00 -01$' "$folder/output"
grep -q '^30 23 \* \* SAT  *2026-04-04 23:30:00 -01$' "$folder/output"
