//! Tests of invalid files and options.

use super::issuer::Issuer;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_options_say_what_to_do() {
    let issuer = Issuer::start().await;
    issuer.write("large.pdf", vec![b' '; 4 * 1024 * 1024 + 1]);
    let cases: [(&[&str], &[&str]); 13] = [
        (&["nothing.pdf"], &["nothing.pdf does not exist", "give the PDF or JSON file of a reference"]),
        (&["."], &["cannot be read"]),
        (&["large.pdf"], &["large.pdf has more than 4194304 bytes"]),
        (&["reference.json", "--key-file", "nothing.json"], &["nothing.json does not exist", "did.json"]),
        (&["reference.json", "--log-proof", "nothing"], &["nothing does not exist", ".tlog-proof"]),
        (&["reference.pdf", "--log-proof", "reference.tlog-proof"], &["leave --log-proof out"]),
        (&["reference.pdf", "--published", "nowhere"], &["nowhere is no folder"]),
        (&["reference.pdf", "--dns", "resolver.example"], &["--dns is \"resolver.example\"", "9.9.9.9"]),
        (&["reference.pdf", "--dns", "9.9.9.9", "--offline"], &["cannot be used with"]),
        (&["reference.pdf", "--witness", "somebody"], &["--witness: ", "NAME+HEX+BASE64"]),
        (&["reference.pdf", "--witnesses-required", "1"], &["0 witnesses are named", "--witness VKEY"]),
        (&["reference.pdf", "--local-site", "93.184.215.14:80"], &["is not on this machine"]),
        (&["reference.pdf", "--allow-address", "intranet"], &["--allow-address is \"intranet\"", "10.0.0.0/8"]),
    ];
    for (args, texts) in cases {
        let outcome = issuer.run(args).await;
        assert_eq!((outcome.exit, &outcome.stdout[..]), (2, ""), "{args:?}");
        outcome.says(texts);
    }
    let outcome = issuer.run_with(&["reference.pdf"], &[("HIBOB_DNS", "nobody")]).await;
    assert_eq!(outcome.exit, 2);
    outcome.says(&["HIBOB_DNS is \"nobody\""]);
    // A file name does not control the terminal, and with --json the output is one object.
    let outcome = issuer.run(&["\u{1b}[2J.json"]).await;
    assert!(outcome.exit == 2 && !outcome.stderr.contains('\u{1b}'), "{:?}", outcome.stderr);
    let outcome = issuer.run(&["nothing.pdf", "--json"]).await;
    let object: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.exit, &object["error"]["code"]), (2, &"CONFIGURATION".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_reference_is_invalid() {
    let issuer = Issuer::start().await;
    let pdf = std::fs::read(issuer.path("reference.pdf")).unwrap();
    let deep = "[".repeat(60_000);
    let files: [&[u8]; 9] = [
        b"",
        b"null",
        b"{}",
        b"%PDF-1.7\n",
        &[0xff; 1000],
        deep.as_bytes(),
        b"{\"@context\":\"\xf0\x9f\"}",
        &pdf[..pdf.len() / 2],
        &pdf[..pdf.len() - 1],
    ];
    for (number, bytes) in files.into_iter().enumerate() {
        issuer.write("other.file", bytes);
        let outcome = issuer.verify(&["other.file"]).await;
        // The last two are a page whose end is missing: what it has attached may be whole.
        let is_cut = number >= 7 && [1, 11].contains(&outcome.exit);
        assert!(is_cut || outcome.verdict() == (1, "Invalid"), "file {number}: {}", outcome.stdout);
        assert_eq!(outcome.stderr, "", "file {number}");
    }
}
