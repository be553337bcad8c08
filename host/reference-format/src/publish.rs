//! The issuer's public folder, as plain files for any static web server.
//!
//! | path | content |
//! |---|---|
//! | `.well-known/did.json` | the keys |
//! | `.well-known/employment-reference-v1.json` | the definitions of the terms, for JSON-LD |
//! | `references/log/checkpoint` | the signed head of the log |
//! | `references/log/tile/…` | its tiles and entries; full ones never change |
//! | `references/status/N/revoked.json`, `superseded.json` | the status lists |
//! | `verify/index.html` | the verify page |
//!
//! Of a credential, only its hash and its random status index are published, so the folder shows nothing about a
//! person. Files of an earlier publication have to be kept: a checkpoint that somebody has may need their partial
//! tiles.

use crate::context;
use crate::keys::file::{self, KeyFile};
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{NoteError, NoteKey, SignatureType, SignedNote};
use crate::log::tree::{TILE_WIDTH, TreeError, entry_bundle, tile_path};
use crate::log::{self, Hash};
use crate::status_list::{Purpose, StatusList, StatusListError, list_path};
use std::collections::BTreeMap;

/// The path of the verify page below the public folder.
pub const VERIFY_PAGE_PATH: &str = "verify/index.html";

/// Why the parts of a publication do not fit together. Nothing is published then, because valid references would be
/// shown as invalid.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log's tree cannot be built.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A status list cannot be read.
    #[error(transparent)]
    StatusList(#[from] StatusListError),
    /// The checkpoint is of another log, of other entries, or not signed by a published key.
    #[error(
        "the checkpoint is not that of the issuer's {0} entries, or no published key signed it; nothing is published"
    )]
    Checkpoint(usize),
    /// A status list is not signed by a published key.
    #[error("no published key signed the status list {0}; nothing is published")]
    ListKey(String),
}

/// Everything that an issuer publishes.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The current and former keys.
    pub key_file: &'a KeyFile,
    /// The log's entries from the first: the digests of the signed references.
    pub entries: &'a [Hash],
    /// The signed head of the log that has exactly these entries.
    pub checkpoint: &'a SignedNote,
    /// The signed status lists, with their numbers.
    pub status_lists: &'a [(u32, Purpose, Vec<u8>)],
    /// The HTML of the verify page.
    pub verify_page: &'a [u8],
}

