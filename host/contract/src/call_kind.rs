//! The kinds of calls of a plugin.

/// The kind of a call of a plugin. Kinds differ in what the call may do and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `check`.
    Check,
    /// `plan`, with reading the plan.
    Plan,
    /// `apply`.
    Apply,
    /// Any function of `offboarding-references`.
    References,
}

impl CallKind {
    /// The name of the kind in manifests, metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::References => "references",
        }
    }
}
