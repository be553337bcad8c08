//! `plugin`: inspects and signs plugins, and manages which are trusted.

mod inspect;

use super::Global;
use super::audit::Change;
use super::paint::clean;
use clap::{Args, Subcommand};
use hibob_base::clock::now_unix_seconds;
use hibob_base::digest::Digest;
use hibob_base::error::{Exit, HostError};
use hibob_sandbox::Open;
use hibob_sandbox::identity;
use hibob_sandbox::identity::{Identity, PASSWORD_VARIABLE, Package, PublicKey, TrustFile};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum PluginCommand {
    /// Show what a plugin imports and exports, its digest, and whether it is trusted
    #[command(after_help = "Example: hibob plugin inspect")]
    Inspect {
        /// The plugin's file; the built-in plugin if none is named
        file: Option<PathBuf>,
    },
    /// Check whether a plugin would be loaded: its digest is pinned, or a trusted key has signed it
    #[command(after_help = "Example: hibob plugin verify plugin.wasm")]
    Verify {
        /// The plugin's file; its signature is beside it, FILE.minisig
        file: PathBuf,
    },
    /// Sign a plugin; the signature is put beside it, FILE.minisig
    #[command(
        after_help = "Example: hibob plugin sign plugin.wasm --key plugin.key\nAlso with: minisign -Sm plugin.wasm -s plugin.key"
    )]
    Sign {
        /// The plugin's file
        file: PathBuf,
        /// The secret key; HIBOB_PLUGIN_KEY_PASSWORD holds its password, if it has one
        #[arg(long, value_name = "KEYFILE")]
        key: PathBuf,
    },
    /// Make keys that sign plugins
    #[command(subcommand)]
    Key(KeyCommand),
    /// Trust a key or a plugin's digest, trust it no longer, or list what is trusted
    #[command(after_help = "Example: hibob plugin trust plugin.key.pub\nExample: hibob plugin trust --list")]
    Trust(TrustArgs),
}

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key to sign with: FILE is the secret key, FILE.pub the public one
    #[command(after_help = "Example: hibob plugin key new plugin.key")]
    New {
        /// The file for the secret key; the password in HIBOB_PLUGIN_KEY_PASSWORD encrypts it
        file: PathBuf,
    },
}

#[derive(Args)]
pub(super) struct TrustArgs {
    /// A file with a public key, sha256:DIGEST of a plugin, or with --remove the number of a key
    #[arg(value_name = "KEYFILE|sha256:DIGEST", required_unless_present = "list")]
    pub(super) what: Option<String>,
    /// Trust it no longer
    #[arg(long)]
    remove: bool,
    /// List what is trusted
    #[arg(long, conflicts_with = "remove")]
    list: bool,
}

impl PluginCommand {
    /// What is recorded of the command: which plugins this host trusts. The others write files of whoever gives them.
    pub(super) fn change(&self) -> Option<Change> {
        match self {
            Self::Inspect { .. } | Self::Verify { .. } | Self::Sign { .. } | Self::Key(_) => None,
            Self::Trust(args) => {
                let action = if args.remove { "plugin-distrust" } else { "plugin-trust" };
                // A file is recorded by the number of its key.
                let number = |file: &String| PublicKey::read(Path::new(file)).map(|key| format!("key {}", key.id()));
                args.what.as_ref().map(|what| Change::new(action).with(number(what).unwrap_or_else(|_| what.clone())))
            }
        }
    }
}

pub(super) async fn run(global: &Global, command: PluginCommand) -> Result<Exit, HostError> {
    match command {
        PluginCommand::Inspect { file } => inspect::inspect(global, file).await,
        PluginCommand::Verify { file } => verify(global, &file).await,
        PluginCommand::Sign { file, key } => {
            let signature = identity::sign(&file, &key, password(), now_unix_seconds())?;
            let object = serde_json::json!({ "plugin": file.display().to_string(), "signature": signature.display().to_string() });
            print(global, &object, &format!("signed: {}", signature.display()));
            Ok(Exit::Done)
        }
        PluginCommand::Key(KeyCommand::New { file }) => {
            let (public, beside) = identity::new_key(&file, password())?;
            let object = serde_json::json!({ "key": public.id(), "public": public.text(), "secret_file": file.display().to_string(), "public_file": beside.display().to_string() });
            let open = if password().is_none() {
                format!(" (not sealed: {PASSWORD_VARIABLE} is not set)")
            } else {
                String::new()
            };
            let text = format!(
                "key {}\nsecret   {}{open}\npublic   {}\ntrust it where plugins run: hibob plugin trust {}",
                public.id(),
                file.display(),
                beside.display(),
                beside.display()
            );
            print(global, &object, &text);
            Ok(Exit::Done)
        }
        PluginCommand::Trust(args) => {
            let file = global.data().await?.trust_file();
            match args.what {
                Some(what) if args.remove => distrust(global, &file, &what)?,
                Some(what) => trust(global, &file, &what)?,
                None => {}
            }
            if args.list { list(global, &file) } else { Ok(Exit::Done) }
        }
    }
}

