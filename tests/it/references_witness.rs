//! Tests of witnesses of the issuer's log, from the real component in the real host to a verdict of the real program.

use super::references_job::{Office, leave, people};
use hibob_base::error::Exit;
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_fakes::witness::{Asked, Lines};
use hibob_fakes::{Fault, FaultKind, Witness, WitnessServer};
use hibob_jobs::references;
use hibob_jobs::references::{Deliveries, Published, ReferencesRequest, Report};
use hibob_reference_format::keys::PublicKey;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::note::{NoteKey, SignatureType, SignedNote};
use hibob_reference_format::log::proof::LogProof;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

const ORIGIN: &str = "acme.example/references/log";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An office whose log has witnesses.
struct Watched {
    office: Office,
    witnesses: Vec<WitnessServer>,
}

impl Watched {
    /// An office with so many employees and witnesses, after its first run.
    async fn of(employees: usize, witnesses: u8) -> Self {
        let office = Office::of(people(employees), "").await;
        let mut watched = Self { office, witnesses: Vec::new() };
        for number in 1..=witnesses {
            let witness = Witness::new(&format!("witness.example/w{number}"), number);
            watched.witnesses.push(WitnessServer::start(witness).await.unwrap());
        }
        watched.watch().await;
        let tables: String = watched.witnesses.iter().map(table).collect();
        watched.office.apply(&tables).await;
        watched.office.run().await;
        watched
    }

    /// Gives the witnesses every key of the issuer.
    async fn watch(&self) {
        for key in self.keys().await {
            let key = NoteKey::new(ORIGIN, SignatureType::Ed25519, key).to_string();
            self.witnesses.iter().for_each(|server| server.witness().watch(&key));
        }
    }

    async fn keys(&self) -> Vec<PublicKey> {
        self.office.keys().await.key_file().await.unwrap().keys.iter().map(|key| key.key).collect()
    }

    async fn leaves(&self, id: &str) -> Report {
        leave(&mut self.office.world(), id, "2026-11-20");
        self.office.run().await
    }

    /// The requests to a witness since the last call.
    fn asked(&self, number: usize) -> Vec<Asked> {
        self.witnesses[number].witness().log().to_vec()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.office.setup.folder.path().join(name)
    }

    async fn publish(&self) -> Published {
        let config = self.office.setup.data.config("acme").await.unwrap();
        references::publish(&self.office.setup.data, &config, &self.path("public")).await.unwrap()
    }

    /// The log proof of a mail.
    fn proof(&self, mail: usize) -> LogProof {
        LogProof::parse(&self.office.mailbox().mails()[mail].attachments()[2].bytes).unwrap()
    }

    /// Runs `hibob verify` on the PDF of a mail, with the published folder, for somebody who trusts these witnesses.
    async fn verify(&self, mail: usize, witnesses: &[usize], required: usize) -> (i32, String) {
        self.publish().await;
        let pdf = self.office.mailbox().mails()[mail].attachments()[0].bytes.clone();
        std::fs::write(self.path("reference.pdf"), pdf).unwrap();
        let mut args = vec!["verify".to_owned(), "reference.pdf".to_owned(), "--offline".to_owned()];
        args.extend(["--published".to_owned(), "public".to_owned(), "--witnesses-required".to_owned()]);
        args.push(required.to_string());
        for number in witnesses {
            args.extend(["--witness".to_owned(), self.witnesses[*number].witness().verifier_key()]);
        }
        self.hibob(&args).await
    }

    /// Runs the program on the office's data.
    async fn program(&self, args: &[&str]) -> (i32, String) {
        let data = self.office.setup.data.path().display().to_string();
        let args = [&["--data", &data], args].concat();
        self.hibob(&args.into_iter().map(str::to_owned).collect::<Vec<_>>()).await
    }

    async fn hibob(&self, args: &[String]) -> (i32, String) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hibob-under-test"));
        command.args(args).current_dir(self.office.setup.folder.path());
        for name in ["RUST_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT"] {
            command.env_remove(name);
        }
        let Output { status, stdout, stderr } = command.output().await.unwrap();
        let text = format!("{}{}", String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        (status.code().unwrap(), text)
    }

