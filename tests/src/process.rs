//! Measures memory and processor time of processes.

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often the peak of a process's memory is read.
const LOOK: Duration = Duration::from_millis(10);

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

/// What the run of a program took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// By the clock.
    pub wall: Duration,
    /// Of all its threads, in steps of 10 milliseconds.
    pub processor: Duration,
    /// The most memory that it has had, in KiB.
    pub peak_kib: u64,
    /// How it ended.
    pub status: ExitStatus,
}

/// Waits for a program that was just started.
///
/// # Panics
/// It cannot be waited for.
pub fn took(mut child: Child) -> Took {
    let start = Instant::now();
    let id = child.id();
    let has_ended = AtomicBool::new(false);
    let (mut peak_kib, mut wall) = (0, Duration::ZERO);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // It has ended and is not reaped, so its times can be read.
            let pid = Pid::from_raw(id.cast_signed()).unwrap();
            waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
            wall = start.elapsed();
            has_ended.store(true, Ordering::SeqCst);
        });
        while !has_ended.load(Ordering::SeqCst) {
            peak_kib = peak_of(id).unwrap_or(peak_kib);
            std::thread::sleep(LOOK);
        }
    });
    let processor = processor_time_of(id);
    Took { wall, processor, peak_kib, status: child.wait().unwrap() }
}
