//! The data directory on the disk: who else may write to it, and how files in it are opened that must be its owner's.

use crate::error::HostError;
use crate::files::{is_link, open_below, private_dir};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

/// The bits of a mode by which the group and all others may do anything.
const OTHERS: u32 = 0o077;

/// The bits of a mode by which the group and all others may write.
const OTHERS_WRITE: u32 = 0o022;

/// The bits of a mode that are the group's.
const GROUP: u32 = 0o070;

/// In a folder with this bit, a file can be renamed and removed by its owner only, whoever may write to the folder.
const STICKY: u32 = 0o1000;

/// The bits that are shown of a mode.
const SHOWN: u32 = 0o7777;

/// Most links on the way to a folder. Linux follows as many.
const LINKS_MAX: usize = 40;

/// The folders that a data directory has. The last one is made by the file system of a volume.
const OWN_FOLDERS: [&str; 4] = ["tenants", "plans", "compiled", "lost+found"];

/// What others than the owner may do with a file of the data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Nothing: it is a key, or machine code.
    Nothing,
    /// Read it.
    Read,
}

/// A folder to which nobody else may write, such as the data directory. One group can be trusted as its owner is.
///
/// The folder itself may be a link. What is opened in it is opened without following links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateFolder {
    path: PathBuf,
    group: Option<u32>,
}

impl From<&Path> for PrivateFolder {
    fn from(path: &Path) -> Self {
        Self { path: path.to_owned(), group: None }
    }
}

impl From<&PathBuf> for PrivateFolder {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<&Self> for PrivateFolder {
    fn from(folder: &Self) -> Self {
        folder.clone()
    }
}

impl PrivateFolder {
    /// This folder, where the group with this id may write as its owner may.
    #[must_use]
    pub fn trusting(self, group: Option<u32>) -> Self {
        Self { group, ..self }
    }

    /// The folder's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder if it is missing, and checks that nobody else can write to it or put another one in its place.
    /// A folder that others can read is closed to them, once. Returns what the operator should be told of that.
    ///
    /// # Errors
    /// It cannot be made, it is another user's, or others can write to it or to a folder on the way to it. The remedy
    /// has the command that mends it. A folder with other folders in it than a data directory's is not closed, and is an
    /// error too.
    pub fn claim(&self) -> Result<Option<String>, HostError> {
        let path = self.resolved()?;
        private_dir(&path)?;
        let metadata = fs::metadata(&path).map_err(|error| unusable(&path, &error))?;
        let (owner, user, mode) = (metadata.uid(), user(), metadata.mode() & SHOWN);
        // The root of a volume may be root's, if it is the trusted group's.
        let is_lent = owner == 0 && self.group == Some(metadata.gid());
        if owner != user && !is_lent {
            return Err(HostError::configuration(
                format!("the data directory {} is user {owner}'s, and this is user {user}", path.display()),
                format!(
                    "run it as its owner, such as with: runuser -u \"$(id -un {owner})\" -- hibob …; or choose another with --data DIR"
                ),
            ));
        }
        let (who, show) = (if self.is_trusted(&metadata) { "o" } else { "go" }, path.display());
        if mode & self.not_allowed(OTHERS_WRITE, &metadata) != 0 {
            return Err(HostError::configuration(
                format!(
                    "the data directory {show} can be written by others than its owner (mode {mode:03o}), who could put keys and plugins of their own into it"
                ),
                format!("look who made what is in it (ls -la {show}), and then: chmod {who}-rwx {show}"),
            ));
        }
        let open = mode & self.not_allowed(OTHERS, &metadata);
        if open == 0 {
            return Ok(None);
        }
        let readable = format!("the data directory {show} could be read by others than its owner (mode {mode:03o})");
        if owner != user {
            return Ok(Some(format!("{readable}; only its owner can mend that: chmod {who}-rwx {show}")));
        }
        if let Some(strange) = strange_folder(&path).map_err(|error| unusable(&path, &error))? {
            return Err(HostError::configuration(
                format!("{readable}, and has the folder {strange} in it, so it is not for the host alone"),
                format!("choose another with --data DIR, or close it to others: chmod {who}-rwx {show}"),
            ));
        }
        let closed = fs::set_permissions(&path, Permissions::from_mode(mode & !open));
        closed.map_err(|error| unusable(&path, &error))?;
        Ok(Some(format!("{readable}, and is closed to them from now on (mode {:03o})", mode & !open)))
    }

