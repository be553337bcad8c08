//! An issuer with its DNS, its site and one reference, and the program that verifies it.

use chrono::{NaiveDate, SubsecRound, TimeDelta, Utc};
use hibob_fakes::{Dns, DnsServer, Site, SiteServer};
use hibob_reference_format::claims::{ClaimText, Claims, Employment, Issuer as IssuerClaim};
use hibob_reference_format::credential::{Credential, SignedCredential};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::file::{KeyFile, PublishedKey};
use hibob_reference_format::keys::{PublicKey, SecretKey, Selector, dns};
use hibob_reference_format::log::tree::TreeReader;
use hibob_reference_format::log::{self, Hash, proof::LogProof};
use hibob_reference_format::pdf;
use hibob_reference_format::publish::{Publication, files};
use hibob_reference_format::status_list::{Bitstring, Purpose, StatusList, StatusPosition};
use hibob_reference_format::verify::{Answer, Sources};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The names at which DNS may have the key.
pub(super) const RECORDS: [&str; 2] = ["k2026._workreferences.acme.example", "k2026._refpassport.acme.example"];

/// The second of them, which every version of the program has asked for.
pub(super) const RECORD: &str = RECORDS[1];

/// The reference's place in the status lists.
const POSITION: StatusPosition = StatusPosition { list: 1, index: 94_567 };

/// How a run of the program ended.
pub(super) struct Outcome {
    pub(super) exit: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Outcome {
    /// The exit code and the verdict of a run without `--json`.
    pub(super) fn verdict(&self) -> (i32, &str) {
        (self.exit, self.stdout.split(':').next().unwrap())
    }

    /// Asserts that the output has each of these texts.
    #[track_caller]
    pub(super) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            let all = format!("{}\n{}", self.stdout, self.stderr);
            assert!(all.contains(text), "{text:?} is not in\n{all}");
        }
        self
    }
}

pub(super) fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

pub(super) fn domain() -> Domain {
    Domain::parse("acme.example").unwrap()
}

pub(super) fn selector() -> Selector {
    Selector::parse("k2026").unwrap()
}

/// A reference that was issued an hour ago.
pub(super) fn credential() -> Credential {
    let text = |text: &str| ClaimText::parse("text", text).unwrap();
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let employment = Employment {
        name: text("Zoë Łukasz-O'Neil"),
        job_title: Some(text("Senior Engineer")),
        department: Some(text("Platform & Tools")),
        start: day(2019, 3, 1),
        end: day(2026, 10, 31),
    };
    let claims = Claims::new(IssuerClaim { domain: domain(), name: text("ACME GmbH") }, employment).unwrap();
    Credential::new(claims, POSITION, (Utc::now() - TimeDelta::hours(1)).trunc_subsecs(0)).unwrap()
}

/// The entries of a log of 300 references, with this one as number 17.
fn entries(signed: &SignedCredential) -> Vec<Hash> {
    let mut entries: Vec<Hash> = (0..300_u16).map(|number| [number.to_le_bytes()[0]; 32]).collect();
    entries[17] = signed.digest();
    entries
}

pub(super) fn log_proof(signed: &SignedCredential) -> LogProof {
    let entries = entries(signed);
    let (tiles, checkpoint) = log::head(&domain(), &entries).unwrap();
    let hashes = TreeReader::new(&tiles, 300).inclusion_proof(17).unwrap();
    LogProof { index: 17, hashes, checkpoint: checkpoint.sign(&key()) }
}

pub(super) fn key_file(key: &SecretKey) -> Vec<u8> {
    let created = Utc::now() - TimeDelta::days(100);
    let key = PublishedKey { selector: selector(), key: key.public(), created, retired: None, revoked: None };
    KeyFile { domain: domain(), keys: vec![key] }.render().into_bytes()
}

fn status_list(purpose: Purpose, set: &[u32]) -> Vec<u8> {
    let bits = Bitstring::with(set.iter().copied());
    StatusList::new(domain(), 1, purpose, Utc::now(), bits).sign(&key(), &selector()).unwrap()
}

/// The text of the TXT record with a key.
pub(super) fn record_value(key: &PublicKey) -> String {
    dns::record_value(dns::Label::RefPassport, key)
}

