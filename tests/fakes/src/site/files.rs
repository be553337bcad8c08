//! The files of a site.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

/// A folder, or files in memory.
#[derive(Debug, Clone)]
pub(super) enum Files {
    Folder(PathBuf),
    Map(BTreeMap<String, Vec<u8>>),
}

impl Files {
    /// The file for a decoded path, with its path. For a folder this is the folder's index.
    pub(super) fn find(&self, path: &str) -> Option<(String, Vec<u8>)> {
        let path = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        let bytes = match self {
            Self::Map(map) => map.get(&path)?.clone(),
            Self::Folder(folder) => fs::read(inside(folder, &path)?).ok()?,
        };
        Some((path, bytes))
    }
}

/// The path of the file; `None` if it is outside of the folder, by dots or by a link.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.strip_prefix('/')?);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = folder.join(relative).canonicalize().ok()?;
    file.starts_with(folder.canonicalize().ok()?).then_some(file)
}

/// The content type that a server derives from a path. Checkpoints are text, tiles are bytes (c2sp.org/tlog-tiles).
pub(super) fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        _ if name == "checkpoint" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