fn password() -> Option<String> {
    std::env::var(PASSWORD_VARIABLE).ok().filter(|password| !password.is_empty())
}

fn print(global: &Global, object: &serde_json::Value, text: &str) {
    if global.json {
        outln!("{object}");
    } else {
        outln!("{}", text.lines().map(clean).collect::<Vec<_>>().join("\n"));
    }
}

/// An identity for machines.
fn identity_json(identity: &Identity) -> serde_json::Value {
    match identity {
        Identity::BuiltIn => serde_json::json!({ "trusted": true, "by": "built-in" }),
        Identity::Pinned => serde_json::json!({ "trusted": true, "by": "digest" }),
        Identity::Signed { key, comment } => {
            serde_json::json!({ "trusted": true, "by": "signature", "key": key, "comment": comment })
        }
        Identity::Unknown { why } => serde_json::json!({ "trusted": false, "why": why }),
    }
}

async fn verify(global: &Global, file: &Path) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let package = Package::read(file)?;
    let digest = package.digest();
    // --allow-unsigned is for loading; here it would hide what was asked.
    let admitted = data.trust_file().read()?.admit(package)?;
    let object = serde_json::json!({ "plugin": file.display().to_string(), "digest": digest.to_string(), "identity": identity_json(admitted.identity()) });
    print(global, &object, &format!("{}\n{}", digest, admitted.identity()));
    Ok(Exit::Done)
}

fn trust(global: &Global, file: &TrustFile, what: &str) -> Result<(), HostError> {
    let (name, new) = if what.starts_with("sha256:") {
        let digest = digest(what)?;
        (digest.to_string(), file.add_digest(digest)?)
    } else {
        let key = PublicKey::read(Path::new(what))?;
        (format!("key {}", key.id()), file.add_key(&key)?)
    };
    let text = if new { format!("trusted from now on: {name}") } else { format!("trusted already: {name}") };
    print(global, &serde_json::json!({ "trusted": name, "new": new }), &text);
    Ok(())
}

fn distrust(global: &Global, file: &TrustFile, what: &str) -> Result<(), HostError> {
    let is_id = what.len() == 16 && what.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (name, was) = if what.starts_with("sha256:") {
        let digest = digest(what)?;
        (digest.to_string(), file.remove_digest(digest)?)
    } else {
        let id = if is_id { what.to_owned() } else { PublicKey::read(Path::new(what))?.id().to_owned() };
        (format!("key {id}"), file.remove_key(&id)?)
    };
    if !was {
        return Err(HostError::configuration(
            format!("{name} was not trusted"),
            "choose from what is: hibob plugin trust --list",
        ));
    }
    print(global, &serde_json::json!({ "removed": name }), &format!("trusted no longer: {name}"));
    Ok(())
}

fn digest(text: &str) -> Result<Digest, HostError> {
    let remedy = "copy it from: hibob plugin inspect FILE.wasm";
    text.parse().map_err(|what| HostError::configuration(format!("{}: {what}", text.escape_debug()), remedy))
}

fn list(global: &Global, file: &TrustFile) -> Result<Exit, HostError> {
    let trust = file.read()?;
    let keys: Vec<_> =
        trust.keys().iter().map(|key| serde_json::json!({ "key": key.id(), "public": key.text() })).collect();
    let digests: Vec<String> = trust.digests().map(|digest| digest.to_string()).collect();
    let built_in = Package::embedded().digest().to_string();
    let mut text = format!("built-in  {built_in}");
    for key in trust.keys() {
        text += &format!("\nkey       {}  {}", key.id(), key.text());
    }
    for digest in &digests {
        text += &format!("\npinned    {digest}");
    }
    print(global, &serde_json::json!({ "built_in": built_in, "keys": keys, "digests": digests }), &text);
    Ok(Exit::Done)
}
