//! Messages and remedies as they fit any host: they name no command, no file and no setting of this project's own host.
//!
//! The core words what it finds for the operators of that host. What a phrase of it means for another host is in a table. A
//! test reads the core's source, and fails if it has a phrase that the table misses.

use std::borrow::Cow;

/// Phrases of the core and what stands in their place, in the order in which they are replaced.
const PHRASES: &[(&str, &str)] = &[
    (", and the time for waiting was used up (limits.waiting_seconds_max)", ""),
    (
        " and enter it: hibob secret set TENANT hibob.token (or put it where the tenant's file names another place)",
        " and give it to the host",
    ),
    (
        ", enter it: hibob secret set TENANT travelperk.key (or put it where the tenant's file names another place), and check travelperk.scheme",
        ", and give it to the host",
    ),
    (
        "leave rest_url and cost_centers_url out of the tenant's file",
        "leave `rest` and `cost-centers` out of the services",
    ),
    (", or lower calls_per_minute in the tenant's file", ", or have the host send fewer requests a minute"),
    ("correct [sync.exclude] in the tenant's file", "correct the settings whose names begin with exclude-"),
    (
        "take it out of [sync.exclude] in the tenant's file",
        "take it out of the settings whose names begin with exclude-",
    ),
    ("sync.exclude.fields in the tenant's file", "the setting exclude-fields"),
    ("correct the tenant's file", "correct the settings"),
    (" in the tenant's file", ""),
    ("hibob tenant enable TENANT --by EMAIL", "the setting enabled-by"),
    (
        "hibob hold TENANT says why, and with the employee's id and --end it ends the hold",
        "whoever has put them on hold in the host can end it",
    ),
    ("hibob link gives the employee an account again", "the host can have another account adopted (host:links)"),
    ("hibob link TENANT", "have the host order the adoption (host:links) of employee and account"),
    ("the account was given up (hibob unlink)", "the account was given up (host:unlinked)"),
    ("take the link back with hibob unlink", "take the order of the adoption back (host:links)"),
    ("travelperk.cost_centers_url", "the base URL of `cost-centers`"),
    ("travelperk.scim_url (or cost_centers_url)", "the base URL of `scim` (or of `cost-centers`)"),
    ("travelperk.scim_url", "the base URL of `scim`"),
    ("travelperk.rest_url", "the base URL of `rest`"),
    ("set travelperk.plan", "set plan-tier"),
    ("hibob.url", "the base URL of `hibob`"),
];

/// A message or remedy of the core as it fits any host.
pub(crate) fn for_any_host(text: &str) -> String {
    let mut words = Cow::Borrowed(text);
    for (phrase, instead) in PHRASES {
        if words.contains(phrase) {
            words = Cow::Owned(words.replace(phrase, instead));
        }
    }
    words.into_owned()
}

#[cfg(test)]
mod tests {

    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// What only this project's own host has.
    const OWN: [&str; 8] =
        ["TENANT", "tenant's file", "limits.", "travelperk.", "hibob.url", "hibob link", "hibob unlink", "hibob hold"];

    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, files);
            } else {
                files.push(path);
            }
        }
    }

    /// The texts of a source file, a continued line with what it continues; its tests are left out.
    fn texts(source: &str) -> Vec<String> {
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n").replace("\\\n", "");
        let mut texts = Vec::new();
        let mut rest = code.replace("\\\"", "'").replace("'\"'", "");
        while let Some((_, after)) = rest.split_once('"') {
            let Some((text, after)) = after.split_once('"') else { break };
            texts.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
            rest = after.to_owned();
        }
        texts
    }

    #[test]
    fn no_text_of_the_sync_names_what_only_this_projects_host_has() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src"), &mut files);
        let (mut looked_at, mut replaced, mut left) = (0, 0, Vec::new());
        for file in files.iter().filter(|file| !file.to_string_lossy().contains("references")) {
            for text in texts(&fs::read_to_string(file).unwrap()).iter().filter(|text| text.contains(' ')) {
                looked_at += 1;
                let words = for_any_host(&format!(" {text}"));
                replaced += usize::from(words.trim_start() != text);
                left.extend(OWN.iter().any(|own| words.contains(own)).then_some(words));
            }
        }
        assert!(left.is_empty(), "{left:#?}");
        assert!(looked_at > 200 && replaced > 15, "{looked_at} {replaced}");
    }
}
