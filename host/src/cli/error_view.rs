//! Shows an error that ended a command, as text and as JSON.

use super::paint::{CYAN, RED, clean};
use hibob_base::error::{HostError, WrongSetting};

/// An error for machines.
pub(super) fn error_json(error: &HostError) -> serde_json::Value {
    let mut object =
        serde_json::json!({ "code": error.code(), "message": error.to_string(), "remedy": error.remedy() });
    if let (HostError::Settings(wrong), Some(object)) = (error, object.as_object_mut()) {
        object.insert("settings".to_owned(), wrong.iter().map(setting_json).collect());
    }
    object
}

/// An error that ended a command, in the same form for every command.
pub(super) fn print_error(error: &HostError, json: bool) {
    if json {
        outln!("{}", serde_json::json!({ "error": error_json(error) }));
    } else if let HostError::Settings(wrong) = error {
        // Each by itself, since a file may have many.
        for setting in wrong {
            errln!("{}: {}", RED.on_stderr("error"), clean(&setting.to_string()));
            errln!("{}: {}", CYAN.on_stderr("help"), clean(&setting.remedy));
        }
    } else {
        errln!("{}: {}", RED.on_stderr("error"), clean(&error.to_string()));
        errln!("{}: {}", CYAN.on_stderr("help"), clean(&error.remedy()));
    }
}

/// A wrong setting for machines.
fn setting_json(wrong: &WrongSetting) -> serde_json::Value {
    serde_json::json!({ "key": wrong.key, "line": wrong.line, "message": wrong.message, "remedy": wrong.remedy })
}
