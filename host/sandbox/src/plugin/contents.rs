//! Reads what is in a plugin's file, without compiling or running it.

use crate::identity::Package;
use crate::plugin::imports::missing;
use crate::plugin::instances::Instances;
use hibob_base::error::HostError;
use hibob_contract::WitVersion;
use hibob_policy::manifest::{Manifest, SECTION};
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

/// The interface that every plugin exports, without its version.
const EXPORT: &str = "hibob:connector/directory-sync@";

/// What the sections of a plugin's file say. The file has the form of a component; wasmtime checks whether it is valid.
#[derive(Clone, Debug)]
pub struct Contents {
    imports: Vec<String>,
    exports: Vec<String>,
    wit_version: Option<WitVersion>,
    manifest: Result<Option<Manifest>, String>,
    time_zone_data: Option<String>,
}

/// The custom section in which a plugin says which version of IANA's time zone data it has in it.
const TIME_ZONES_SECTION: &str = "hibob-connector-time-zones";

/// Most bytes of that version; a longer text is none.
const TIME_ZONES_BYTES_MAX: usize = 16;

impl Contents {
    /// Reads the sections of a plugin's file.
    ///
    /// # Errors
    /// The file is not a component.
    pub fn of(package: &Package) -> Result<Self, HostError> {
        read(package.bytes()).map_err(|what| unfit(package.name(), &what))
    }

    /// The names of the interfaces and functions that it imports, sorted.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The imports that this host does not offer.
    pub fn missing(&self) -> Vec<String> {
        missing(&self.imports)
    }

    /// The names of the interfaces and functions that it exports, sorted.
    pub fn exports(&self) -> &[String] {
        &self.exports
    }

    /// The newest version of the contract that it is built for, among those that this host runs.
    pub fn wit_version(&self) -> Option<WitVersion> {
        self.wit_version
    }

    /// The manifest; `None` for a version of the contract that has no manifests.
    ///
    /// # Errors
    /// The manifest is missing or wrong.
    pub fn manifest(&self) -> Result<Option<&Manifest>, String> {
        self.manifest.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The version of IANA's time zone data that the plugin says it has in it, such as `2026a`; `None` if it says none.
    pub fn time_zone_data(&self) -> Option<&str> {
        self.time_zone_data.as_deref()
    }

    /// The version and the manifest, if the host can run the plugin as far as the sections say.
    ///
    /// # Errors
    /// The plugin imports what this host does not offer (the error names all of it), is built for no version of the
    /// contract that this host runs, or has a wrong manifest.
    pub(super) fn accept(&self, name: &str) -> Result<(WitVersion, Manifest), HostError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(unfit(name, &format!("it imports what this host does not offer: {}", missing.join(", "))));
        }
        let Some(version) = self.wit_version else {
            let known = WitVersion::ALL.map(WitVersion::name).join(" or ");
            return Err(unfit(
                name,
                &format!("it is built for no version of the contract that this program runs ({known})"),
            ));
        };
        let manifest = self.manifest().map_err(|what| unfit(name, &what))?;
        Ok((version, manifest.cloned().unwrap_or_else(Manifest::everything)))
    }
}

/// The error for a file that this host cannot run.
pub(super) fn unfit(name: &str, what: &str) -> HostError {
    HostError::configuration(
        format!("{name} is not a plugin for this host: {what}"),
        "name the file of a plugin that was built for this program (hibob:connector/plugin@0.3.0): hibob plugin inspect \
         FILE",
    )
}

