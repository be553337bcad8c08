//! Runs jobs for real: implements the ports of `hibob-jobs` with the sandbox and the databases.

mod check_references;
mod hold;
mod issuer_site;
mod link;
mod observed;
mod run;
mod sandboxed;
mod work;

pub use hold::{HOLD_DAYS_MAX, Hold, end_hold, hold, holds};
pub use issuer_site::{after_publication, site as issuer_site};
pub use link::{Unlinked, link, unlink};
pub use observed::{check, check_tenant, plan, roster};
pub use run::{Run, Start, go_on, guard, references, start, start_by, start_planning};
pub use sandboxed::Sandboxed;
pub use work::Jobs;
