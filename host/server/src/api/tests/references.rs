//! References and the keys that sign them: issuing, delivering, revoking, files, and what DNS says.

use crate::api::tests::Site;
use hibob_jobs::references::NameServers;
use hibob_reference_format::credential::SignedCredential;
use hibob_store::queue::Arguments;
use serde_json::json;
use std::net::SocketAddr;
use tokio::net::UdpSocket;

const REFERENCES: &str = "/v1/tenants/acme/references";

#[tokio::test]
async fn references_are_issued_by_a_job_for_those_who_are_named() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let path = format!("{REFERENCES}/issue");
    let refused = site.ask("POST", &path, &operator, r#"{"employees": ["7"]}"#).await;
    assert_eq!(refused.status, 422, "a tenant that issues none");
    site.reference().await;
    for (body, status) in [
        (json!({}), 400),
        (json!({ "employees": "7" }), 400),
        (json!({ "employees": [] }), 422),
        (json!({ "employees": ["Ana"] }), 422),
        (json!({ "employees": ["7", ""] }), 422),
        (json!({ "employees": ["7".repeat(33)] }), 422),
        (json!({ "employees": ["7"], "allow_issuing": -1 }), 400),
        (json!({ "employees": ["7"], "allow_revoking": 5 }), 400),
    ] {
        assert_eq!(site.ask("POST", &path, &operator, &body.to_string()).await.status, status, "{body}");
    }
    let body = json!({ "employees": ["7", "8"], "allow_issuing": 2, "skip_grace_time": true });
    let queued = site.ask("POST", &path, &operator, &body.to_string()).await;
    assert_eq!(queued.status, 202);
    let job = site.data.queue().get(queued.json()["job"].as_i64().unwrap()).await.unwrap();
    let Arguments::References(arguments) = job.arguments else { panic!("{job:?}") };
    assert_eq!(arguments.employees, Some(vec!["7".to_owned(), "8".to_owned()]));
    assert_eq!((arguments.allow_issuing, arguments.allow_revoking, arguments.skips_grace), (2, 0, true));
    // The log of the API has the call, and nobody's id.
    let log = site.data.control().api_log(1).await.unwrap();
    assert_eq!((log[0].action.as_str(), &log[0].object), ("issue-references", &None));
}

/// What the list says may be issued is what the limits of a run leave, counting what was issued lately.
#[tokio::test]
async fn the_list_says_how_many_a_run_may_issue() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let left = async || site.get(REFERENCES, &operator).await.json()["issuing_left"].clone();
    site.reference().await;
    let first = left().await.as_u64().unwrap();
    for _ in 0..4 {
        site.reference().await;
    }
    assert!(left().await.as_u64().unwrap() < first, "{first}, and then {}", left().await);
}

