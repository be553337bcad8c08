//! The errors of the host. A variant says who can act on it next; each has an error code, a remedy and an exit code.

use hibob_contract::types::{Finding, JobError, Side, SideError};
use hibob_policy::over::Over;
use thiserror::Error;

/// Declares [`Exit`] together with the texts of each code, so that none can be left out.
macro_rules! exits {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, status $status:literal, label $label:literal, help $help:literal;)+) => {
        /// The exit codes of `hibob`. `docs/use/exit-codes.md` is their table for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Exit { $($(#[doc = $doc])+ $name = $code),+ }

        impl Exit {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The status of a run with this code, in the history.
            pub fn status(self) -> &'static str {
                match self { $(Self::$name => $status),+ }
            }

            /// The label of this code in metrics and spans.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }

            /// The explanation of this code in the help.
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => $help),+ }
            }
        }
    };
}

exits! {
    /// Done.
    Done = 0, status "done", label "done", help "done";
    /// Done, with errors for some employees; or a reference is not accepted.
    SomeFailed = 1, status "done with errors", label "some-failed",
        help "done with errors for some employees, or a reference is not accepted";
    /// The command or the configuration is wrong.
    Usage = 2, status "failed", label "configuration", help "usage or configuration";
    /// A safety check stopped it.
    Held = 3, status "held", label "held", help "stopped by a safety check";
    /// The other side refused the credentials.
    Refused = 4, status "refused", label "credentials-refused", help "the other side refused the credentials";
    /// The other side failed.
    Failed = 5, status "failed", label "failed", help "the other side failed";
    /// A plan waits for a person's approval, and nothing of it was applied.
    Waiting = 6, status "waiting for approval", label "waiting-for-approval", help "a plan waits for approval";
    /// Another run of the tenant goes on, and nothing was done.
    Busy = 7, status "busy", label "busy", help "another run of the tenant goes on";
    /// A person interrupted it; somebody resumes or abandons what is left of its plan.
    Interrupted = 8, status "interrupted", label "interrupted", help "a person interrupted it; resume or abandon";
    /// A reference is genuine, and whether its issuer took it back is unknown.
    StatusUnknown = 10, status "status unknown", label "status-unknown",
        help "a reference is genuine, but whether it was taken back is unknown";
    /// A reference's claims are signed, and the page that shows them was saved anew by another program.
    SavedAnew = 11, status "saved anew", label "saved-anew",
        help "a reference's page was saved anew; its signed claims are shown";
}

impl Exit {
    /// The exit code of this number, if there is one.
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|exit| i64::from(*exit as u8) == number)
    }
}

/// The code of [`HostError::Storage`].
pub const STORAGE_FAILED: &str = "STORAGE_FAILED";

/// The code of [`HostError::LockLost`].
pub const LOCK_LOST: &str = "LOCK_LOST";

/// The plugin's code for a sync whose admin, who had enabled it, has left: of a finding, or of an error.
pub const ENABLED_BY_INACTIVE: &str = "ENABLED_BY_INACTIVE";

/// The plugin's error code for a listing that is not shown to be complete, and the code of [`HostError::Incomplete`].
const LISTING_INCOMPLETE: &str = "LISTING_INCOMPLETE";

/// The code of [`HostError::AlreadyRunning`].
pub const ALREADY_RUNNING: &str = "ALREADY_RUNNING";

/// A setting of a tenant's file that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// The path of the key or table, such as `sync.details`; empty for the whole file.
    pub key: String,
    /// The file, with the line if it is known; `None` if the configuration does not come from a file.
    pub place: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// What is wrong. It names the key.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

