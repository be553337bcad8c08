//! The style sheet, the script and the icon, which are in the program. Each has its digest in its name, so a browser may
//! keep it for good.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hibob_base::digest::hex;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// How many characters of a digest are in a name.
const DIGEST_CHARS: usize = 16;

/// A file with its path.
pub(crate) struct Asset {
    pub(crate) path: String,
    media_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_bytes!("../assets/console.css")));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_bytes!("../assets/console.js")));
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_bytes!("../assets/console.svg")));

impl Asset {
    fn new(extension: &str, media_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = hex(&Sha256::digest(bytes));
        let path = format!("/console/assets/console.{}.{extension}", digest.get(..DIGEST_CHARS).unwrap_or_default());
        Self { path, media_type, bytes }
    }
}

/// Answers a file. A name of another build is not there; the page that names it was made by that build.
pub(crate) async fn answer(Path(file): Path<String>) -> Response {
    let all = [&*STYLE, &*SCRIPT, &*ICON];
    let found = all.into_iter().find(|asset| asset.path.rsplit('/').next() == Some(&*file));
    let mut response = Response::new(found.map_or_else(Body::empty, |asset| Body::from(asset.bytes)));
    let Some(asset) = found else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
