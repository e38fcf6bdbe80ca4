//! What databases call the same thing.

/// The words of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each is used by one feature")]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    #[cfg(test)]
    pub(crate) const ALL: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

    /// SQL as this database reads it.
    pub(crate) fn translate(self, sql: &str) -> String {
        match self {
            Dialect::Sqlite => sql.replace('$', "?").replace("{bytes}", "blob").replace("{text}", "text"),
            Dialect::Postgres => sql.replace("{bytes}", "bytea").replace("{text}", "text collate \"C\""),
        }
    }

    /// The name of the statement that takes a version.
    pub(crate) fn append(self) -> &'static str {
        match self {
            Dialect::Sqlite => "append.sqlite",
            Dialect::Postgres => "append.postgres",
        }
    }

    /// The name of what comes before it, if there is something.
    pub(crate) fn move_head(self) -> &'static str {
        match self {
            Dialect::Sqlite => "append.sqlite.move_head",
            Dialect::Postgres => "append.postgres.move_head",
        }
    }
}
