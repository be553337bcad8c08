//! Reads HiBob: the requests, and the records, lists and permissions in the answers.
//!
//! HiBob sends every employee in two representations: nested objects, and flat keys with slashes and `{"value": …}`
//! around each value (People read API contract, apidocs.hibob.com). Both are read. Ids are always text: an employee id
//! has 19 digits, more than a double holds exactly.

mod day;
mod employee;
mod list;
mod permission;
mod record;
mod request;
mod splitter;

pub use day::{NoDay, day};
pub use employee::{BIRTH_DATE, END_DATE, Employee, FieldIds, LIFECYCLE_STATUS, SITE, START_DATE, Status};
pub use list::{NameList, read_list};
pub use permission::{PERMISSIONS, Permission};
pub use record::{Datum, Record, RecordReader};
pub use request::{
    LIFECYCLE_IDS_MAX, lifecycle_table, named_list, named_list_with_archived, search, search_by_email, search_one,
    search_some,
};
pub use splitter::{ArraySplitter, ELEMENT_BYTES_MAX, SplitError};
