//! The archive of one target: a tar file, compressed with gzip. The same files make the same bytes.

use super::Release;
use super::contents::{Entry, contents};
use super::program::Program;
use anyhow::{Context as _, Result};
use flate2::{Compression, GzBuilder};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Makes `hibob-VERSION-TARGET.tar.gz` in a folder. Everything in it is in a folder of that name.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn make(release: &Release, program: &Program, folder: &Path) -> Result<PathBuf> {
    let name = format!("hibob-{}-{}", release.version, program.target);
    let path = folder.join(format!("{name}.tar.gz"));
    let entries = contents(program)?;
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let written = write(&name, release.unix_seconds, &entries, BufWriter::new(file));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Writes the entries, sorted by name, all of one time and one owner. The header of gzip has neither a name nor a time.
fn write(name: &str, unix_seconds: u64, entries: &[Entry], to: impl Write) -> std::io::Result<()> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let zipped = GzBuilder::new().mtime(0).write(to, Compression::default());
    let mut tar = tar::Builder::new(zipped);
    for entry in sorted {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(if entry.is_program { 0o755 } else { 0o644 });
        header.set_mtime(unix_seconds);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, format!("{name}/{}", entry.path), entry.bytes.as_slice())?;
    }
    tar.into_inner()?.finish()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    fn entry(path: &str, is_program: bool) -> Entry {
        Entry { path: path.to_owned(), bytes: path.as_bytes().to_vec(), is_program }
    }

    fn written(entries: &[Entry]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write("hibob-1.2.3-anywhere", 1_700_000_000, entries, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_same_files_make_the_same_bytes_in_whichever_order() {
        let (a, b) = (entry("hibob", true), entry("docs/use/sync.md", false));
        let one = written(&[entry("hibob", true), entry("docs/use/sync.md", false)]);
        assert_eq!(one, written(&[b, a]));
        assert_ne!(one, written(&[entry("hibob", false), entry("docs/use/sync.md", false)]));
    }

    #[test]
    fn an_archive_has_sorted_files_of_one_time_and_of_root_in_one_folder() {
        let bytes = written(&[
            entry("hibob", true),
            entry("LICENSE", false),
            entry(&format!("docs/{}.md", "x".repeat(120)), false),
        ]);
        let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
        let mut seen = Vec::new();
        for file in archive.entries().unwrap() {
            let mut file = file.unwrap();
            let header = file.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 1_700_000_000));
            let (mode, path) = (header.mode().unwrap(), file.path().unwrap().display().to_string());
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(path, format!("hibob-1.2.3-anywhere/{text}"));
            seen.push((text, mode));
        }
        let long = format!("docs/{}.md", "x".repeat(120));
        assert_eq!(seen, [("LICENSE".to_owned(), 0o644), (long, 0o644), ("hibob".to_owned(), 0o755)]);
    }
}
