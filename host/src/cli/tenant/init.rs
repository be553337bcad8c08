//! `tenant init`: writes a small file for a new tenant.

use crate::cli::Global;
use clap::Args;
use hibob_base::error::HostError;
use hibob_config::key::rule::Rule;
use hibob_config::tenant::TenantConfig;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

#[derive(Args)]
pub(in crate::cli) struct InitArgs {
    /// The tenant's id: small letters, digits and hyphens
    id: Option<String>,
    /// The id of HiBob's service user
    #[arg(long, value_name = "ID")]
    service_user: Option<String>,
    /// Where a day begins and ends, such as Europe/Madrid
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Leave out the sync to TravelPerk
    #[arg(long, requires = "domain")]
    references_only: bool,
    /// Issue references, as the company with this domain
    #[arg(long, value_name = "DOMAIN", requires = "company")]
    domain: Option<String>,
    /// The company's name on its references
    #[arg(long, value_name = "NAME", requires = "domain")]
    company: Option<String>,
    /// Where to write it [default: ID.toml]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What the file is made of.
struct Answers {
    id: String,
    service_user: String,
    time_zone: String,
    is_synced: bool,
    issuer: Option<(String, String)>,
}

pub(super) fn init(global: &Global, args: InitArgs) -> Result<(), HostError> {
    let out = args.out.clone();
    let answers = answers(global, args)?;
    let path = out.unwrap_or_else(|| PathBuf::from(format!("{}.toml", answers.id)));
    let text = text(&answers);
    // What is written is accepted as it is.
    TenantConfig::from_text(&path, &text)?;
    let written = OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("{} is there already", path.display());
            Err(HostError::configuration(message, "choose another file with --out, or remove it first"))
        }
        Err(error) => Err(HostError::configuration(
            format!("cannot write {}: {error}", path.display()),
            "choose another file with --out",
        )),
        Ok(()) => {
            if global.json {
                outln!("{}", json!({ "tenant": answers.id, "file": path }));
            } else {
                outln!("{} written; store it: hibob tenant apply {}", path.display(), path.display());
            }
            Ok(())
        }
    }
}

fn answers(global: &Global, args: InitArgs) -> Result<Answers, HostError> {
    let can_ask = !global.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let asked = |given: Option<String>, what: &str, option: &str, default: Option<&str>, rule: Rule| {
        answer(given, can_ask, &Question { what, option, default, rule })
    };
    let id = asked(args.id, "the tenant's id (small letters, digits and hyphens)", "ID", None, Rule::TenantId)?;
    let service_user =
        asked(args.service_user, "the id of HiBob's service user", "--service-user", None, Rule::ServiceUser)?;
    let time_zone = asked(args.time_zone, "the time zone", "--time-zone", Some("UTC"), Rule::Zone)?;
    let issuer = match (args.domain, args.company) {
        (Some(domain), Some(company)) => Some((
            asked(Some(domain), "", "--domain", None, Rule::Domain)?,
            asked(Some(company), "", "--company", None, Rule::IssuerName)?,
        )),
        _ => None,
    };
    Ok(Answers { id, service_user, time_zone, is_synced: !args.references_only, issuer })
}

struct Question<'q> {
    what: &'q str,
    option: &'q str,
    default: Option<&'q str>,
    rule: Rule,
}

/// What an option says, or what a person answers at a terminal. A wrong answer is asked for again.
fn answer(given: Option<String>, can_ask: bool, question: &Question<'_>) -> Result<String, HostError> {
    let check = |text: &str| {
        let wrong = question.rule.check(&json!(text)).err();
        wrong.map(|wrong| (format!("{} {}", question.option, wrong.what), wrong.remedy))
    };
    if let Some(given) = given {
        return check(&given).map_or(Ok(given), |(what, remedy)| Err(HostError::configuration(what, remedy)));
    }
    if !can_ask {
        return question.default.map(str::to_owned).ok_or_else(|| {
            HostError::configuration(format!("{} is missing", question.option), format!("give {}", question.what))
        });
    }
    loop {
        let default = question.default.map(|default| format!(" [{default}]")).unwrap_or_default();
        err!("{}{default}: ", question.what);
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).unwrap_or(0) == 0 {
            return Err(HostError::configuration(format!("{} is missing", question.option), "answer the question"));
        }
        let text = match (line.trim(), question.default) {
            ("", Some(default)) => default.to_owned(),
            (text, _) => text.to_owned(),
        };
        match check(&text) {
            None => return Ok(text),
            Some((what, remedy)) => errln!("{what}; {remedy}"),
        }
    }
}

/// A text as TOML.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}

fn text(answers: &Answers) -> String {
    let mut text = format!(
        "# Every key and every default: hibob tenant schema. No secret belongs in this file.\n\
         id = {}\n\n\
         # Where employees are read. The token is entered with: hibob secret set {} hibob.token\n\
         [hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = {}\ntoken = \"store\"\n",
        quoted(&answers.id),
        answers.id,
        quoted(&answers.service_user),
    );
    if answers.is_synced {
        text.push_str(&format!(
            "\n# Where accounts are kept. The key is entered with: hibob secret set {} travelperk.key\n\
             [travelperk]\nscim_url = \"https://app.perk.com/api/v2/scim\"\nrest_url = \"https://api.travelperk.com\"\n\
             cost_centers_url = \"https://api.perk.com\"\nkey = \"store\"\n",
            answers.id
        ));
    }
    text.push_str(&format!(
        "\n# Where a day begins and ends.\n[sync]\ntime_zone = {}\n\n\
         # A plan that looks like an accident waits until a person approves it.\n[safety]\napproval = \"above-limits\"\n",
        quoted(&answers.time_zone)
    ));
    if let Some((domain, name)) = &answers.issuer {
        text.push_str(&format!(
            "\n# Who issues references. Without a table [references.smtp] or [references.webhook] they wait.\n\
             [references]\ndomain = {}\nname = {}\n",
            quoted(domain),
            quoted(name)
        ));
    }
    text
}
