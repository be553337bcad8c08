//! `secret set`, `secret list`, `secret remove`, `secret rotate`. No command shows a secret, or takes one as an
//! argument.

use super::Global;
use super::audit::Change;
use clap::Subcommand;
use hibob_base::error::{Exit, HostError};
use hibob_base::secret::{Origin, SECRET_BYTES_MAX, Secret, SecretName};
use hibob_store::privacy;
use hibob_store::secrets::PEOPLE_KEY;
use std::io::{IsTerminal, Read};
use zeroize::Zeroizing;

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// Store a secret, read from standard input, for the addresses in the tenant's configuration
    #[command(after_help = "Example: hibob secret set acme hibob.token < token")]
    Set {
        /// The tenant's id
        tenant: String,
        /// hibob.token, travelperk.key, hibob.references.token, references.smtp.password, references.webhook.key or
        /// network.proxy_password
        name: String,
        /// Refused: every process of the machine can see an argument
        #[arg(hide = true, allow_hyphen_values = true)]
        value: Vec<Zeroizing<String>>,
    },
    /// List a tenant's stored secrets: names, addresses, keys; never values
    #[command(after_help = "Example: hibob secret list acme")]
    List {
        /// The tenant's id
        tenant: String,
    },
    /// Remove a stored secret
    #[command(after_help = "Example: hibob secret remove acme hibob.token")]
    Remove {
        /// The tenant's id
        tenant: String,
        /// hibob.token, travelperk.key, hibob.references.token, references.smtp.password, references.webhook.key or
        /// network.proxy_password; or people.key, where the key of the store is lost
        name: String,
        /// For people.key: confirm that names and other personal values of the past can no longer be read by anybody
        #[arg(long)]
        yes: bool,
    },
    /// Encrypt every stored secret of every tenant with a new key
    #[command(after_help = "Example: hibob secret rotate")]
    Rotate,
}

impl SecretCommand {
    /// What is recorded of the command; none if it only reads.
    pub(super) fn change(&self) -> Option<Change> {
        // What was given as a name may be the secret itself.
        let known =
            |name: &str| if name == PEOPLE_KEY || parse(name).is_ok() { name.to_owned() } else { String::new() };
        Some(match self {
            Self::List { .. } => return None,
            Self::Set { tenant, name, .. } => Change::new("secret-set").of(tenant).with(known(name)),
            Self::Remove { tenant, name, .. } => Change::new("secret-remove").of(tenant).with(known(name)),
            Self::Rotate => Change::new("secret-rotate"),
        })
    }
}

pub(super) async fn run(global: &Global, command: SecretCommand) -> Result<Exit, HostError> {
    match command {
        SecretCommand::Set { tenant, name, value } => set(global, &tenant, parse(&name)?, &value).await?,
        SecretCommand::List { tenant } => return list(global, &tenant).await,
        SecretCommand::Remove { tenant, name, yes } if name == PEOPLE_KEY => {
            forget_everybody(global, &tenant, yes).await?
        }
        SecretCommand::Remove { tenant, name, .. } => remove(global, &tenant, parse(&name)?).await?,
        SecretCommand::Rotate => rotate(global).await?,
    }
    Ok(Exit::Done)
}

fn parse(name: &str) -> Result<SecretName, HostError> {
    name.parse().map_err(|names: String| {
        HostError::configuration(
            "this is not the name of a secret",
            format!("{names}; the secret itself goes to standard input"),
        )
    })
}

async fn set(global: &Global, tenant: &str, name: SecretName, value: &[Zeroizing<String>]) -> Result<(), HostError> {
    if !value.is_empty() {
        return Err(HostError::configuration(
            "a secret is never given as an argument, where every process of the machine and the shell's history see it",
            format!("consider that one known, and give a new one on standard input: hibob secret set {tenant} {name}"),
        ));
    }
    let data = global.data().await?;
    let config = data.config(tenant).await?;
    let origins: Vec<_> = config.origins(name)?.iter().map(Origin::to_string).collect();
    let secret = read(&format!("{name} of {tenant}, for {}: ", origins.join(" and ")))?;
    let entered = data.secrets().set(&config, name, &secret).await?;
    if global.json {
        let object = serde_json::json!({
            "tenant": tenant, "name": name.as_str(), "origins": origins, "key": entered.key_id,
            "replaced": entered.replaced, "used": entered.is_used,
        });
        outln!("{object}");
        return Ok(());
    }
    outln!("{name} of {tenant} stored for {}", origins.join(" and "));
    if !entered.is_used {
        outln!("not used yet: write {name} = \"store\" in the tenant's file, and apply it");
    }
    Ok(())
}

