//! The fonts of the pages: those of the program, and those of the operator's folder.

use hibob_base::error::HostError;
use hibob_config::references::ReferencesConfig;
use hibob_reference_format::pdf::Fonts;
use std::path::{Path, PathBuf};

/// The most font files that a folder may have. Each page looks through them for a letter that the program's fonts lack.
const FILES_MAX: usize = 100;

/// The largest font file, in bytes. Those for Chinese, Japanese and Korean have about 20 million.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The fonts of a tenant's pages: those of the program, and the files `*.ttf` and `*.otf` in the folder that
/// `references.fonts` names, in the order of their names.
///
/// # Errors
/// The folder or a font in it cannot be read, or there is none.
pub async fn fonts(config: &ReferencesConfig) -> Result<Fonts, HostError> {
    let Some(folder) = config.fonts.clone() else { return Ok(Fonts::bundled()) };
    let read = tokio::task::spawn_blocking(move || of_folder(&folder));
    read.await.map_err(|error| HostError::Engine(error.to_string()))?
}

fn of_folder(folder: &Path) -> Result<Fonts, HostError> {
    let files = font_files(folder)?;
    let contents: Result<Vec<Vec<u8>>, HostError> = files.iter().map(|file| content(file)).collect();
    Fonts::with(contents?).map_err(|(place, error)| {
        let file = files.get(place).map(|file| file.display().to_string()).unwrap_or_default();
        let message = format!("references.fonts: {file} {error}");
        HostError::configuration(message, "replace the file, or take it out of the folder")
    })
}

fn font_files(folder: &Path) -> Result<Vec<PathBuf>, HostError> {
    let failed = |error: std::io::Error| {
        let message = format!("references.fonts: the folder {} cannot be read: {error}", folder.display());
        HostError::configuration(message, "name a folder with fonts, or leave references.fonts out")
    };
    let is_font = |path: &PathBuf| {
        path.extension().is_some_and(|end| end.eq_ignore_ascii_case("ttf") || end.eq_ignore_ascii_case("otf"))
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut files: Vec<PathBuf> = paths.map_err(failed)?.into_iter().filter(is_font).collect();
    files.sort();
    if files.is_empty() || files.len() > FILES_MAX {
        let message = format!("references.fonts: the folder {} has {} fonts", folder.display(), files.len());
        let remedy = format!("put 1 to {FILES_MAX} files *.ttf or *.otf into it, or leave references.fonts out");
        return Err(HostError::configuration(message, remedy));
    }
    Ok(files)
}

fn content(file: &Path) -> Result<Vec<u8>, HostError> {
    let failed = |what: String| {
        let message = format!("references.fonts: {} {what}", file.display());
        HostError::configuration(message, "replace the file, or take it out of the folder")
    };
    let bytes = std::fs::metadata(file).map_err(|error| failed(format!("cannot be read: {error}")))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(failed(format!("has {bytes} bytes, and a font has at most {FILE_BYTES_MAX}")));
    }
    std::fs::read(file).map_err(|error| failed(format!("cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAMIL: &[u8] = include_bytes!("../../../reference-format/tests/fonts/NotoSansTamil-Regular.ttf");

    async fn of(folder: Option<&Path>) -> Result<Fonts, String> {
        let mut config: ReferencesConfig =
            serde_json::from_value(serde_json::json!({ "domain": "acme.example", "name": "ACME GmbH" })).unwrap();
        config.fonts = folder.map(Path::to_path_buf);
        fonts(&config).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_folder_of_fonts_adds_their_letters() {
        assert!(!of(None).await.unwrap().has_letter('அ'));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("OFL.txt"), "the licence").unwrap();
        std::fs::write(folder.path().join("Tamil.TTF"), TAMIL).unwrap();
        let fonts = of(Some(folder.path())).await.unwrap();
        assert!(fonts.has_letter('அ') && fonts.has_letter('ß') && !fonts.has_letter('ᚦ'));
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_folder_is_said_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = of(Some(&folder.path().join("missing"))).await.unwrap_err();
        assert!(error.contains("references.fonts: the folder") && error.contains("missing cannot be read"), "{error}");
        std::fs::write(folder.path().join("OFL.txt"), "the licence").unwrap();
        let error = of(Some(folder.path())).await.unwrap_err();
        assert!(error.contains("has 0 fonts"), "{error}");
        std::fs::write(folder.path().join("a.ttf"), TAMIL).unwrap();
        std::fs::write(folder.path().join("b.otf"), &TAMIL[..500]).unwrap();
        let error = of(Some(folder.path())).await.unwrap_err();
        assert!(error.contains("b.otf is not a font"), "{error}");
        std::fs::remove_file(folder.path().join("b.otf")).unwrap();
        (0..FILES_MAX).for_each(|number| std::fs::write(folder.path().join(format!("{number}.ttf")), TAMIL).unwrap());
        let error = of(Some(folder.path())).await.unwrap_err();
        assert!(error.contains("has 101 fonts"), "{error}");
    }
}
