//! A company whose references are issued by a program that is killed again and again.

use crate::cli::{program, share_compiled};
use crate::references_job::{Office, leave, people};
use hibob_fakes::hibob::Limits;
use hibob_fakes::smtp::Mail;
use hibob_jobs::references;
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::keys::PublicKey;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::proof::LogProof;
use hibob_store::database::{DeliveryState, ReferenceState};
use hibob_tests::published;
use serde_json::Value;
use sqlx::SqlitePool;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(super) const RUN: [&str; 4] = ["references", "acme", "--allow-issuing", "1000"];

/// Pause between two checks whether to kill. It is shorter than the time between two steps.
pub(super) const LOOK_EVERY: Duration = Duration::from_micros(50);

/// Longest time of a run without a kill.
const RUN_MAX: Duration = Duration::from_secs(60);

pub(super) struct Victim {
    pub(super) office: Office,
    /// A connection to the tenant's database for reading.
    pub(super) database: SqlitePool,
    control: SqlitePool,
    /// How many employees have left.
    pub(super) left: usize,
    /// How many of the mails were checked.
    proved: usize,
}

impl Victim {
    /// A company whose first run is over.
    pub(super) async fn new() -> Self {
        let mut office = Office::of(people(200), "").await;
        // HiBob's rate limits do not matter here.
        let limits = Limits { search: u32::MAX, person: u32::MAX, metadata: u32::MAX, tables: u32::MAX };
        office.world().hibob.limits = limits;
        office.setup.hibob_calls_per_minute = u32::MAX;
        office.apply("").await;
        let data = office.setup.data.path();
        share_compiled(data);
        let open =
            async |name: &str| SqlitePool::connect(&format!("sqlite:{}", data.join(name).display())).await.unwrap();
        let control = open("control.db").await;
        // The first run creates the files that a run needs.
        assert!(office.run().await.is_baseline);
        let database = open("tenants/acme.db").await;
        Self { office, database, control, left: 0, proved: 0 }
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        program(self.office.setup.folder.path(), args)
    }

    /// So many more employees leave.
    pub(super) fn leave(&mut self, number: usize) {
        for _ in 0..number {
            self.left += 1;
            leave(&mut self.office.world(), &self.left.to_string(), "2026-11-20");
        }
    }

    /// Runs the job, and kills it with SIGKILL as soon as `is_time` is true. Returns false if the job ended before.
    pub(super) async fn kill_when(&self, mut is_time: impl AsyncFnMut() -> bool) -> bool {
        // A killed process does not give its lease back. Without this, the next run would have to wait for 30 seconds.
        sqlx::query("UPDATE leases SET expires_at = 0").execute(&self.control).await.unwrap();
        let mut command = self.command(&RUN);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        loop {
            if is_time().await {
                child.kill().unwrap();
                // It may have ended at that moment.
                return child.wait().unwrap().code().is_none();
            }
            if let Some(status) = child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0));
                return false;
            }
            if start.elapsed() > RUN_MAX {
                child.kill().unwrap();
                panic!("the run hangs");
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Makes one run without a kill, which does everything that is left to do. Returns how long it took.
    pub(super) async fn finish(&self) -> Duration {
        let start = Instant::now();
        assert!(!self.kill_when(async || false).await);
        start.elapsed()
    }

    /// Asserts that each departure has one reference in the log and identical mails, and that all of them can be
    /// verified. `after` names the crash before.
    pub(super) async fn prove(&mut self, after: &str) {
        let database = self.office.setup.data.tenant_database("acme").await.unwrap();
        let rows = self.office.setup.data.records("acme").await.unwrap().references().await.unwrap();
        let mut issued: Vec<usize> = rows.iter().map(|row| row.departure.employee_id.parse().unwrap()).collect();
        issued.sort_unstable();
        assert_eq!(issued, (1..=self.left).collect::<Vec<_>>(), "{after}: one for each departure");
        assert!(rows.iter().all(|row| row.state == ReferenceState::Valid), "{after}");
        let deliveries = database.deliveries().await.unwrap();
        assert_eq!(deliveries.len(), rows.len(), "{after}");
        assert!(deliveries.iter().all(|row| row.state == DeliveryState::Delivered), "{after}: {deliveries:?}");

        let entries = published::entries(&rows);
        let heads = database.log_heads().await.unwrap();
        let head = heads.last().unwrap();
        assert_eq!((head.size, head.root), (rows.len() as u64, published::merkle_tree_hash(&entries)), "{after}");
        let folder = self.office.setup.folder.path().join("public");
        let config = self.office.setup.data.config("acme").await.unwrap();
        references::publish(&self.office.setup.data, &config, &folder).await.unwrap();
        published::assert_is_of(&folder, "acme.example", &rows);

        let key = self.office.keys().await.key_file().await.unwrap().keys[0].key;
        let mails: Vec<Mail> = self.office.mailbox().mails().to_vec();
        for row in &rows {
            let address = format!("a{}@acme.example", row.departure.employee_id);
            let ids: BTreeSet<String> = mails
                .iter()
                .filter(|mail| mail.recipients == [address.as_str()])
                .map(|mail| mail.header("Message-ID").unwrap())
                .collect();
            assert_eq!(ids, [format!("<{}@acme.example>", row.id)].into(), "{after}: {address}");
        }
        for mail in &mails[self.proved..] {
            let id = mail.header("Message-ID").unwrap();
            let row = rows.iter().find(|row| id == format!("<{}@acme.example>", row.id)).unwrap();
            let [_, json, proof] = mail.attachments().try_into().unwrap();
            assert_eq!(json.bytes, row.document, "{after}");
            assert_proof(&proof.bytes, &row.document, &key, &entries);
            self.verify(&json.bytes, &proof.bytes);
        }
        self.proved = mails.len();
    }

    /// Asserts that somebody with the mail and the published folder accepts the reference.
    fn verify(&self, json: &[u8], proof: &[u8]) {
        let folder = self.office.setup.folder.path();
        std::fs::write(folder.join("reference.json"), json).unwrap();
        std::fs::write(folder.join("reference.tlog-proof"), proof).unwrap();
        let args = ["verify", "reference.json", "--offline", "--published", "public", "--json"];
        let output = self.command(&args).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &report["verdict"]), (Some(0), &"silver".into()), "{report}");
    }
}

/// Asserts that a proof is of this document, and of a log head that the present log continues.
fn assert_proof(proof: &[u8], document: &[u8], key: &PublicKey, entries: &[[u8; 32]]) {
    let proof = LogProof::parse(proof).unwrap();
    let signed = SignedCredential::parse(document).unwrap();
    let domain = &signed.credential().claims.issuer().domain;
    proof.verify(&signed.digest(), domain, &[*key], &[]).unwrap();
    let head = Checkpoint::parse(proof.checkpoint.text()).unwrap();
    let then = &entries[..usize::try_from(head.size).unwrap()];
    assert_eq!(head.root, published::merkle_tree_hash(then));
}