impl std::fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// What went wrong. [`HostError::remedy`] says what to do about it.
#[derive(Debug, Error)]
pub enum HostError {
    /// Settings of a tenant are wrong, and nothing was stored. There is at least one.
    #[error("{}", joined(.0, ToString::to_string))]
    Settings(Vec<WrongSetting>),
    /// A file, an argument or a setting is wrong; the operator has to correct it.
    #[error("{message}")]
    Configuration {
        /// What is wrong, naming the file and line or the setting.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// The tenant is disabled, or the admin who enabled it has left. Somebody has to enable it again.
    #[error("{message}")]
    Disabled {
        /// The error code: stable, in capitals.
        code: &'static str,
        /// What is wrong.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// Another run of the tenant goes on, so this one has to wait.
    #[error("{message}")]
    AlreadyRunning {
        /// Who holds the lease.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// The plugin is not trusted: no trusted key has signed it, and its digest is not pinned.
    #[error("{message}")]
    Untrusted {
        /// Which plugin, and what was found instead of a signature.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// A guard stopped the run before anything was applied.
    #[error("{message}")]
    Held {
        /// Which guard, with its numbers.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// An approved plan is out of date, and was not applied.
    #[error("{message}")]
    Stale {
        /// Which plan, and what has changed since.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// The state of a plan does not allow to approve, reject or apply it.
    #[error("{message}")]
    Decision {
        /// The error code: stable, in capitals.
        code: &'static str,
        /// Which plan, and its state.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// A person interrupted the run.
    #[error("{message}")]
    Interrupted {
        /// What has interrupted it, and how far it had come.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// A service refused the credentials, which ends the job.
    #[error("{}", side_message(.0))]
    Credentials(SideError),
    /// A service failed or could not be understood.
    #[error("{}", side_message(.0))]
    Unavailable(SideError),
    /// A listing of a service is not shown to be complete, so nothing was planned.
    #[error("{message}")]
    Incomplete {
        /// Which listing, and what was seen.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// No reference can be delivered until the settings or the server are corrected.
    #[error("nothing can be delivered: {0}")]
    Delivery(String),
    /// The plugin exceeded one of the tenant's limits.
    #[error("the plugin {what} (limits.{setting})")]
    OverLimit {
        /// The limit's name in the tenant's file.
        setting: &'static str,
        /// What the plugin did.
        what: String,
    },
    /// The call got no place in time, because too many calls wait for one.
    #[error("{0}")]
    Busy(String),
    /// The plugin trapped, or asked for something that it is not allowed.
    #[error("the plugin {0}")]
    Plugin(String),
    /// The WebAssembly engine, or another part that the host is built on, failed.
    #[error("a part of this program failed on this machine: {0}")]
    Engine(String),
    /// The journal of an interrupted run cannot be read. That run was closed.
    #[error("{message}")]
    Journal {
        /// Which run, and what is wrong with its journal.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// The host's own storage failed.
    #[error("the storage failed: {0}")]
    Storage(String),
    /// The database server failed, or could not be reached.
    #[error("the storage failed: {message}")]
    Server {
        /// The server's message.
        message: String,
        /// What a person can do about it.
        remedy: &'static str,
    },
    /// The run has lost its lease to another one.
    #[error("{0}")]
    LockLost(String),
}

/// What the message of an error for which [`HostError::is_locked`] is true says.
pub const LOCKED: &str = "another process keeps the database locked";

impl HostError {
    /// A configuration error.
    pub fn configuration(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Configuration { message: message.into(), remedy: remedy.into() }
    }

    /// Whether results can no longer be stored, so that nothing more may be done.
    pub fn is_forgetful(&self) -> bool {
        matches!(self, Self::Storage(_) | Self::Server { .. } | Self::LockLost(_))
    }

    /// Whether another process keeps a database locked. That passes, at the latest when that process ends.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Storage(message) if message.contains(LOCKED))
    }

    /// The error for a limit that the plugin has exceeded.
    pub fn over(over: &Over) -> Self {
        Self::OverLimit { setting: over.setting, what: over.what.clone() }
    }

    /// The error of a guard that stops a run.
    pub fn held(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Held { message: message.into(), remedy: remedy.into() }
    }

    /// The same error, whose message also says what became of the run.
    #[must_use]
    pub fn and_so(self, made: &str) -> Self {
        let and = |message: String| format!("{message}; {made}");
        match self {
            Self::Held { message, remedy } => Self::Held { message: and(message), remedy },
            Self::Disabled { code, message, remedy } => Self::Disabled { code, message: and(message), remedy },
            error => error,
        }
    }

    /// The error of a plan that says that the admin who enabled the sync has left; none if it does not say so.
    pub fn of_left_admin(findings: &[Finding]) -> Option<Self> {
        let finding = findings.iter().find(|finding| finding.code == ENABLED_BY_INACTIVE)?;
        Some(Self::Disabled {
            code: ENABLED_BY_INACTIVE,
            message: finding.message.clone(),
            remedy: finding.remedy.clone(),
        })
    }

    /// Turns the plugin's error into one of the host. `refusals` are the requests that the egress refused during the
    /// call.
    pub fn from_job(error: JobError, refusals: &[String]) -> Self {
        match error {
            JobError::Settings(findings) if findings.iter().any(|finding| finding.code == ENABLED_BY_INACTIVE) => {
                Self::Disabled {
                    code: ENABLED_BY_INACTIVE,
                    message: sentences(&findings, |finding| &finding.message),
                    remedy: sentences(&findings, |finding| &finding.remedy),
                }
            }
            JobError::Settings(findings) if findings.iter().any(|finding| finding.code == LISTING_INCOMPLETE) => {
                Self::Incomplete {
                    message: sentences(&findings, |finding| &finding.message),
                    remedy: sentences(&findings, |finding| &finding.remedy),
                }
            }
            JobError::Settings(findings) => Self::configuration(
                format!("the settings are wrong: {}", sentences(&findings, |finding| &finding.message)),
                sentences(&findings, |finding| &finding.remedy),
            ),
            JobError::Credentials(error) => Self::Credentials(error),
            // Where a redirect points is known to the host alone.
            JobError::Unavailable(error) if error.status.is_some_and(|status| (300..400).contains(&status)) => {
                let message = format!("{} ({})", error.message, refusals.join("; "));
                Self::Unavailable(SideError { message, ..error })
            }
            JobError::Unavailable(error) => Self::Unavailable(error),
            JobError::NotAllowed(reason) => {
                let reasons = if refusals.is_empty() { reason } else { refusals.join("; ") };
                Self::Plugin(format!("asked for what it may not have: {reasons}"))
            }
            JobError::Unsound(reason) => Self::held(
                format!(
                    "the plugin found a mistake of its own in the plan that it made, and nothing was changed: {reason}"
                ),
                "report this to the plugin's developers",
            ),
            // A plugin that asked its storage for too much says so of itself: that is no fault of the storage.
            JobError::Storage(reason) => match reason.strip_prefix("the plugin ") {
                Some(what) => Self::Plugin(what.to_owned()),
                None => Self::Storage(reason),
            },
        }
    }

    /// Adds the tenant's id to the message, unless it is there already.
    #[must_use]
    pub fn of_tenant(self, tenant: &str) -> Self {
        let named = |message: String| {
            let known = message.contains(&format!("tenant {tenant}"));
            if known { message } else { format!("tenant {tenant}: {message}") }
        };
        match self {
            Self::Configuration { message, remedy } => Self::Configuration { message: named(message), remedy },
            Self::Settings(wrong) => Self::Settings(wrong),
            Self::Disabled { code, message, remedy } => Self::Disabled { code, message: named(message), remedy },
            Self::AlreadyRunning { message, remedy } => Self::AlreadyRunning { message: named(message), remedy },
            Self::Untrusted { message, remedy } => Self::Untrusted { message: named(message), remedy },
            Self::Held { message, remedy } => Self::Held { message: named(message), remedy },
            Self::Stale { message, remedy } => Self::Stale { message: named(message), remedy },
            Self::Decision { code, message, remedy } => Self::Decision { code, message: named(message), remedy },
            Self::Interrupted { message, remedy } => Self::Interrupted { message: named(message), remedy },
            Self::Credentials(error) => Self::Credentials(SideError { message: named(error.message), ..error }),
            Self::Unavailable(error) => Self::Unavailable(SideError { message: named(error.message), ..error }),
            Self::OverLimit { setting, what } => {
                Self::OverLimit { setting, what: format!("of tenant {tenant} {what}") }
            }
            Self::Incomplete { message, remedy } => Self::Incomplete { message: named(message), remedy },
            Self::Delivery(said) => Self::Delivery(said),
            Self::Busy(message) => Self::Busy(named(message)),
            Self::Plugin(message) => Self::Plugin(format!("of tenant {tenant} {message}")),
            Self::Engine(message) => Self::Engine(named(message)),
            Self::Journal { message, remedy } => Self::Journal { message: named(message), remedy },
            Self::Storage(message) => Self::Storage(named(message)),
            Self::Server { message, remedy } => Self::Server { message: named(message), remedy },
            Self::LockLost(message) => Self::LockLost(named(message)),
        }
    }

    /// The error code: stable, in capitals.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Configuration { .. } | Self::Settings(_) => "CONFIGURATION",
            Self::Disabled { code, .. } | Self::Decision { code, .. } => code,
            Self::AlreadyRunning { .. } => ALREADY_RUNNING,
            Self::Untrusted { .. } => "PLUGIN_NOT_TRUSTED",
            Self::Held { .. } => "HELD",
            Self::Stale { .. } => "PLAN_STALE",
            Self::Interrupted { .. } => "INTERRUPTED",
            Self::Credentials(_) => "CREDENTIALS_REFUSED",
            Self::Unavailable(_) => "OTHER_SIDE_FAILED",
            Self::Incomplete { .. } => LISTING_INCOMPLETE,
            Self::Delivery(_) => "DELIVERY_FAILED",
            Self::OverLimit { .. } => "OVER_LIMIT",
            Self::Busy(_) => "POOL_EXHAUSTED",
            Self::Plugin(_) => "PLUGIN_FAILED",
            Self::Engine(_) => "ENGINE_FAILED",
            Self::Journal { .. } => "JOURNAL_UNREADABLE",
            Self::Storage(_) | Self::Server { .. } => STORAGE_FAILED,
            Self::LockLost(_) => LOCK_LOST,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Configuration { remedy, .. }
            | Self::Disabled { remedy, .. }
            | Self::AlreadyRunning { remedy, .. }
            | Self::Untrusted { remedy, .. }
            | Self::Held { remedy, .. }
            | Self::Stale { remedy, .. }
            | Self::Decision { remedy, .. }
            | Self::Interrupted { remedy, .. }
            | Self::Incomplete { remedy, .. }
            | Self::Journal { remedy, .. } => remedy.clone(),
            Self::Settings(wrong) => joined(wrong, |setting| setting.remedy.clone()),
            Self::Credentials(error) | Self::Unavailable(error) => error.remedy.clone(),
            Self::OverLimit { setting, .. } => format!(
                "use another plugin file; or, if the company is that large, raise limits.{setting} in the tenant's file"
            ),
            Self::Delivery(_) => {
                "correct the delivery's settings or its server; what waits is delivered by the next run".to_owned()
            }
            Self::Busy(_) => "start it again later, or run fewer tenants at the same time".to_owned(),
            Self::Plugin(_) => "use another plugin file, or report this to its developers with the log (-v)".to_owned(),
            Self::Engine(_) => {
                "check the machine's memory limits and the data directory (hibob doctor), then start again".to_owned()
            }
            Self::Server { remedy, .. } => (*remedy).to_owned(),
            Self::LockLost(_) => {
                "nothing to do where another run goes on; after databases were restored by hand: hibob restored; \
                 if it happens again, find out why this host stalls, or loses its database, for as long as a lease lasts"
                    .to_owned()
            }
            Self::Storage(_) => {
                "check that the data directory is writable and its disk not full, then start again; where a database is damaged, restore a backup: hibob restore"
                    .to_owned()
            }
        }
    }

    /// The exit code of a program that ends with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Configuration { .. }
            | Self::Settings(_)
            | Self::Disabled { .. }
            | Self::Untrusted { .. }
            | Self::Decision { .. } => Exit::Usage,
            Self::AlreadyRunning { .. } => Exit::Busy,
            Self::Held { .. } | Self::Stale { .. } => Exit::Held,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::Credentials(_) => Exit::Refused,
            Self::Unavailable(_)
            | Self::Incomplete { .. }
            | Self::Delivery(_)
            | Self::OverLimit { .. }
            | Self::Busy(_)
            | Self::Plugin(_)
            | Self::Engine(_)
            | Self::Journal { .. }
            | Self::Storage(_)
            | Self::Server { .. }
            | Self::LockLost(_) => Exit::Failed,
        }
    }
}

fn joined(wrong: &[WrongSetting], part: impl Fn(&WrongSetting) -> String) -> String {
    wrong.iter().map(part).collect::<Vec<_>>().join("; ")
}

fn sentences(findings: &[Finding], part: impl Fn(&Finding) -> &String) -> String {
    findings.iter().map(|finding| part(finding).as_str()).collect::<Vec<_>>().join("; ")
}

/// The error of a service, in one line.
fn side_message(error: &SideError) -> String {
    let side = match error.side {
        Side::Hibob => "HiBob",
        Side::Target => "TravelPerk",
    };
    let status = error.status.map(|status| format!(", status {status}")).unwrap_or_default();
    format!("{} ({side}: {}{status})", error.message, error.request)
}
