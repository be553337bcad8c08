//! `cargo xtask release`: what a release consists of, for one target at a time: an archive, on Linux a Debian package,
//! the SHA-256 of each, and a signature over these.

mod archive;
mod contents;
mod deb;
mod notices;
mod program;
mod sums;

use crate::run::{output, root, target_dir};
use anyhow::{Context as _, Result, bail, ensure};
use program::Program;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to make, and of what.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// For which target; for this machine's own if none is named.
    target: Option<String>,
    /// A built program to be taken, in place of building one.
    program: Option<PathBuf>,
    /// The folder that the files are put into.
    out: Option<PathBuf>,
    /// The secret key that signs.
    key: Option<PathBuf>,
}

/// What the command `release` is asked to do.
#[derive(Debug)]
pub(crate) enum Request {
    /// Make the archive of one target.
    Make(Options),
    /// Sum up and sign a folder with the files of all targets.
    Sign {
        /// The folder.
        folder: PathBuf,
        /// The secret key.
        key: PathBuf,
    },
    /// Check the sums of a folder, and their signature.
    Verify {
        /// The folder.
        folder: PathBuf,
        /// The file with the public key.
        public: PathBuf,
    },
}

impl Options {
    /// Reads the arguments behind `deb`.
    ///
    /// # Errors
    /// An option is unknown, or has no value.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().copied().with_context(|| format!("{argument} needs a value"));
            match *argument {
                "--target" => options.target = Some(value()?.to_owned()),
                "--program" => options.program = Some(value()?.into()),
                "--out" => options.out = Some(value()?.into()),
                "--key" => options.key = Some(value()?.into()),
                other => bail!("there is no option {other}"),
            }
        }
        Ok(options)
    }

    /// The folder that the files are put into, which is made if it is not there.
    fn folder(&self) -> Result<PathBuf> {
        let folder = match &self.out {
            Some(out) => out.clone(),
            None => target_dir()?.join("release-files"),
        };
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}

impl Request {
    /// Reads the arguments behind `release`.
    ///
    /// # Errors
    /// An option is unknown, has no value, or does not go with the others.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        match *arguments {
            ["--sign", folder, "--key", key] => Ok(Self::Sign { folder: folder.into(), key: key.into() }),
            ["--sign", ..] => bail!("signing is asked for with: --sign DIR --key FILE"),
            ["--verify", folder, "--public", key] => Ok(Self::Verify { folder: folder.into(), public: key.into() }),
            ["--verify", ..] => bail!("a check is asked for with: --verify DIR --public FILE"),
            _ => Ok(Self::Make(Options::parse(arguments)?)),
        }
    }
}

/// What all files of a release have in common.
struct Release {
    version: String,
    /// The time that every file in it is given: of the last commit, in seconds since 1970.
    unix_seconds: u64,
}

impl Release {
    /// Of the tree as it is. `SOURCE_DATE_EPOCH` gives another time, as for other tools.
    ///
    /// # Errors
    /// The tree has no commit, or cargo does not know the program.
    fn of_tree() -> Result<Self> {
        let unix_seconds = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(seconds) => seconds,
            Err(_) => output(Command::new("git").current_dir(root()).args(["log", "-1", "--format=%ct"]))?,
        };
        let unix_seconds =
            unix_seconds.trim().parse().with_context(|| format!("no time in seconds: {unix_seconds}"))?;
        Ok(Self { version: program::version()?, unix_seconds })
    }
}

/// Carries out `cargo xtask release`.
///
/// # Errors
/// Something cannot be built, read or written; at a check, something is not as it was signed.
pub(crate) fn release(request: &Request) -> Result<()> {
    match request {
        Request::Make(options) => make(options, archive::make),
        Request::Sign { folder, key } => {
            sums::write(folder)?;
            sums::sign(folder, key, &program::version()?)
        }
        Request::Verify { folder, public } => sums::verify(folder, public),
    }
}

/// Carries out `cargo xtask deb`.
///
/// # Errors
/// The target is not one of Debian's, or something cannot be built, read or written.
pub(crate) fn deb(options: &Options) -> Result<()> {
    make(options, deb::make)
}

/// Gets the program, lets `file` make a file of it, and sums up the folder anew.
fn make(options: &Options, file: impl FnOnce(&Release, &Program, &Path) -> Result<PathBuf>) -> Result<()> {
    let target = match &options.target {
        Some(target) => target.clone(),
        None => program::own_target()?,
    };
    let release = Release::of_tree()?;
    let program = match &options.program {
        Some(program) => Program::given(program, target)?,
        None => {
            ensure_clean()?;
            Program::build(target, &release)?
        }
    };
    let folder = options.folder()?;
    let made = file(&release, &program, &folder)?;
    println!("made {}", made.display());
    sums::write(&folder)?;
    match &options.key {
        Some(key) => sums::sign(&folder, key, &release.version),
        None => {
            println!("not signed: no --key");
            Ok(())
        }
    }
}

/// What is released is what is committed.
fn ensure_clean() -> Result<()> {
    let changed = output(Command::new("git").current_dir(root()).args(["status", "--porcelain"]))?;
    ensure!(changed.is_empty(), "commit these first, a release has what is committed:\n{}", changed.trim_end());
    Ok(())
}
