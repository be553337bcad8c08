//! A progress bar on standard error, where that is a terminal that can show one.

use super::paint::is_stderr_colored;
use hibob_base::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows how far a job is.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that shows nothing yet.
    pub(super) fn new() -> Self {
        let bar = if is_stderr_colored() { ProgressBar::no_length() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:>10} [{bar:30}] {human_pos}/{human_len} {eta}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Removes the bar.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn report(&self, phase: &str, done: u64, total: Option<u64>) {
        let phase = super::paint::clean(phase);
        if self.0.message() != phase {
            self.0.reset();
            self.0.set_message(phase);
        }
        match total {
            Some(total) => self.0.set_length(total),
            None => self.0.unset_length(),
        }
        self.0.set_position(done);
    }
}