/// Everything that an honest issuer publishes.
pub(super) fn sources() -> Sources {
    Sources {
        now: Utc::now(),
        dns: [Answer::Absent, Answer::Found(vec![record_value(&key().public())])],
        key_file: Answer::Found(key_file(&key())),
        ..Sources::default()
    }
}

/// The issuer's servers, and a folder with the files of its reference.
pub(super) struct Issuer {
    pub(super) dns: DnsServer,
    pub(super) site: SiteServer,
    pub(super) signed: SignedCredential,
    folder: TempDir,
}

impl Issuer {
    /// An issuer whose data is all correct.
    pub(super) async fn start() -> Self {
        let signed = SignedCredential::sign(credential(), &key(), &selector()).unwrap();
        let mut dns = Dns::default();
        dns.insert_txt(RECORD, &record_value(&key().public()));
        let mut site = Site::empty();
        let folder = tempfile::tempdir().unwrap();
        let entries = entries(&signed);
        let mut checkpoint = log::head(&domain(), &entries).unwrap().1.sign(&key());
        log::published::date(&mut checkpoint, &key(), Utc::now()).unwrap();
        let lists = Purpose::ALL.map(|purpose| (1, purpose, status_list(purpose, &[7])));
        let key_file = KeyFile::parse(&key_file(&key())).unwrap();
        let (entries, checkpoint, status_lists) = (&entries[..], &checkpoint, &lists[..]);
        let publication =
            Publication { key_file: &key_file, entries, checkpoint, status_lists, verify_page: b"<!doctype html>" };
        for (path, bytes) in files(&publication).unwrap() {
            let file = folder.path().join("published").join(&path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, &bytes).unwrap();
            site.insert(&format!("/{path}"), bytes);
        }
        let dns = DnsServer::start(Arc::new(Mutex::new(dns))).await.unwrap();
        let site = SiteServer::start(Arc::new(Mutex::new(site))).await.unwrap();
        let issuer = Self { dns, site, signed, folder };
        let log_proof = log_proof(&issuer.signed);
        issuer.write("reference.json", issuer.signed.canonical());
        issuer.write("reference.tlog-proof", log_proof.to_string());
        issuer.write("reference.pdf", pdf::render(&issuer.signed, &log_proof, &key(), &pdf::Fonts::bundled()).unwrap());
        issuer.write("did.json", self::key_file(&key()));
        issuer
    }

    /// [`Self::start`] without records in DNS.
    pub(super) async fn without_dns() -> Self {
        let issuer = Self::start().await;
        issuer.dns.dns().lock().unwrap().remove(RECORD);
        issuer
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Marks the reference in one of the status lists.
    pub(super) fn mark(&self, purpose: Purpose) {
        let path = hibob_reference_format::status_list::list_path(1, purpose);
        self.site().insert(&format!("/{path}"), status_list(purpose, &[7, POSITION.index]));
    }

    pub(super) fn dns(&self) -> std::sync::MutexGuard<'_, Dns> {
        self.dns.dns().lock().unwrap()
    }

    pub(super) fn site(&self) -> std::sync::MutexGuard<'_, Site> {
        self.site.site().lock().unwrap()
    }

    /// The paths that were requested from the site.
    pub(super) fn asked_of_site(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.site().log().iter().map(|visit| visit.request.path.clone()).collect();
        paths.sort();
        paths
    }

    /// Runs `hibob verify` with this issuer's servers.
    pub(super) async fn verify(&self, args: &[&str]) -> Outcome {
        let (dns, site) = (self.dns.address().to_string(), self.site.address().to_string());
        self.run(&[&["--dns", &dns, "--local-site", &site], args].concat()).await
    }

    /// Runs `hibob verify` with these arguments only.
    pub(super) async fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, &[]).await
    }

    /// Runs `hibob verify` with these environment variables.
    pub(super) async fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hibob-under-test"));
        command.arg("verify").args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["RUST_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT", "HIBOB_DNS"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Outcome { exit: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs `hibob verify --json` with this issuer's servers. Returns the exit code and the object.
    pub(super) async fn json(&self, args: &[&str]) -> (i32, Value) {
        let outcome = self.verify(&[args, &["--json"]].concat()).await;
        (outcome.exit, serde_json::from_str(&outcome.stdout).unwrap())
    }
}
