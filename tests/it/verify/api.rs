//! `POST /v1/verify`: what a recruiter's system is told about a reference that it was given.

use super::issuer::Issuer;
use crate::api::{Host, token};
use crate::cli::Shell;
use hibob_reference_format::qr;
use hibob_reference_format::status_list::Purpose;
use serde_json::{Value, json};

struct Recruiter {
    issuer: Issuer,
    shell: Shell,
    host: Host,
    token: String,
}

impl Recruiter {
    async fn new() -> Self {
        let (issuer, shell) = (Issuer::start().await, Shell::new());
        let (dns, site) = (issuer.dns.address().to_string(), issuer.site.address().to_string());
        let host = Host::start_with(&shell, &["--local-site", &site], &[("HIBOB_DNS", &dns)]);
        let token = token(&shell, &["--role", "reader"]);
        Self { issuer, shell, host, token }
    }

    fn verify(&self, document: impl AsRef<[u8]>) -> (u16, Value) {
        self.host.json(&self.token, "POST", "/v1/verify", document)
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.issuer.path(name)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_says_what_the_command_says() {
    let recruiter = Recruiter::new().await;
    let (exit, printed) = recruiter.issuer.json(&["reference.pdf"]).await;
    assert_eq!((exit, &printed["verdict"]), (0, &json!("gold")));
    let (status, answered) = recruiter.verify(recruiter.file("reference.pdf"));
    assert_eq!((status, &answered), (200, &printed));

    // The same by the link of its code, and as the attachment of a mail.
    let link = qr::url(&recruiter.issuer.signed, 17);
    let (status, of_link) = recruiter.verify(&link);
    assert_eq!((status, &of_link["verdict"], &of_link["reference"]), (200, &json!("gold"), &printed["reference"]));
    let mail = [
        b"From: freja@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n".to_vec(),
        recruiter.file("reference.pdf"),
        b"\r\n--x--\r\n".to_vec(),
    ];
    assert_eq!(recruiter.verify(mail.concat()).1["verdict"], "gold");

    // Once the issuer has taken it back, and after a change of a single byte.
    recruiter.issuer.mark(Purpose::Revocation);
    let (status, revoked) = recruiter.verify(recruiter.file("reference.pdf"));
    assert_eq!((status, &revoked["verdict"], &revoked["accepted"]), (200, &json!("revoked"), &json!(false)));
    let changed = String::from_utf8(recruiter.file("reference.json")).unwrap().replacen("2026-10-31", "2026-11-30", 1);
    assert_eq!(recruiter.verify(changed).1["accepted"], false);
    assert_eq!(recruiter.verify("no reference at all").1["verdict"], "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_one_is_refused_and_so_is_the_eleventh_in_a_minute() {
    let recruiter = Recruiter::new().await;
    let (status, problem) = recruiter.verify("https://acme.example/no-reference");
    assert_eq!((status, &problem["code"]), (422, &json!("UNPROCESSABLE")));
    let (status, problem) = recruiter.verify("From: freja@example.org\r\n\r\nhello");
    assert_eq!(status, 422, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("without a reference"), "{problem}");
    let (status, problem) = recruiter.verify(vec![b' '; 5 * 1024 * 1024 + 1]);
    assert_eq!(status, 413, "{problem}");
    let statuses: Vec<u16> = (0..10).map(|_| recruiter.verify("nothing").0).collect();
    assert!(statuses.contains(&200) && statuses.last() == Some(&429), "{statuses:?}");
    // Another token has a measure of its own.
    let other = token(&recruiter.shell, &["--role", "reader"]);
    assert_eq!(recruiter.host.json(&other, "POST", "/v1/verify", "nothing").0, 200);
    assert_eq!(recruiter.host.ask("", "POST", "/v1/verify", "nothing").0, 401);
}
