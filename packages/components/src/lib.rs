//! The components that the packages run, as built: neither imports anything of WASI.

use anyhow::{Context, Result, bail};
use wasmparser::{ComponentExternalKind, Parser, Payload};

/// The connector: the world `json-connector` of the contract.
pub const CONNECTOR: &[u8] = include_bytes!(env!("HIBOB_JSON_CONNECTOR"));

/// The guard, which imports nothing.
pub const GUARD: &[u8] = include_bytes!(env!("HIBOB_GUARD"));

/// A plugin of the same world that misbehaves as its settings say, for tests of the packages. It is in no package.
pub const HOSTILE: &[u8] = include_bytes!(env!("HIBOB_JSON_HOSTILE"));

/// The section of a component with its manifest.
const MANIFEST: &str = "hibob-connector-manifest";

/// The names of what a component imports.
///
/// # Errors
/// The bytes are no component.
pub fn imports(component: &[u8]) -> Result<Vec<String>> {
    named(component, |payload, depth, names| {
        if let (Payload::ComponentImportSection(section), 0) = (payload, depth) {
            for import in section.clone() {
                names.push(import?.name.name.to_owned());
            }
        }
        Ok(())
    })
}

/// The names of the instances that a component exports.
///
/// # Errors
/// The bytes are no component.
pub fn exports(component: &[u8]) -> Result<Vec<String>> {
    named(component, |payload, depth, names| {
        if let (Payload::ComponentExportSection(section), 0) = (payload, depth) {
            for export in section.clone() {
                let export = export?;
                if export.kind == ComponentExternalKind::Instance {
                    names.push(export.name.name.to_owned());
                }
            }
        }
        Ok(())
    })
}

fn named(component: &[u8], visit: impl Fn(&Payload<'_>, usize, &mut Vec<String>) -> Result<()>) -> Result<Vec<String>> {
    let (mut names, mut depth) = (Vec::new(), 0_usize);
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.context("the file is no component")?;
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            payload => visit(payload, depth, &mut names)?,
        }
    }
    Ok(names)
}

/// The manifest of a component, as its one section has it.
///
/// # Errors
/// The bytes are no component, or have no such section, or several.
pub fn manifest(component: &[u8]) -> Result<Vec<u8>> {
    let mut manifests = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::CustomSection(section) = payload.context("the file is no component")?
            && section.name() == MANIFEST
        {
            manifests.push(section.data().to_owned());
        }
    }
    match <[Vec<u8>; 1]>::try_from(manifests) {
        Ok([manifest]) => Ok(manifest),
        Err(manifests) => bail!("the component has {} manifests", manifests.len()),
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn no_component_of_the_packages_imports_wasi() {
        assert_eq!(imports(CONNECTOR).unwrap(), ["hibob:connector/json-host@0.3.0"]);
        assert_eq!(imports(HOSTILE).unwrap(), ["hibob:connector/json-host@0.3.0"]);
        assert!(imports(GUARD).unwrap().is_empty());
        assert_eq!(exports(CONNECTOR).unwrap(), ["hibob:connector/json-sync@0.3.0"]);
        assert_eq!(exports(GUARD).unwrap(), ["hibob:guard/guard@0.1.0"]);
    }

    #[test]
    fn the_connector_has_the_plugins_manifest() {
        assert_eq!(manifest(CONNECTOR).unwrap(), include_bytes!("../../../plugin/manifest.json"));
    }
}
