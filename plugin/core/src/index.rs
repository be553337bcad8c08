//! Finding positions in a list by id or by name, without a second copy of the ids and names.

use crate::field::{TextField, fold};
use crate::lookup::{Hashed, fnv1a};
use crate::text_form::is_simple_address;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Finds a position by an id.
///
/// Ids are numbers as text, and employees, links and accounts are mostly gone through in the same order. So this is a
/// sorted list of numbers, 16 bytes each, and a search first looks next to where the last one ended. With 100,000 ids
/// the next one usually is there, and in the processor's cache. A hash table would go to a random place in memory each
/// time.
#[derive(Debug, Default)]
pub(crate) struct IdIndex {
    /// Keys with their positions, sorted unless `unordered`.
    entries: Vec<(u64, u32)>,
    unordered: bool,
    /// Where in `entries` the last search ended.
    last: Cell<usize>,
}

impl IdIndex {
    /// The index of these ids, each at its position. Every id must be there only once.
    pub(crate) fn of<'n>(ids: impl Iterator<Item = &'n str>) -> Self {
        let mut index = Self::default();
        ids.for_each(|id| index.push(id));
        index.entries.sort_unstable();
        index
    }

    /// Adds the id at the next position. While [`Self::is_ordered`] is true, every id is found.
    pub(crate) fn push(&mut self, id: &str) {
        let key = Self::key(id);
        let ordered = key & 1 == 0 && self.entries.last().is_none_or(|(last, _)| *last < key);
        self.unordered |= !ordered;
        self.entries.push((key, u32::try_from(self.entries.len()).unwrap_or(u32::MAX)));
    }

    /// Whether all ids so far are numbers and were added in ascending order, each once.
    pub(crate) fn is_ordered(&self) -> bool {
        !self.unordered
    }

    /// The position of an id. `id_at` gives the id at a position of the caller's list.
    pub(crate) fn get<'n>(&self, id: &str, id_at: impl Fn(usize) -> &'n str) -> Option<usize> {
        let key = Self::key(id);
        let from = self.first(key);
        self.last.set(from);
        let same_key = self.entries.get(from..)?.iter().take_while(|(other, _)| *other == key);
        let mut positions = same_key.map(|(_, position)| *position as usize);
        let own = key & 1 == 0;
        positions.find(|&position| own || id_at(position) == id)
    }

    /// The place of the first entry whose key is not less than `key`.
    fn first(&self, key: u64) -> usize {
        let less = |at: usize| self.entries.get(at).is_some_and(|(other, _)| *other < key);
        let last = self.last.get();
        let near = [last, last + 1].into_iter().find(|&at| !less(at) && at.checked_sub(1).is_none_or(less));
        near.unwrap_or_else(|| self.entries.partition_point(|(other, _)| *other < key))
    }

    /// The key of an id. A decimal number without leading zeros, up to half of the range of 64 bits, has an even key of
    /// its own. All other ids have odd keys, which two ids may share.
    fn key(id: &str) -> u64 {
        let number = id.bytes().try_fold(0_u64, |number, byte| {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
            number.checked_mul(10)?.checked_add(digit.into())
        });
        let usual = !id.is_empty() && (id == "0" || !id.starts_with('0'));
        match number.and_then(|number| number.checked_mul(2)).filter(|_| usual) {
            Some(key) => key,
            None => fnv1a(id.bytes()) | 1,
        }
    }
}

/// Finds a position by its user name, in the form in which user names are compared. Only a hash of each name is kept, 16 bytes each; so the caller gives
/// the name at a position (`name_at`).
#[derive(Debug, Default)]
pub(crate) struct NameIndex {
    slots: Hashed<u32>,
    /// Names that share their hash with another name.
    collided: BTreeMap<String, u32>,
}

impl NameIndex {
    /// An empty index with room for so many names.
    pub(crate) fn with_capacity(names: usize) -> Self {
        Self { slots: Hashed::with_capacity(names), collided: BTreeMap::new() }
    }

    /// Adds a name, or gives it a new position. Returns the position that it had before.
    pub(crate) fn insert<'n>(
        &mut self,
        name: &str,
        position: usize,
        name_at: impl Fn(usize) -> &'n str,
    ) -> Option<usize> {
        let hash = Self::hash(name);
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        let before = match self.slots.get(&hash) {
            Some(&other) if !TextField::UserName.same(name_at(other as usize), name) => {
                self.collided.insert(fold(name), position)
            }
            _ => self.slots.insert(hash, position),
        };
        before.map(|before| before as usize)
    }

    /// The position of a name.
    pub(crate) fn get<'n>(&self, name: &str, name_at: impl Fn(usize) -> &'n str) -> Option<usize> {
        let same = |position: &u32| TextField::UserName.same(name_at(*position as usize), name);
        let found = self.slots.get(&Self::hash(name)).copied().filter(same);
        found.or_else(|| self.collided.get(&fold(name)).copied()).map(|position| position as usize)
    }

    fn hash(name: &str) -> u64 {
        if is_simple_address(name) {
            fnv1a(name.bytes().map(|byte| byte.to_ascii_lowercase()))
        } else {
            fnv1a(fold(name).bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_kind_are_found_whatever_was_asked_before() {
        let ids = ["10", "9", "0", "", "007", "7", "abc", "9223372036854775807", "9223372036854775808", "\u{661}"];
        let index = IdIndex::of(ids.into_iter());
        let get = |id: &str| index.get(id, |at| ids[at]);
        for (first, one) in ids.iter().enumerate() {
            for (second, other) in ids.iter().enumerate() {
                assert_eq!((get(one), get(other)), (Some(first), Some(second)));
            }
            for unknown in ["00", "8", "11", "x", "99999999999999999999"] {
                assert_eq!((get(unknown), get(one)), (None, Some(first)));
            }
        }
        assert_eq!(IdIndex::default().get("1", |_| "1"), None);
        // As if `b` had the key of `a`.
        let collided = IdIndex { entries: vec![(IdIndex::key("a"), 0), (IdIndex::key("a"), 1)], ..IdIndex::default() };
        assert_eq!(collided.get("a", |at| ["b", "a"][at]), Some(1));
    }

    #[test]
    fn order_is_noticed() {
        let ordered = |ids: &[&str]| IdIndex::of(ids.iter().copied()).is_ordered();
        assert!(ordered(&[]) && ordered(&["1", "9", "10"]));
        assert!(!ordered(&["9", "1"]) && !ordered(&["1", "1"]) && !ordered(&["1", "a"]));
    }

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
