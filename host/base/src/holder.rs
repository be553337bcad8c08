//! How a process is named as the holder of a lease, in messages for people.

/// This process, its machine and the time: `process 4711 on sync-2 since 2026-11-22 02:00:00 UTC`.
pub fn this_process() -> String {
    let machine = hostname::get().ok().and_then(|name| name.into_string().ok());
    let now = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S UTC");
    format!("process {} on {} since {now}", std::process::id(), machine.as_deref().unwrap_or("this machine"))
}
