//! The keys of a tenant's file: one table, from which everything about a key is made.
//!
//! [`TABLES`] has a row for each key: where it stands, which values it takes, an example and an explanation. Checking
//! (`check.rs`), the JSON Schema (`schema.rs`), the file in docs/use/configuration.md (`page.rs`) and the file that
//! `hibob tenant init` writes are derived from these rows. The types in `tenant.rs` repeat the names on purpose, as the
//! program works with types; a test holds the two to each other.

pub mod check;
mod country;
pub mod difference;
pub mod page;
mod place;
pub mod rule;
pub mod schema;
mod table;
#[cfg(test)]
mod tests;
pub mod who;

pub use place::Places;
pub use rule::Rule;
pub use table::TABLES;

/// A table of the file, such as `[hibob]`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its path; empty for the keys at the top of the file.
    pub path: &'static str,
    /// Whether the file has to have it.
    pub need: Need,
    /// What it is for.
    pub comment: &'static str,
    /// Whether it may come several times, as `[[references.witnesses]]`.
    pub is_list: bool,
    /// Which keys it takes.
    pub keys: Keys,
}

/// Which keys a table takes.
#[derive(Clone, Copy, Debug)]
pub enum Keys {
    /// These.
    Named(&'static [Key]),
    /// One of these words each, and all of them take the same values.
    Words(&'static [&'static str], Free),
    /// Names that the company chooses, such as those of its sites.
    Free(Free),
}

/// Keys that are not in the table one by one.
#[derive(Clone, Copy, Debug)]
pub struct Free {
    /// Which values they take.
    pub rule: Rule,
    /// An example of a key and its value, as TOML.
    pub example: (&'static str, &'static str),
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name, without that of the table.
    pub name: &'static str,
    /// Whether a table that is there has to have it.
    pub need: Need,
    /// Which values it takes.
    pub rule: Rule,
    /// An example, as TOML: the default value where there is one.
    pub example: &'static str,
    /// What it means, and what holds without it.
    pub comment: &'static str,
}

/// Whether a key or a table has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It is an error if it is missing.
    Required,
    /// It may be left out. The example in the documents shows it.
    Optional,
    /// It may be left out. The example in the documents has it as a comment.
    Rare,
}

/// The path of a key in a table.
pub(crate) fn path(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}
