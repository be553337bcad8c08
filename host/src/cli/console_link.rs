//! `console`: a link that signs a person in to the console once.

use super::Global;
use super::token::parse_role;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_base::person::check_person;
use hibob_console::{LINK_SECONDS, new_link};
use hibob_server::api::LISTEN_DEFAULT;
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome};
use hibob_store::data_dir::DataDir;
use hibob_store::token;
use hibob_store::token::TokenRole;

/// For how many days the token behind a link is valid. A session of the console is shorter.
const TOKEN_DAYS: u32 = 1;

#[derive(Args)]
pub(super) struct ConsoleArgs {
    /// Work email of the person who signs in; it is recorded with what they decide
    #[arg(long, value_name = "EMAIL")]
    by: String,
    /// operator: everything; admin: one tenant's jobs, plans and history; reader: reads
    #[arg(long, value_parser = parse_role, default_value = "operator")]
    role: TokenRole,
    /// The only tenant that they see; required for an admin
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
    /// Where a browser finds the host, without the path [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

pub(super) async fn console(global: &Global, args: ConsoleArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let url = args.url.unwrap_or_else(|| format!("http://{LISTEN_DEFAULT}"));
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        let remedy = "write it as https://hr.acme.example, as a browser shows it";
        return Err(HostError::configuration("this is not the address of a host", remedy));
    }
    let (path, token) = link(&data, &args.by, args.role, args.tenant).await?;
    let link = format!("{}{path}", url.trim_end_matches('/'));
    if global.json {
        outln!("{}", serde_json::json!({ "link": link, "token": token, "seconds": LINK_SECONDS }));
    } else {
        outln!("{link}");
        errln!(
            "it signs {} in once, within {LINK_SECONDS} seconds; to end the session: hibob token revoke {token}",
            super::paint::clean(&args.by)
        );
    }
    Ok(Exit::Done)
}

/// Makes a token that nobody gets to see, and a link that begins a session with it. Returns the link's path, and the token's
/// id.
pub(super) async fn link(
    data: &DataDir,
    person: &str,
    role: TokenRole,
    tenant: Option<String>,
) -> Result<(String, String), HostError> {
    check_person(person)?;
    if let Some(tenant) = &tenant {
        data.config(tenant).await?;
    }
    let (_, stored) = token::new(role, tenant, person.to_owned(), Some(TOKEN_DAYS))?;
    let (tenant, id, by) = (stored.tenant.clone(), Some(stored.id.clone()), Some(person.to_owned()));
    let entry = ApiLogEntry::of_command("console", tenant, id, by);
    let row = api_log::begin(data.control(), &entry).await?;
    let made = async {
        data.control().add_token(&stored).await?;
        new_link(data.control(), &stored.id, person).await
    };
    let made = made.await;
    let failed = |error: &HostError| (ApiLogOutcome::Failed, Some(error.code()));
    let (outcome, code) = made.as_ref().err().map_or((ApiLogOutcome::Done, None), failed);
    api_log::ended(data.control(), row, &entry, outcome, code).await;
    Ok((made?, stored.id))
}
