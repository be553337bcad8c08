//! A reference as files, at any time after it was issued: the same three that its delivery has.

use crate::references::fonts::fonts;
use crate::references::keys::{IssuerKeys, time};
use crate::references::log::{Entry, Log};
use crate::references::revoke::unknown;
use chrono::Utc;
use hibob_base::error::HostError;
use hibob_base::files::write_private;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_delivery::file_stem;
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::pdf::{self, PdfError};
use hibob_store::data_dir::DataDir;
use hibob_store::database::ReferenceState;
use std::path::{Path, PathBuf};

/// A reference as files.
#[derive(Clone, Debug)]
pub struct ExportedReference {
    /// The name of the files, without the extension. It is safe on every system.
    pub stem: String,
    /// The page, with the credential and the proof attached.
    pub pdf: Vec<u8>,
    /// The signed credential, as canonical JSON.
    pub credential: Vec<u8>,
    /// The proof that the reference is in the issuer's log.
    pub log_proof: Vec<u8>,
    /// Whether the reference still counts.
    pub state: ReferenceState,
}

/// The reference with this id as files.
///
/// # Errors
/// There is no such reference, its person was erased, the key that signed it cannot be read, or somebody publishes at
/// this moment.
pub async fn export(data: &DataDir, config: &TenantConfig, id: &str) -> Result<ExportedReference, HostError> {
    // The log's head is recorded, as by a publication.
    let lease = data.control().lease(&format!("{}/publish", config.id), "an export").await?;
    let exported = export_alone(data, config, id).await;
    lease.release().await?;
    exported
}

async fn export_alone(data: &DataDir, config: &TenantConfig, id: &str) -> Result<ExportedReference, HostError> {
    let keys = IssuerKeys::open(data, config).await?;
    let records = data.records(&config.id).await?;
    let found = records.references().await?.into_iter().find(|row| row.id == id);
    let row = found.ok_or_else(|| unknown(&config.id, id))?;
    if row.document.is_empty() {
        return Err(HostError::configuration(
            format!("tenant {}: the person of the reference {id} was erased, and its document with them", config.id),
            "nothing; only what was delivered before is left, with its recipient",
        ));
    }
    let unreadable =
        |what: &dyn std::fmt::Display| HostError::Storage(format!("the reference {id} cannot be read: {what}"));
    let signed = SignedCredential::parse(&row.document).map_err(|error| unreadable(&error))?;
    let (mut signers, missing) = keys.signers([row.selector.clone()]).await;
    if let Some((_, error)) = missing.into_iter().next() {
        return Err(error);
    }
    let signer = signers.remove(&row.selector).ok_or_else(|| unreadable(&"its key"))?;
    let log = Log::extended(records.database(), issuing(config)?).await?;
    let entry = Entry { index: row.log_index, issued: time(row.issued_at), key: &signer.key };
    let proof = log.prover(entry.index).proof(&entry)?;
    let claims = &signed.credential().claims;
    let stem = file_stem(claims.name().as_str(), claims.issuer().name.as_str());
    let (key, fonts) = (signer.key.clone(), fonts(issuing(config)?).await?);
    // Rendering takes the processor for a while.
    let rendered = tokio::task::spawn_blocking(move || {
        let pdf = pdf::render(&signed, &proof, &key, &fonts);
        pdf.map(|pdf| (pdf, signed.canonical().to_vec(), proof.to_string().into_bytes()))
    });
    let rendered = rendered.await.map_err(|error| HostError::Engine(error.to_string()))?;
    let (pdf, credential, log_proof) = rendered.map_err(|error| match error {
        // Its font was in the operator's folder when the reference was issued.
        PdfError::MissingGlyph { .. } => HostError::configuration(
            format!("the page of the reference {id} cannot be made: {error}"),
            "put the font with which it was issued into the folder again: references.fonts in the tenant's file",
        ),
        _ => unreadable(&error),
    })?;
    Ok(ExportedReference { stem, pdf, credential, log_proof, state: row.state })
}

impl ExportedReference {
    /// Writes the files into a folder, which is made if it is not there. Returns their paths. Only their owner may read
    /// them.
    ///
    /// # Errors
    /// A file of this name with other content is there, or the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, HostError> {
        let failed = |path: &Path, error: &std::io::Error| {
            let message = format!("cannot write {}: {error}", path.display());
            HostError::configuration(message, "name a folder that can be written")
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        let files = [("pdf", &self.pdf), ("json", &self.credential), ("tlog-proof", &self.log_proof)];
        let paths = files.map(|(extension, _)| folder.join(format!("{}.{extension}", self.stem)));
        for (path, (_, bytes)) in paths.iter().zip(files) {
            match std::fs::read(path) {
                Ok(there) if there == *bytes => {}
                // A page and its proof are made anew for each export, so another export of the same reference differs.
                Ok(_) => {
                    let message = format!("{} is there already, with other content", path.display());
                    return Err(HostError::configuration(message, "name another folder, or move the file away"));
                }
                Err(_) => {}
            }
        }
        for (path, (_, bytes)) in paths.iter().zip(files) {
            write_private(path, bytes).map_err(|error| failed(path, &error))?;
        }
        Ok(paths.into())
    }
}

/// Prepares the delivery of one reference: one that was refused or waits is tried at once; with `again`, one that was
/// delivered is delivered once more. False if there is nothing to deliver.
///
/// # Errors
/// The tenant issues no references, or the database failed.
pub async fn prepare_delivery(
    data: &DataDir,
    config: &TenantConfig,
    reference: &str,
    again: bool,
) -> Result<bool, HostError> {
    let database = data.tenant_database(&config.id).await?;
    let now = Utc::now().timestamp();
    if !again {
        return database.retry_delivery(reference, now).await;
    }
    let domain = issuing(config)?.issuer()?.domain;
    database.deliver_again(reference, &format!("<{reference}.{now}@{domain}>"), now).await
}
