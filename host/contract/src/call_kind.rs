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
    /// The name of the kind in manifests and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::References => "references",
        }
    }

    /// What a plugin does in a call of this kind, in messages.
    pub fn work(self) -> &'static str {
        match self {
            Self::Check => "checking",
            Self::Plan => "making a plan",
            Self::Apply => "making a change",
            Self::References => "reading leavers",
        }
    }
}
