//! `token new`, `token list`, `token revoke`: tokens for the API.

use super::Global;
use super::paint::clean;
use chrono::DateTime;
use clap::Subcommand;
use hibob_base::error::{Exit, HostError};
use hibob_base::text::check_line;
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome};
use hibob_store::data_dir::DataDir;
use hibob_store::revoked_tokens;
use hibob_store::token;
use hibob_store::token::{StoredToken, TokenRole};

/// The longest name of a token, in characters.
const NAME_CHARS_MAX: usize = 64;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token for the API and print it, this once
    #[command(after_help = "Example: hibob token new --role admin --tenant acme --name \"ACME's HR\" --expires 365")]
    New {
        /// operator: everything; admin: one tenant's jobs, secrets, history and references; reader: reads
        #[arg(long, value_parser = parse_role)]
        role: TokenRole,
        /// The only tenant that it may be used for; required for an admin
        #[arg(long, value_name = "T")]
        tenant: Option<String>,
        /// What the token is for; shown in the list
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// After how many days it expires [default: never]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires: Option<u32>,
    },
    /// List the tokens: what each may be used for, and when it was used
    #[command(after_help = "Example: hibob token list --json")]
    List,
    /// Revoke a token, at once
    #[command(after_help = "Example: hibob token revoke 3f9c2a1b7d04")]
    Revoke {
        /// The token's id, as `list` shows it
        id: String,
    },
}

pub(super) fn parse_role(word: &str) -> Result<TokenRole, String> {
    TokenRole::of_word(word).ok_or_else(|| format!("choose from {}", TokenRole::ALL.map(TokenRole::word).join(", ")))
}

pub(super) async fn run(global: &Global, command: TokenCommand) -> Result<Exit, HostError> {
    let data = global.data().await?;
    match command {
        TokenCommand::New { role, tenant, name, expires } => new(global, &data, role, tenant, name, expires).await?,
        TokenCommand::List => list(global, &data).await?,
        TokenCommand::Revoke { id } => revoke(global, &data, &id).await?,
    }
    Ok(Exit::Done)
}

async fn new(
    global: &Global,
    data: &DataDir,
    role: TokenRole,
    tenant: Option<String>,
    name: String,
    expires: Option<u32>,
) -> Result<(), HostError> {
    if let Some(tenant) = &tenant {
        data.config(tenant).await?;
    }
    if !name.is_empty() && check_line(&name, NAME_CHARS_MAX).is_err() {
        let message = format!("a token's name is one line of at most {NAME_CHARS_MAX} characters");
        return Err(HostError::configuration(message, "choose another --name"));
    }
    let (text, stored) = token::new(role, tenant, name, expires)?;
    let entry = ApiLogEntry::of_command("token-new", stored.tenant.clone(), Some(stored.id.clone()), None);
    let row = api_log::begin(data.control(), &entry).await?;
    let added = data.control().add_token(&stored).await;
    let (outcome, code) =
        added.as_ref().err().map_or((ApiLogOutcome::Done, None), |e| (ApiLogOutcome::Failed, Some(e.code())));
    api_log::ended(data.control(), row, &entry, outcome, code).await;
    added?;
    if global.json {
        let mut object = json(&stored);
        if let Some(object) = object.as_object_mut() {
            object.insert("token".to_owned(), text.reveal().into());
        }
        outln!("{object}");
    } else {
        outln!("{}", text.reveal());
        errln!("this is shown once and kept nowhere; its id is {}: hibob token revoke {}", stored.id, stored.id);
    }
    Ok(())
}

async fn list(global: &Global, data: &DataDir) -> Result<(), HostError> {
    let tokens = data.control().tokens().await?;
    if global.json {
        let rows: Vec<_> = tokens.iter().map(json).collect();
        outln!("{}", serde_json::json!({ "tokens": rows }));
        return Ok(());
    }
    if tokens.is_empty() {
        outln!("no tokens yet; make one: hibob token new --role operator");
    }
    let day = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or_default().format("%Y-%m-%d").to_string();
    for token in &tokens {
        let tenant = token.tenant.as_deref().unwrap_or("all tenants");
        let used = token.used_on.map_or_else(|| "never used".to_owned(), |days| format!("used {}", day(days * 86_400)));
        let until = token.expires_at.map(|at| format!(", until {}", day(at))).unwrap_or_default();
        let (role, state) = (token.role.word(), token.state(chrono::Utc::now().timestamp()));
        let since = day(token.created_at);
        outln!(
            "{}  {role:<8}  {tenant:<24}  {state:<7}  from {since}{until}, {used}  {}",
            token.id,
            clean(&token.name)
        );
    }
    Ok(())
}

async fn revoke(global: &Global, data: &DataDir, id: &str) -> Result<(), HostError> {
    if data.control().token(id).await?.is_none() {
        // What was given may be the token itself.
        return Err(HostError::configuration("there is no such token", "choose an id from: hibob token list"));
    }
    let entry = ApiLogEntry::of_command("token-revoke", None, Some(id.to_owned()), None);
    let row = api_log::begin(data.control(), &entry).await?;
    let revoked = revoked_tokens::revoke(data.path(), data.control(), id).await;
    let (outcome, code) =
        revoked.as_ref().err().map_or((ApiLogOutcome::Done, None), |e| (ApiLogOutcome::Failed, Some(e.code())));
    api_log::ended(data.control(), row, &entry, outcome, code).await;
    revoked?;
    if global.json {
        outln!("{}", serde_json::json!({ "id": id, "revoked": true }));
    } else {
        outln!("{id} is revoked; a host refuses it from now on");
    }
    Ok(())
}

fn json(token: &StoredToken) -> serde_json::Value {
    serde_json::json!({
        "id": token.id,
        "role": token.role.word(),
        "tenant": token.tenant,
        "name": token.name,
        "state": token.state(chrono::Utc::now().timestamp()),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "used_on": token.used_on.map(|days| DateTime::from_timestamp(days * 86_400, 0).unwrap_or_default().date_naive()),
    })
}
