//! Reads command lines (RFC 5321 section 4.1).

use super::{address, reply::Reply};

/// Parameters of MAIL and RCPT: each a keyword in capitals, and perhaps a value.
pub(super) type Parameters = Vec<(String, Option<String>)>;

/// A client's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Hello { extended: bool },
    StartTls,
    Auth { mechanism: String, initial: Option<String> },
    Mail { sender: String, parameters: Parameters },
    Rcpt { recipient: String, parameters: Parameters },
    Data,
    Rset,
    Noop,
    Help,
    Vrfy,
    Expn,
    Quit,
}

impl Command {
    /// Whether a client may send other commands after it without waiting for the reply (RFC 2920 section 3.1).
    pub(super) fn may_be_followed(&self) -> bool {
        matches!(self, Self::Mail { .. } | Self::Rcpt { .. } | Self::Rset)
    }
}

/// Reads a command from a line without its end. The error is the reply that refuses it.
pub(super) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let text = str::from_utf8(line).ok().filter(|text| !text.chars().any(char::is_control));
    let text = text.ok_or_else(|| Reply::new(500, "5.5.2 not a line of text"))?;
    // White space at the end is tolerated (section 4.1.1).
    let text = text.trim_end_matches(' ');
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let bare = |command| if rest.is_empty() { Ok(command) } else { Err(Reply::bad_argument("no argument is allowed")) };
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => hello(rest, true),
        "HELO" => hello(rest, false),
        "STARTTLS" => bare(Command::StartTls),
        "AUTH" => auth(rest),
        "MAIL" => {
            let (sender, parameters) = envelope(rest, "FROM:")?;
            let known = sender.is_empty() || address::is_mailbox(sender);
            let sender = sender.to_owned();
            if known { Ok(Command::Mail { sender, parameters }) } else { Err(Reply::new(501, "5.1.7 not an address")) }
        }
        "RCPT" => {
            let (recipient, parameters) = envelope(rest, "TO:")?;
            // `postmaster` is valid without a domain (section 4.5.1).
            let known = recipient.eq_ignore_ascii_case("postmaster") || address::is_mailbox(recipient);
            let recipient = recipient.to_owned();
            if known {
                Ok(Command::Rcpt { recipient, parameters })
            } else {
                Err(Reply::new(501, "5.1.3 not an address"))
            }
        }
        "DATA" => bare(Command::Data),
        "RSET" => bare(Command::Rset),
        "QUIT" => bare(Command::Quit),
        "NOOP" => Ok(Command::Noop),
        "HELP" => Ok(Command::Help),
        "VRFY" if !rest.is_empty() => Ok(Command::Vrfy),
        "EXPN" if !rest.is_empty() => Ok(Command::Expn),
        "VRFY" | "EXPN" => Err(Reply::bad_argument("what?")),
        _ => Err(Reply::new(500, "5.5.2 no such command")),
    }
}

fn hello(rest: &str, extended: bool) -> Result<Command, Reply> {
    let named = !rest.is_empty() && !rest.contains(' ');
    if named { Ok(Command::Hello { extended }) } else { Err(Reply::bad_argument("say who you are")) }
}

fn auth(rest: &str) -> Result<Command, Reply> {
    let mut words = rest.split(' ');
    match (words.next().filter(|word| !word.is_empty()), words.next(), words.next()) {
        (Some(mechanism), initial, None) => {
            Ok(Command::Auth { mechanism: mechanism.to_ascii_uppercase(), initial: initial.map(str::to_owned) })
        }
        _ => Err(Reply::bad_argument("AUTH and a mechanism")),
    }
}

/// Reads an argument such as `FROM:<a@b.c> SIZE=1`. There must be no space after the colon.
fn envelope<'a>(rest: &'a str, label: &str) -> Result<(&'a str, Parameters), Reply> {
    let malformed = || Reply::bad_argument(&format!("{label}<address>, then parameters"));
    let (start, rest) = rest.split_at_checked(label.len()).ok_or_else(malformed)?;
    if !start.eq_ignore_ascii_case(label) {
        return Err(malformed());
    }
    let (address, rest) = address::path(rest).ok_or_else(malformed)?;
    if rest.is_empty() {
        return Ok((address, Vec::new()));
    }
    let words = rest.strip_prefix(' ').ok_or_else(malformed)?;
    let parameters: Option<Parameters> = words.split(' ').map(parameter).collect();
    let parameters = parameters.ok_or_else(malformed)?;
    let twice =
        |(at, (keyword, _)): (usize, &(String, _))| parameters.iter().skip(at + 1).any(|(other, _)| other == keyword);
    if parameters.iter().enumerate().any(twice) {
        return Err(Reply::bad_argument("a parameter is there twice"));
    }
    Ok((address, parameters))
}

fn parameter(word: &str) -> Option<(String, Option<String>)> {
    let (keyword, value) = match word.split_once('=') {
        Some((keyword, value)) => (keyword, Some(value)),
        None => (word, None),
    };
    let named = keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
        && keyword.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let valued = value.is_none_or(|value| !value.is_empty() && value.chars().all(|c| c.is_ascii_graphic() && c != '='));
    (named && valued).then(|| (keyword.to_ascii_uppercase(), value.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> u16 {
        parse(line.as_bytes()).err().map_or(250, |reply| reply.code)
    }

    #[test]
    fn lines_become_commands() {
        let size = Some(("SIZE".to_owned(), Some("7".to_owned())));
        let mail = |sender: &str, size: &Option<_>| Command::Mail {
            sender: sender.to_owned(),
            parameters: size.iter().cloned().collect(),
        };
        assert_eq!(parse(b"mail from:<a@b.c> size=7"), Ok(mail("a@b.c", &size)));
        assert_eq!(parse(b"MAIL FROM:<> "), Ok(mail("", &None)));
        assert_eq!(parse(b"ehlo [127.0.0.1]"), Ok(Command::Hello { extended: true }));
        let login = Command::Auth { mechanism: "LOGIN".to_owned(), initial: None };
        assert_eq!(parse(b"AUTH login"), Ok(login));
        assert_eq!(code("RCPT TO:<Postmaster>"), 250);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for line in [
            "MAIL FROM: <a@b.c>",
            "MAIL TO:<a@b.c>",
            "MAIL <a@b.c>",
            "MAIL",
            "MAIL FROM:<a@b.c>SIZE=1",
            "MAIL FROM:<a@b.c>  SIZE=1",
            "MAIL FROM:<a@b.c> SIZE=",
            "MAIL FROM:<a@b.c> SIZE=1 size=2",
            "RCPT TO:<>",
            "RCPT TO:<anna>",
            "EHLO",
            "EHLO a b",
            "DATA now",
            "AUTH",
            "AUTH PLAIN a b",
            "VRFY",
        ] {
            assert_eq!(code(line), 501, "{line}");
        }
        for line in ["", "MAILFROM:<a@b.c>", "NOPE", "NOOP\u{1}", "BDAT 1"] {
            assert_eq!(code(line), 500, "{line}");
        }
        assert_eq!(parse(b"NOOP \xff").unwrap_err().code, 500);
    }
}
