//! Writes the components, and the connector's manifest, into the folder that is named.

use anyhow::{Context, Result};
use std::path::PathBuf;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("name the folder to write to")?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let manifest = hibob_package_components::manifest(hibob_package_components::CONNECTOR)?;
    for (name, bytes) in [
        ("connector.wasm", hibob_package_components::CONNECTOR),
        ("guard.wasm", hibob_package_components::GUARD),
        ("hostile.wasm", hibob_package_components::HOSTILE),
        ("manifest.json", &manifest),
    ] {
        std::fs::write(folder.join(name), bytes).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}
