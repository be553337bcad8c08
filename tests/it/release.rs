//! Tests of the archive of a release, made around the program as the tests start it. What takes minutes is in
//! `tests/release`.

use super::cli::Shell;
use std::process::Command;

/// Made and signed, verified, unpacked with tar, started; and refused after a change.
#[test]
fn an_archive_is_made_signed_verified_and_its_program_starts() {
    let shell = Shell::new();
    let program = shell.command(&[]).get_program().to_str().unwrap().to_owned();
    let [out, key, public, unpacked] = ["files", "release.key", "release.key.pub", "unpacked"]
        .map(|name| shell.path(name).to_str().unwrap().to_owned());
    // The keys of plugins have the same format.
    let made = shell.command(&["plugin", "key", "new", &key]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    xtask::command(&["release", "--program", &program, "--out", &out, "--key", &key]).unwrap();
    xtask::command(&["release", "--verify", &out, "--public", &public]).unwrap();

    let mut files: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let [sums, signature, archive] = files.as_slice() else { panic!("{files:?}") };
    assert!(sums.ends_with("SHA256SUMS") && signature.ends_with("SHA256SUMS.minisig"), "{files:?}");
    let name = archive.file_name().unwrap().to_str().unwrap().strip_suffix(".tar.gz").unwrap();
    std::fs::create_dir(&unpacked).unwrap();
    let tar = Command::new("tar").args(["-xzf", archive.to_str().unwrap(), "-C", &unpacked]).status().unwrap();
    assert!(tar.success(), "{tar}");
    let folder = shell.path("unpacked").join(name);
    let started = Command::new(folder.join("hibob")).arg("--version").output().unwrap();
    assert!(started.status.success(), "{started:?}");
    let said = String::from_utf8_lossy(&started.stdout);
    let first = said.lines().next().unwrap_or_default();
    assert_eq!(first, format!("hibob {}", env!("CARGO_PKG_VERSION")));
    assert!(said.contains("time zone data: IANA 2"), "{said}");
    for file in ["README.md", "LICENSE", "THIRD-PARTY.txt", "hibob.service", "examples/tenant.toml", "docs/use/sync.md"]
    {
        assert!(folder.join(file).metadata().unwrap().len() > 0, "{file}");
    }
    let notices = std::fs::read_to_string(folder.join("THIRD-PARTY.txt")).unwrap();
    for part in ["\nwasmtime 4", "\nring 0.17", "\nserde 1", "\nwit-bindgen ", "SIL OPEN FONT LICENSE"] {
        assert!(notices.contains(part), "THIRD-PARTY.txt lacks {part:?}");
    }

    std::fs::write(archive, "another archive").unwrap();
    let refused = xtask::command(&["release", "--verify", &out, "--public", &public]).unwrap_err();
    assert!(format!("{refused:#}").contains("is not the file that was signed"), "{refused:#}");
}
