//! The only place that writes to standard output and standard error. Nothing here panics: what cannot be written is
//! dropped, and the state of standard output says why.
//!
//! The macros `out!`, `outln!`, `err!` and `errln!` take what `println!` takes.

use std::fmt::Arguments;
use std::io::{self, Write};

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

/// Writes to standard output. A failure is dropped.
pub(super) fn to_stdout(text: Arguments<'_>, end: &str) {
    let mut stdout = io::stdout().lock();
    let _ = write!(stdout, "{text}{end}").and_then(|()| stdout.flush());
}

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
