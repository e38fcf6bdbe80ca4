//! What databases call the same thing.

/// The words of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Dialect {
    /// SQL as this database reads it. Statements are written with `$1` for arguments, `{bytes}` for the type of bytes, and `{text}`
    /// for that of text whose order is that of its bytes.
    pub(crate) fn translate(self, sql: &str) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => sql.replace('$', "?").replace("{bytes}", "blob").replace("{text}", "text"),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => sql.replace("{bytes}", "bytea").replace("{text}", "text collate \"C\""),
        }
    }
}
