//! Attacks on the storage: using too much of it, and reading what belongs to others.

use crate::bindings::hibob::connector::storage::{self, Entry, StorageError, Write};
use crate::busy;

fn entry(number: usize, bytes: usize) -> Write {
    Write::Put(Entry { key: format!("key-{number}"), value: vec![b'x'; bytes] })
}

fn describe(error: &StorageError) -> String {
    match error {
        StorageError::ReadOnly => "read-only".to_owned(),
        StorageError::OverLimit(limit) => format!("over limit: {limit}"),
        StorageError::Unavailable(reason) => format!("unavailable: {reason}"),
    }
}

/// Writes the keys from `from` to `to - 1`, with values of so many bytes, each in its own commit.
pub(crate) fn put(from: usize, to: usize, bytes: usize) -> Vec<String> {
    for number in from..to {
        if let Err(error) = storage::commit(&[entry(number, bytes)]) {
            return vec![format!("{} written, then {}", number - from, describe(&error))];
        }
    }
    Vec::new() // no observations, so that the change counts as done
}

/// Writes two entries, reads them back, and traps.
pub(crate) fn put_and_trap() -> ! {
    let written = storage::commit(&[entry(1, 10), entry(2, 10)]);
    let read = storage::get(&["key-1".to_owned()]);
    match (written, read) {
        (Ok(()), Ok(values)) if values.iter().all(Option::is_some) => busy::fail("in the middle of its writes"),
        _ => busy::fail("the storage took nothing"),
    }
}

/// Writes an entry, and then computes without an end.
pub(crate) fn put_and_loop() -> ! {
    let _ = storage::commit(&[entry(1, 10)]);
    busy::endless_loop()
}

#[expect(unsafe_code, reason = "it is the attack: the bindings pass no list whose texts lie in one place")]
#[link(wasm_import_module = "hibob:connector/storage@0.3.0")]
unsafe extern "C" {
    /// `get` without the bindings: the address of a list of addresses and lengths, the number of these, and the address
    /// for the result.
    #[link_name = "get"]
    fn raw_get(keys: *const [usize; 2], number: usize, result: *mut [usize; 8]);
}

/// Requests so many keys of a megabyte in one call. In the plugin's memory they are all one piece; the host would have
/// to copy each.
pub(crate) fn amplified(number: usize) -> Vec<String> {
    let key = vec![b'k'; 1_000_000];
    let keys = vec![[key.as_ptr().addr(), key.len()]; number];
    let mut result = [0; 8];
    #[expect(unsafe_code, reason = "see above")]
    // SAFETY: the list and the result live until the call has returned, and have the form of the canonical ABI.
    unsafe {
        raw_get(keys.as_ptr(), keys.len(), &mut result);
    }
    vec!["the host has taken them".to_owned()]
}

/// Returns everything that it can read with these texts as keys, as prefixes, and as keys to start after.
pub(crate) fn read(texts: &[String]) -> Vec<String> {
    let mut observations = Vec::new();
    for text in texts {
        match storage::get(std::slice::from_ref(text)) {
            Ok(values) => observations.extend(values.into_iter().flatten().map(|_| format!("got {text}"))),
            Err(error) => observations.push(describe(&error)),
        }
        for (prefix, after) in [(text.as_str(), None), ("", Some(text.as_str()))] {
            match storage::scan(prefix, after, u32::MAX) {
                Ok(entries) => observations.extend(entries.into_iter().map(|entry| format!("scanned {}", entry.key))),
                Err(error) => observations.push(describe(&error)),
            }
        }
    }
    observations
}

/// Looks up a thousand keys that do not exist, without an end.
pub(crate) fn look_up() -> ! {
    let keys: Vec<String> = (0..1_000).map(|number| format!("missing-{number}")).collect();
    loop {
        let _ = storage::get(&keys);
    }
}

/// Deletes so many keys that do not exist, and then requests a single entry.
pub(crate) fn delete_and_scan(number: usize) -> Vec<String> {
    let deletes: Vec<Write> = (0..number).map(|number| Write::Delete(format!("{number:x}"))).collect();
    for batch in deletes.chunks(1_000) {
        if let Err(error) = storage::commit(batch) {
            return vec![describe(&error)];
        }
    }
    vec![match storage::scan("", None, 1) {
        Ok(entries) => format!("{} entries", entries.len()),
        Err(error) => describe(&error),
    }]
}
