#!/usr/bin/env bash
# lettre 0.11.23 (crates.io): it reads a mail server's answer to EHLO with regard to case. A server that answers
# `250-starttls`, `250-smtputf8` or `250-auth plain login` counts as one that offers none of these, though the keywords of
# extensions have no case (RFC 5321, section 2.4). `AUTH=LOGIN`, the form of servers from before RFC 2554, is not read either;
# Python's smtplib reads both. What a user sees is that the server has no login mechanism, or no STARTTLS, where it has one.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
lettre = { version = "=0.11.23", default-features = false, features = ["builder", "smtp-transport"] }

[workspace]
TOML
cat > src/main.rs <<'RS'
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::extension::{Extension, ServerInfo};
use lettre::transport::smtp::response::Response;

fn main() {
    for line in ["AUTH PLAIN LOGIN", "auth plain login", "AUTH plain login", "AUTH=PLAIN LOGIN"] {
        let answer: Response = format!("250-mail.example\r\n250 {line}\r\n").parse().unwrap();
        let info = ServerInfo::from_response(&answer).unwrap();
        println!("{line}: {:?}", info.get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]));
    }
    for (upper, lower, what) in
        [("STARTTLS", "starttls", Extension::StartTls), ("SMTPUTF8", "smtputf8", Extension::SmtpUtfEight)]
    {
        let has = |line: &str| {
            let answer: Response = format!("250-mail.example\r\n250 {line}\r\n").parse().unwrap();
            ServerInfo::from_response(&answer).unwrap().supports_feature(what)
        };
        println!("{upper}: {}, {lower}: {}", has(upper), has(lower));
    }
}
RS
cargo run --quiet > output
cat output
cargo tree --quiet --depth 1 --prefix none | grep '^lettre'
diff output - <<'EXPECTED'
AUTH PLAIN LOGIN: Some(Plain)
auth plain login: None
AUTH plain login: None
AUTH=PLAIN LOGIN: None
STARTTLS: true, starttls: false
SMTPUTF8: true, smtputf8: false
EXPECTED