    /// Changes the tenant's database by hand.
    async fn tamper(&self, statements: &[&'static str]) {
        let path = self.office.setup.data.path().join("tenants/acme.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        for statement in statements {
            sqlx::query(*statement).execute(&pool).await.unwrap();
        }
    }
}

fn table(server: &WitnessServer) -> String {
    format!("[[references.witnesses]]\nkey = \"{}\"\nurl = \"{}\"\n", server.witness().verifier_key(), server.url())
}

fn request(old: u64, size: u64, status: u16) -> Asked {
    Asked { old: Some(old), size: Some(size), status }
}

/// The codes of warnings and errors of a run, in which so many mails must have been delivered and nothing else failed.
#[track_caller]
fn codes(report: &Report, delivered: u64) -> [Vec<&str>; 2] {
    assert_eq!((&report.error, report.delivered), (&None, delivered), "{report:?}");
    [&report.warnings, &report.errors].map(|rows| rows.iter().map(|row| row.code.as_str()).collect())
}

const NONE: [Vec<&str>; 2] = [Vec::new(), Vec::new()];

/// The signatures of both witnesses are in the mail, and a verifier accepts them.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_confirmed_by_the_witnesses() {
    let watched = Watched::of(3, 2).await;
    assert!(watched.asked(0).is_empty(), "an empty log was sent to a witness");
    assert_eq!(codes(&watched.leaves("1").await, 1), NONE);
    let (exit, text) = watched.verify(0, &[0, 1], 2).await;
    assert_eq!(exit, 0, "{text}");
    for name in ["w1", "w2"] {
        assert!(text.contains(&format!("witness.example/{name} confirmed the order of the log at ")), "{text}");
    }
    let (exit, text) = watched.verify(0, &[], 0).await;
    assert!(exit == 0 && text.contains("order not witnessed"), "{text}");
    // Each witness got one request, whatever was published and run since.
    watched.office.run().await;
    assert_eq!([watched.asked(0), watched.asked(1)], [[request(0, 1, 200)], [request(0, 1, 200)]]);
    // When the log has grown, the proof begins at the size that the witness knows.
    assert_eq!(codes(&watched.leaves("2").await, 1), NONE);
    assert_eq!(watched.asked(0)[1..], [request(1, 2, 200)]);
    assert_eq!(watched.verify(1, &[0, 1], 2).await.0, 0);
    assert_eq!(watched.verify(0, &[0, 1], 2).await.0, 0);
}

/// A witness that is down causes a warning and delays nothing. It is asked again by the next run or by publishing.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_is_down() {
    let watched = Watched::of(3, 2).await;
    watched.witnesses[1].witness().faults =
        vec![Fault::once("", FaultKind::status(500)), Fault::once("", FaultKind::ResetBefore)];
    let report = watched.leaves("1").await;
    assert_eq!((codes(&report, 1), report.exit()), ([vec!["WITNESS_FAILED"], vec![]], Exit::Done));
    let warning = &report.warnings[0].message;
    assert_eq!(warning, "the witness witness.example/w2 did not confirm the log: it answered with status 500");
    // Publishing asks again, without success. A verifier who requires both witnesses refuses; one who requires one
    // accepts.
    let published = watched.publish().await.witnesses;
    assert!(published.warnings[0].message.contains("w2") && published.errors.is_empty(), "{published:?}");
    assert_eq!(published.witnesses.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["witness.example/w1"]);
    // At the third request it answers.
    let published = watched.publish().await.witnesses;
    assert_eq!((published.witnesses.len(), published.warnings.len()), (2, 0));
    assert_eq!(watched.asked(0).len(), 1, "a witness that has confirmed the head is not asked again");
    let (exit, text) = watched.verify(0, &[0, 1], 1).await;
    assert!(exit == 0 && !text.contains("w2 confirmed"), "{text}");
    assert_eq!(watched.verify(0, &[1], 1).await.0, 1);
    assert_eq!(watched.verify(0, &[1], 0).await.0, 0);
    // A witness that cannot be reached.
    let gone = table(&watched.witnesses[1]).replace(&watched.witnesses[1].url(), "http://127.0.0.1:1");
    watched.office.apply(&format!("{}{gone}", table(&watched.witnesses[0]))).await;
    let report = watched.leaves("2").await;
    assert_eq!(codes(&report, 1), [vec!["WITNESS_FAILED"], vec![]]);
    assert!(report.warnings[0].message.contains("no connection can be made"), "{report:?}");
}