    /// The folder's path without links, after a check of each folder on the way.
    fn resolved(&self) -> Result<PathBuf, HostError> {
        let whole = std::path::absolute(&self.path).map_err(|error| unusable(&self.path, &error))?;
        let mut rest = steps(&whole);
        let (mut at, mut links) = (PathBuf::from("/"), 0);
        while let Some(step) = rest.pop() {
            if step == ".." {
                at.pop();
                continue;
            }
            let folder = fs::symlink_metadata(&at).map_err(|error| unusable(&at, &error))?;
            self.require_safe_parent(&at, &folder)?;
            let next = at.join(step);
            let found = match fs::symlink_metadata(&next) {
                Ok(found) => found,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    // What is missing is made later, and closed from the start.
                    return Ok(rest.into_iter().rev().fold(next, |path, step| path.join(step)));
                }
                Err(error) => return Err(unusable(&next, &error)),
            };
            if folder.mode() & OTHERS_WRITE != 0 && ![0, user()].contains(&found.uid()) {
                return Err(HostError::configuration(
                    format!(
                        "{}, on the way to the data directory {}, is user {}'s, who could put another in its place",
                        next.display(),
                        self.path.display(),
                        found.uid()
                    ),
                    "choose another data directory with --data DIR",
                ));
            }
            if !found.is_symlink() {
                at = next;
                continue;
            }
            links += 1;
            if links > LINKS_MAX {
                return Err(unusable(&self.path, &Errno::LOOP.into()));
            }
            let target = fs::read_link(&next).map_err(|error| unusable(&next, &error))?;
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            rest.extend(steps(&target));
        }
        Ok(at)
    }

    /// Checks that others cannot rename or remove what is in a folder on the way.
    fn require_safe_parent(&self, path: &Path, folder: &Metadata) -> Result<(), HostError> {
        let mode = folder.mode() & SHOWN;
        if mode & STICKY != 0 || mode & self.not_allowed(OTHERS_WRITE, folder) == 0 {
            return Ok(());
        }
        let show = path.display();
        Err(HostError::configuration(
            format!(
                "{show} can be written by others than its owner (mode {mode:03o}), who could put another data directory in the place of {}",
                self.path.display()
            ),
            format!("chmod go-w {show}; or choose another data directory with --data DIR"),
        ))
    }

    /// Opens a file of the folder for reading; none if it is not there. The opened file is checked: it is a file and no
    /// link, nor behind one; it is this user's; and others can do no more with it than `others`. `advice` completes the
    /// remedy if they can.
    ///
    /// # Errors
    /// It is not so, or the file cannot be opened.
    pub fn open(&self, name: &str, others: Others, advice: &str) -> Result<Option<File>, HostError> {
        let path = self.path.join(name);
        let show = path.display();
        let file = match open_below(&self.path, Path::new(name)) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) if is_link(error) => return Err(link(&path)),
            Err(error) => return Err(unusable(&path, &error.into())),
        };
        let metadata = file.metadata().map_err(|error| unusable(&path, &error))?;
        let mode = metadata.mode() & SHOWN;
        if !metadata.is_file() {
            return Err(HostError::configuration(format!("{show} is not a file"), format!("remove it; {advice}")));
        }
        require_own(&path, &metadata)?;
        let (word, bits) = match others {
            Others::Nothing => ("read or written", OTHERS),
            Others::Read => ("written", OTHERS_WRITE),
        };
        if mode & self.not_allowed(bits, &metadata) != 0 {
            return Err(HostError::configuration(
                format!("{show} can be {word} by others than its owner (mode {mode:03o})"),
                format!("chmod 600 {show}; {advice}"),
            ));
        }
        Ok(Some(file))
    }

    /// Makes a folder of this one if it is missing, which others can neither read nor enter, and returns its path.
    /// `advice` completes the remedy if they can.
    ///
    /// # Errors
    /// It cannot be made, is a link, is another user's, or is open to others.
    pub fn subfolder(&self, name: &str, advice: &str) -> Result<PathBuf, HostError> {
        let path = self.path.join(name);
        private_dir(&path)?;
        let metadata = fs::symlink_metadata(&path).map_err(|error| unusable(&path, &error))?;
        if !metadata.is_dir() {
            return Err(link(&path));
        }
        require_own(&path, &metadata)?;
        let (show, mode) = (path.display(), metadata.mode() & SHOWN);
        if mode & self.not_allowed(OTHERS, &metadata) != 0 {
            return Err(HostError::configuration(
                format!("{show} is open to others than its owner (mode {mode:03o})"),
                format!("close it: chmod 700 {show}; {advice}"),
            ));
        }
        Ok(path)
    }

    /// Whether the group of a file is the trusted one.
    fn is_trusted(&self, metadata: &Metadata) -> bool {
        self.group == Some(metadata.gid())
    }

    /// Those of the bits that this file must not have.
    fn not_allowed(&self, bits: u32, metadata: &Metadata) -> u32 {
        if self.is_trusted(metadata) { bits & !GROUP } else { bits }
    }
}

