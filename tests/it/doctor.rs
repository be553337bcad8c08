//! Tests of `hibob doctor`.

use super::cli::{Fakes, Shell};
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

/// What `doctor` reports: its exit code, and its checks as `check status: message`.
fn checked(shell: &Shell, variables: &[(&str, &str)]) -> (i32, Vec<String>) {
    let mut command = shell.command(&["doctor", "--json"]);
    // One authority, whatever this machine trusts.
    let authority = rcgen::generate_simple_self_signed(["authority.example".to_owned()]).unwrap();
    std::fs::write(shell.path("authority.pem"), authority.cert.pem()).unwrap();
    command.env("SSL_CERT_FILE", shell.path("authority.pem")).env_remove("SSL_CERT_DIR");
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = output.status.code().unwrap();
    assert_eq!(object["ok"].as_bool(), Some(code == 0), "{object}");
    let line = |check: &Value| {
        let [name, status, message, remedy] =
            ["check", "status", "message", "remedy"].map(|part| check[part].as_str().unwrap());
        assert_eq!(status == "ok", remedy.is_empty(), "{check}");
        format!("{name} {status}: {message}")
    };
    (code, object["checks"].as_array().unwrap().iter().map(line).collect())
}

fn has(lines: &[String], start: &str, part: &str) -> bool {
    lines.iter().any(|line| line.starts_with(start) && line.contains(part))
}

#[test]
fn doctor_names_what_is_wrong_and_ends_with_1() {
    let shell = Shell::new();
    let (code, lines) = checked(&shell, &[]);
    assert_eq!(code, 0, "{lines:?}");
    for (start, part) in [
        ("versions ok", "0.2"),
        ("clock ok", "UTC"),
        ("clock ok", "the database's clock"),
        ("time zones ok", "IANA 20"),
        ("certificates ok", "1 authorities of certificates"),
        ("proxy ok", ""),
        ("disk ok", "can be written to"),
        ("keys ok", ""),
        ("database ok", "SQLite answers, with schema "),
    ] {
        assert!(has(&lines, start, part), "{start} {part} is not in {lines:#?}");
    }

    // A key that others can read, and a proxy that would not be used.
    let key = shell.path("data/secrets.key");
    std::fs::write(&key, "5a".repeat(32)).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let (code, lines) = checked(&shell, &[("HTTPS_PROXY", "http://proxy.example:3128")]);
    assert_eq!(code, 1, "{lines:?}");
    assert!(has(&lines, "keys fail", "secrets.key can be used by others (mode 644)"), "{lines:#?}");
    assert!(has(&lines, "proxy warn", "HTTPS_PROXY"), "{lines:#?}");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(checked(&shell, &[]).0, 0);

    std::fs::write(shell.path("none.pem"), "").unwrap();
    let none = shell.path("none.pem");
    let (code, lines) = checked(&shell, &[("SSL_CERT_FILE", none.to_str().unwrap())]);
    assert!(code == 1 && has(&lines, "certificates fail", "no certificates"), "{lines:#?}");

    // People read the same.
    let text = String::from_utf8(shell.run(&["doctor"]).stdout).unwrap();
    assert!(text.contains("ok    database") && text.contains("SQLite answers"), "{text}");

    // A database that cannot be read.
    std::fs::write(shell.path("data/control.db"), "this is no database, whatever its name is").unwrap();
    for side in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(shell.path(&format!("data/control.db{side}")));
    }
    let (code, lines) = checked(&shell, &[]);
    assert!(code == 1 && has(&lines, "database fail", ""), "{lines:#?}");
}

#[test]
fn doctor_asks_dns_for_the_keys_of_issuers() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "3"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let dns = fakes.text("dns");
    let asked = || checked(&shell, &[("HIBOB_DNS", &dns)]);
    let (code, lines) = asked();
    assert!(code == 0 && has(&lines, "issuer warn", "tenant acme has no key"), "{lines:#?}");
    let made = shell.run(&["references", "key", "new", "acme", "--selector", "one"]).stdout;
    let (code, lines) = asked();
    assert!(code == 1 && has(&lines, "issuer fail", "no TXT record one._refpassport.acme.example"), "{lines:#?}");
    std::fs::File::create(shell.path("acme.zone")).unwrap().write_all(&made).unwrap();
    let (code, lines) = asked();
    assert!(has(&lines, "issuer ok", "the key is in DNS, at one._refpassport.acme.example"), "{lines:#?}");
    // Nothing serves the site here.
    assert!(code == 0 && has(&lines, "issuer warn", "/.well-known/did.json cannot be read from here"), "{lines:#?}");
}