/// If a witness's answer is lost, or a crash happens before it is recorded, the witness is asked again.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let watched = Watched::of(3, 1).await;
    watched.witnesses[0].witness().faults = vec![Fault::once("", FaultKind::ResetAfter)];
    assert_eq!(codes(&watched.leaves("1").await, 1), [vec!["WITNESS_FAILED"], vec![]]);
    assert_eq!(codes(&watched.office.run().await, 0), NONE);
    // The request assumes an empty log, and the witness answers with the size that it knows. For an unchanged head no
    // proof is needed.
    assert_eq!(watched.asked(0), [request(0, 1, 200), request(0, 1, 409), request(1, 1, 200)]);
    watched.tamper(&["UPDATE reference_log_head SET cosignatures = ''"]).await;
    assert_eq!(codes(&watched.leaves("2").await, 1), NONE);
    assert_eq!(watched.asked(0)[3..], [request(0, 2, 409), request(1, 2, 200)]);
    assert_eq!(watched.verify(1, &[0], 1).await.0, 0);
}

/// A log that lost entries, and one with other entries, are errors that say what happened. Mails are sent nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rebuilt_is_reported() {
    let watched = Watched::of(6, 1).await;
    for id in ["1", "2", "3"] {
        watched.leaves(id).await;
    }
    assert_eq!(watched.witnesses[0].witness().confirmed_size(ORIGIN), Some(3));
    // The database is as in an old backup, which does not show that more was signed.
    watched
        .tamper(&[
            "DELETE FROM reference_deliveries WHERE log_index > 0",
            "DELETE FROM issued_references WHERE log_index > 0",
            "DELETE FROM reference_log_head WHERE size > 1",
        ])
        .await;
    let shorter = watched.leaves("4").await;
    // The employees of the lost references had left before, so they get no new ones; only the fourth does.
    let disagrees = |report: &Report| {
        let error = report.error.as_ref().unwrap();
        assert!(error.message.contains("a witness has seen another log"), "{error:?}");
        assert_eq!(
            (report.errors[0].code.as_str(), report.delivered, report.exit()),
            ("WITNESS_DISAGREES", 0, Exit::Held)
        );
    };
    disagrees(&shorter);
    assert!(shorter.errors[0].message.contains("it has confirmed 3 entries, and here are only 2"), "{shorter:?}");
    let published = watched.publish().await.witnesses;
    assert_eq!((published.witnesses.len(), published.errors[0].code.as_str()), (0, "WITNESS_DISAGREES"));
    // A log with as many entries as the true one, and one with more.
    let equal = watched.leaves("5").await;
    disagrees(&equal);
    assert!(equal.errors[0].message.contains("it has confirmed other 3 entries"), "{equal:?}");
    let longer = watched.leaves("6").await;
    disagrees(&longer);
    assert!(longer.errors[0].message.contains("is not the beginning of this log"), "{longer:?}");
    assert_eq!(watched.witnesses[0].witness().confirmed_size(ORIGIN), Some(3));
    // No further mail was sent.
    assert_eq!(watched.office.mailbox().mails().len(), 3);
}

