//! Positions by name, without regard to case, and without keeping the names again.

use crate::field::fold;
use crate::lookup::{Lookup, fnv1a};
use std::collections::BTreeMap;

/// Finds a position by its name. Whoever asks says what the name at a position is: only a hash is kept, 16 bytes for
/// each, so that 100,000 of them stay near the processor.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    slots: Lookup<u64, u32>,
    /// Names whose hash is also another name's.
    collided: BTreeMap<String, u32>,
}

impl NameIndex {
    /// Puts a name in, in place of the same name's earlier position. Returns that.
    pub(super) fn insert<'n>(
        &mut self,
        name: &str,
        position: usize,
        name_at: impl Fn(usize) -> &'n str,
    ) -> Option<usize> {
        let hash = hash(name);
        let small = u32::try_from(position).unwrap_or(u32::MAX);
        let before = match self.slots.get(&hash) {
            Some(&other) if !same(name_at(other as usize), name) => self.collided.insert(fold(name), small),
            _ => self.slots.insert(hash, small),
        };
        before.map(|before| before as usize)
    }

    /// The position of a name.
    pub(super) fn get<'n>(&self, name: &str, name_at: impl Fn(usize) -> &'n str) -> Option<usize> {
        let found = self.slots.get(&hash(name)).copied().filter(|&position| same(name_at(position as usize), name));
        found.or_else(|| self.collided.get(&fold(name)).copied()).map(|position| position as usize)
    }
}

fn hash(name: &str) -> u64 {
    if name.is_ascii() { fnv1a(name.bytes().map(|byte| byte.to_ascii_lowercase())) } else { fnv1a(fold(name).bytes()) }
}

fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() { one.eq_ignore_ascii_case(other) } else { fold(one) == fold(other) }
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
        index.slots.insert(hash("eva@x"), 2);
        assert_eq!(index.get("eva@x", at), None);
        let names = ["Ana@x", "ZOË@x", "ben@x", "ANA@x", "eva@x"];
        let at = |position: usize| names[position];
        assert_eq!(index.insert("eva@x", 4, at), None);
        assert_eq!([index.get("Eva@x", at), index.get("ben@x", at)], [Some(4), Some(2)]);
    }
}
