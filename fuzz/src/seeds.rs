//! The seeds in `corpus/` that are signed, compressed or otherwise not to be written by hand. `hibob-fuzz seeds` writes
//! them; a test holds the folder to them.

use crate::{change_policy, issuer};
use hibob_reference_format::keys::dns;
use hibob_reference_format::log::tree::TreeReader;
use hibob_reference_format::qr;
use hibob_reference_format::status_list::{Bitstring, Purpose};

/// A file of `corpus/TARGET/NAME`.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The target.
    pub target: &'static str,
    /// The file's name.
    pub name: &'static str,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// Every seed that is made.
pub fn all() -> Vec<Seed> {
    let seed = |target, name, bytes: &[u8]| Seed { target, name, bytes: bytes.to_vec() };
    let (signed, proof) = (issuer::signed(), issuer::log_proof());
    let (reference, proof_text) = (signed.canonical(), proof.to_string());
    let key_file = issuer::key_file().render();
    let revoked = issuer::status_list(Purpose::Revocation);
    let superseded = issuer::status_list(Purpose::Supersession);
    let public = issuer::key().public();
    let record = dns::record_value(dns::Label::RefPassport, &public);
    let bits = Bitstring::with([0, 94_567, 131_071]).encode().unwrap();
    let witness = issuer::witness_text();
    let everything: [&[u8]; 7] = [
        reference,
        proof_text.as_bytes(),
        record.as_bytes(),
        key_file.as_bytes(),
        &revoked,
        &superseded,
        witness.as_bytes(),
    ];
    let did = format!("did:web:{}#{}", issuer::domain(), issuer::selector());
    let did_key = format!("did:key:{key}#{key}", key = public.multikey());
    let mut seeds = vec![
        seed("credential", "signed", reference),
        seed("json-object", "signed", reference),
        seed("qr-link", "long", qr::url(&signed, issuer::LOG_INDEX).as_bytes()),
        seed("status-list", "revoked", &revoked),
        seed("status-list", "superseded", &superseded),
        seed("status-list", "bits", bits.as_bytes()),
        seed("key-file", "two-keys", key_file.as_bytes()),
        seed("key-names", "record", record.as_bytes()),
        seed("key-names", "multikey", public.multikey().as_bytes()),
        seed("key-names", "raw-key", &public.to_bytes()),
        seed("key-names", "did-web", did.as_bytes()),
        seed("key-names", "did-key", did_key.as_bytes()),
        seed("key-names", "id", signed.credential().id.to_string().as_bytes()),
        seed("log-proof", "proof", proof_text.as_bytes()),
        seed("log-proof", "note", proof.checkpoint.to_string().as_bytes()),
        seed("log-proof", "checkpoint", proof.checkpoint.text().as_bytes()),
        seed("log-proof", "verifier-key", witness.as_bytes()),
        seed("witness-answer", "line", issuer::witness_line().as_bytes()),
        seed("log-tree", "inclusion", &log_tree([80, 6, 16, 40], true)),
        seed("log-tree", "consistency", &log_tree([80, 200, 16, 40], false)),
        seed("verify-document", "everything", &everything.join(&b"\n---\n"[..])),
        seed("verify-document", "page", &issuer::page()),
        // Without a request nothing leaves.
        seed("change-policy", "no-request", &[0]),
        seed("plan-guard", "no-change", &[9, 0, 9, 0, 0, 0]),
        seed("plan-guard", "too-short", &[9]),
    ];
    // Drawn plays and plans, so that every kind of change is among them.
    const NAMES: [&str; 12] = [
        "drawn-01", "drawn-02", "drawn-03", "drawn-04", "drawn-05", "drawn-06", "drawn-07", "drawn-08", "drawn-09",
        "drawn-10", "drawn-11", "drawn-12",
    ];
    for (number, name) in (1..).zip(NAMES) {
        let bytes = change_policy::drawn(number);
        seeds.push(seed("change-policy", name, &bytes));
        seeds.push(seed("plan-guard", name, &bytes[..6 + 4 * name.len()]));
    }
    seeds
}

/// An input of the target `log-tree` with the right proof of its numbers, and a tile.
fn log_tree(numbers: [u8; 4], is_inclusion: bool) -> Vec<u8> {
    let (size, index, old) = (u64::from(numbers[0]) * 4 + 1, u64::from(numbers[2]) * 4, u64::from(numbers[3]) * 4 + 1);
    let entries: Vec<[u8; 32]> = (0..size).map(|number| [number.to_le_bytes()[0]; 32]).collect();
    let (tiles, _) = hibob_reference_format::log::head(&issuer::domain(), &entries).unwrap();
    let reader = TreeReader::new(&tiles, size);
    let proof = if is_inclusion { reader.inclusion_proof(index) } else { reader.consistency_proof(old) };
    let tile = [&[0, 1][..], &[5; 64]].concat();
    [&numbers[..], &proof.unwrap().concat(), &tile].join(&b"\n---\n"[..])
}