/// Entries that do not continue an earlier log head are found by the host itself, before a witness is asked.
#[tokio::test(flavor = "multi_thread")]
async fn every_head_that_was_signed_is_continued() {
    let watched = Watched::of(4, 1).await;
    for id in ["1", "2"] {
        watched.leaves(id).await;
    }
    let other = "UPDATE issued_references SET digest = zeroblob(32) WHERE log_index = 0";
    watched.tamper(&[other, "DELETE FROM reference_log_head WHERE size = 2"]).await;
    let stopped = watched.leaves("3").await.error.unwrap();
    assert!(stopped.message.contains("do not continue the log of 1 entries that was signed"), "{stopped:?}");
    assert_eq!(watched.asked(0).len(), 2);
    assert_eq!(watched.office.mailbox().mails().len(), 2);
}

/// With two keys of the issuer, both notes of one log head have the same witness signatures, and the witness is asked
/// once.
#[tokio::test(flavor = "multi_thread")]
async fn the_lines_do_not_depend_on_the_issuers_key() {
    let watched = Watched::of(3, 1).await;
    // The delivery of a reference by the first key is still waiting when the second key signs.
    watched.office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    watched.witnesses[0].witness().faults = vec![Fault::once("", FaultKind::status(500))];
    assert_eq!(watched.leaves("1").await.waiting, 1);
    watched.office.keys().await.make(Some("k2")).await.unwrap();
    watched.office.keys().await.rotate().await.unwrap();
    leave(&mut watched.office.world(), "2", "2026-11-20");
    let now = ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() };
    // The witness does not know the new key yet; the remedy says what to give to its operator.
    watched.office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy()).times(2)];
    let report = watched.office.run_with(now.clone()).await;
    assert_eq!(codes(&report, 0)[0][0], "WITNESS_FAILED");
    let [_, key] = watched.keys().await.try_into().unwrap();
    let key = NoteKey::new(ORIGIN, SignatureType::Ed25519, key).to_string();
    assert!(report.warnings[0].remedy.contains(&key), "{report:?}");
    let (_, text) = watched.program(&["references", "key", "list", "acme"]).await;
    assert!(text.contains(&format!("  to the witnesses  {key}\n")), "{text}");
    watched.watch().await;
    assert_eq!(codes(&watched.office.run_with(now).await, 2), NONE);
    assert_eq!(watched.asked(0), [request(0, 2, 403), request(0, 2, 200)]);
    let mut notes = [watched.proof(0), watched.proof(1)].map(|proof| proof.checkpoint);
    notes.sort_by_key(|note| note.signatures()[0].key_id);
    assert_eq!(notes[0].text(), notes[1].text());
    assert_ne!(notes[0].signatures()[0], notes[1].signatures()[0]);
    assert_eq!((notes[0].signatures().len(), &notes[0].signatures()[1]), (2, &notes[1].signatures()[1]));
    assert_eq!((watched.verify(0, &[0], 1).await.0, watched.verify(1, &[0], 1).await.0), (0, 0));
    assert_eq!(watched.asked(0).len(), 2);
}

/// Only a signature by that witness over that log head counts.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_witnesses_own_signature_counts() {
    let watched = Watched::of(3, 1).await;
    let lines = |lines| watched.witnesses[0].witness().lines = lines;
    lines(Lines::Garbage);
    watched.leaves("1").await;
    for wrong in [Lines::OfAnother, Lines::OverAnotherText, Lines::Garbage] {
        lines(wrong);
        let report = watched.office.run().await;
        assert_eq!(codes(&report, 0), [vec!["WITNESS_FAILED"], vec![]], "{wrong:?}");
        assert!(report.warnings[0].message.contains("no signature by its key"), "{report:?}");
    }
    let status = |status, body: &str, content_type: &str| FaultKind::Status {
        status,
        headers: vec![("Location".to_owned(), "/elsewhere".to_owned())],
        body: body.to_owned(),
        content_type: content_type.to_owned(),
    };
    for (fault, said) in [
        (status(404, "", "text/plain"), "it does not know the log acme.example/references/log"),
        (status(308, "", "text/plain"), "a redirect (status 308), which is not followed"),
        (status(409, "1\n", "text/plain"), "does not say which"),
        (status(409, "one\n", "text/x.tlog.size"), "does not say which"),
        (status(200, &"x".repeat(64 * 1024 + 1), "text/plain"), "it has more than 65536 bytes"),
    ] {
        watched.witnesses[0].witness().faults = vec![Fault::once("", fault)];
        let report = watched.office.run().await;
        assert!(report.warnings[0].message.contains(said), "{report:?}");
    }
    assert_eq!(watched.proof(0).checkpoint.signatures().len(), 1);
    lines(Lines::WithAnother);
    let published = watched.publish().await;
    assert_eq!(published.witnesses.witnesses.len(), 1);
    let checkpoint = std::fs::read_to_string(watched.path("public/references/log/checkpoint")).unwrap();
    let note = SignedNote::parse(&checkpoint).unwrap();
    // The issuer's two, of which one has the time of publication, and the witness's.
    assert_eq!((note.signatures().len(), Checkpoint::parse(note.text()).unwrap().size), (3, 1));
}

