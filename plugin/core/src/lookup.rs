//! A hash map without iteration, so that its order cannot influence a plan.
#![expect(clippy::disallowed_types, reason = "there is no way to iterate over them")]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// Finds one of 100,000 values in constant time. The hasher has no seed, so that every run behaves the same.
#[derive(Debug)]
pub(crate) struct Lookup<K, V, H = DefaultHasher>(HashMap<K, V, BuildHasherDefault<H>>);

/// Finds a value by a hash that was computed before.
pub(crate) type Hashed<V> = Lookup<u64, V, AsItIs>;

impl<K, V, H> Default for Lookup<K, V, H> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Hash + Eq, V, H: Hasher + Default> Lookup<K, V, H> {
    /// An empty map with room for so many values.
    pub(crate) fn with_capacity(things: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(things, BuildHasherDefault::default()))
    }

    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    pub(crate) fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }

    pub(crate) fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Returns the value that the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    pub(crate) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }
}

impl<K: Hash + Eq, V> FromIterator<(K, V)> for Lookup<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

/// A hasher by which a number is its own hash.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = fnv1a(bytes.iter().copied());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// The hash FNV-1a with 64 bits. It gives the same result on every platform and in every release, which the standard
/// library's hasher does not promise.
pub(crate) fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
