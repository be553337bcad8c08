//! Tests of `hibob verify`: the real program with an issuer's DNS and site.

mod api;
mod asking;
mod files;
mod inputs;
mod issuer;
mod tampering;
mod ways;

use chrono::Utc;
use hibob_fakes::dns::{DnsFault, DnsFaultKind};
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::keys::{KeyReference, SecretKey};
use hibob_reference_format::log::note::{NoteKey, SignatureType};
use hibob_reference_format::log::witness::{Witness, add_cosignatures, cosign};
use hibob_reference_format::proof;
use hibob_reference_format::status_list::Purpose;
use issuer::{Issuer, RECORD, RECORDS, credential, key, log_proof};
use serde_json::{Value, json};

const FILES: [&str; 4] = [
    "/.well-known/did.json",
    "/references/log/checkpoint",
    "/references/status/1/revoked.json",
    "/references/status/1/superseded.json",
];

#[tokio::test(flavor = "multi_thread")]
async fn gold_comes_through_dns() {
    let issuer = Issuer::start().await;
    for file in ["reference.pdf", "reference.json"] {
        let outcome = issuer.verify(&[file]).await;
        assert_eq!(outcome.verdict(), (0, "Gold"), "{}{}", outcome.stdout, outcome.stderr);
        outcome.says(&[
            "Gold: unchanged, and signed with the key in the DNS of acme.example\n",
            "  issuer      acme.example (\"ACME GmbH\")\n",
            "  name        Zoë Łukasz-O'Neil\n",
            "  job title   Senior Engineer\n",
            "  department  Platform & Tools\n",
            "  employed    2019-03-01 to 2026-10-31\n",
            "checked\n",
            "  not revoked, by the list of ",
            "  entry 17 of 300 in the issuer's log\n",
            "not checked\n",
            "order not witnessed",
            "DNSSEC was not validated here",
        ]);
    }
    // Each run sends two DNS queries and requests four files, and nothing else.
    let mut asked: Vec<_> =
        issuer.dns().log().iter().map(|asked| (asked.name.to_lowercase(), asked.kind.clone())).collect();
    asked.sort();
    let expected = [RECORDS[1], RECORDS[0]].map(|name| (format!("{name}."), "TXT".to_owned()));
    assert_eq!(asked, expected.into_iter().flat_map(|query| vec![query; 2]).collect::<Vec<_>>());
    assert_eq!(issuer.asked_of_site(), FILES.iter().flat_map(|file| [*file; 2]).collect::<Vec<_>>());

    let (exit, report) = issuer.json(&["reference.pdf"]).await;
    let expected = json!({"domain": "acme.example", "name": "ACME GmbH"});
    assert_eq!((exit, &report["verdict"], &report["accepted"]), (0, &json!("gold"), &json!(true)));
    assert_eq!(report["reference"]["issuer"], expected);
    // The resolver can also be set by an environment variable.
    let (dns, site) = (issuer.dns.address().to_string(), issuer.site.address().to_string());
    let outcome = issuer.run_with(&["reference.pdf", "--local-site", &site], &[("HIBOB_DNS", &dns)]).await;
    assert_eq!(outcome.verdict(), (0, "Gold"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_several_strings_beside_others_is_found() {
    let issuer = Issuer::without_dns().await;
    let value = issuer::record_value(&key().public());
    let (one, two) = value.as_bytes().split_at(20);
    issuer.dns().insert_txt(RECORD, "v=spf1 -all");
    issuer.dns().insert_txt_strings(RECORD, &[one, b"", two]);
    assert_eq!(issuer.verify(&["reference.json"]).await.verdict(), (0, "Gold"));
    // If an answer is too long for a datagram, the query is repeated over TCP.
    let long = "x".repeat(3000);
    issuer.dns().insert_txt(RECORD, &long);
    assert_eq!(issuer.verify(&["reference.json"]).await.verdict(), (0, "Gold"));
    assert!(issuer.dns().log().iter().any(|asked| asked.transport == hibob_fakes::dns::Transport::Tcp));
}

#[tokio::test(flavor = "multi_thread")]
async fn silver_comes_from_a_key_file() {
    let issuer = Issuer::without_dns().await;
    let outcome = issuer.verify(&["reference.pdf"]).await;
    assert_eq!(outcome.verdict(), (0, "Silver"));
    outcome.says(&["in the key file of acme.example", "there is no DNS record k2026._refpassport.acme.example"]);

    // The user gives the key file, so nothing is requested.
    let before = (issuer.dns().log().len(), issuer.site().log().len());
    let offline = issuer.run(&["reference.json", "--offline", "--key-file", "did.json"]).await;
    assert_eq!(offline.verdict(), (0, "Silver"));
    offline.says(&["was not asked for", "whether it is revoked could not be checked"]);
    let folder = issuer.run(&["reference.json", "--offline", "--published", "published"]).await;
    assert_eq!(folder.verdict(), (0, "Silver"));
    folder
        .says(&["not revoked, by the list of", "the published files were read from published; that they are those of"]);
    assert_eq!((issuer.dns().log().len(), issuer.site().log().len()), before);
    // The given key file also counts if the site has none.
    issuer.site().remove("/.well-known/did.json");
    let given = issuer.verify(&["reference.json", "--key-file", "did.json"]).await;
    assert_eq!(given.verdict(), (0, "Silver"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_only_the_document_names_is_unknown() {
    let issuer = Issuer::start().await;
    let forger = SecretKey::from_seed(&[66; 32]);
    let credential = credential();
    let own =
        proof::sign(credential.to_object(), &forger, &KeyReference::InDocument(forger.public()), credential.issued);
    issuer.write("own.json", Value::Object(own.unwrap()).to_string());
    let outcome = issuer.verify(&["own.json"]).await;
    assert_eq!(outcome.verdict(), (1, "Unknown key"), "{}", outcome.stdout);
    outcome.says(&["nothing shows that it is from acme.example", "it claims, which is not to be relied on"]);
    assert_eq!((issuer.dns().log().len(), issuer.site().log().len()), (0, 0));
    // A key that the key file names as published in DNS, and that is not there.
    issuer.dns().remove(RECORD);
    issuer.site().remove("/.well-known/did.json");
    assert_eq!(issuer.verify(&["reference.json"]).await.verdict(), (1, "Unknown key"));
    assert_eq!(issuer.run(&["reference.json", "--offline"]).await.verdict(), (1, "Unknown key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_and_superseded_are_not_accepted() {
    let issuer = Issuer::start().await;
    issuer.mark(Purpose::Supersession);
    let outcome = issuer.verify(&["reference.pdf"]).await;
    assert_eq!(outcome.verdict(), (1, "Superseded"));
    outcome.says(&["acme.example replaced it with a newer reference"]);
    issuer.mark(Purpose::Revocation);
    let outcome = issuer.verify(&["reference.pdf"]).await;
    assert_eq!(outcome.verdict(), (1, "Revoked"));
    outcome.says(&["acme.example took it back", "wrong\n  revoked, by the list of"]);
    let (exit, report) = issuer.json(&["reference.json"]).await;
    assert_eq!((exit, &report["verdict"], &report["accepted"]), (1, &json!("revoked"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_log_proof_nothing_is_accepted() {
    let issuer = Issuer::start().await;
    issuer.write("alone.json", issuer.signed.canonical());
    let outcome = issuer.verify(&["alone.json"]).await;
    assert_eq!(outcome.verdict(), (1, "Not in log"));
    outcome.says(&["give the .tlog-proof file that came with the reference"]);
    let named = issuer.verify(&["alone.json", "--log-proof", "reference.tlog-proof"]).await;
    assert_eq!(named.verdict(), (0, "Gold"));
}

#[tokio::test(flavor = "multi_thread")]
async fn witnesses_can_be_required() {
    let issuer = Issuer::start().await;
    let witness = SecretKey::from_seed(&[3; 32]);
    let name = "witness.example/w1";
    let verifier = NoteKey::new(name, SignatureType::Cosignature, witness.public()).to_string();
    let required = ["reference.json", "--witness", &verifier, "--witnesses-required", "1"];
    assert_eq!(issuer.verify(&required).await.verdict(), (1, "Not in log"));

    let mut proof = log_proof(&issuer.signed);
    let line = cosign(name, &witness, &proof.checkpoint, Utc::now());
    add_cosignatures(&mut proof.checkpoint, &Witness::parse(&verifier).unwrap(), &line.to_string()).unwrap();
    issuer.write("reference.tlog-proof", proof.to_string());
    let outcome = issuer.verify(&required).await;
    assert_eq!(outcome.verdict(), (0, "Gold"), "{}", outcome.stdout);
    outcome.says(&["witness.example/w1 confirmed the order of the log at"]);
    // A witness that is named twice counts once.
    let twice = ["reference.json", "--witness", &verifier, "--witness", &verifier, "--witnesses-required", "2"];
    let outcome = issuer.verify(&twice).await;
    assert_eq!(outcome.exit, 2);
    outcome.says(&["--witnesses-required is 2, and 1 witnesses are named"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_in_dns_is_invalid() {
    let issuer = Issuer::without_dns().await;
    issuer.dns().insert_txt(RECORD, &issuer::record_value(&SecretKey::from_seed(&[8; 32]).public()));
    // The key file does not matter, nor whether the user gives one.
    for args in [&["reference.pdf"][..], &["reference.json", "--key-file", "did.json"]] {
        let outcome = issuer.verify(args).await;
        assert_eq!(outcome.verdict(), (1, "Invalid"));
        outcome.says(&["Invalid: it is not as acme.example would have issued it", "does not fit the key in DNS"]);
    }
    // A signature by another key under the issuer's name.
    let issuer = Issuer::start().await;
    let forged = SignedCredential::sign(credential(), &SecretKey::from_seed(&[66; 32]), &issuer::selector()).unwrap();
    issuer.write("forged.json", forged.canonical());
    issuer.write("forged.tlog-proof", log_proof(&forged).to_string());
    assert_eq!(issuer.verify(&["forged.json"]).await.verdict(), (1, "Invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_dns_is_not_an_absent_record() {
    for kind in [DnsFaultKind::NoSuchName, DnsFaultKind::NoData] {
        let issuer = Issuer::start().await;
        issuer.dns().faults.push(DnsFault::always(kind));
        let outcome = issuer.verify(&["reference.json"]).await;
        assert_eq!(outcome.verdict(), (0, "Silver"), "{kind:?}");
        outcome.says(&["there is no DNS record"]);
        issuer.site().remove("/.well-known/did.json");
        assert_eq!(issuer.verify(&["reference.json"]).await.verdict(), (1, "Unknown key"), "{kind:?}");
    }
    let kinds = [
        DnsFaultKind::ServFail,
        DnsFaultKind::Refused,
        DnsFaultKind::Silent,
        DnsFaultKind::WrongId,
        DnsFaultKind::WrongQuestion,
    ];
    for kind in kinds {
        let issuer = Issuer::start().await;
        issuer.dns().faults.push(DnsFault::always(kind));
        let outcome = issuer.verify(&["reference.json", "--timeout", "1"]).await;
        assert_eq!(outcome.verdict(), (0, "Silver"), "{kind:?}");
        outcome.says(&["the DNS record k2026._refpassport.acme.example cannot be had: "]);
        // Without a key file the verdict stays open, since it may be Gold later.
        issuer.site().remove("/.well-known/did.json");
        let outcome = issuer.verify(&["reference.json", "--timeout", "1"]).await;
        assert_eq!(outcome.verdict(), (5, "Unknown key"), "{kind:?}");
    }
}
