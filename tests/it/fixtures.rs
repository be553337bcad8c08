//! Tests that this build opens the data of an earlier build, or refuses it with a clear message.
//!
//! Each folder of `tests/fixtures` was made by the build that it is named after (version and commit), and is never
//! changed: its `README.md` says what is in it, its `make.sh` how it was made. A later build adds a folder of its own.

mod frozen;
mod opening;
mod postgres;
mod references;
mod site;
mod stand_ins;
mod syncing;

use site::{Site, fixture};
