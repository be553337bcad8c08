//! Colors for terminals, and removal of control characters from data, so that a terminal does not obey them.

pub(super) use hibob_base::text::clean;
use std::io::IsTerminal;

/// A color.
#[derive(Clone, Copy)]
pub(super) struct Color(&'static str);

pub(super) const RED: Color = Color("31");
pub(super) const GREEN: Color = Color("32");
pub(super) const YELLOW: Color = Color("33");
pub(super) const CYAN: Color = Color("36");
pub(super) const BOLD: Color = Color("1");
pub(super) const DIM: Color = Color("2");

impl Color {
    /// The text in this color, if standard output shows colors.
    pub(super) fn on_stdout(self, text: &str) -> String {
        self.paint(text, is_stdout_colored())
    }

    /// The text in this color, if standard error shows colors.
    pub(super) fn on_stderr(self, text: &str) -> String {
        self.paint(text, is_stderr_colored())
    }

    fn paint(self, text: &str, colored: bool) -> String {
        if colored { format!("\u{1b}[{}m{text}\u{1b}[0m", self.0) } else { text.to_owned() }
    }
}

/// Whether standard output shows colors.
pub(super) fn is_stdout_colored() -> bool {
    std::io::stdout().is_terminal() && is_color_wanted()
}

/// Whether standard error shows colors, and a progress bar.
pub(super) fn is_stderr_colored() -> bool {
    std::io::stderr().is_terminal() && is_color_wanted()
}

/// By <https://no-color.org>, and by the name that terminals without control sequences have.
fn is_color_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
