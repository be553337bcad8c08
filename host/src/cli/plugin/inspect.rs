//! `plugin inspect`: shows what is in a plugin's file, without compiling or running it.

use super::super::Global;
use super::{identity_json, print};
use hibob_base::error::{Exit, HostError};
use hibob_contract::CallKind;
use hibob_contract::WitVersion;
use hibob_policy::manifest::Manifest;
use hibob_sandbox::Open;
use hibob_sandbox::identity::Package;
use hibob_sandbox::plugin::Contents;
use std::path::PathBuf;

pub(super) async fn inspect(global: &Global, file: Option<PathBuf>) -> Result<Exit, HostError> {
    let trust = global.data().await?.trust_file().read()?;
    let file = file.or_else(|| global.plugin.clone());
    let package = file.as_deref().map_or_else(|| Ok(Package::embedded()), Package::read)?;
    let name = file.map_or_else(|| "built-in".to_owned(), |file| file.display().to_string());
    let contents = Contents::of(&package)?;
    let identity = trust.identify(&package);
    let (digest, size) = (package.digest(), package.bytes().len());
    let missing = contents.missing();
    let version = contents.wit_version().map(WitVersion::name);
    let (manifest, manifest_error) = match contents.manifest() {
        Ok(manifest) => (manifest, None),
        Err(what) => (None, Some(what)),
    };
    let object = serde_json::json!({
        "plugin": name,
        "digest": digest.to_string(),
        "size_bytes": size,
        "identity": identity_json(&identity),
        "wit_version": version,
        "time_zone_data": contents.time_zone_data(),
        "exports": contents.exports(),
        "imports": contents.imports(),
        "not_offered": missing,
        "manifest": manifest,
        "manifest_error": manifest_error,
    });
    let list = |items: &[String]| if items.is_empty() { "-".to_owned() } else { items.join("\n           ") };
    let mut text = format!("plugin     {name}\ndigest     {digest}\nsize       {size} bytes\nidentity   {identity}\n");
    text += &format!("wit        {}\n", version.unwrap_or("none that this host runs"));
    let zones = contents.time_zone_data().map(|version| format!("IANA {version}"));
    text += &format!("time zones {}\n", zones.as_deref().unwrap_or("it does not say which data it has"));
    text += &format!("exports    {}\nimports    {}", list(contents.exports()), list(contents.imports()));
    if !missing.is_empty() {
        text += &format!("\n! error  this host does not offer: {}", missing.join(", "));
    }
    match (manifest, manifest_error) {
        (Some(manifest), _) => text += &needs(manifest),
        (None, Some(what)) => text += &format!("\n! error  {what}"),
        (None, None) => text += "\nmanifest   none: held to what this host lets any plugin do",
    }
    print(global, &object, &text);
    Ok(Exit::Done)
}

fn needs(manifest: &Manifest) -> String {
    let mut text = String::new();
    for kind in [CallKind::Check, CallKind::Plan, CallKind::Apply, CallKind::References] {
        let name = kind.name();
        let needs: Vec<String> = manifest.needs(kind).iter().map(ToString::to_string).collect();
        let needs = if needs.is_empty() { "no requests".to_owned() } else { needs.join("\n           ") };
        text += &format!("\n{name:<10} {needs}");
    }
    text
}
