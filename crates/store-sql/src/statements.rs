//! The SQL of `sql/statements.sql`, in the words of one database.

use std::collections::BTreeMap;

use crate::dialect::Dialect;

const SQL: &str = include_str!("../sql/statements.sql");

/// Rows of what a journal holds begin with one of these numbers, those of records with another one.
pub(crate) const HEAD: u64 = 0;
pub(crate) const FLOOR: u64 = 1;
pub(crate) const SNAPSHOT: u64 = 2;

/// All statements, by name.
pub(crate) struct Statements {
    by_name: BTreeMap<&'static str, String>,
    append: &'static str,
    move_head: &'static str,
}

impl Statements {
    pub(crate) fn new(dialect: Dialect) -> Statements {
        let sections = SQL.split("\n--- ").skip(1);
        let named = sections.filter_map(|section| section.split_once('\n'));
        let by_name = named.map(|(name, text)| (name, dialect.translate(&without_comments(text)))).collect();
        Statements { by_name, append: dialect.append(), move_head: dialect.move_head() }
    }

    /// A statement that is there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.by_name.get(name).map_or_else(|| unreachable!("there is no statement `{name}`"), String::as_str)
    }

    /// What takes a version: it changes one row if that was free.
    pub(crate) fn append(&self) -> &str {
        self.get(self.append)
    }

    /// What comes before it in the same transaction, where it does not do all.
    pub(crate) fn move_head(&self) -> Option<&str> {
        self.by_name.get(self.move_head).map(String::as_str)
    }

    /// The statements that make the tables of a number out of those of the one before it.
    pub(crate) fn step(&self, number: u64) -> impl Iterator<Item = &str> {
        let prefix = format!("schema.{number}.");
        let steps = self.by_name.iter().filter(move |(name, _)| name.starts_with(&prefix));
        steps.map(|(_, sql)| sql.as_str())
    }
}

fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SCHEMA_NUMBER;

    #[test]
    fn every_statement_is_whole() {
        for dialect in Dialect::ALL {
            let statements = Statements::new(dialect);
            for (name, sql) in &statements.by_name {
                assert!(!sql.is_empty() && !sql.contains("--") && !sql.contains(['{', ';']), "{name}: {sql}");
            }
            assert!(statements.step(SCHEMA_NUMBER).count() > 0);
            assert_eq!(statements.step(SCHEMA_NUMBER + 1).count(), 0, "SCHEMA_NUMBER is behind the steps");
            assert!(statements.append().contains("highwater_records"));
        }
    }
}
