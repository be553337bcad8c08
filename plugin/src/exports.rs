//! The exports of `directory-sync`: each function converts its arguments, calls the core, and converts the result.

use crate::bindings::exports::hibob::connector::directory_sync as wit;
use crate::world::Host;
use crate::{convert, plan};
use hibob_connector_core::error::JobError;
use hibob_connector_core::settings::Settings;
use hibob_connector_core::{apply, check, sync};

pub(crate) struct Plugin;

impl wit::Guest for Plugin {
    type SyncPlan = plan::HeldPlan;

    fn check(job: wit::Job) -> Result<wit::CheckReport, wit::JobError> {
        let settings = settings(&job)?;
        check::check(&mut Host, &settings, job.now_unix_seconds)
            .map(convert::report_out)
            .map_err(convert::job_error_out)
    }

    fn plan(job: wit::Job, baseline: Vec<wit::NamedValue>) -> Result<wit::SyncPlan, wit::JobError> {
        let settings = settings(&job)?;
        let baseline: Vec<_> = baseline.into_iter().map(convert::named_value_in).collect();
        let plan = sync::plan(&mut Host, &settings, job.now_unix_seconds, &baseline).map_err(convert::job_error_out)?;
        Ok(wit::SyncPlan::new(plan::HeldPlan::new(plan)))
    }

    fn apply(job: wit::Job, change: wit::Change, attempt: wit::Attempt) -> wit::Outcome {
        match settings(&job) {
            Ok(settings) => {
                let change = convert::change_in(change);
                convert::outcome_out(apply::apply(
                    &mut Host,
                    &settings,
                    &change,
                    convert::attempt_in(attempt),
                    job.now_unix_seconds,
                ))
            }
            Err(_) => convert::wrong_settings(),
        }
    }
}

fn settings(job: &wit::Job) -> Result<Settings, wit::JobError> {
    let values: Vec<_> = job.settings.iter().cloned().map(convert::named_value_in).collect();
    Settings::read(&values).map_err(|findings| convert::job_error_out(JobError::Settings(findings)))
}
