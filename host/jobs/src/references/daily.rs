//! Publishing by the job, where the tenant's file names a folder: as soon as something has changed, and once a day, since
//! status lists count for a week only.

use crate::references::publish::publish_if_due;
use crate::references::report::Report;
use chrono::Utc;
use hibob_config::tenant::TenantConfig;
use hibob_store::data_dir::DataDir;

/// The code of the error where the job could not publish.
const PUBLISH_FAILED: &str = "PUBLISH_FAILED";

/// Publishes if it is due. A failure is an error of the run, and stops nothing: what is published counts for days.
pub(super) async fn publish(data: &DataDir, config: &TenantConfig, report: &mut Report) {
    let Some(folder) = config.references.as_ref().and_then(|references| references.publish.as_ref()) else { return };
    match publish_if_due(data, config, &folder.dir, Utc::now()).await {
        Ok(Some(published)) => {
            report.warnings.extend(published.witnesses.warnings);
            report.errors.extend(published.witnesses.errors);
        }
        Ok(None) => {}
        Err(error) => {
            let remedy =
                format!("{}; the lists that are published count for a week after they were signed", error.remedy());
            report.fault("", PUBLISH_FAILED, format!("references.publish: {error}"), &remedy);
        }
    }
}
