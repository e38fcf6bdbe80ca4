//! Where the server is: the URL, and what the environment says.

use std::path::Path;

use highwater_store::StoreError;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::limits::CONNECT_WAIT;

/// Where sockets of a server on this machine are found.
const SOCKETS: &str = "/var/run/postgresql";

pub(super) struct Location {
    pub(super) config: Config,
    pub(super) certificates: Certificates,
    /// For messages: without the password.
    pub(super) place: String,
}

/// Whom to believe that it is the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Certificates {
    /// Anybody: what is asked for is a connection that nobody can read along with, if there can be one.
    Any,
    /// Whoever the system trusts.
    System,
    /// Whoever the certificates of this file vouch for.
    File(String),
}

pub(super) fn parse(url: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Location, StoreError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut mode = environment("PGSSLMODE");
    let mut root = environment("PGSSLROOTCERT");
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => root = Some(value.replace("%2F", "/").replace("%2f", "/")),
            _ => rest.push(pair),
        }
    }
    let scheme = base.split(':').next().unwrap_or_default();
    let base = if base.ends_with(':') { format!("{scheme}://") } else { base.to_owned() };
    let text = if rest.is_empty() { base } else { format!("{base}?{}", rest.join("&")) };
    // What the parser says may quote the password.
    let mut config = text.parse::<Config>().map_err(|_| unclear(scheme))?;
    fill(&mut config, environment)?;
    let (ssl_mode, certificates) = checks(mode.as_deref(), root)?;
    config.ssl_mode(ssl_mode).connect_timeout(CONNECT_WAIT);
    if config.get_application_name().is_none() {
        config.application_name("highwater");
    }
    let place = place(&config);
    Ok(Location { config, certificates, place })
}

fn unclear(scheme: &str) -> StoreError {
    StoreError::Unsupported {
        message: format!(
            "the location of the server is not understood; write it as {scheme}://user@host:5432/database, with %40 for an @ in a name or password, or leave the password to PGPASSWORD"
        ),
    }
}

/// What the URL leaves out.
fn fill(config: &mut Config, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), StoreError> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        match environment("PGHOST") {
            Some(host) => config.host(host),
            None if Path::new(SOCKETS).is_dir() => config.host(SOCKETS),
            None => config.host("localhost"),
        };
    }
    if config.get_ports().is_empty()
        && let Some(port) = environment("PGPORT")
    {
        let port = port.parse().map_err(|_| StoreError::Unsupported {
            message: format!("PGPORT is `{port}`, which is no port; write a number up to 65535"),
        })?;
        config.port(port);
    }
    if config.get_user().is_none()
        && let Some(user) = environment("PGUSER")
    {
        config.user(user);
    }
    if config.get_password().is_none()
        && let Some(password) = environment("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_dbname().is_none()
        && let Some(database) = environment("PGDATABASE")
    {
        config.dbname(database);
    }
    Ok(())
}

fn checks(mode: Option<&str>, root: Option<String>) -> Result<(SslMode, Certificates), StoreError> {
    let vouched = root.map_or(Certificates::System, Certificates::File);
    match mode {
        Some("disable") => Ok((SslMode::Disable, Certificates::Any)),
        // A file that is named is there to be gone by.
        None | Some("prefer" | "allow") if vouched == Certificates::System => {
            Ok((SslMode::Prefer, Certificates::Any))
        }
        None | Some("require" | "verify-ca" | "verify-full") => Ok((SslMode::Require, vouched)),
        Some("prefer" | "allow") => Ok((SslMode::Prefer, vouched)),
        Some(other) => Err(StoreError::Unsupported {
            message: format!(
                "sslmode is `{other}`; there are disable, prefer, require, verify-ca and verify-full"
            ),
        }),
    }
}

fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        #[allow(unreachable_patterns, reason = "sockets are only known on Unix")]
        _ => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("the Postgres server at {host}{port}, database `{database}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn what_the_url_leaves_out_is_in_the_environment() {
        let environment = |name: &str| match name {
            "PGHOST" => Some("db.example".to_owned()),
            "PGPORT" => Some("6432".to_owned()),
            "PGUSER" => Some("loader".to_owned()),
            "PGPASSWORD" => Some("secret".to_owned()),
            "PGDATABASE" => Some("state".to_owned()),
            _ => None,
        };
        let found = parse("postgres:", &environment).expect("all of it is known");
        assert_eq!(found.place, "the Postgres server at db.example:6432, database `state`");
        assert_eq!(found.config.get_password(), Some(&b"secret"[..]));
        let named =
            parse("postgresql://me:mine@other:1/mine?application_name=x", &environment).expect("a URL");
        assert_eq!(named.place, "the Postgres server at other:1, database `mine`");
        assert_eq!(named.config.get_user(), Some("me"));
        assert_eq!(named.config.get_password(), Some(&b"mine"[..]));
        assert_eq!(named.config.get_application_name(), Some("x"));
    }

    #[test]
    fn modes_say_who_is_believed() {
        let of =
            |url: &str| parse(url, &nothing).map(|found| (found.config.get_ssl_mode(), found.certificates));
        let checked = |mode, certificates| Ok((mode, certificates));
        assert_eq!(of("postgres://h/d"), checked(SslMode::Prefer, Certificates::Any));
        assert_eq!(of("postgres://h/d?sslmode=disable"), checked(SslMode::Disable, Certificates::Any));
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://h/d?sslmode={mode}");
            assert_eq!(of(&url), checked(SslMode::Require, Certificates::System));
        }
        let file = || Certificates::File("/etc/ca.pem".to_owned());
        assert_eq!(of("postgres://h/d?sslrootcert=/etc/ca.pem"), checked(SslMode::Require, file()));
        let both = "postgres://h/d?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem";
        assert_eq!(of(both), checked(SslMode::Require, file()));
        assert!(of("postgres://h/d?sslmode=yes").is_err());
    }

    #[test]
    fn a_password_is_never_repeated() {
        let error = parse("postgres://me:hush@h:port/d", &nothing).err().expect("the port is no number");
        assert!(!error.to_string().contains("hush"), "{error}");
        let found = parse("postgres://me:hush@h/d", &nothing).expect("a URL");
        assert!(!found.place.contains("hush"), "{}", found.place);
    }
}