#[tokio::test]
async fn a_reference_is_revoked_once_with_a_reason_and_not_delivered_after_that() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let id = site.reference().await;
    let state = async || {
        let row = site.get(REFERENCES, &operator).await.json()["references"][0].clone();
        (row["state"].clone(), row["state_reason"].clone())
    };
    let path = format!("{REFERENCES}/{id}/revoke");
    for (body, status) in [
        (json!({}), 400),
        (json!({ "reason": " " }), 422),
        (json!({ "reason": "a\nb" }), 422),
        (json!({ "reason": 1 }), 400),
    ] {
        assert_eq!(site.ask("POST", &path, &operator, &body.to_string()).await.status, status, "{body}");
        assert_eq!(state().await.0, "valid");
    }
    let nowhere = format!("{REFERENCES}/0f3d6a52-5c1e-4b0a-9d5f-0a6b1c2d3e4f/revoke");
    assert_eq!(site.ask("POST", &nowhere, &operator, r#"{"reason": "x"}"#).await.status, 404);
    let revoked = site.ask("POST", &path, &operator, r#"{"reason": "issued by mistake"}"#).await;
    assert_eq!((revoked.status, &revoked.json()["was_revoked_before"]), (200, &json!(false)));
    let again = site.ask("POST", &path, &operator, r#"{"reason": "another reason"}"#).await;
    assert_eq!((again.status, &again.json()["was_revoked_before"]), (200, &json!(true)));
    assert_eq!(state().await, (json!("revoked"), json!("issued by mistake")));
    // Neither the person nor the reason is in the log of the API.
    let log = site.get("/v1/audit", &operator).await.json().to_string();
    assert!(log.contains("revoke-reference") && log.contains(&id) && !log.contains("mistake"), "{log}");
}

#[tokio::test]
async fn a_reference_is_delivered_by_a_job_and_had_as_signed_json() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let id = site.reference().await;
    let path = format!("{REFERENCES}/{id}/deliver");
    for again in [false, true] {
        let queued = site.ask("POST", &path, &operator, &json!({ "again": again }).to_string()).await;
        assert_eq!(queued.status, 202);
        let job = site.data.queue().get(queued.json()["job"].as_i64().unwrap()).await.unwrap();
        let Arguments::Deliver(arguments) = job.arguments else { panic!("{job:?}") };
        assert_eq!((arguments.reference.as_str(), arguments.again), (id.as_str(), again));
    }
    assert_eq!(site.ask("POST", &path, &operator, r#"{"to": "x"}"#).await.status, 400);
    assert_eq!(site.ask("POST", &format!("{REFERENCES}/00/deliver"), &operator, "{}").await.status, 404);
    let json = site.get(&format!("{REFERENCES}/{id}/credential"), &operator).await;
    let signed = SignedCredential::parse(&json.body).unwrap();
    assert_eq!(signed.credential().id.uuid(), id);
    let name = json.header("content-disposition");
    assert!(name.ends_with("Maeve%20Quinn%20-%20ACME%20GmbH.json"), "{name}");
    assert_eq!(site.get(&format!("{REFERENCES}/00/credential"), &operator).await.status, 404);
}

/// A name server that has these texts for this name, and for all others says that there is none (RFC 1035 section 4).
async fn name_server(name: String, text: String) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut packet = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut packet).await {
            let (mut end, mut labels) = (12, Vec::new());
            while packet[end] != 0 {
                let label = &packet[end + 1..=end + usize::from(packet[end])];
                labels.push(String::from_utf8_lossy(label).into_owned());
                end += 1 + usize::from(packet[end]);
            }
            let question = &packet[12..end + 5];
            let is_there = labels.join(".").eq_ignore_ascii_case(&name);
            // An answer, recursion available; one question, no authority, nothing additional.
            let mut answer =
                [&packet[..2], &[0x81, if is_there { 0x80 } else { 0x83 }, 0, 1, 0, u8::from(is_there)], &[0; 4]]
                    .concat();
            answer.extend(question);
            if is_there {
                let length = u8::try_from(text.len()).unwrap();
                answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
                answer.extend(text.as_bytes());
            }
            assert!(length >= end);
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn the_keys_have_the_records_to_copy_and_how_they_stand_in_dns() {
    for (is_own, state) in [(true, "right"), (false, "other")] {
        let site = Site::bare().await;
        let operator = site.operator().await;
        assert_eq!(site.get(&format!("{REFERENCES}/keys"), &operator).await.status, 422, "it issues no references");
        site.reference().await;
        let keys = site.get(&format!("{REFERENCES}/keys"), &operator).await.json();
        assert_eq!((&keys["domain"], &keys["keys"][0]["selector"]), (&json!("acme.example"), &json!("k1")));
        let records = keys["keys"][0]["dns_records"].as_array().unwrap();
        let [name, value] = ["name", "value"].map(|part| records[0][part].as_str().unwrap().to_owned());
        assert!(name.starts_with("k1._") && name.ends_with(".acme.example") && value.contains("k=ed25519"), "{keys}");
        let text = if is_own { value } else { "v=spf1 -all".to_owned() };
        site.api.ask_names_of(NameServers::One(name_server(name, text.clone()).await));
        let looked = site.get(&format!("{REFERENCES}/keys/dns"), &operator).await.json();
        let standings = looked["keys"][0]["dns_records"].as_array().unwrap();
        assert_eq!((&standings[0]["state"], &standings[1]["state"]), (&json!(state), &json!("absent")), "{looked}");
        let found = if is_own { json!([]) } else { json!([text]) };
        assert_eq!(standings[0]["found"], found, "{looked}");
    }
}
