//! Measures memory and processor time of processes.

use std::time::Duration;

/// Clock ticks per second in `/proc` (proc(5), `sysconf(_SC_CLK_TCK)`): always 100 on Linux.
const TICKS: u64 = 100;

/// The number in a line of this process's `/proc/self/status`, such as `VmRSS` (in KiB) or `Threads`.
pub fn status(name: &str) -> u64 {
    status_of(std::process::id(), name)
}

/// The number in a line of another process's status, see [`status`].
pub fn status_of(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// The most memory that another process has had so far, in KiB (`VmHWM`); none if it has ended.
pub fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The processor time that all threads of a process have taken so far, in steps of 10 milliseconds.
pub fn processor_time_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The process's name, in brackets, may have any character. User and system time are the 12th and 13th field after
    // it.
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1_000 / TICKS)
}
