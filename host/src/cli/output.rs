//! The only place that writes to standard output and standard error. Nothing here panics: what cannot be written is
//! dropped, and [`exit_code`] says what becomes of the command.
//!
//! The macros `out!`, `outln!`, `err!` and `errln!` take what `println!` takes.

use super::access::Access;
use super::paint::{CYAN, RED};
use hibob_base::error::Exit;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Writes to standard output.
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::output::to_stdout(format_args!($($text)*), "") };
}

/// Writes a line to standard output.
macro_rules! outln {
    ($($text:tt)*) => { $crate::cli::output::to_stdout(format_args!($($text)*), "\n") };
}

/// Writes to standard error.
macro_rules! err {
    ($($text:tt)*) => { $crate::cli::output::to_stderr(format_args!($($text)*), "") };
}

/// Writes a line to standard error.
macro_rules! errln {
    ($($text:tt)*) => { $crate::cli::output::to_stderr(format_args!($($text)*), "\n") };
}

/// What can still be written to standard output.
enum Stdout {
    /// Everything so far was written.
    Open,
    /// The reader has gone away, as `head` does. Nothing more is written.
    Closed,
    /// Writing failed, and this is why. Nothing more is written.
    Failed(String),
}

static STDOUT: Mutex<Stdout> = Mutex::new(Stdout::Open);

/// Is notified when standard output can no longer be written to.
static LOST: Notify = Notify::const_new();

/// Writes to standard output, unless an earlier write has failed.
pub(super) fn to_stdout(text: Arguments<'_>, end: &str) {
    let mut state = STDOUT.lock().unwrap_or_else(PoisonError::into_inner);
    if !matches!(*state, Stdout::Open) {
        return;
    }
    let mut stdout = io::stdout().lock();
    if let Err(error) = write!(stdout, "{text}{end}").and_then(|()| stdout.flush()) {
        *state = match error.kind() {
            ErrorKind::BrokenPipe => Stdout::Closed,
            _ => Stdout::Failed(error.to_string()),
        };
        LOST.notify_one();
    }
}

/// Waits until standard output can no longer be written to.
pub(super) async fn lost() {
    LOST.notified().await;
}

/// How a command ended by itself.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    /// With this exit code.
    With(Exit),
    /// With an error of this exit code.
    Failed(Exit),
}

/// The exit code of the program, from how the command ended and from what became of standard output. If that could not
/// be written, standard error says so.
pub(super) fn exit_code(access: Access, ended: Ended) -> Exit {
    let (Ended::With(exit) | Ended::Failed(exit)) = ended;
    let state = STDOUT.lock().unwrap_or_else(PoisonError::into_inner);
    match &*state {
        Stdout::Open => exit,
        Stdout::Closed => match (access, ended) {
            // Whoever reads has read enough, and nothing else was wanted.
            (Access::Reads, Ended::With(_)) => Exit::Done,
            _ => exit,
        },
        Stdout::Failed(why) => {
            errln!("{}: standard output cannot be written: {why} ({OUTPUT_FAILED})", RED.on_stderr("error"));
            errln!("{}: {}", CYAN.on_stderr("help"), access.after_lost_output());
            // What had stopped the command counts for more.
            if matches!(ended, Ended::With(Exit::Done | Exit::SomeFailed)) { Exit::Failed } else { exit }
        }
    }
}

/// The code of the error that standard output could not be written.
const OUTPUT_FAILED: &str = "OUTPUT_FAILED";

/// Writes to standard error. A failure is dropped: there is no other place to report it to.
pub(super) fn to_stderr(text: Arguments<'_>, end: &str) {
    let _ = write!(io::stderr().lock(), "{text}{end}");
}

/// Standard error for the log. It never fails, because the log's own report of a failure would be written there too.
pub(super) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().lock().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
