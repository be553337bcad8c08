//! The program's verdicts for each way in which an issuer's site can answer.

// The tests of the page have the table too, and use more of its people.
#[expect(dead_code, reason = "the tests of the page use the rest")]
#[path = "../../../host/reference-format/tests/page/people.rs"]
mod people;
#[path = "../../../host/reference-format/tests/page/ways.rs"]
mod table;

use chrono::Utc;
use hibob_fakes::site::Redirect;
use hibob_fakes::{Dns, DnsServer, Fault, FaultKind, Site, SiteServer};
use hibob_reference_format::keys::dns;
use std::path::Path;
use std::sync::{Arc, Mutex};
use table::{Answer, Reply, Way};

/// A site that gives these answers, the first that fits.
fn site(answers: &[Answer]) -> Site {
    let mut site = Site::empty();
    // What comes first counts, so it is put in last.
    for (host, path, reply) in answers.iter().rev() {
        match reply {
            Reply::Moved(location) => site.redirects.insert(
                0,
                Redirect {
                    host: (*host).to_owned(),
                    path: path.clone(),
                    status: 301,
                    location: (*location).to_owned(),
                },
            ),
            Reply::Status(status) => fault(&mut site, path, FaultKind::status(*status)),
            Reply::Closed => fault(&mut site, path, FaultKind::ResetBefore),
            Reply::File(bytes) if path.ends_with('/') => {
                for known in answers.iter().map(|(_, known, _)| known).filter(|known| known.starts_with(path)) {
                    site.insert(known, bytes.clone());
                }
            }
            Reply::File(bytes) => site.insert(path, bytes.clone()),
        }
    }
    site
}

fn fault(site: &mut Site, path: &str, kind: FaultKind) {
    site.faults.insert(0, Fault::once(path, kind).times(usize::MAX));
}

async fn verdict(folder: &Path, dns: &DnsServer, way: &Way, answers: &[Answer]) -> (i32, String) {
    let site = SiteServer::start(Arc::new(Mutex::new(site(answers)))).await.unwrap();
    let (dns, site) = (dns.address().to_string(), site.address().to_string());
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hibob-under-test"));
    command.args(["verify", "zoe.pdf", "--dns", &dns, "--local-site", &site, "--timeout", "5"]).current_dir(folder);
    command.env_remove("HIBOB_DNS").env_remove("RUST_LOG").stdin(std::process::Stdio::null());
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let verdict = text.split(':').next().unwrap().to_owned();
    assert!(["Gold", "Status unknown", "Revoked"].contains(&verdict.as_str()), "{}: {text}", way.name);
    (output.status.code().unwrap(), verdict)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_a_site_leads_to_a_revoked_reference_that_is_accepted() {
    let ways = table::ways(Utc::now());
    table::assert_table(&ways);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zoe.pdf"), people::pdf(&people::zoe())).unwrap();
    let mut dns = Dns::default();
    let label = dns::Label::WorkReferences;
    let record = dns::record_name(label, &people::selector(), &people::domain());
    dns.insert_txt(&record, &dns::record_value(label, &people::key().public()));
    let dns = DnsServer::start(Arc::new(Mutex::new(dns))).await.unwrap();
    let mut wrong = Vec::new();
    for way in &ways {
        for (answers, expected) in way.answers.iter().zip(way.program) {
            let exit = match expected {
                "Gold" => 0,
                "Status unknown" => 10,
                _ => 1,
            };
            let found = verdict(folder.path(), &dns, way, answers).await;
            if found != (exit, expected.to_owned()) {
                wrong.push(format!("{}: {found:?}, not {expected}", way.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The table in the documents is the one that is tried.
#[test]
fn the_documents_have_the_table() {
    let page = include_str!("../../../docs/use/verifying.md");
    for way in table::ways(Utc::now()) {
        let row =
            format!("| {} | {}, {} | {}, {} |", way.name, way.program[0], way.program[1], way.page[0], way.page[1]);
        assert!(page.contains(&row), "docs/use/verifying.md lacks the row\n{row}");
    }
}
