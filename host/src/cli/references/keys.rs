//! `references key`.

use crate::cli::Global;
use crate::cli::audit::Change;
use crate::cli::confirm::confirm;
use crate::cli::paint::{BOLD, DIM};
use clap::Subcommand;
use hibob_base::error::{Exit, HostError};
use hibob_jobs::references::{IssuerKeys, key_state, require_published};
use hibob_store::database::KeyRow;

#[derive(Subcommand)]
pub(in crate::cli) enum KeyCommand {
    /// Make a key. The first one signs once a run has seen its DNS record; a later one waits for `rotate`
    #[command(after_help = "Example: hibob references key new acme")]
    New {
        /// The tenant's id
        tenant: String,
        /// The key's name in DNS, letters and digits [default: a name after the day]
        #[arg(long, value_name = "NAME")]
        selector: Option<String>,
        /// Let the first key sign at once, although nobody can verify what it signs before its DNS record is there
        #[arg(long)]
        unpublished: bool,
    },
    /// List the keys and their DNS records
    #[command(after_help = "Example: hibob references key list acme")]
    List {
        /// The tenant's id
        tenant: String,
    },
    /// Sign from now on with the key that waits, or with a new one; old references stay valid
    #[command(after_help = "Example: hibob references key rotate acme")]
    Rotate {
        /// The tenant's id
        tenant: String,
        /// Confirm it where no key waits: a new one then signs at once, before its DNS record can be there
        #[arg(long)]
        yes: bool,
        /// Do not look whether the DNS record of the key that waits is there
        #[arg(long)]
        unpublished: bool,
    },
    /// Revoke a stolen key: every reference that it signed becomes invalid with the next publication
    #[command(after_help = "Example: hibob references key revoke acme k20261122")]
    Revoke {
        /// The tenant's id
        tenant: String,
        /// The key's name
        selector: String,
        /// Confirm that this cannot be taken back
        #[arg(long)]
        yes: bool,
    },
}

impl KeyCommand {
    /// What is recorded of the command; none if it only reads.
    pub(super) fn change(&self) -> Option<Change> {
        Some(match self {
            Self::List { .. } => return None,
            Self::New { tenant, selector, unpublished } => {
                let words = [selector.as_deref().unwrap_or_default(), said(*unpublished)];
                Change::new("references-key-new").of(tenant).with(words.join(" ").trim())
            }
            Self::Rotate { tenant, unpublished, .. } => {
                Change::new("references-key-rotate").of(tenant).with(said(*unpublished))
            }
            Self::Revoke { tenant, selector, .. } => Change::new("references-key-revoke").of(tenant).with(selector),
        })
    }
}

fn said(unpublished: bool) -> &'static str {
    if unpublished { "unpublished" } else { "" }
}

pub(super) async fn run(global: &Global, command: KeyCommand) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let (KeyCommand::New { tenant, .. }
    | KeyCommand::List { tenant }
    | KeyCommand::Rotate { tenant, .. }
    | KeyCommand::Revoke { tenant, .. }) = &command;
    let config = data.config(tenant).await?;
    let is_witnessed = config.references.as_ref().is_some_and(|references| !references.witnesses.is_empty());
    let keys = IssuerKeys::open(&data, &config).await?;
    let rows = match &command {
        KeyCommand::New { selector, unpublished: true, .. } => vec![keys.make(selector.as_deref()).await?],
        KeyCommand::New { selector, .. } => vec![keys.make_waiting(selector.as_deref()).await?],
        KeyCommand::Rotate { yes, unpublished, .. } => {
            let known = keys.list().await?;
            if let (Some(next), false) = (known.iter().find(|key| key.is_next()), *unpublished) {
                require_published(&config, &keys.records(next)?).await?;
            }
            if !known.is_empty() && !known.iter().any(KeyRow::is_next) {
                let what = "no key waits, so a new one would sign at once; nobody can verify what it signs before its DNS \
                            record is there";
                confirm(global, *yes, what, &format!("hibob references key rotate {tenant}"))?;
            }
            vec![keys.rotate().await?]
        }
        KeyCommand::Revoke { selector, yes, .. } => {
            if keys.list().await?.iter().any(|key| key.selector == *selector && key.revoked_at.is_none()) {
                let what = format!(
                    "the key {selector} would be revoked, and every reference that it signed with it; that cannot be taken back"
                );
                confirm(global, *yes, &what, &format!("hibob references key revoke {tenant} {selector}"))?;
            }
            let (row, references) = keys.revoke(selector).await?;
            if !global.json {
                outln!("revoked, with {references} references that it signed; they can be issued anew by name");
                outln!("make a key if none signs, and publish: hibob references publish {tenant} DIR");
            }
            vec![row]
        }
        KeyCommand::List { .. } => keys.list().await?,
    };
    if global.json {
        let rows: Vec<_> = rows.iter().map(|row| keys.json(row)).collect::<Result<_, HostError>>()?;
        outln!("{}", serde_json::json!({ "tenant": tenant, "domain": keys.issuer().domain.as_str(), "keys": rows }));
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        outln!("tenant {tenant} has no key yet: hibob references key new {tenant}");
    }
    let first = keys.first_waiting().await?.map(|row| row.selector);
    for row in &rows {
        let is_first = first.as_ref() == Some(&row.selector);
        let state = if is_first { "signs once a run has seen its DNS record" } else { key_state(row) };
        outln!("{}  {state}", BOLD.on_stdout(&row.selector));
        if row.revoked_at.is_some() {
            outln!("  {}", DIM.on_stdout("put these in the place of its records: they say that it was revoked"));
        }
        for record in keys.records(row)? {
            outln!("  {} TXT \"{}\"", record.name, record.value);
        }
        if is_witnessed {
            outln!("  to the witnesses  {}", keys.log_key(row)?);
        }
    }
    if rows.iter().any(|row| row.is_current() || row.is_next()) {
        outln!(
            "{}",
            DIM.on_stdout(
                "put these records into the domain's DNS, and publish the key file: hibob references publish"
            )
        );
    }
    Ok(Exit::Done)
}
