//! Which values a key takes.

use super::country::is_country;
use crate::schedule::Schedule;
use crate::tenant::NO_PROXY;
use crate::zone::Zone;
use hibob_base::digest::Digest;
use hibob_base::person::is_address;
use hibob_base::secret::{Origin, SecretSource};
use hibob_base::text::{NoLine, check_line, is_obeyed};
use hibob_net::proxy::Proxy;
use hibob_reference_format::claims::ClaimText;
use hibob_reference_format::domain::Domain;
use hibob_reference_format::log::witness::Witness;
use ipnet::IpNet;
use lettre::message::Mailbox;
use rustls_pki_types::ServerName;
use serde_json::Value;

/// Longest text of a setting, in characters.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// Most entries of a list.
pub const LIST_ENTRIES_MAX: usize = 10_000;
/// A word that is as near as this to a known one (Jaro-Winkler, from 0 to 1) is taken for a slip of the pen.
const NEAR: f64 = 0.75;

/// Which values a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One line of text that is not empty.
    Text,
    /// A list of such texts. It may not be empty if the flag says so.
    Texts {
        /// Whether the list may be empty.
        may_be_empty: bool,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of these words, each at most once.
    Words(&'static [&'static str]),
    /// A whole number.
    Number {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
        /// What it counts.
        unit: &'static str,
    },
    /// `true` or `false`.
    Flag,
    /// A tenant's id.
    TenantId,
    /// An email address.
    Email,
    /// The base URL of a service.
    BaseUrl,
    /// The id of a HiBob service user.
    ServiceUser,
    /// Where a secret comes from.
    Secret,
    /// A list of ids of HiBob fields.
    FieldIds,
    /// A list of ids of HiBob fields with a value each: `FIELD = VALUE`.
    FieldValues,
    /// An email address with `{id}` in it.
    SwapAddress,
    /// A time zone of the IANA database.
    Zone,
    /// A country by its two letters.
    Country,
    /// A cron expression of five fields.
    Cron,
    /// A list of ranges of IP addresses.
    Networks,
    /// The path of a file.
    File,
    /// The URL of a proxy, or `none`.
    Proxy,
    /// The issuer's domain.
    Domain,
    /// The issuer's name.
    IssuerName,
    /// A list of digests of plugins.
    Digests,
    /// The name of a mail server.
    MailServer,
    /// The sender of an email.
    Sender,
    /// The URL of a system that gets deliveries.
    DeliveryUrl,
    /// The base URL of a witness.
    WitnessUrl,
    /// The verifier key of a witness.
    WitnessKey,
}

/// What is wrong with a value, and what to do about it. Neither has the key's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, to be read after the key's name: "is `titel`".
    pub what: String,
    /// What a person can do about it.
    pub remedy: String,
}

impl Wrong {
    fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

/// The known word that is meant by another one, if one is near enough.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let word = word.to_lowercase();
    let distances = known.into_iter().map(|known| (strsim::jaro_winkler(&word, &known.to_lowercase()), known));
    let nearest = distances.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.filter(|(near, _)| *near >= NEAR).map(|(_, known)| known)
}

/// "did you mean X? choose from A, B, C".
fn choose(word: &str, known: &[&str]) -> String {
    let all = format!("choose from {}", known.join(", "));
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// A text as it is repeated in a message.
fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let shown: String = text.chars().take(CHARS_MAX).collect();
    let more = if text.chars().count() > CHARS_MAX { "…" } else { "" };
    format!("`{}{more}`", shown.escape_debug())
}

impl Rule {
    /// Checks a value.
    ///
    /// # Errors
    /// What is wrong. The first entry of a list that is wrong is named.
    pub fn check(self, value: &Value) -> Result<(), Wrong> {
        match self {
            Self::Number { min, max, unit } => number(value, min, max, unit),
            Self::Flag => match value {
                Value::Bool(_) => Ok(()),
                other => Err(kind(other, "true or false")),
            },
            Self::Texts { may_be_empty } => list(value, may_be_empty, |text| one_line(text).map(drop)),
            Self::Words(known) => list(value, true, |word| a_word("has", word, known)).and_then(|()| once_each(value)),
            Self::FieldIds => list(value, true, field_id),
            Self::FieldValues => list(value, true, |text| match one_line(text)?.split_once('=') {
                Some((field, value)) if !value.trim().is_empty() => field_id(field.trim()),
                _ => Err(Wrong::new(
                    format!("has {}, which is not a field with a value", quoted(text)),
                    "write it like payroll.employment.type = Contractor",
                )),
            }),
            Self::Networks => list(value, true, |range| match range.parse::<IpNet>() {
                Ok(_) => Ok(()),
                Err(_) => Err(Wrong::new(
                    format!("has {}, which is not a range of addresses", quoted(range)),
                    "write it like 10.0.0.0/8",
                )),
            }),
            Self::Digests => list(value, true, |digest| match digest.parse::<Digest>() {
                Ok(_) => Ok(()),
                Err(_) => Err(Wrong::new(
                    "has an entry that is not a digest",
                    "write sha256: and 64 hex digits, as hibob plugin inspect shows them",
                )),
            }),
            Self::Secret => match value {
                Value::String(text) => SecretSource::try_from(text.clone()).map(drop).map_err(|what| {
                    Wrong::new(
                        "does not say where the secret comes from",
                        format!("{what}; store it with: hibob secret set"),
                    )
                }),
                // What stands there may be the secret itself.
                _ => Err(Wrong::new("does not say where the secret comes from", "write store, env:NAME or file:PATH")),
            },
            rule => match value {
                Value::String(text) => rule.text(text),
                other => Err(kind(other, "a text")),
            },
        }
    }

