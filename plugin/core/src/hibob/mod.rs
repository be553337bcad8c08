//! Reading HiBob: what to ask, and what comes back.
//!
//! HiBob sends every employee twice over: nested objects, and flat slash keys with `{"value": …}` around each value
//! (People read API contract, apidocs.hibob.com). Both are read. Ids are text throughout; an employee id has 19
//! digits and does not fit a double.

mod employee;
mod list;
mod permission;
mod record;
mod request;
mod splitter;

pub use employee::{Employee, FieldIds, LIFECYCLE_STATUS, SITE, START_DATE, Status};
pub use list::{NameList, read_list};
pub use permission::{PERMISSIONS, Permission};
pub use record::{Datum, Record, RecordReader};
pub use request::{LIFECYCLE_IDS_MAX, lifecycle_table, named_list, named_list_with_archived, search, search_one};
pub use splitter::{ArraySplitter, ELEMENT_BYTES_MAX, SplitError};
