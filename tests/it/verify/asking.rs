//! Tests of sites that are slow, send too much or wrong data, or are at forbidden addresses.

use super::issuer::{Issuer, key_file};
use hibob_fakes::{Fault, FaultKind, Site, SiteServer};
use hibob_reference_format::keys::SecretKey;
use std::sync::{Arc, Mutex};

const KEY_FILE: &str = "/.well-known/did.json";

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_does_not_answer_is_given_up() {
    let faults = [
        (FaultKind::Hang, "no whole answer within 1 seconds"),
        (FaultKind::Truncated, "the answer broke off"),
        (FaultKind::ResetBefore, "the connection broke off"),
        (FaultKind::status(500), "the server answered with status 500"),
        (FaultKind::status(204), "the server answered with status 204"),
    ];
    for (kind, text) in faults {
        let issuer = Issuer::without_dns().await;
        issuer.site().faults.push(Fault::once("", kind.clone()).times(usize::MAX));
        // The stand-in hangs until the program ends. So the end of the program shows that it has a time limit.
        let outcome = issuer.verify(&["reference.json", "--timeout", "1"]).await;
        assert_eq!(outcome.verdict(), (5, "Unknown key"), "{kind:?}");
        outcome.says(&[&format!("the key file of acme.example cannot be had: {text}")]);
        // Each file is requested once. A broken connection may be made again before anything was sent.
        assert!(issuer.site().log().len() <= 8, "{kind:?}");
    }
    // If DNS has the key, a silent site leaves only the status lists unchecked.
    let issuer = Issuer::start().await;
    issuer.site().faults.push(Fault::once("", FaultKind::Hang).times(usize::MAX));
    let outcome = issuer.verify(&["reference.pdf", "--timeout", "1"]).await;
    assert_eq!(outcome.verdict(), (10, "Status unknown"));
    outcome.says(&["whether it is revoked could not be checked: no whole answer within 1 seconds"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_file_is_cut_off() {
    let issuer = Issuer::without_dns().await;
    for chunked in [false, true] {
        issuer.site().insert(KEY_FILE, vec![b' '; 300 * 1024]);
        if chunked {
            issuer.site().faults.push(Fault::once(KEY_FILE, FaultKind::Chunked));
        }
        let outcome = issuer.verify(&["reference.json"]).await;
        assert_eq!(outcome.verdict(), (5, "Unknown key"));
        outcome.says(&["cannot be had: it has more than 262144 bytes"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let issuer = Issuer::without_dns().await;
    let mut elsewhere = Site::empty();
    elsewhere.insert(KEY_FILE, key_file(&super::key()));
    let elsewhere = SiteServer::start(Arc::new(Mutex::new(elsewhere))).await.unwrap();
    let mut moved = FaultKind::status(301);
    if let FaultKind::Status { headers, .. } = &mut moved {
        headers.push(("Location".to_owned(), format!("{}{KEY_FILE}", elsewhere.url())));
    }
    issuer.site().faults.push(Fault::once(KEY_FILE, moved));
    let outcome = issuer.verify(&["reference.json"]).await;
    assert_eq!(outcome.verdict(), (5, "Unknown key"));
    outcome.says(&["a redirect (status 301), which is not followed: to http://127.0.0.1:"]);
    assert!(elsewhere.site().lock().unwrap().log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_file_is_reported_and_does_not_reach_the_terminal() {
    let issuer = Issuer::without_dns().await;
    issuer.site().insert(KEY_FILE, br#"{"id":"did:web:\u001b[2Jevil\u202e.example"}"#.to_vec());
    let outcome = issuer.verify(&["reference.json"]).await;
    assert_eq!(outcome.verdict(), (1, "Unknown key"));
    outcome.says(&["the issuer's key file cannot be read: "]);
    assert!(!outcome.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", outcome.stdout);
    // A key file with another key makes the verdict Invalid.
    issuer.site().insert(KEY_FILE, key_file(&SecretKey::from_seed(&[8; 32])));
    assert_eq!(issuer.verify(&["reference.pdf"]).await.verdict(), (1, "Invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_only_to_the_public_internet() {
    let issuer = Issuer::without_dns().await;
    issuer.dns().insert_a("acme.example", [127, 0, 0, 1].into());
    let dns = issuer.dns.address().to_string();
    let outcome = issuer.run(&["reference.json", "--dns", &dns]).await;
    assert_eq!(outcome.verdict(), (5, "Unknown key"));
    outcome.says(&["its address is not one of the public internet; --allow-address ADDRESS would allow it"]);
    // With its address allowed, the site is requested at the port of HTTPS only.
    let outcome = issuer.run(&["reference.json", "--dns", &dns, "--allow-address", "127.0.0.1"]).await;
    outcome.says(&["the key file of acme.example cannot be had: no "]);
    assert!(issuer.site().log().is_empty());
    // A name without an address.
    issuer.dns().remove("acme.example");
    let outcome = issuer.run(&["reference.json", "--dns", &dns]).await;
    assert_eq!(outcome.verdict(), (5, "Unknown key"));
    outcome.says(&["its address cannot be found: "]);
}
