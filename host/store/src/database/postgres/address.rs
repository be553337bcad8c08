//! Where a database on PostgreSQL is, and how the connection to it has to be protected.

use hibob_base::error::HostError;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The environment variable of PostgreSQL's own programs for the mode of TLS.
const MODE_VARIABLE: &str = "PGSSLMODE";

/// What a connection to a database on another machine must at least have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseTls {
    /// Nothing.
    None,
    /// It is encrypted, for whoever answers.
    Require,
    /// The server has a certificate of a trusted authority, for any name.
    VerifyCa,
    /// The certificate is also for the server's name.
    #[default]
    VerifyFull,
}

impl DatabaseTls {
    /// All of them, from the weakest on.
    pub const ALL: [Self; 4] = [Self::None, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// Its word in the option `--database-tls`.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// What this mode of a connection has.
    fn of(mode: PgSslMode) -> Self {
        match mode {
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Self::None,
            PgSslMode::Require => Self::Require,
            PgSslMode::VerifyCa => Self::VerifyCa,
            PgSslMode::VerifyFull => Self::VerifyFull,
        }
    }

    /// The mode of a connection that must have this.
    fn mode(self) -> PgSslMode {
        match self {
            Self::None => PgSslMode::Prefer,
            Self::Require => PgSslMode::Require,
            Self::VerifyCa => PgSslMode::VerifyCa,
            Self::VerifyFull => PgSslMode::VerifyFull,
        }
    }
}

impl FromStr for DatabaseTls {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|tls| tls.word() == text);
        found.ok_or_else(|| "it is one of verify-full, verify-ca, require and none".to_owned())
    }
}

/// The URL of a database on PostgreSQL, which may contain a password and is never printed, and what the connection must
/// have.
#[derive(Clone)]
pub struct DatabaseAddress {
    url: String,
    tls: DatabaseTls,
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseAddress(…, {})", self.tls.word())
    }
}

impl From<&str> for DatabaseAddress {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), tls: DatabaseTls::default() }
    }
}

impl From<&String> for DatabaseAddress {
    fn from(url: &String) -> Self {
        url.as_str().into()
    }
}

impl DatabaseAddress {
    /// This address, where a connection to another machine must have at least this.
    #[must_use]
    pub fn with_tls(self, tls: DatabaseTls) -> Self {
        Self { tls, ..self }
    }

    /// The options of a connection. No error contains the URL, because it may contain a password.
    ///
    /// # Errors
    /// The URL is wrong, or it or the environment asks for less than a connection to another machine must have.
    pub(super) fn options(&self) -> Result<PgConnectOptions, HostError> {
        self.options_in(std::env::var(MODE_VARIABLE).is_ok())
    }

    /// [`Self::options`]. `is_in_environment` says whether the environment has a mode, which the options then have.
    fn options_in(&self, is_in_environment: bool) -> Result<PgConnectOptions, HostError> {
        let wrong = |what: &str| {
            let remedy = "give a URL like postgres://hibob@db.example/hibob; \
                          the password may come from PGPASSWORD or a file that PGPASSFILE names";
            HostError::configuration(format!("the database's URL {what}"), remedy)
        };
        if !["postgres://", "postgresql://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            return Err(wrong("is not one of PostgreSQL"));
        }
        let options = PgConnectOptions::from_str(&self.url).map_err(|_| wrong("cannot be read"))?;
        let options =
            if options.get_application_name().is_some() { options } else { options.application_name("hibob") };
        let stated = DatabaseTls::of(options.get_ssl_mode());
        if is_here(&options) || stated >= self.tls {
            return Ok(options);
        }
        let place = if has_mode(&self.url) {
            "the database's URL"
        } else if is_in_environment {
            MODE_VARIABLE
        } else {
            return Ok(options.ssl_mode(self.tls.mode()));
        };
        Err(HostError::configuration(
            format!(
                "{place} asks for less than {} on the way to a database on another machine, which would send it the password and the data",
                self.tls.word()
            ),
            format!(
                "leave sslmode out, with sslrootcert=FILE in the URL for an authority of your own; or say that less is enough: --database-tls {}",
                stated.word()
            ),
        ))
    }
}

