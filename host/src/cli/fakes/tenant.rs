//! A tenant's file that works against the stand-ins as it is.

use super::Servers;
use hibob_base::error::HostError;
use hibob_base::files::write_private;
use hibob_config::key::Rule;
use hibob_fakes::World;
use std::path::Path;

/// What opens the stand-ins. Invented for them; nothing real is behind it.
pub(in crate::cli) struct Access {
    pub(super) service_user: String,
    pub(super) token: String,
    pub(super) key: String,
}

impl Access {
    pub(in crate::cli) fn of(world: &World) -> Self {
        Self {
            service_user: world.hibob.service_user_id.clone(),
            token: world.hibob.token.clone(),
            key: world.travelperk.api_key.clone(),
        }
    }
}

/// The tenant of a file without a name that can be an id.
const TENANT: &str = "acme";

/// Writes a tenant file and, beside it, the secret files that it names. The tenant has the file's name as its id, and as its
/// domain, which no two tenants of one data directory may share.
pub(in crate::cli) fn write_tenant(path: &Path, servers: &Servers, access: &Access) -> Result<(), HostError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let id = if Rule::TenantId.check(&stem.as_str().into()).is_ok() { stem.as_str() } else { TENANT };
    let domain = format!("{}.example", id.trim_matches('-'));
    let (token, key) = (format!("{stem}.hibob-token"), format!("{stem}.travelperk-key"));
    let (web, mail) = (&servers.web, servers.mail.address());
    let text = format!(
        "# Works against the stand-ins of `hibob fakes` as it is.\n\
         id = \"{id}\"\n\n\
         [hibob]\nurl = \"{hibob}\"\nservice_user = \"{user}\"\ntoken = \"file:{token}\"\n\n\
         [travelperk]\nscim_url = \"{scim}\"\nrest_url = \"{rest}\"\ncost_centers_url = \"{rest}\"\nkey = \"file:{key}\"\n\
         calls_per_minute = 60000 # the stand-ins set no limit; leave this out for the real service\n\n\
         [sync]\ndefault_language = \"en\"\n\n\
         [references]\ndomain = \"{domain}\"\nname = \"ACME GmbH\"\n\
         issue_after_hours = 0 # the stand-ins let a day pass in no time; leave this out for the real service\n\n\
         [references.smtp]\nhost = \"{host}\"\nport = {port}\nsecurity = \"none\" # on this machine only\n\
         from = \"ACME HR <hr@{domain}>\"\n\n\
         [limits]\nretry_pause_milliseconds = 50 # the stand-ins recover at once\n",
        hibob = web.hibob_url(),
        user = access.service_user,
        scim = web.scim_url(),
        rest = web.rest_url(),
        host = mail.ip(),
        port = mail.port(),
    );
    for (path, content) in [
        (path.with_file_name(&token), &access.token),
        (path.with_file_name(&key), &access.key),
        (path.to_owned(), &text),
    ] {
        write_private(&path, content.as_bytes()).map_err(|error| {
            HostError::configuration(format!("cannot write {}: {error}", path.display()), "name a folder that exists")
        })?;
    }
    Ok(())
}
