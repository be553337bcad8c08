//! `tenant apply`: checks a tenant's file, shows what it changes, and stores it.

use super::{next, print_to_enter, to_enter_json};
use crate::cli::Global;
use crate::cli::confirm::confirm;
use crate::cli::paint::clean;
use hibob_base::error::HostError;
use hibob_config::key::difference::SettingChange;
use hibob_config::tenant::TenantConfig;
use hibob_store::database::StoredBy;
use hibob_store::tenant_change::TenantChange;
use serde_json::{Value, json};

pub(super) async fn apply(global: &Global, config: TenantConfig, yes: bool, dry_run: bool) -> Result<(), HostError> {
    let data = global.data().await?;
    let change = data.tenant_change(config).await?;
    store(global, &change, StoredBy::File, yes, dry_run).await
}

/// Shows a change of a tenant's configuration, asks where something would be lost, and stores it.
pub(super) async fn store(
    global: &Global,
    change: &TenantChange,
    by: StoredBy,
    yes: bool,
    dry_run: bool,
) -> Result<(), HostError> {
    let id = &change.config.id;
    if !global.json {
        out!("{}", text(change));
    }
    let mut object = serde_json::Map::new();
    object.insert("tenant".to_owned(), json!(id));
    object.insert("new".to_owned(), json!(change.is_new));
    object.insert("changes".to_owned(), changes_json(&change.changes));
    object.insert("kept".to_owned(), json!(change.kept));
    if dry_run {
        if global.json {
            object.insert("losses".to_owned(), json!(change.losses));
            outln!("{}", Value::Object(object));
        } else {
            for loss in &change.losses {
                outln!("it would need --yes: {}", clean(loss));
            }
            outln!("nothing was stored");
        }
        return Ok(());
    }
    if !change.losses.is_empty() {
        confirm(global, yes, &change.losses.join("; "), "the same command with")?;
    }
    let applied = global.data().await?.put_change(change, by).await?;
    if global.json {
        object.insert("version".to_owned(), applied.stored.version.into());
        if !applied.to_enter.is_empty() {
            object.insert("secrets_to_enter".to_owned(), to_enter_json(&applied));
        }
        outln!("{}", Value::Object(object));
        return Ok(());
    }
    let word = match (applied.stored.is_new, applied.stored.is_changed) {
        (true, _) => "added".to_owned(),
        (false, true) => format!("changed, now version {}", applied.stored.version),
        (false, false) => "unchanged".to_owned(),
    };
    if applied.to_enter.is_empty() {
        let check = format!("look whether a sync would work: hibob check {id}");
        outln!("tenant {id} {word}; {}", next(&change.config, &check));
    } else {
        outln!("tenant {id} {word}; it does not run until its secrets are entered");
    }
    print_to_enter(&applied);
    Ok(())
}

/// The changes, a line each.
fn text(change: &TenantChange) -> String {
    let changes = change.changes.iter().map(|change| format!("{}\n", line(change)));
    let kept = change.kept.iter().map(|key| format!("  {key}: kept, as a command or an admin has set it\n"));
    changes.chain(kept).collect()
}

/// A setting that changes: its key, and both values.
pub(super) fn line(change: &SettingChange) -> String {
    let shown = |value: &Option<String>| value.as_deref().map_or_else(|| "(default)".to_owned(), clean);
    format!("  {}: {} → {}", clean(&change.key), shown(&change.before), shown(&change.after))
}

/// Changes for machines.
pub(super) fn changes_json(changes: &[SettingChange]) -> Value {
    let each = changes.iter();
    each.map(|change| json!({ "key": change.key, "before": change.before, "after": change.after })).collect()
}