    /// Checks a value that is a text.
    fn text(self, text: &str) -> Result<(), Wrong> {
        match self {
            Self::Word(known) => return a_word("is", text, known),
            Self::BaseUrl | Self::DeliveryUrl | Self::WitnessUrl => return self.url(text),
            Self::MailServer => {
                // Said before the general rule, since an address is the usual slip.
                let url = format!("https://{text}");
                if ServerName::try_from(text).is_err() || (!text.contains(':') && Origin::of(&url).is_err()) {
                    let remedy = "give only a name, such as smtp.acme.example, and the port in references.smtp.port";
                    return Err(Wrong::new("is not a server's name", remedy));
                }
                return Ok(());
            }
            _ => {}
        }
        let text = one_line(text)?;
        let wrong = |what: &str, remedy: &str| Err(Wrong::new(format!("is {}{what}", quoted(text)), remedy));
        match self {
            Self::TenantId => {
                let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if text.len() > 63 || !text.chars().all(fits) {
                    return wrong(", which is not a tenant id", "use 1 to 63 small letters, digits and hyphens");
                }
            }
            Self::Email if !is_address(text) => {
                return wrong(", which is not an email address", "write it like ana@acme.example");
            }
            Self::ServiceUser if text.contains(':') => {
                return Err(Wrong::new("has a colon", "copy the service user's id from HiBob"));
            }
            Self::SwapAddress if !text.contains("{id}") || !is_address(&text.replace("{id}", "1")) => {
                let remedy = "give an address of your own domain, such as swap-{id}@acme.example";
                return wrong(", which is not an address with {id} in it", remedy);
            }
            Self::Zone if Zone::named(text).is_none() => {
                let near = nearest_zone(text, Zone::names());
                let remedy = "give a name of the IANA database, such as Europe/Madrid";
                let remedy = match near {
                    Some(near) => format!("did you mean `{near}`? {remedy}"),
                    None => remedy.to_owned(),
                };
                return wrong(", which is not a time zone", &remedy);
            }
            Self::Country if !is_country(text) => {
                return wrong(", which is not a country", "give the two letters of ISO 3166, such as ES or GB");
            }
            Self::Proxy if text != NO_PROXY => {
                if let Err(what) = Proxy::new(text, None) {
                    // What stands there may have a password in it.
                    let remedy = "give it as http://proxy.acme.example:3128, and a user name and a password in proxy_user and proxy_password";
                    return Err(Wrong::new(format!("names no proxy that can be used: {what}"), remedy));
                }
            }
            Self::Cron => {
                if let Err(error) = Schedule::read("", text, "UTC") {
                    let what = error.to_string();
                    return Err(Wrong::new(what.trim().to_owned(), error.remedy()));
                }
            }
            Self::Domain => {
                if let Err(error) = Domain::parse(text) {
                    return wrong(&format!(": {error}"), "give the company's domain, such as acme.example");
                }
            }
            Self::IssuerName => {
                if let Err(error) = ClaimText::parse("name", text) {
                    return wrong(&format!(": {error}"), "give the company's name in one line");
                }
            }
            Self::Sender if sender(text).is_none() => {
                let remedy = "write it like ACME HR <hr@acme.example>, the address itself in ASCII";
                return Err(Wrong::new("is not a sender's address", remedy));
            }
            Self::WitnessKey => {
                if let Err(error) = Witness::parse(text) {
                    let remedy =
                        "copy the key from the witness's operator; it has to be one for cosignatures (cosignature/v1)";
                    return Err(Wrong::new(error.to_string(), remedy));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn url(self, text: &str) -> Result<(), Wrong> {
        // A user name and a password in a URL must not get into a log.
        let shown = if text.contains('@') { "an address with an @".to_owned() } else { quoted(text) };
        let (remedy, needs_tls) = match self {
            Self::DeliveryUrl => ("give a URL such as https://intranet.acme.example/references", true),
            Self::WitnessUrl => ("give the witness's base URL, such as https://witness.example", true),
            _ => ("give a base URL such as https://api.hibob.com/v1", false),
        };
        let origin = Origin::of(text).map_err(|what| Wrong::new(format!("is {shown}: {what}"), remedy))?;
        if self != Self::DeliveryUrl && text.contains(['?', '#']) {
            return Err(Wrong::new(format!("is {shown}: it has more than a path"), remedy));
        }
        if needs_tls && !origin.is_https() && !origin.is_loopback() {
            return Err(Wrong::new(format!("is {shown}: it must begin with https://"), remedy));
        }
        Ok(())
    }
}

/// The sender of an email: a mailbox whose address has only ASCII characters.
pub fn sender(text: &str) -> Option<Mailbox> {
    let mailbox = text.parse::<Mailbox>().ok()?;
    let is_plain = AsRef::<str>::as_ref(&mailbox.email).is_ascii() && !text.chars().any(is_obeyed);
    is_plain.then_some(mailbox)
}

/// The time zone that is meant, by its whole name or by its city.
fn nearest_zone<'w>(text: &str, all: impl Iterator<Item = &'w str> + Clone) -> Option<&'w str> {
    let wanted = text.to_lowercase().replace(' ', "_");
    let lower = |name: &str| name.to_lowercase();
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let exact = all.clone().find(|name| lower(name) == wanted || city(name) == city(&wanted));
    exact.or_else(|| {
        let near = all.map(|name| (strsim::jaro_winkler(&wanted, &lower(name)), name));
        near.max_by(|(one, _), (other, _)| one.total_cmp(other)).filter(|(near, _)| *near >= 0.9).map(|(_, name)| name)
    })
}

fn kind(value: &Value, wanted: &str) -> Wrong {
    let is = match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    };
    Wrong::new(format!("is {is} where {wanted} belongs"), format!("write {wanted}"))
}

fn number(value: &Value, min: u64, max: u64, unit: &str) -> Result<(), Wrong> {
    let remedy = format!("give a whole number of {unit} from {min} to {max}");
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(number) if (min..=max).contains(&number) => Ok(()),
            _ => Err(Wrong::new(format!("is {number}"), remedy)),
        },
        other => Err(Wrong { remedy, ..kind(other, "a whole number") }),
    }
}

