//! Reading the command line, and saying what is wrong with it.

use super::output::Ended;
use super::paint::{is_stderr_colored, is_stdout_colored};
use super::{Cli, TENANT_VARIABLE};
use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches};
use hibob_base::error::Exit;
use serde_json::json;
use std::ffi::{OsStr, OsString};

/// The name of the argument that names one tenant. Wherever it is the first argument of a command, the variable
/// [`TENANT_VARIABLE`] can take its place.
const TENANT: &str = "tenant";

/// The error code of a command line that is not understood.
const USAGE: &str = "USAGE";

/// The program's command line, as `clap` describes it: all commands with their arguments.
pub fn command() -> Command {
    with_tenant_variable(Cli::command())
}

fn with_tenant_variable(command: Command) -> Command {
    let is_set_empty = std::env::var_os(TENANT_VARIABLE).is_some_and(|tenant| tenant.is_empty());
    let command = command.mut_args(|arg| {
        let is_tenant = arg.get_id() == TENANT && arg.is_positional() && arg.is_required_set();
        if is_tenant && !is_set_empty { arg.env(TENANT_VARIABLE) } else { arg }
    });
    command.mut_subcommands(with_tenant_variable)
}

/// Parses the command line. If an argument is missing and the variable names a tenant, it is read once more with that
/// tenant as the command's first argument: `hibob plans show 3f9c` then means `hibob plans show acme 3f9c`. The same goes
/// for a number where a tenant is expected, as in `hibob history 3`.
pub(super) fn parse() -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let tenant = std::env::var_os(TENANT_VARIABLE).filter(|tenant| !tenant.is_empty());
    let parsed = parse_words(&words);
    let Some((tenant, place)) = tenant.zip(place_of_tenant(&words)) else { return parsed };
    let is_number = words.get(place).and_then(|word| word.to_str()).is_some_and(is_number);
    let is_missing = |error: &clap::Error| error.kind() == ErrorKind::MissingRequiredArgument;
    if !is_number && !parsed.as_ref().is_err_and(is_missing) {
        return parsed;
    }
    let mut completed = words.clone();
    completed.insert(place, tenant);
    match parse_words(&completed) {
        Err(error) if is_missing(&error) => Err(error),
        Err(_) => parsed,
        Ok(cli) => Ok(cli),
    }
}

fn parse_words(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Where the tenant stands among the words, if the command's first argument is one: after the names of the command and
/// its sub-commands.
fn place_of_tenant(words: &[OsString]) -> Option<usize> {
    let root = command();
    let mut command = &root;
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(|word| word.to_str()) {
        if word.starts_with('-') {
            at += if takes_next_word(&root, word) { 2 } else { 1 };
        } else if let Some(found) = command.find_subcommand(word) {
            command = found;
            at += 1;
        } else {
            break;
        }
    }
    let first = command.get_positionals().next()?;
    (first.get_id() == TENANT && at <= words.len()).then_some(at)
}

/// Whether this word is an option that every command has, whose value is the next word.
fn takes_next_word(root: &Command, word: &str) -> bool {
    let name = word.strip_prefix("--").filter(|name| !name.contains('='));
    let option = name.and_then(|name| root.get_arguments().find(|arg| arg.get_long() == Some(name)));
    option.is_some_and(|option| option.get_action().takes_values())
}

/// Whether the command line asks for JSON. Looked for by hand, since it was not understood.
fn is_json_wanted() -> bool {
    std::env::args_os().skip(1).take_while(|word| word != OsStr::new("--")).any(|word| word == OsStr::new("--json"))
}

/// Prints what is wrong with a command line, or the help or version that it asks for. Returns how the program ends.
pub(super) fn explain(error: &clap::Error) -> Ended {
    let text = error.render();
    if !error.use_stderr() {
        if is_json_wanted() {
            outln!("{}", json!({ "text": text.to_string() }));
        } else if is_stdout_colored() {
            out!("{}", text.ansi());
        } else {
            out!("{text}");
        }
        return Ended::With(Exit::Done);
    }
    if is_json_wanted() {
        outln!("{}", error_json(error.kind(), &text.to_string()));
    } else if is_stderr_colored() {
        err!("{}", text.ansi());
    } else {
        err!("{text}");
    }
    Ended::Failed(Exit::Usage)
}

/// The error as an object. Its parts are the paragraphs of the text: the error, tips, and the right usage.
fn error_json(kind: ErrorKind, text: &str) -> serde_json::Value {
    let joined = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        "a sub-command or an argument is missing".to_owned()
    } else {
        let first = text.split("\n\n").next().unwrap_or_default();
        joined(first.strip_prefix("error: ").unwrap_or(first))
    };
    let mut remedies: Vec<String> =
        text.lines().filter_map(|line| line.trim().strip_prefix("tip: ").map(joined)).collect();
    remedies.extend(text.lines().find(|line| line.starts_with("Usage: ")).map(joined));
    remedies.push("more with --help".to_owned());
    json!({ "error": { "code": USAGE, "message": message, "remedy": remedies.join("; ") } })
}