/// The user as whom this process acts on files.
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The names in a path, the last one first, without `.` and `/`.
fn steps(path: &Path) -> Vec<OsString> {
    let step = |component: Component<'_>| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        _ => None,
    };
    path.components().rev().filter_map(step).collect()
}

/// A folder in this one that no data directory has.
fn strange_folder(path: &Path) -> io::Result<Option<String>> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !OWN_FOLDERS.contains(&name.as_str()) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Checks that a file or folder is this user's.
///
/// # Errors
/// It is another user's.
pub fn require_own(path: &Path, metadata: &Metadata) -> Result<(), HostError> {
    let (owner, user) = (metadata.uid(), user());
    if owner == user {
        return Ok(());
    }
    let show = path.display();
    Err(HostError::configuration(
        format!("{show} is user {owner}'s, and this is user {user}"),
        format!("find out who put it there; if it is right: chown {user} {show}"),
    ))
}

fn link(path: &Path) -> HostError {
    HostError::configuration(
        format!("{} is a link or behind one, and links below the data directory are not followed", path.display()),
        "put what it leads to into the data directory itself",
    )
}

fn unusable(path: &Path, error: &io::Error) -> HostError {
    HostError::Storage(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, symlink};
    use tempfile::TempDir;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & SHOWN
    }

    /// A folder `data` in a folder of its own.
    fn data() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        set(&data, 0o700);
        (folder, data)
    }

    fn refused(folder: &PrivateFolder) -> (String, String) {
        let error = folder.claim().unwrap_err();
        assert_eq!(error.code(), "CONFIGURATION", "{error}");
        (error.to_string(), error.remedy())
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused_with_the_command_that_mends_it() {
        let (folder, data) = data();
        for (path, bad) in [(data.as_path(), 0o770), (&data, 0o702), (&data, 0o1777), (folder.path(), 0o730)] {
            let good = mode(path);
            set(path, bad);
            let (said, remedy) = refused(&(&data).into());
            assert!(said.contains("can be written by others") && said.contains(&format!("{bad:03o}")), "{said}");
            let command = remedy[remedy.find("chmod").unwrap()..].split(';').next().unwrap();
            let done = std::process::Command::new("sh").args(["-c", command]).status().unwrap();
            assert!(done.success(), "{command}");
            assert_eq!(PrivateFolder::from(&data).claim().unwrap(), None, "after {command}");
            set(path, good);
        }
        // In a folder with the sticky bit nobody else can rename it.
        set(folder.path(), 0o1777);
        assert_eq!(PrivateFolder::from(&data).claim().unwrap(), None);
    }

    #[test]
    fn a_folder_that_others_can_read_is_closed_once() {
        let (_folder, data) = data();
        fs::create_dir(data.join("tenants")).unwrap();
        set(&data, 0o755);
        let told = PrivateFolder::from(&data).claim().unwrap().unwrap();
        assert!(told.contains("mode 755") && told.contains("mode 700"), "{told}");
        assert_eq!((mode(&data), PrivateFolder::from(&data).claim().unwrap()), (0o700, None));
        // One that is used for other things as well keeps its mode.
        set(&data, 0o755);
        fs::create_dir(data.join("letters")).unwrap();
        let (said, remedy) = refused(&(&data).into());
        assert!(said.contains("letters") && remedy.contains("chmod go-rwx"), "{said} {remedy}");
        assert_eq!(mode(&data), 0o755);
    }

    #[test]
    fn the_folder_may_be_a_link_and_the_way_to_it_is_checked() {
        let (folder, data) = data();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        symlink("../data", open.join("link")).unwrap();
        let linked = PrivateFolder::from(&open.join("link"));
        set(&open, 0o755);
        assert_eq!(linked.claim().unwrap(), None);
        set(&open, 0o777);
        assert!(refused(&linked).0.contains("open can be written by others"));
        set(&open, 0o1777);
        assert_eq!(linked.claim().unwrap(), None);
        symlink(&data, folder.path().join("absolute")).unwrap();
        let missing = PrivateFolder::from(&folder.path().join("absolute/new/newer"));
        assert_eq!(missing.claim().unwrap(), None);
        assert_eq!((mode(&data.join("new")), mode(&data.join("new/newer"))), (0o700, 0o700));
        symlink("round", folder.path().join("round")).unwrap();
        assert!(PrivateFolder::from(&folder.path().join("round")).claim().is_err());
    }

    #[test]
    fn a_trusted_group_may_write_and_no_other() {
        let (_folder, data) = data();
        let group = fs::metadata(&data).unwrap().gid();
        let trusting = |group| PrivateFolder::from(&data).trusting(Some(group));
        // The modes that fsGroup gives to a volume and to what is in it.
        set(&data, 0o2770);
        fs::write(data.join("x.key"), "k").unwrap();
        set(&data.join("x.key"), 0o660);
        fs::create_dir(data.join("compiled")).unwrap();
        set(&data.join("compiled"), 0o2770);
        assert_eq!(trusting(group).claim().unwrap(), None);
        assert!(trusting(group).open("x.key", Others::Nothing, "").unwrap().is_some());
        assert!(trusting(group).subfolder("compiled", "").is_ok());
        assert!(refused(&trusting(group + 1)).0.contains("can be written by others"));
        assert!(trusting(group + 1).open("x.key", Others::Nothing, "").is_err());
        assert!(trusting(group + 1).subfolder("compiled", "").is_err());
        set(&data, 0o2775);
        let told = trusting(group).claim().unwrap().unwrap();
        assert!(told.contains("mode 2770"), "{told}");
        set(&data, 0o2772);
        assert!(refused(&trusting(group)).1.contains("chmod o-rwx"));
    }

    #[test]
    fn a_file_is_opened_only_if_it_is_this_users_and_no_link() {
        let (folder, data) = data();
        let opened = |name: &str, others| PrivateFolder::from(&data).open(name, others, "advice");
        assert!(opened("x", Others::Nothing).unwrap().is_none());
        assert!(opened("compiled/x", Others::Nothing).unwrap().is_none());
        for place in [folder.path().join("x"), data.join("x")] {
            fs::write(&place, "content").unwrap();
            set(&place, 0o600);
        }
        assert!(opened("x", Others::Nothing).unwrap().is_some());
        for (mode, nothing, read) in [(0o640, false, true), (0o604, false, true), (0o620, false, false)] {
            set(&data.join("x"), mode);
            assert_eq!(opened("x", Others::Nothing).is_ok(), nothing, "{mode:o}");
            assert_eq!(opened("x", Others::Read).is_ok(), read, "{mode:o}");
        }
        let error = opened("x", Others::Read).unwrap_err();
        assert!(error.to_string().contains("mode 620") && error.remedy().contains("chmod 600"), "{error}");
        symlink(folder.path().join("x"), data.join("link")).unwrap();
        symlink(folder.path(), data.join("compiled")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, data.join("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        for (name, words) in [("link", "is a link"), ("compiled/x", "behind one"), ("pipe", "is not a file")] {
            let error = opened(name, Others::Read).unwrap_err();
            assert!(error.to_string().contains(words), "{name}: {error}");
        }
        assert!(PrivateFolder::from(&data).subfolder("compiled", "").unwrap_err().to_string().contains("is a link"));
        // Only an administrator can give a file away.
        if chown(data.join("x"), Some(65_534), None).is_ok() {
            assert!(opened("x", Others::Read).unwrap_err().to_string().contains("is user 65534's"));
            assert!(opened("x", Others::Read).unwrap_err().remedy().contains("chown"));
            chown(&data, Some(65_534), None).unwrap();
            assert!(refused(&(&data).into()).1.contains("runuser -u"));
        }
    }
}
