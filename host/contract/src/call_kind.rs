//! The kinds of call into a plugin.

/// The kinds of call, which differ in what they may do and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `check`.
    Check,
    /// `plan`, and reading the plan.
    Plan,
    /// `apply`.
    Apply,
    /// Any function of `offboarding-references`.
    References,
}

impl CallKind {
    /// The word in the manifest, in metrics and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::References => "references",
        }
    }
}
