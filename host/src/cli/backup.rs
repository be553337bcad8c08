//! `backup`, `restore` and `restored`.

use super::Global;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome};
use hibob_store::backup;
use hibob_store::backup::{ForgottenSince, Manifest, RevokedSince, Since};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct BackupArgs {
    /// The folder to make; it must not exist yet
    folder: PathBuf,
    /// Leave out the key of the secret store. Keep it elsewhere: without it, stored secrets cannot be read
    #[arg(long)]
    without_secrets_key: bool,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// The folder that `hibob backup` has made
    folder: PathBuf,
    /// The erasure list: the file forgotten.list of the data directory that is replaced, or a copy of it
    #[arg(long, value_name = "FILE", conflicts_with = "nobody_forgotten")]
    forgotten: Option<PathBuf>,
    /// Confirm that nobody was erased since the backup was made
    #[arg(long)]
    nobody_forgotten: bool,
    /// The file revoked-tokens.list of the data directory that is replaced, or a copy of it [default: the one beside the
    /// erasure list]
    #[arg(long, value_name = "FILE", conflicts_with = "no_token_revoked")]
    revoked_tokens: Option<PathBuf>,
    /// Confirm that no token of the API was revoked since the backup was made
    #[arg(long)]
    no_token_revoked: bool,
}

pub(super) async fn backup(global: &Global, args: &BackupArgs) -> Result<Exit, HostError> {
    let manifest = backup::backup(&global.data().await?, &args.folder, !args.without_secrets_key).await?;
    tell(global.json, &args.folder, &manifest, "backed up to");
    if !global.json && manifest.files.contains_key("secrets.key") {
        outln!("it has the key of the secret store, and so the secrets: keep it as safe as the data directory itself");
    }
    Ok(Exit::Done)
}

pub(super) async fn restore(global: &Global, args: &RestoreArgs) -> Result<Exit, HostError> {
    if global.database.is_some() {
        let remedy = "restore it with pg_restore while no host runs, and then: hibob restored";
        return Err(HostError::configuration("a backup folder is not restored to PostgreSQL", remedy));
    }
    let folder = global.folder();
    let forgotten = match (&args.forgotten, args.nobody_forgotten) {
        (Some(list), _) => ForgottenSince::List(list),
        (None, true) => ForgottenSince::Nobody,
        (None, false) => {
            return Err(HostError::configuration(
                "it is unknown who was erased since the backup was made, and the backup still has their data",
                "give --forgotten FILE, the file forgotten.list of the data directory that is replaced, or a copy of it; \
                 or --nobody-forgotten",
            ));
        }
    };
    let revoked = match (&args.revoked_tokens, args.no_token_revoked) {
        (Some(list), _) => RevokedSince::List(list),
        (None, true) => RevokedSince::Nothing,
        (None, false) => RevokedSince::Unknown,
    };
    let manifest = backup::restore(&args.folder, &folder, Since { forgotten, revoked }).await?;
    let entry = ApiLogEntry::of_command("restore", None, None, None);
    api_log::record(global.data().await?.control(), &entry, ApiLogOutcome::Done, None).await?;
    tell(global.json, folder.path(), &manifest, "restored to");
    Ok(Exit::Done)
}

pub(super) async fn restored(global: &Global) -> Result<Exit, HostError> {
    let why = format!(
        "the database was restored, as reported with `hibob restored` on {}",
        chrono::Utc::now().format("%Y-%m-%d %H:%M UTC")
    );
    let tenants = backup::resume_after_restore(&global.data().await?, &why).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenants": tenants }));
    } else {
        outln!(
            "{tenants} tenants go on from here; their references are paused until a person has checked them: \
             hibob references resume T"
        );
    }
    Ok(Exit::Done)
}

fn tell(json: bool, folder: &Path, manifest: &Manifest, what: &str) {
    let tenants = manifest.files.keys().filter(|name| name.starts_with("tenants/")).count();
    if json {
        outln!("{}", serde_json::json!({ "folder": folder, "tenants": tenants, "manifest": manifest }));
    } else {
        outln!("{tenants} tenants {what} {}", folder.display());
    }
}
