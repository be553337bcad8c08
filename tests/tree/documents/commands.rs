//! Finds the commands of `hibob` in documents, and checks whether the program accepts them.

use super::markdown::{lines, spans};
use std::collections::BTreeMap;
use std::process::Command;

/// Texts after which a command may begin within a block: a prompt, another command, or a sentence that ends with a
/// colon.
const LEADS: [&str; 6] = ["$", "&&", "$(", ":", " --", "exec hibob"];

/// The commands in a text, each without the word `hibob`.
pub(super) fn shown(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (is_block, line) in lines(text) {
        for program in ["hibob ", "cargo run -- "] {
            if is_block {
                let starts = line.match_indices(program).filter(|(at, _)| is_lead(&line[..*at]));
                found.extend(starts.map(|(at, _)| line[at + program.len()..].to_owned()));
            } else {
                found.extend(spans(line).filter_map(|span| Some(span.strip_prefix(program)?.to_owned())));
            }
        }
    }
    found
}

fn is_lead(text: &str) -> bool {
    let text = text.trim_end();
    text.is_empty() || LEADS.iter().any(|lead| text.ends_with(lead))
}

/// The words of a shell command, up to a redirection, another command or a comment.
pub(super) fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '<' | '>' | '&' | ';' | ')' | '\\') => break,
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether a word is a placeholder: `T`, `[--limit`, `N]`, `EMPLOYEE…`.
fn is_placeholder(word: &str) -> bool {
    let is_capital =
        word.bytes().any(|byte| byte.is_ascii_uppercase()) && !word.bytes().any(|byte| byte.is_ascii_lowercase());
    is_capital || word.contains(['[', ']', '…', '{'])
}

/// The program, of which only `--help` is used.
#[derive(Default)]
pub(super) struct Program {
    /// The answers so far, by the words of the command: whether the program accepted them, and what it printed.
    answers: BTreeMap<Vec<String>, (bool, String)>,
}

impl Program {
    fn help(&mut self, words: &[String]) -> (bool, String) {
        let ask = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hibob-under-test"));
            let output = command.args(words).arg("--help").output().unwrap();
            let text = [output.stdout, output.stderr].concat();
            (output.status.success(), String::from_utf8(text).unwrap())
        };
        self.answers.entry(words.to_vec()).or_insert_with(ask).clone()
    }

    /// What is wrong with a command, if anything. If it has placeholders, its sub-commands and the names of its options
    /// are checked. Otherwise the program itself parses it, with `--help` added at its end: an unknown word is refused
    /// before `--help` is reached.
    pub(super) fn complaint(&mut self, words: &[String]) -> Option<String> {
        if !words.iter().any(|word| is_placeholder(word)) {
            let (is_taken, text) = self.help(words);
            return (!is_taken).then(|| text.lines().next().unwrap_or_default().to_owned());
        }
        let path = words.iter().take_while(|word| !word.starts_with('-') && !is_placeholder(word));
        let mut command: Vec<String> = Vec::new();
        for word in path {
            let names = sub_commands(&self.help(&command).1);
            if names.is_empty() {
                break;
            }
            if !names.contains(word) {
                return Some(format!("there is no sub-command {word}"));
            }
            command.push(word.clone());
        }
        let (_, text) = self.help(&command);
        let options = words.iter().map(|word| word.trim_matches(['[', ']'])).filter(|word| word.starts_with("--"));
        let unknown =
            options.map(|word| word.split('=').next().unwrap_or(word)).find(|option| !has_option(&text, option));
        unknown.map(|option| format!("there is no option {option}"))
    }
}

/// The sub-commands in a help text.
fn sub_commands(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    list.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn has_option(help: &str, option: &str) -> bool {
    help.lines().flat_map(str::split_whitespace).any(|word| word.trim_end_matches(',') == option)
}

#[test]
fn commands_are_found_in_blocks_and_in_spans() {
    let text = "`hibob plan T`, `cargo run -- demo`, and a hibob alone\n```sh\n$ hibob a \"b c\" | tee d && hibob e\n\
                docker run --name hibob --tag hibob x\nhelp: do it: hibob f # why\n```\n";
    let found: Vec<_> = shown(text).iter().map(|command| words(command)).collect();
    assert_eq!(found, [vec!["plan", "T"], vec!["demo"], vec!["a", "b c"], vec!["e"], vec!["f"]]);
}
