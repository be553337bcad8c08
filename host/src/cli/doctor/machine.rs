//! Checks of the machine: clock, time zones, disk, keys, certificates, proxies.

use super::Finding;
use hibob_base::clock::now_unix_seconds;
use hibob_config::tenant::TenantConfig;
use hibob_config::zone;
use hibob_net::tls;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time before this program was written, in Unix seconds: the beginning of 2026. A clock that shows an earlier one is
/// wrong.
const EARLIEST_UNIX_SECONDS: u64 = 1_767_225_600;

/// How far the clocks of this machine and of the database may be apart, in seconds.
const CLOCKS_APART_SECONDS_MAX: u64 = 5;

/// How far ahead of the clock a file may have been written before the clock counts as set back.
const SET_BACK: Duration = Duration::from_secs(60);

/// Free space below which nothing should be started, in bytes.
const FREE_BYTES_MIN: u64 = 64 << 20;

/// Free space below which somebody should make room, in bytes.
const FREE_BYTES_WARN: u64 = 1 << 30;

/// The variables that name a proxy to other programs.
const PROXY_VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];

const SET_CLOCK: &str = "set the clock, and let a time service such as chrony keep it right";

/// Whether the clock shows a time that can be right.
pub(super) fn clock(data: &Path) -> Vec<Finding> {
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let shown = chrono::DateTime::from_timestamp(seconds.cast_signed(), 0).unwrap_or_default();
    let shown = shown.format("%Y-%m-%d %H:%M:%S UTC");
    if seconds < EARLIEST_UNIX_SECONDS {
        return vec![Finding::fail("clock", format!("it shows {shown}, which is past"), SET_CLOCK)];
    }
    let written =
        ["control.db", "control.db-wal"].map(|name| std::fs::metadata(data.join(name)).and_then(|of| of.modified()));
    if written.into_iter().flatten().any(|written| written > now + SET_BACK) {
        let message = format!("it shows {shown}, and the database was written later than that: it was set back");
        return vec![Finding::fail("clock", message, SET_CLOCK)];
    }
    vec![Finding::ok("clock", format!("it shows {shown}"))]
}

/// Whether the database's clock shows the same time; it decides about leases and due times.
pub(super) fn clock_of_database(database_unix_seconds: i64) -> Finding {
    let apart = now_unix_seconds().cast_signed().abs_diff(database_unix_seconds);
    if apart <= CLOCKS_APART_SECONDS_MAX {
        return Finding::ok("clock", format!("the database's clock is {apart} s apart"));
    }
    let message = format!("the database's clock and this machine's are {apart} s apart");
    Finding::fail("clock", message, "set both clocks by the same time service")
}

/// Which time zones are known.
pub(super) fn time_zones() -> Finding {
    Finding::ok("time zones", format!("the data that count are {}", zone::data()))
}

/// Whether there is room in the data directory, and whether it can be written to.
pub(super) fn disk(data: &Path) -> Vec<Finding> {
    let shown = data.display();
    let room = match rustix::fs::statvfs(data) {
        Ok(disk) => room(disk.f_bavail.saturating_mul(disk.f_frsize), data),
        Err(error) => Finding::fail("disk", format!("{shown}: {error}"), "check that the disk is mounted"),
    };
    let written =
        tempfile::tempfile_in(data).and_then(|mut file| file.write_all(b"doctor").and_then(|()| file.sync_all()));
    let written = match written {
        Ok(()) => Finding::ok("disk", format!("{shown} can be written to")),
        Err(error) => Finding::fail(
            "disk",
            format!("{shown} cannot be written to: {error}"),
            "run it as the directory's owner, or make room on the disk",
        ),
    };
    vec![room, written]
}

fn room(free_bytes: u64, data: &Path) -> Finding {
    let message = format!("{} MiB are free in {}", free_bytes >> 20, data.display());
    match free_bytes {
        0..FREE_BYTES_MIN => Finding::fail("disk", message, "make room before the next run"),
        FREE_BYTES_MIN..FREE_BYTES_WARN => Finding::warn("disk", message, "make room soon"),
        _ => Finding::ok("disk", message),
    }
}

/// Whether the directory and the keys in it are for their owner only.
pub(super) fn modes(data: &Path, trusted_group: Option<u32>) -> Vec<Finding> {
    let entries = match std::fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("{} cannot be read: {error}", data.display());
            return vec![Finding::fail("keys", message, "run it as the directory's owner")];
        }
    };
    let is_key = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".key"));
    let keys: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_key(path)).collect();
    let mut findings = Vec::new();
    let shown = data.display();
    let mode = |path: &Path| mode(path, trusted_group);
    let of_folder = mode(data);
    if of_folder & 0o022 != 0 {
        let message = format!("others can put files into {shown} (mode {of_folder:o})");
        findings.push(Finding::fail("keys", message, format!("chmod 700 {shown}")));
    } else if of_folder & 0o055 != 0 {
        let message = format!("others can see which files are in {shown} (mode {of_folder:o})");
        findings.push(Finding::warn("keys", message, format!("chmod 700 {shown}")));
    }
    for (path, mode) in keys.iter().map(|path| (path, mode(path))).filter(|(_, mode)| mode & 0o077 != 0) {
        findings.push(Finding::fail(
            "keys",
            format!("{} can be used by others (mode {mode:o})", path.display()),
            format!("chmod 600 {}; if others may have read it, make a new one: hibob secret rotate", path.display()),
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("keys", format!("{shown} and its {} keys are for their owner only", keys.len())));
    }
    findings
}

/// The mode of a file or folder, without its kind and without what a trusted group may do; 0 if there is none.
fn mode(path: &Path, trusted_group: Option<u32>) -> u32 {
    let Ok(metadata) = std::fs::metadata(path) else { return 0 };
    let allowed = if trusted_group == Some(metadata.gid()) { 0o070 } else { 0 };
    metadata.mode() & 0o777 & !allowed
}

/// Whether the platform has certificates by which servers can be checked.
pub(super) fn certificates() -> Finding {
    match tls::platform_certificates() {
        0 => Finding::fail(
            "certificates",
            "this machine has no certificates of authorities, so no server can be checked",
            "install them (Debian: ca-certificates), or name a file in network.ca_file of the tenant's file",
        ),
        number => Finding::ok("certificates", format!("{number} authorities of certificates are trusted")),
    }
}

/// Whether the certificates that a tenant adds can be read.
pub(super) fn ca_file(config: &TenantConfig) -> Option<Finding> {
    let path = config.network.ca_file.as_ref()?;
    Some(match tls::ca_certificates(path) {
        Ok(found) => Finding::ok(
            "certificates",
            format!("tenant {} trusts {} more of {}", config.id, found.len(), path.display()),
        ),
        Err(what) => Finding::fail(
            "certificates",
            format!("tenant {}: {what}", config.id),
            "name a file with certificates in PEM, or leave network.ca_file out",
        ),
    })
}

/// Which variables name a proxy, none of which is used.
pub(super) fn proxies(variable: impl Fn(&str) -> Option<OsString>) -> Vec<Finding> {
    let set: Vec<&str> =
        PROXY_VARIABLES.into_iter().filter(|name| variable(name).is_some_and(|value| !value.is_empty())).collect();
    if set.is_empty() {
        return vec![Finding::ok("proxy", "no variable names one")];
    }
    vec![Finding::warn(
        "proxy",
        format!("{} is set, and not used: this program connects to the services itself", set.join(", ")),
        "let this machine reach app.hibob.com, TravelPerk and the mail server on their ports without a proxy",
    )]
}
