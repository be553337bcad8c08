//! `plugin inspect`.

use super::Global;
use crate::error::{Exit, HostError};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum PluginCommand {
    /// Show what a plugin imports and exports, and its digest
    #[command(after_help = "Example: hibob plugin inspect")]
    Inspect {
        /// The plugin's file; the built-in plugin if none is named
        file: Option<PathBuf>,
    },
}

pub(super) async fn run(global: &Global, command: PluginCommand) -> Result<Exit, HostError> {
    let PluginCommand::Inspect { file } = command;
    let data = global.data().await?;
    let file = file.or_else(|| global.plugin.clone());
    let plugin = data.plugin(&data.runtime()?, file.as_deref())?;
    let name = file.map_or_else(|| "built-in".to_owned(), |file| file.display().to_string());
    if global.json {
        let object = serde_json::json!({
            "plugin": name,
            "digest": plugin.digest(),
            "size_bytes": plugin.size_bytes(),
            "imports": plugin.imports(),
            "exports": plugin.exports(),
        });
        println!("{object}");
    } else {
        println!("plugin   {name}");
        println!("digest   {}", plugin.digest());
        println!("size     {} bytes", plugin.size_bytes());
        println!("exports  {}", plugin.exports().join("\n         "));
        println!("imports  {}", plugin.imports().join("\n         "));
    }
    Ok(Exit::Done)
}
