//! Roots, inclusion proofs and consistency proofs (RFC 6962 section 2.1, RFC 9162 section 2.1).

use super::{HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, TileStore, TreeError, empty_hash, node_hash, split_point};
use crate::log::Hash;
use std::cell::RefCell;
use std::collections::HashMap;

/// A tree of a certain size, read from its tiles. It keeps the hashes that it has computed, so that ten thousand proofs
/// of one tree cost little more than one.
pub struct TreeReader<'a, S> {
    store: &'a S,
    size: u64,
    tiles: RefCell<HashMap<(u8, u64), Vec<Hash>>>,
    nodes: RefCell<HashMap<(u32, u64), Hash>>,
}

impl<'a, S: TileStore> TreeReader<'a, S> {
    /// A reader of the tree of the first `size` entries.
    pub fn new(store: &'a S, size: u64) -> Self {
        Self { store, size, tiles: RefCell::default(), nodes: RefCell::default() }
    }

    /// The root hash.
    ///
    /// # Errors
    /// The tiles cannot be read, or do not fit the size.
    pub fn root(&self) -> Result<Hash, TreeError> {
        if self.size == 0 { Ok(empty_hash()) } else { self.range(0, self.size) }
    }

    /// The hashes from an entry's sibling up to the root's child: `PATH(m, D[n])`.
    ///
    /// # Errors
    /// The tree has no such entry, or the tiles cannot be read or do not fit the size.
    pub fn inclusion_proof(&self, index: u64) -> Result<Vec<Hash>, TreeError> {
        if index >= self.size {
            return Err(TreeError::Index { index, size: self.size });
        }
        let (mut start, mut end, mut path) = (0, self.size, Vec::new());
        while end - start > 1 {
            let middle = start + split_point(end - start);
            if index < middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that this tree continues the tree of its first `old` entries: `PROOF(m, D[n])`.
    ///
    /// # Errors
    /// The tree has fewer than `old` entries, or the tiles cannot be read or do not fit the size.
    pub fn consistency_proof(&self, old: u64) -> Result<Vec<Hash>, TreeError> {
        if old > self.size {
            return Err(TreeError::Index { index: old, size: self.size });
        }
        let (mut start, mut end, mut path, mut is_old_tree) = (0, self.size, Vec::new(), true);
        // Every tree continues the tree without entries, so nothing has to be proved for it.
        while old != end && old != 0 {
            let middle = start + split_point(end - start);
            if old <= middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                (start, is_old_tree) = (middle, false);
            }
        }
        if !is_old_tree {
            path.push(self.range(start, end)?);
        }
        path.reverse();
        Ok(path)
    }

    /// The hash of a range of entries, `MTH(D[start:end])`, for ranges that are a node of the tree.
    fn range(&self, start: u64, end: u64) -> Result<Hash, TreeError> {
        let length = end - start;
        if length.is_power_of_two() && start.is_multiple_of(length) {
            return self.node(length.trailing_zeros(), start / length);
        }
        let middle = start + split_point(length);
        Ok(node_hash(&self.range(start, middle)?, &self.range(middle, end)?))
    }

    /// The hash of the `index`-th full subtree of `1 << height` entries.
    fn node(&self, height: u32, index: u64) -> Result<Hash, TreeError> {
        if height.is_multiple_of(TILE_HEIGHT) {
            return self.tile_hash((height / TILE_HEIGHT) as u8, index);
        }
        if let Some(hash) = self.nodes.borrow().get(&(height, index)) {
            return Ok(*hash);
        }
        let hash = node_hash(&self.node(height - 1, 2 * index)?, &self.node(height - 1, 2 * index + 1)?);
        self.nodes.borrow_mut().insert((height, index), hash);
        Ok(hash)
    }

    fn tile_hash(&self, level: u8, hash_index: u64) -> Result<Hash, TreeError> {
        let (index, place) = (hash_index / TILE_WIDTH, (hash_index % TILE_WIDTH) as usize);
        if !self.tiles.borrow().contains_key(&(level, index)) {
            let bytes = self.store.tile(level, index).map_err(|error| TreeError::Storage(error.to_string()))?;
            self.tiles.borrow_mut().insert((level, index), bytes.as_chunks::<HASH_BYTES>().0.to_vec());
        }
        let tiles = self.tiles.borrow();
        let hash = tiles.get(&(level, index)).and_then(|tile| tile.get(place));
        hash.copied().ok_or(TreeError::Tile { level, index, size: self.size })
    }
}

/// Whether `path` proves that `leaf` is the entry `index` in a tree of `size` entries with this `root` (RFC 9162
/// section 2.1.3.2).
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, step);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether `path` proves that the tree of `new` entries continues the tree of `old` entries (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old == 0 || old >= new {
        let is_same = old == new && old_root == new_root;
        return path.is_empty() && (is_same || (old == 0 && new > 0));
    }
    let (mut place, mut last) = (old - 1, new - 1);
    while place % 2 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let mut steps = path.iter();
    // If the old size is a power of two, the old root is itself the first hash of the path, and is left out of it.
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            (old_hash, new_hash) = (node_hash(step, &old_hash), node_hash(step, &new_hash));
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}
