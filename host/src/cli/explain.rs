//! What the codes of messages mean.

use super::Global;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_base::messages::{self, Message};
use serde_json::json;

#[derive(Args)]
pub(super) struct ExplainArgs {
    /// The code, such as MISSING_EMAIL; all codes if there is none
    code: Option<String>,
}

/// Prints the meaning of a code, or of all.
pub(super) fn explain(global: &Global, args: &ExplainArgs) -> Result<Exit, HostError> {
    let Some(code) = &args.code else {
        if global.json {
            outln!("{}", json!({ "messages": messages::all().collect::<Vec<_>>() }));
        } else {
            messages::all().for_each(|message| outln!("{}: {}", message.code, message.meaning.what));
        }
        return Ok(Exit::Done);
    };
    let message = messages::message(&code.trim().to_uppercase()).ok_or_else(|| {
        let remedy = "see `hibob explain` for all codes; a plugin of somebody else may have further ones";
        HostError::configuration(format!("no message has the code {code}"), remedy)
    })?;
    if global.json {
        outln!("{}", json!(message));
    } else {
        let Message { code, meaning } = message;
        outln!("{code} ({}; {})", meaning.kind.name(), meaning.side.name());
        outln!("  {}", meaning.what);
        outln!("  What to do: {}", meaning.next);
    }
    Ok(Exit::Done)
}
