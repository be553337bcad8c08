//! The Debian package: the program, its unit and a user to run it as. `dpkg-deb` makes it from a tree that is laid out
//! here.

use super::Release;
use super::contents::contents;
use super::program::Program;
use crate::run::{root, run};
use anyhow::{Context as _, Result, ensure};
use chrono::DateTime;
use flate2::{Compression, GzBuilder};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files in `xtask/deb` that `dpkg` runs, and when.
const SCRIPTS: [(&str, &str); 3] = [
    ("postinst", include_str!("../../deb/postinst")),
    ("prerm", include_str!("../../deb/prerm")),
    ("postrm", include_str!("../../deb/postrm")),
];

const CONTROL: &str = include_str!("../../deb/control");
const COPYRIGHT: &str = include_str!("../../deb/copyright");
const USER: &str = include_str!("../../deb/hibob.sysusers");

/// Where the unit in the tree expects the program, and where a package puts it.
const PROGRAM: (&str, &str) = ("/usr/local/bin/hibob", "/usr/bin/hibob");

/// Makes `hibob_VERSION_ARCHITECTURE.deb` in a folder.
///
/// # Errors
/// The target is not one of Debian's, nobody answers for the package, there is no `dpkg-deb`, or a file cannot be read or written.
pub(super) fn make(release: &Release, program: &Program, folder: &Path) -> Result<PathBuf> {
    let architecture = architecture(&program.target)?;
    let version = debian_version(&release.version);
    let place = tempfile::tempdir().context("cannot make a folder for the package")?;
    let tree = Tree { root: place.path().join("hibob") };
    let maintainer = maintainer()?;
    let bytes = program.bytes()?;
    let glibc = glibc(&bytes).with_context(|| format!("{} needs no glibc", program.file.display()))?;
    tree.put("usr/bin/hibob", &bytes, 0o755)?;
    let unit = root().join("host/service/hibob.service");
    let unit = std::fs::read_to_string(&unit).with_context(|| format!("cannot read {}", unit.display()))?;
    tree.put("usr/lib/systemd/system/hibob.service", packaged(&unit)?.as_bytes(), 0o644)?;
    tree.put("usr/lib/sysusers.d/hibob.conf", USER.as_bytes(), 0o644)?;
    tree.documents(program)?;
    tree.put("usr/share/doc/hibob/copyright", COPYRIGHT.as_bytes(), 0o644)?;
    let changelog = changelog(&version, &maintainer, release.unix_seconds)?;
    tree.put("usr/share/doc/hibob/changelog.gz", &zipped(changelog.as_bytes())?, 0o644)?;
    let control = CONTROL
        .replace("@VERSION@", &version)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@MAINTAINER@", &maintainer)
        .replace("@KIB@", &tree.kib()?.to_string())
        .replace("@GLIBC@", &glibc);
    tree.put("DEBIAN/control", control.as_bytes(), 0o644)?;
    for (name, text) in SCRIPTS {
        tree.put(&format!("DEBIAN/{name}"), text.as_bytes(), 0o755)?;
    }
    let path = folder.join(format!("hibob_{version}_{architecture}.deb"));
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--threads-max=1", "--build"]).arg(&tree.root).arg(&path);
    run(build.env("SOURCE_DATE_EPOCH", release.unix_seconds.to_string()))?;
    Ok(path)
}

