//! The tables `[[references.witnesses]]`: the servers that confirm that the issuer's log only grows.

use crate::key::check::wrong;
use hibob_base::error::{HostError, WrongSetting};
use hibob_reference_format::log::witness::Witness;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most witnesses of a log. Each is sent every log head, and its signature is part of every reference.
pub const WITNESSES_MAX: usize = 8;

/// A witness of the issuer's log (c2sp.org/tlog-witness).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// The verifier key, `NAME+HEX+BASE64` (c2sp.org/signed-note).
    pub key: String,
    /// The base URL. Log heads are posted to `add-checkpoint` below it.
    pub url: String,
}

impl WitnessConfig {
    /// Reads the key.
    ///
    /// # Errors
    /// It is not a witness's key.
    pub fn witness(&self) -> Result<Witness, HostError> {
        Witness::parse(&self.key).map_err(|error| {
            HostError::configuration(
                format!("references.witnesses: {error}"),
                "copy the key from the witness's operator; it has to be one for cosignatures (cosignature/v1)",
            )
        })
    }

    /// The URL that log heads are posted to.
    pub fn add_checkpoint_url(&self) -> String {
        format!("{}/add-checkpoint", self.url.trim_end_matches('/'))
    }
}

/// Finds what is wrong with the witnesses of a tenant taken together.
pub(super) fn conflicts(witnesses: &[WitnessConfig], found: &mut Vec<WrongSetting>) {
    let key = "references.witnesses";
    if witnesses.len() > WITNESSES_MAX {
        let message = format!("{key} has {} entries, and {WITNESSES_MAX} are possible", witnesses.len());
        found.push(wrong(key, message, "keep the witnesses that readers of references trust"));
    }
    let mut names = BTreeSet::new();
    for (index, config) in witnesses.iter().enumerate() {
        // A key that cannot be read is found by the table of keys.
        let Ok(witness) = config.witness() else { continue };
        if !names.insert(witness.name().to_owned()) {
            let message = format!("{key} names {} twice", witness.name());
            let remedy = "keep one of the two; witnesses are told apart by their names";
            found.push(wrong(&format!("{key}[{index}].key"), message, remedy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applied_by::AppliedBy;
    use crate::tenant::TenantConfig;
    use hibob_reference_format::keys::SecretKey;
    use hibob_reference_format::log::note::{NoteKey, SignatureType};

    const URL: &str = "https://witness.example";

    fn key(name: &str, kind: SignatureType) -> String {
        NoteKey::new(name, kind, SecretKey::from_seed(&[3; 32]).public()).to_string()
    }

    fn table(name: &str, url: &str) -> String {
        format!("[[references.witnesses]]\nkey = \"{}\"\nurl = \"{url}\"\n", key(name, SignatureType::Cosignature))
    }

    fn config(tables: &str) -> TenantConfig {
        toml::from_str(&format!(
            "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n\
             [references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\n{tables}"
        ))
        .unwrap()
    }

    #[track_caller]
    fn refused(tables: &str, words: &str) {
        let error = config(tables).check().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn a_witness_has_a_key_and_a_url() {
        config("").check().unwrap();
        config(&format!("{}{}", table("w1", URL), table("w2", "http://127.0.0.1:4000/w2/"))).check().unwrap();
        for url in ["http://witness.example", "https://u:p@witness.example", "witness.example"] {
            refused(&table("w1", url), "references.witnesses[0].url is ");
        }
        refused(&table("w1", "https://witness.example/?a=b"), "it has more than a path");
        let of_a_log =
            table("w1", URL).replace(&key("w1", SignatureType::Cosignature), &key("w1", SignatureType::Ed25519));
        refused(&of_a_log, "is not a verifier key");
        refused(&table("w1", URL).replace("w1+", "w2+"), "is not a verifier key");
    }

    #[test]
    fn names_are_unique_and_their_number_is_limited() {
        refused(&format!("{}{}", table("w1", URL), table("w1", "https://other.example")), "names w1 twice");
        let many = |number: usize| (0..number).map(|index| table(&format!("w{index}"), URL)).collect::<String>();
        config(&many(WITNESSES_MAX)).check().unwrap();
        refused(&many(WITNESSES_MAX + 1), "has 9 entries, and 8 are possible");
    }

    #[test]
    fn heads_are_posted_below_the_url() {
        for url in [URL, "https://witness.example/"] {
            let config = WitnessConfig { key: String::new(), url: url.to_owned() };
            assert_eq!(config.add_checkpoint_url(), "https://witness.example/add-checkpoint");
        }
    }

    #[test]
    fn this_machine_is_connected_to_where_a_witness_is_there() {
        let lets = |url: &str| config(&table("w1", url)).addresses().check("127.0.0.1", "127.0.0.1".parse().unwrap());
        assert!(lets("http://127.0.0.1:4000").is_ok() && lets(URL).is_err());
        config(&table("w1", URL)).permit(AppliedBy::Api).unwrap();
        let error = config(&table("w1", "http://127.0.0.1:4000")).permit(AppliedBy::Api).unwrap_err().to_string();
        assert!(error.contains("http://127.0.0.1:4000 is for the local operator only"), "{error}");
    }
}