/// The content of each file, by its path below the public folder.
///
/// # Errors
/// Checkpoint, entries, status lists and keys do not fit together.
pub fn files(publication: &Publication<'_>) -> Result<BTreeMap<String, Vec<u8>>, PublishError> {
    let Publication { key_file, entries, checkpoint, status_lists, verify_page } = *publication;
    let (tiles, expected) = log::head(&key_file.domain, entries)?;
    let origin = &expected.origin;
    let keys = key_file.keys.iter().map(|key| NoteKey::new(origin.clone(), SignatureType::Ed25519, key.key));
    if Checkpoint::parse(checkpoint.text())? != expected || !checkpoint.is_signed_by(&keys.collect::<Vec<_>>())? {
        return Err(PublishError::Checkpoint(entries.len()));
    }

    let mut files = BTreeMap::new();
    let mut in_log = |path: &str, bytes: Vec<u8>| drop(files.insert(format!("{}/{path}", log::DIRECTORY), bytes));
    in_log("checkpoint", checkpoint.to_string().into_bytes());
    for tile in tiles.iter() {
        in_log(&tile_path(Some(tile.level), tile.index, tile.bytes.len() / size_of::<Hash>()), tile.bytes);
    }
    for (index, bundle) in (0..).zip(entries.chunks(TILE_WIDTH as usize)) {
        in_log(&tile_path(None, index, bundle.len()), entry_bundle(bundle));
    }
    for (list, purpose, bytes) in status_lists {
        let path = list_path(*list, *purpose);
        let (_, proof) = StatusList::parse(bytes, &key_file.domain, *list, *purpose)?;
        if !key_file.keys.iter().any(|key| proof.verify(&key.key).is_ok()) {
            return Err(PublishError::ListKey(path));
        }
        files.insert(path, bytes.clone());
    }
    files.insert(file::PATH.to_owned(), key_file.render().into_bytes());
    files.insert(context::PATH.to_owned(), context::render().into_bytes());
    files.insert(VERIFY_PAGE_PATH.to_owned(), verify_page.to_vec());
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Credential, SignedCredential};
    use crate::keys::SecretKey;
    use crate::log::tree::{MemoryTiles, TreeReader, leaf_hash, verify_inclusion};
    use crate::status_list::{IndexAllocator, StatusPosition};
    use crate::testing::{claims_of, domain, key, key_file, selector, status_list};
    use crate::time;

    const PEOPLE: usize = 300;

    fn references() -> Vec<SignedCredential> {
        let mut indices = IndexAllocator::new([]);
        let reference = |number: usize| {
            let name = format!("Leaver Familyname{number}");
            let claims = claims_of(&name, Some("Secret Title"), Some("Secret Department"), "ACME GmbH");
            let status = StatusPosition { list: 1, index: indices.draw().unwrap().unwrap() };
            let issued = time::parse("2026-11-22T09:30:00Z").unwrap();
            SignedCredential::sign(Credential::new(claims, status, issued).unwrap(), &key(), &selector()).unwrap()
        };
        (0..PEOPLE).map(reference).collect()
    }

    fn checkpoint(entries: &[Hash], key: &SecretKey) -> SignedNote {
        log::head(&domain(), entries).unwrap().1.sign(key)
    }

    #[test]
    fn the_folder_is_whole_and_tells_of_nobody() {
        let references = references();
        let entries: Vec<Hash> = references.iter().map(SignedCredential::digest).collect();
        let lists = Purpose::ALL.map(|purpose| (1, purpose, status_list(purpose, &[7], &key())));
        let (key_file, checkpoint) = (key_file(&[("k2026", &key())]), checkpoint(&entries, &key()));
        let publication = Publication {
            key_file: &key_file,
            entries: &entries,
            checkpoint: &checkpoint,
            status_lists: &lists,
            verify_page: b"<!doctype html>",
        };
        let files = files(&publication).unwrap();
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                ".well-known/did.json",
                ".well-known/employment-reference-v1.json",
                "references/log/checkpoint",
                "references/log/tile/0/000",
                "references/log/tile/0/001.p/44",
                "references/log/tile/1/000.p/1",
                "references/log/tile/entries/000",
                "references/log/tile/entries/001.p/44",
                "references/status/1/revoked.json",
                "references/status/1/superseded.json",
                "verify/index.html",
            ]
        );
        // No name, title, department, company, first day or id of a reference is in any file, in either letter case.
        for (path, bytes) in &files {
            let text = format!("{path} {}", String::from_utf8_lossy(bytes)).to_lowercase();
            for word in ["leaver", "familyname", "secret", "acme gmbh", "2019-03-01"] {
                assert!(!text.contains(word), "{word} in {path}");
            }
            // The definitions of the terms have the name of the type, which is the same for every issuer.
            assert!(!text.contains("urn:uuid") || path == context::PATH, "{path}");
            assert!(references.iter().all(|one| !text.contains(&one.credential().id.uuid())), "{path}");
        }
        // A stranger can use the folder to find an entry by its index, and to prove that it is in the log.
        let bundle = &files["references/log/tile/entries/001.p/44"];
        assert_eq!(bundle[34 + 2..68], entries[257]);
        let mut tiles = MemoryTiles::default();
        for (level, index, path) in [(0, 0, "0/000"), (0, 1, "0/001.p/44"), (1, 0, "1/000.p/1")] {
            let bytes = files[&format!("references/log/tile/{path}")].clone();
            tiles.put([log::tree::Tile { level, index, bytes }]);
        }
        let reader = TreeReader::new(&tiles, PEOPLE as u64);
        let path = reader.inclusion_proof(257).unwrap();
        assert!(verify_inclusion(leaf_hash(&entries[257]), 257, 300, &path, &reader.root().unwrap()));

        // Parts that do not fit together are not published.
        let shorter = Publication { entries: &entries[1..], ..publication };
        assert!(matches!(super::files(&shorter), Err(PublishError::Checkpoint(299))));
        let other = self::checkpoint(&entries, &SecretKey::from_seed(&[8; 32]));
        let unsigned = Publication { checkpoint: &other, ..publication };
        assert!(matches!(super::files(&unsigned), Err(PublishError::Checkpoint(300))));
        let foreign =
            [(1, Purpose::Revocation, status_list(Purpose::Revocation, &[7], &SecretKey::from_seed(&[8; 32])))];
        let foreign = Publication { status_lists: &foreign, ..publication };
        assert!(matches!(super::files(&foreign), Err(PublishError::ListKey(_))));
    }
}
