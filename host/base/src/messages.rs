//! The catalogue of messages: for each code of the host and of the built-in plugin, in one file, what it means, on whose
//! side it is, and what to do.
//!
//! A message itself says what happened this time; the catalogue says what its code always means, so that a page can show
//! it, explain it and translate it. A plugin of somebody else may have further codes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The catalogue, one table for each code.
const CATALOGUE: &str = include_str!("messages.toml");

/// On whose side something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Data or permissions in HiBob.
    HiBob,
    /// TravelPerk, or what is set in it.
    TravelPerk,
    /// The tenant's configuration.
    Settings,
    /// This program's machine, database or queue.
    Host,
    /// The plugin's file.
    Plugin,
    /// What lies between this program and a service.
    Network,
    /// The site or the DNS records of the issuer of references.
    Issuer,
    /// The channel that delivers references.
    Mail,
    /// A single person, about whom somebody has to decide.
    Person,
}

/// How serious a message usually is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something was not done.
    Error,
    /// It was done, and somebody should look.
    Warning,
    /// Nothing has to be done.
    Notice,
}

/// A code with its meaning; as JSON one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The code.
    pub code: &'static str,
    /// Its meaning.
    #[serde(flatten)]
    pub meaning: &'static Meaning,
}

/// What a code means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// On whose side it is.
    pub side: Side,
    /// How serious it usually is.
    pub kind: Kind,
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub next: String,
}

static MEANINGS: LazyLock<BTreeMap<String, Meaning>> = LazyLock::new(|| {
    toml::from_str(CATALOGUE).unwrap_or_else(|error| unreachable!("the catalogue is broken: {error}"))
});

/// All messages, in the order of their codes.
pub fn all() -> impl Iterator<Item = Message> {
    MEANINGS.iter().map(|(code, meaning)| Message { code, meaning })
}

/// The message with this code; none if the catalogue has none.
pub fn message(code: &str) -> Option<Message> {
    MEANINGS.get_key_value(code).map(|(code, meaning)| Message { code, meaning })
}

impl Side {
    /// The side for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::HiBob => "HiBob",
            Self::TravelPerk => "TravelPerk",
            Self::Settings => "the tenant's settings",
            Self::Host => "whoever runs this program",
            Self::Plugin => "the plugin",
            Self::Network => "the network",
            Self::Issuer => "the issuer's site or DNS",
            Self::Mail => "the delivery of references",
            Self::Person => "a decision about one person",
        }
    }
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHAT_CHARS_MAX: usize = 200;
    const NEXT_CHARS_MAX: usize = 300;

    #[test]
    fn every_meaning_is_in_sentences_of_a_readable_length() {
        assert!(all().count() > 140);
        for Message { code, meaning } in all() {
            for (text, chars_max) in [(&meaning.what, WHAT_CHARS_MAX), (&meaning.next, NEXT_CHARS_MAX)] {
                assert!(text.ends_with('.') && text.chars().count() <= chars_max, "{code}: {text}");
                assert!(text.starts_with(|first: char| first.is_uppercase() || first == '`'), "{code}: {text}");
                // No name of a function, and no file of the source tree.
                assert!(!text.contains("::") && !text.contains(".rs"), "{code}: {text}");
            }
        }
    }

    #[test]
    fn a_code_is_found_by_its_name_alone() {
        assert_eq!(message("MISSING_EMAIL").map(|found| found.meaning.side), Some(Side::HiBob));
        assert_eq!(message("missing_email"), None);
    }
}
