//! Positions by id or by name, without keeping the ids and names again.

use crate::field::fold;
use crate::lookup::{Lookup, fnv1a};
use std::collections::BTreeMap;

/// Finds a position by its name, without regard to case.
pub(crate) type NameIndex = Index<false>;

/// Finds a position by its id.
pub(crate) type IdIndex = Index<true>;

/// Finds a position by a text. Whoever asks says what the text at a position is: only a hash is kept, 16 bytes for each,
/// so that 100,000 of them stay near the processor.
#[derive(Debug, Default)]
pub(crate) struct Index<const EXACT: bool> {
    slots: Lookup<u64, u32>,
    /// Texts whose hash is also another text's.
    collided: BTreeMap<String, u32>,
}

impl IdIndex {
    /// The index of these ids, each at its position.
    pub(crate) fn of<'n>(ids: impl ExactSizeIterator<Item = &'n str> + Clone) -> Self {
        let all: Vec<&str> = ids.collect();
        let mut index = Self::default();
        for (position, id) in all.iter().enumerate() {
            index.insert(id, position, |at| all.get(at).copied().unwrap_or_default());
        }
        index
    }
}

impl<const EXACT: bool> Index<EXACT> {
    /// Puts a text in, in place of the same text's earlier position. Returns that.
    pub(crate) fn insert<'n>(
        &mut self,
        name: &str,
        position: usize,
        name_at: impl Fn(usize) -> &'n str,
    ) -> Option<usize> {
        let hash = Self::hash(name);
        let small = u32::try_from(position).unwrap_or(u32::MAX);
        let before = match self.slots.get(&hash) {
            Some(&other) if !Self::same(name_at(other as usize), name) => self.collided.insert(Self::key(name), small),
            _ => self.slots.insert(hash, small),
        };
        before.map(|before| before as usize)
    }

    /// The position of a text.
    pub(crate) fn get<'n>(&self, name: &str, name_at: impl Fn(usize) -> &'n str) -> Option<usize> {
        let same = |position: &u32| Self::same(name_at(*position as usize), name);
        let found = self.slots.get(&Self::hash(name)).copied().filter(same);
        found.or_else(|| self.collided.get(&Self::key(name)).copied()).map(|position| position as usize)
    }

    fn hash(text: &str) -> u64 {
        if EXACT {
            fnv1a(text.bytes())
        } else if text.is_ascii() {
            fnv1a(text.bytes().map(|byte| byte.to_ascii_lowercase()))
        } else {
            fnv1a(fold(text).bytes())
        }
    }

    fn same(one: &str, other: &str) -> bool {
        if EXACT {
            one == other
        } else if one.is_ascii() && other.is_ascii() {
            one.eq_ignore_ascii_case(other)
        } else {
            fold(one) == fold(other)
        }
    }

    fn key(text: &str) -> String {
        if EXACT { text.to_owned() } else { fold(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_collisions_do_not_matter() {
        let names = ["Ana@x", "ZOË@x", "ben@x", "ANA@x"];
        let at = |position: usize| names[position];
        let mut index = NameIndex::default();
        let before: Vec<Option<usize>> =
            names.iter().enumerate().map(|(position, name)| index.insert(name, position, at)).collect();
        assert_eq!(before, [None, None, None, Some(0)]);
        assert_eq!([index.get("aNa@X", at), index.get("zoë@X", at), index.get("eva@x", at)], [Some(3), Some(1), None]);
        // As if `ben` had the hash of `eva`.
        index.slots.insert(NameIndex::hash("eva@x"), 2);
        assert_eq!(index.get("eva@x", at), None);
        let names = ["Ana@x", "ZOË@x", "ben@x", "ANA@x", "eva@x"];
        let at = |position: usize| names[position];
        assert_eq!(index.insert("eva@x", 4, at), None);
        assert_eq!([index.get("Eva@x", at), index.get("ben@x", at)], [Some(4), Some(2)]);
    }
}