/// Reads a secret from standard input; at a terminal after a prompt, and without showing it.
fn read(prompt: &str) -> Result<Secret, HostError> {
    let wrong = |what: String| HostError::configuration(what, "give the secret, and nothing else, on standard input");
    let failed = |error: std::io::Error| wrong(format!("cannot read standard input: {error}"));
    let stdin = std::io::stdin();
    let text = if stdin.is_terminal() {
        err!("{prompt}");
        Zeroizing::new(console::Term::stderr().read_secure_line().map_err(failed)?)
    } else {
        // Reads one byte more than is allowed, plus a line end. The capacity is reserved, so that growing leaves no
        // copy.
        let bytes_max = SECRET_BYTES_MAX + 3;
        let mut text = Zeroizing::new(String::with_capacity(bytes_max as usize));
        stdin.lock().take(bytes_max).read_to_string(&mut text).map_err(failed)?;
        text
    };
    let wrong =
        || wrong(format!("the secret is empty, more than one line, not plain ASCII, or over {SECRET_BYTES_MAX} bytes"));
    Secret::checked(&text).ok_or_else(wrong)
}

/// Lists the secrets. If none of them can be decrypted, the list is followed by that error.
async fn list(global: &Global, tenant: &str) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let listed = data.secrets().list(&data.config(tenant).await?).await?;
    let lost = data.secrets().lost_key(tenant).await?;
    if global.json {
        let rows = listed.iter().map(|row| {
            serde_json::json!({
                "name": row.name, "origins": row.origins, "entered_at": row.entered_at, "key": row.key_id,
                "state": row.state,
            })
        });
        let mut object = serde_json::json!({ "tenant": tenant, "secrets": rows.collect::<Vec<_>>() });
        if let (Some(error), Some(object)) = (&lost, object.as_object_mut()) {
            object.insert("error".to_owned(), super::error_view::error_json(error));
        }
        outln!("{object}");
        return Ok(lost.map_or(Exit::Done, |error| error.exit()));
    }
    if listed.is_empty() {
        outln!("{tenant} has no secrets in the store, and needs none there: its file says where else they are");
    }
    for row in listed {
        let at = row.entered_at.and_then(|at| chrono::DateTime::from_timestamp(at, 0));
        let at = at.map(|at| at.format("entered %Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
        let key = row.key_id.map(|id| format!("key {id}")).unwrap_or_default();
        let line = format!("{:<24}{:<14}{at:<30}{key:<22}{}", row.name, row.state, row.origins.join(" "));
        outln!("{}", super::paint::clean(line.trim_end()));
    }
    lost.map_or(Ok(Exit::Done), Err)
}

async fn remove(global: &Global, tenant: &str, name: SecretName) -> Result<(), HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    data.secrets().remove(tenant, name).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "name": name.as_str(), "removed": true }));
    } else {
        outln!("{name} of {tenant} removed");
    }
    Ok(())
}

async fn forget_everybody(global: &Global, tenant: &str, yes: bool) -> Result<(), HostError> {
    if !yes {
        return Err(HostError::configuration(
            format!(
                "nobody could read names and other personal values of tenant {tenant} of the past any more, and those who \
                 were forgotten would come back"
            ),
            format!("if the key of the store is lost: hibob secret remove {tenant} {PEOPLE_KEY} --yes"),
        ));
    }
    privacy::forget_everybody(&global.data().await?, tenant).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "name": PEOPLE_KEY, "removed": true }));
    } else {
        outln!(
            "{PEOPLE_KEY} of {tenant} removed; a new one is made by the next run; forget again whom HiBob still sends"
        );
    }
    Ok(())
}

async fn rotate(global: &Global) -> Result<(), HostError> {
    let (count, key) = global.data().await?.secrets().rotate().await?;
    if global.json {
        outln!("{}", serde_json::json!({ "secrets": count, "key": key }));
    } else {
        outln!("{count} secrets are encrypted with the new key {key}");
    }
    Ok(())
}