fn one_line(text: &str) -> Result<&str, Wrong> {
    match check_line(text, TEXT_CHARS_MAX) {
        Ok(()) => Ok(text),
        Err(NoLine::Empty) => Err(Wrong::new("is empty", "write a text, or leave the key out")),
        Err(NoLine::Obeyed | NoLine::Long) => Err(Wrong::new(
            "is more than one line, or very long",
            format!("write one line of at most {TEXT_CHARS_MAX} characters"),
        )),
    }
}

fn list(value: &Value, may_be_empty: bool, check: impl Fn(&str) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let Value::Array(entries) = value else { return Err(kind(value, "a list of texts")) };
    if entries.is_empty() && !may_be_empty {
        return Err(Wrong::new("is empty", "name at least one, or leave the key out"));
    }
    if entries.len() > LIST_ENTRIES_MAX {
        return Err(Wrong::new(format!("has {} entries", entries.len()), format!("name at most {LIST_ENTRIES_MAX}")));
    }
    for entry in entries {
        match entry {
            Value::String(text) => check(text)?,
            other => return Err(Wrong { remedy: "write a list of texts".to_owned(), ..kind(other, "a text") }),
        }
    }
    Ok(())
}

fn a_word(verb: &str, word: &str, known: &[&str]) -> Result<(), Wrong> {
    if known.contains(&word) {
        return Ok(());
    }
    Err(Wrong::new(format!("{verb} {}", quoted(word)), choose(word, known)))
}

fn once_each(value: &Value) -> Result<(), Wrong> {
    let words: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let twice = words.iter().enumerate().find(|(index, word)| words.iter().take(*index).any(|other| other == *word));
    twice.map_or(Ok(()), |(_, word)| Err(Wrong::new(format!("names {} twice", quoted(word)), "name it once")))
}

/// As the plugin checks the ids of HiBob's fields.
fn field_id(id: &str) -> Result<(), Wrong> {
    if !id.contains('.') || id.contains(['/', ' ']) || id.split('.').any(str::is_empty) || id.chars().any(is_obeyed) {
        return Err(Wrong::new(
            format!("has {}, which is not the id of a HiBob field", quoted(id)),
            "give the id as GET /company/people/fields shows it, for example work.custom.field_1680000000000",
        ));
    }
    Ok(())
}