/// A reference that is sent again later has the log head that was confirmed soon after its issue. A signature of a week
/// later would count against it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_keeps_the_confirmation_of_its_time() {
    let watched = Watched::of(3, 2).await;
    watched.witnesses[1].witness().faults = vec![Fault::once("", FaultKind::status(500))];
    watched.office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    assert_eq!(watched.leaves("1").await.waiting, 1);
    // Eight days later by the witnesses' clocks, both confirm a longer log.
    for server in &watched.witnesses {
        server.witness().clock_ahead = 8 * DAY;
    }
    leave(&mut watched.office.world(), "2", "2026-11-20");
    assert_eq!(
        codes(
            &watched
                .office
                .run_with(ReferencesRequest { deliveries: Deliveries::Waiting, ..ReferencesRequest::default() })
                .await,
            2
        ),
        NONE
    );
    let mut proofs = [watched.proof(0), watched.proof(1)];
    proofs.sort_by_key(|proof| proof.index);
    let shape = |proof: &LogProof| {
        let checkpoint = Checkpoint::parse(proof.checkpoint.text()).unwrap();
        let witnesses: Vec<_> = proof.checkpoint.signatures()[1..].iter().map(|line| line.name.clone()).collect();
        (checkpoint.size, witnesses)
    };
    assert_eq!(shape(&proofs[0]), (1, vec!["witness.example/w1".to_owned()]));
    assert_eq!(shape(&proofs[1]), (2, vec![]), "nobody confirmed it in time");
    for mail in [0, 1] {
        assert_eq!(watched.verify(mail, &[0, 1], 0).await.0, 0);
    }
}

/// The command names the witnesses that confirmed, and ends with an error if the log was rebuilt.
#[tokio::test(flavor = "multi_thread")]
async fn publishing_names_the_witnesses_that_confirmed() {
    let watched = Watched::of(3, 2).await;
    watched.witnesses[1].witness().faults =
        vec![Fault::once("", FaultKind::status(503)).times(2), Fault::once("", FaultKind::status(422)).times(2)];
    watched.leaves("1").await;
    let publish = ["references", "publish", "acme", "public"];
    let (exit, text) = watched.program(&publish).await;
    assert_eq!(exit, 0, "{text}");
    for words in [
        "the witness witness.example/w1 confirmed the log at 20",
        "warning WITNESS_FAILED the witness witness.example/w2 did not confirm the log: it answered with status 503",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let (exit, text) = watched.program(&publish).await;
    assert!(exit == 1 && text.contains("error WITNESS_DISAGREES"), "{text}");
    let (exit, text) = watched.program(&[&publish[..], &["--json"]].concat()).await;
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((exit, &json["published"]["errors"][0]["code"]), (1, &"WITNESS_DISAGREES".into()));
    assert_eq!(json["published"]["witnesses"][0]["name"], "witness.example/w1");
    // The verify page has no trusted witnesses of its own.
    let page = std::fs::read_to_string(watched.path("public/verify/index.html")).unwrap();
    assert_eq!(page, hibob_reference_format::VERIFY_PAGE);
}