fn read(bytes: &[u8]) -> Result<Contents, String> {
    let broken = |error: wasmparser::Error| format!("it cannot be read as a component: {}", error.message());
    let (mut imports, mut exports, mut sections) = (Vec::new(), Vec::new(), Vec::new());
    let mut zones = None;
    let mut depth = 0_usize; // how many modules and components inside the component are open
    let mut instances = Instances::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err("it is a WebAssembly module, and not a component".to_owned());
            }
            Payload::Version { .. } => instances.begin(),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => {
                depth = depth.saturating_sub(1);
                instances.end();
            }
            Payload::InstanceSection(reader) => instances.modules(reader)?,
            Payload::ComponentInstanceSection(reader) => instances.components(reader)?,
            Payload::ComponentImportSection(reader) if depth == 0 => {
                for import in reader {
                    let import = import.map_err(broken)?;
                    if import.ty.kind() != ComponentExternalKind::Type {
                        imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(reader) if depth == 0 => {
                for export in reader {
                    let export = export.map_err(broken)?;
                    if export.kind != ComponentExternalKind::Type {
                        exports.push(export.name.name.to_owned());
                    }
                }
            }
            // A linker puts the section into the core module, other tools put it into the component.
            Payload::CustomSection(section) if section.name() == SECTION => sections.push(section.data()),
            Payload::CustomSection(section) if section.name() == TIME_ZONES_SECTION => zones = Some(section.data()),
            _ => {}
        }
    }
    imports.sort();
    exports.sort();
    let versions: Vec<&str> = exports.iter().filter_map(|name| name.strip_prefix(EXPORT)).collect();
    let is_of = |version: WitVersion| {
        versions.iter().any(|text| text.strip_prefix(version.name()).is_some_and(|rest| rest.starts_with('.')))
    };
    let wit_version = WitVersion::ALL.into_iter().find(|version| is_of(*version));
    let manifest = match (wit_version, sections.as_slice()) {
        (Some(WitVersion::V0_2 | WitVersion::V0_3), []) => {
            Err(format!("it does not say which requests it makes (it has no manifest, the custom section {SECTION})"))
        }
        (Some(WitVersion::V0_2 | WitVersion::V0_3), [json]) => {
            Manifest::read(json).map(Some).map_err(|what| format!("its manifest {what}"))
        }
        (Some(WitVersion::V0_2 | WitVersion::V0_3), _) => {
            Err(format!("it has {} manifests, and one is allowed", sections.len()))
        }
        (Some(WitVersion::V0_1) | None, _) => Ok(None),
    };
    let is_version = |text: &&[u8]| text.len() <= TIME_ZONES_BYTES_MAX && text.iter().all(u8::is_ascii_alphanumeric);
    let time_zone_data = zones.filter(is_version).map(|text| String::from_utf8_lossy(text).into_owned());
    Ok(Contents { imports, exports, wit_version, manifest, time_zone_data })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

    /// A custom section of less than 128 bytes.
    fn section(name: &str, data: &[u8]) -> Vec<u8> {
        let (name_length, length) = (name.len() as u8, (name.len() + data.len() + 1) as u8);
        [&[0, length, name_length], name.as_bytes(), data].concat()
    }

    #[test]
    fn the_built_in_plugin_is_read() {
        let contents = Contents::of(&Package::embedded()).unwrap();
        assert_eq!(contents.wit_version(), Some(WitVersion::V0_3));
        let exports = ["hibob:connector/directory-sync@0.3.0", "hibob:connector/offboarding-references@0.3.0"];
        assert_eq!(contents.exports(), exports);
        assert_eq!(contents.missing(), [""; 0]);
        let (_, manifest) = contents.accept("x").unwrap();
        assert!(!manifest.needs(hibob_contract::CallKind::Apply).is_empty());
        assert_eq!(
            contents.time_zone_data(),
            Some(hibob_config::zone::TIME_ZONE_DATA),
            "the host and the plugin differ"
        );
    }

    #[test]
    fn a_manifest_is_read_once_wherever_it_is() {
        let with = |more: &[u8]| read(&[hibob_connector_component::COMPONENT, more].concat()).unwrap().manifest;
        assert!(matches!(with(&section("other", b"")), Ok(Some(_))));
        assert!(with(&section(SECTION, b"{}")).unwrap_err().contains("2 manifests"));
    }

    #[test]
    fn a_file_that_is_not_a_component_is_refused() {
        let error = |bytes: &[u8]| read(bytes).unwrap_err();
        assert!(error(b"\0asm\x01\0\0\0").contains("a WebAssembly module, and not a component"));
        for bytes in [b"".as_slice(), b"not wasm", &HEADER[..7], &[HEADER, &[0, 9]].concat()] {
            assert!(error(bytes).contains("cannot be read"), "{bytes:?}");
        }
        let empty = read(HEADER).unwrap().accept("x").unwrap_err();
        assert!(empty.to_string().contains("no version of the contract that this program runs (0.3 or 0.2 or 0.1)"));
    }
}