/// Whether a URL has a mode of TLS.
fn has_mode(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| ["sslmode", "ssl-mode"].contains(&pair.split('=').next().unwrap_or_default()))
}

/// Whether the server is on this machine, as far as the address says so: a socket, or the machine's own network.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(url: &str, tls: DatabaseTls) -> Result<DatabaseTls, HostError> {
        DatabaseAddress::from(url)
            .with_tls(tls)
            .options_in(false)
            .map(|options| DatabaseTls::of(options.get_ssl_mode()))
    }

    #[test]
    fn a_connection_to_another_machine_is_verified_unless_the_operator_says_otherwise() {
        for (url, least, has) in [
            ("postgres://u@db.example/d", DatabaseTls::VerifyFull, DatabaseTls::VerifyFull),
            ("postgres://u@10.0.0.1/d?sslrootcert=ca.pem", DatabaseTls::VerifyFull, DatabaseTls::VerifyFull),
            ("postgres://u@db.example/d?sslmode=verify-full", DatabaseTls::None, DatabaseTls::VerifyFull),
            ("postgres://u@db.example/d", DatabaseTls::VerifyCa, DatabaseTls::VerifyCa),
            ("postgres://u@db.example/d", DatabaseTls::Require, DatabaseTls::Require),
            ("postgres://u@db.example/d?sslmode=disable", DatabaseTls::None, DatabaseTls::None),
            ("postgres://u@localhost.example/d", DatabaseTls::VerifyFull, DatabaseTls::VerifyFull),
            // On this machine nothing is asked for.
            ("postgres://u@localhost/d", DatabaseTls::VerifyFull, DatabaseTls::None),
            ("postgres://u@127.0.0.1/d?sslmode=require", DatabaseTls::VerifyFull, DatabaseTls::Require),
            ("postgres://u@[::1]/d", DatabaseTls::VerifyFull, DatabaseTls::None),
            ("postgres://u@db.example/d?host=/run/postgresql", DatabaseTls::VerifyFull, DatabaseTls::None),
        ] {
            assert_eq!(tls(url, least).unwrap(), has, "{url}");
        }
        for (url, least, word) in [
            ("postgres://u:geheim@db.example/d?sslmode=prefer", DatabaseTls::VerifyFull, "none"),
            ("postgres://u:geheim@db.example/d?sslmode=require", DatabaseTls::VerifyFull, "require"),
            ("postgres://u:geheim@db.example/d?ssl-mode=verify-ca", DatabaseTls::VerifyFull, "verify-ca"),
            ("postgres://u:geheim@db.example/d?a=b&sslmode=disable", DatabaseTls::Require, "none"),
            ("postgres://u:geheim@localhost/d?sslmode=allow&hostaddr=10.0.0.1", DatabaseTls::VerifyFull, "none"),
        ] {
            let error = tls(url, least).unwrap_err();
            assert!(error.to_string().contains("the database's URL asks for less than"), "{url}: {error}");
            assert!(error.remedy().ends_with(&format!("--database-tls {word}")), "{url}: {}", error.remedy());
            assert!(!format!("{error}{:?}", DatabaseAddress::from(url)).contains("geheim"));
        }
        // The variable of PostgreSQL's own programs does not weaken it either.
        let error = DatabaseAddress::from("postgres://u@db.example/d").options_in(true).unwrap_err();
        assert!(error.to_string().starts_with("PGSSLMODE asks for less"), "{error}");
        assert!("verify-ca".parse() == Ok(DatabaseTls::VerifyCa) && "prefer".parse::<DatabaseTls>().is_err());
    }
}
