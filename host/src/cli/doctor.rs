//! `doctor`: checks this machine and this installation, and says what to do about what is wrong. It changes nothing.

mod issuers;
mod machine;

use super::Global;
use super::paint::{CYAN, GREEN, RED, YELLOW, clean};
use hibob_base::error::{Exit, HostError};
use hibob_contract::WitVersion;
use hibob_sandbox::identity::Package;
use hibob_sandbox::plugin::Contents;
use std::path::Path;

/// How serious a finding is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    /// It works, but somebody should look at it.
    Warn,
    /// Something does not work.
    Fail,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one check has found.
struct Finding {
    check: &'static str,
    status: Status,
    message: String,
    /// What a person can do about it; empty where nothing is wrong.
    remedy: String,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), remedy: String::new() }
    }

    fn warn(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: Status::Warn, message: message.into(), remedy: remedy.into() }
    }

    fn fail(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: Status::Fail, message: message.into(), remedy: remedy.into() }
    }

    fn failed(check: &'static str, error: &HostError) -> Self {
        Self::fail(check, error.to_string(), error.remedy())
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "check": self.check, "status": self.status.word(), "message": self.message, "remedy": self.remedy,
        })
    }

    fn print(&self) {
        let color = match self.status {
            Status::Ok => GREEN,
            Status::Warn => YELLOW,
            Status::Fail => RED,
        };
        let word = color.on_stdout(&format!("{:<4}", self.status.word()));
        outln!("{word}  {:<12}  {}", self.check, clean(&self.message));
        if !self.remedy.is_empty() {
            outln!("                    {}: {}", CYAN.on_stdout("help"), clean(&self.remedy));
        }
    }
}

/// Makes all checks and prints them. Ends with [`Exit::SomeFailed`] if one of them failed.
pub(super) async fn doctor(global: &Global) -> Result<Exit, HostError> {
    let folder = global.folder();
    let path = folder.path();
    let mut findings = vec![versions(global)];
    findings.extend(machine::clock(path));
    findings.push(machine::time_zones());
    findings.push(machine::certificates());
    findings.extend(machine::proxies(|name| std::env::var_os(name)));
    if path.is_dir() {
        findings.extend(machine::disk(path));
        findings.extend(machine::modes(path, global.group_writable_data));
    }
    if path.is_dir() || global.database.is_some() {
        data(global, &mut findings).await;
    } else {
        findings.push(no_data(path));
    }
    let is_well = findings.iter().all(|finding| finding.status != Status::Fail);
    if global.json {
        let rows: Vec<_> = findings.iter().map(Finding::json).collect();
        outln!("{}", serde_json::json!({ "ok": is_well, "checks": rows }));
    } else {
        findings.iter().for_each(Finding::print);
    }
    Ok(if is_well { Exit::Done } else { Exit::SomeFailed })
}

fn no_data(path: &Path) -> Finding {
    let message = format!("there is no data directory {} yet", path.display());
    Finding::warn(
        "database",
        message,
        "it is made by the first tenant: hibob tenant apply FILE.toml; or name another: --data DIR",
    )
}

/// The database, and what depends on what is in it.
async fn data(global: &Global, findings: &mut Vec<Finding>) {
    let data = match global.data().await {
        Ok(data) => data,
        Err(error) => return findings.push(Finding::failed("database", &error)),
    };
    let (schema, now) = match (data.control().schema_version().await, data.control().now_unix_seconds().await) {
        (Ok(schema), Ok(now)) => (schema, now),
        (Err(error), _) | (_, Err(error)) => return findings.push(Finding::failed("database", &error)),
    };
    let kind = if global.database.is_some() { "PostgreSQL" } else { "SQLite" };
    findings.push(Finding::ok("database", format!("{kind} answers, with schema {schema}")));
    findings.push(machine::clock_of_database(now));
    let tenants = match data.control().tenants().await {
        Ok(tenants) => tenants,
        Err(error) => return findings.push(Finding::failed("tenants", &error)),
    };
    for (tenant, ..) in tenants {
        match data.config(&tenant).await {
            Ok(config) => {
                findings.extend(machine::ca_file(&config));
                findings.extend(issuers::check(&data, &config).await);
            }
            Err(error) => findings.push(Finding::failed("tenants", &error)),
        }
    }
}

/// The versions of the program, of the contracts that it runs, and of the plugin that it would load.
fn versions(global: &Global) -> Finding {
    let program = env!("CARGO_PKG_VERSION");
    let contracts = WitVersion::ALL.map(WitVersion::name).join(" and ");
    let package = global.plugin.as_deref().map_or_else(|| Ok(Package::embedded()), Package::read);
    let found = package.and_then(|package| Ok((Contents::of(&package)?, package.digest())));
    let (contents, digest) = match found {
        Ok(found) => found,
        Err(error) => return Finding::failed("versions", &error),
    };
    let Some(version) = contents.wit_version() else {
        let message = format!("the plugin {digest} has none of the contracts that this program runs ({contracts})");
        return Finding::fail("versions", message, "use a plugin that has: hibob plugin inspect FILE.wasm");
    };
    let message = format!("hibob {program} runs the contracts {contracts}; the plugin {digest} has {}", version.name());
    Finding::ok("versions", message)
}
