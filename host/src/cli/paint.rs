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
    /// The text in this color, if standard output is a terminal.
    pub(super) fn on_stdout(self, text: &str) -> String {
        self.paint(text, std::io::stdout().is_terminal())
    }

    /// The text in this color, if standard error is a terminal.
    pub(super) fn on_stderr(self, text: &str) -> String {
        self.paint(text, std::io::stderr().is_terminal())
    }

    fn paint(self, text: &str, terminal: bool) -> String {
        // https://no-color.org
        if terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
            format!("\u{1b}[{}m{text}\u{1b}[0m", self.0)
        } else {
            text.to_owned()
        }
    }
}