/// What is to be in the package, as it will lie below `/`.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn put(&self, path: &str, bytes: &[u8], mode: u32) -> Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().unwrap_or(&self.root);
        let wrong = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(folder).with_context(wrong)?;
        std::fs::write(&path, bytes).with_context(wrong)?;
        set_mode(&path, mode).with_context(wrong)?;
        // Folders as `dpkg` wants them, whatever this process's mask is.
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.root)) {
            set_mode(folder, 0o755).with_context(wrong)?;
        }
        Ok(())
    }

    /// The documents, completions and man pages, each where Debian has them. The program, the unit and the licence are
    /// put there by themselves; a completion for PowerShell has no place in Debian.
    fn documents(&self, program: &Program) -> Result<()> {
        for entry in contents(program)? {
            match entry.path.as_str() {
                "completions/hibob.bash" => {
                    self.put("usr/share/bash-completion/completions/hibob", &entry.bytes, 0o644)?;
                }
                "completions/_hibob" => self.put("usr/share/zsh/vendor-completions/_hibob", &entry.bytes, 0o644)?,
                "completions/hibob.fish" => {
                    self.put("usr/share/fish/vendor_completions.d/hibob.fish", &entry.bytes, 0o644)?;
                }
                "THIRD-PARTY.txt" => {
                    self.put("usr/share/doc/hibob/THIRD-PARTY.txt.gz", &zipped(&entry.bytes)?, 0o644)?;
                }
                path => {
                    if let Some(page) = path.strip_prefix("man/") {
                        self.put(&format!("usr/share/man/man1/{page}.gz"), &zipped(&entry.bytes)?, 0o644)?;
                    } else if path.ends_with(".md") || path == "examples/tenant.toml" {
                        self.put(&format!("usr/share/doc/hibob/{path}"), &entry.bytes, 0o644)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// How much the files take, in KiB, each rounded up.
    fn kib(&self) -> Result<u64> {
        fn below(folder: &Path) -> std::io::Result<u64> {
            let mut sum = 0;
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                sum += if entry.file_type()?.is_dir() {
                    below(&entry.path())?
                } else {
                    entry.metadata()?.len().div_ceil(1024)
                };
            }
            Ok(sum)
        }
        below(&self.root).with_context(|| format!("cannot read {}", self.root.display()))
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// There is no `dpkg-deb` where there are no modes.
#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

fn architecture(target: &str) -> Result<&'static str> {
    match target {
        "x86_64-unknown-linux-gnu" => Ok("amd64"),
        "aarch64-unknown-linux-gnu" => Ok("arm64"),
        other => anyhow::bail!("there is no Debian package for {other}"),
    }
}

/// `1.2.0-rc.1` comes before `1.2.0`; for Debian this is said with a tilde.
fn debian_version(version: &str) -> String {
    version.replacen('-', "~", 1)
}

/// Who answers for the package: `DEBEMAIL` and `DEBFULLNAME`, as Debian's own tools take it.
///
/// # Errors
/// `DEBEMAIL` is not set.
fn maintainer() -> Result<String> {
    let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mail = value("DEBEMAIL").context("set DEBEMAIL: a Debian package names who answers for it")?;
    let name = value("DEBFULLNAME").unwrap_or_else(|| "hibob-connector maintainers".to_owned());
    Ok(format!("{name} <{mail}>"))
}

/// The unit with the program where the package puts it.
fn packaged(unit: &str) -> Result<String> {
    let (there, here) = PROGRAM;
    ensure!(unit.contains(&format!("ExecStart={there} ")), "the unit does not start {there}");
    // What its first lines say about installing it by hand, the package does.
    let body = unit.find("[Unit]").and_then(|at| unit.get(at..)).context("the unit has no section [Unit]")?;
    Ok(body.replace(there, here))
}

/// The newest version of glibc that a program asks for. The versions are words in it.
fn glibc(program: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"GLIBC_";
    let mut newest = None;
    for (at, _) in program.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD) {
        let rest = program.get(at + WORD.len()..)?;
        let text: Vec<u8> = rest.iter().copied().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').collect();
        let numbers = String::from_utf8_lossy(&text).split('.').map(|part| part.parse().ok()).collect();
        let numbers: Option<Vec<u32>> = numbers;
        newest = newest.max(numbers.filter(|numbers| numbers.len() > 1));
    }
    newest.map(|numbers| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
}

/// Debian's form of a changelog. What changed is in the project's own.
fn changelog(version: &str, maintainer: &str, unix_seconds: u64) -> Result<String> {
    let time = i64::try_from(unix_seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let time = time.with_context(|| format!("{unix_seconds} is no time"))?.format("%a, %d %b %Y %H:%M:%S +0000");
    Ok(format!("hibob ({version}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- {maintainer}  {time}\n"))
}

/// Compressed without a name and a time.
fn zipped(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut zipped = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    zipped.write_all(bytes).and_then(|()| zipped.finish()).context("cannot compress a document")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_needs_the_newest_glibc_that_its_program_names() {
        assert_eq!(glibc(b"..GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0").as_deref(), Some("2.34"));
        assert_eq!(glibc(b"GLIBC_2.3.4\0GLIBC_2.3"), Some("2.3.4".to_owned()));
        assert_eq!(glibc(b"nothing"), None);
    }

    #[test]
    fn a_preview_comes_before_its_version() {
        assert_eq!(debian_version("1.2.0-rc.1"), "1.2.0~rc.1");
        assert_eq!(debian_version("1.2.0"), "1.2.0");
    }

    #[test]
    fn the_packages_unit_starts_the_packages_program() {
        let unit = packaged(include_str!("../../../host/service/hibob.service")).unwrap();
        assert!(unit.starts_with("[Unit]") && unit.contains("\nExecStart=/usr/bin/hibob "), "{unit}");
        assert!(!unit.contains("/usr/local"), "{unit}");
        assert!(packaged("[Service]\nExecStart=/bin/hibob serve\n").is_err());
    }

    #[test]
    fn a_changelog_has_debians_form() {
        let text = changelog("1.2.0", "A <a@example.org>", 1_700_000_000).unwrap();
        assert!(text.starts_with("hibob (1.2.0) stable; urgency=medium\n\n  * "), "{text}");
        assert!(text.ends_with("\n -- A <a@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n"), "{text}");
    }
}
