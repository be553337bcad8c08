//! Keeps what is in this process's memory to this process.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on other processes of the same user can neither read this one's memory nor the environment that it was
/// started with, and a crash leaves no core file.
///
/// # Errors
/// The system refuses it.
pub(super) fn close() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}
