//! Where state is kept, as one line of text.

use std::path::PathBuf;

use crate::Error;

/// A location that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    File(PathBuf),
    Memory,
    Sqlite(PathBuf),
    /// The whole of it, which may hold a password.
    Postgres(String),
}

const KNOWN: &str = "there are `file:PATH` (a directory), `sqlite:PATH` (a database file), `postgres://USER@HOST/DATABASE` and `memory:` (this process only)";

impl Location {
    pub(crate) fn parse(text: &str) -> Result<Location, Error> {
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            return Err(without_scheme(text));
        };
        match scheme {
            "file" => path(text, rest, "directory", "./state").map(Location::File),
            "sqlite" => path(text, rest, "database file", "./state.db").map(Location::Sqlite),
            "postgres" | "postgresql" => Ok(Location::Postgres(text.to_owned())),
            "memory" if rest.is_empty() => Ok(Location::Memory),
            "memory" => Err(Error::invalid(format!(
                "`{text}` has `{rest}` after `memory:`, which takes nothing; write `memory:`, or `file:PATH` for a directory"
            ))),
            _ => Err(Error::invalid(format!(
                "`{text}` names a kind of store, `{scheme}:`, that is not known; {KNOWN}"
            ))),
        }
    }
}

impl Location {
    /// Refuses a path at which there is nothing. Whatever else is wrong with it, opening it says better.
    pub(crate) fn check_exists(&self) -> Result<(), Error> {
        let (Location::File(path) | Location::Sqlite(path)) = self else { return Ok(()) };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                Err(Error::invalid(format!(
                    "there is no store at {}; nothing was ever written there",
                    whole.display()
                )))
            }
            _ => Ok(()),
        }
    }
}

/// One letter is a drive of Windows.
fn is_scheme(scheme: &str) -> bool {
    scheme.len() > 1 && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
}

fn without_scheme(text: &str) -> Error {
    if text.is_empty() {
        return Error::invalid(format!("the location of the state is empty; {KNOWN}"));
    }
    Error::invalid(format!(
        "`{text}` does not say what kind of store it is; for a directory write `file:{text}`"
    ))
}

fn path(text: &str, rest: &str, what: &str, example: &str) -> Result<PathBuf, Error> {
    let scheme = text.split(':').next().unwrap_or_default();
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() {
        return Err(Error::invalid(format!(
            "`{text}` names no {what}; write for example `{scheme}:{example}`"
        )));
    }
    if rest.starts_with("//") && !path.starts_with('/') {
        return Err(Error::invalid(format!(
            "`{text}` names a host before its path; write `{scheme}:{path}` for a relative path, or `{scheme}:/{path}` for an absolute one"
        )));
    }
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Location::parse(text).expect_err("it is refused").to_string()
    }

    #[test]
    fn directories_and_memory_are_known() {
        for (text, path) in [
            ("file:./state", "./state"),
            ("file:state", "state"),
            ("file:/var/state", "/var/state"),
            ("file:///var/state", "/var/state"),
            ("file:C:\\state", "C:\\state"),
            ("file:a:b", "a:b"),
        ] {
            assert_eq!(Location::parse(text), Ok(Location::File(path.into())), "{text}");
        }
        assert_eq!(Location::parse("memory:"), Ok(Location::Memory));
        for (text, path) in [("sqlite:./state.db", "./state.db"), ("sqlite:///var/state.db", "/var/state.db")]
        {
            assert_eq!(Location::parse(text), Ok(Location::Sqlite(path.into())), "{text}");
        }
        for text in ["postgres:", "postgres://me@host/state", "postgresql://host/state?sslmode=require"] {
            assert_eq!(Location::parse(text), Ok(Location::Postgres(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_refused_says_how_to_write_it() {
        for path in ["./state", "state", "/var/state", "C:\\state"] {
            assert!(refusal(path).contains(&format!("write `file:{path}`")), "{}", refusal(path));
        }
        assert!(refusal("").contains("`file:PATH`"));
        assert!(refusal("file:").contains("`file:./state`"));
        assert!(refusal("file://state").contains("`file:state`"));
        assert!(refusal("sqlite:").contains("`sqlite:./state.db`"));
        assert!(refusal("sqlite://state.db").contains("`sqlite:state.db`"));
        assert!(refusal("memory:x").contains("`memory:`"));
        assert!(refusal("redis://host").contains("`file:PATH`"));
    }
}
