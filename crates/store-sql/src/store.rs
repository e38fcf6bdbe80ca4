//! The store: what the statements' answers mean.

use highwater_store::limits::LIST_PAGE_KEYS;
use highwater_store::{
    Append, BackupFile, Damage, Journal, Page, Reset, Retained, Store, StoreError, StoreFuture, Tail,
    Versioned, check_backup_name, check_beat, check_key, check_reset, check_worker,
};

use crate::database::{Cell, Database, Outcome, Statement};
use crate::limits::VERSION;
use crate::schema::{self, Missing};
use crate::statements::{self, Statements};

/// A store in a database. Make one with [`SqlStore::open_sqlite`] or [`SqlStore::connect_postgres`].
pub struct SqlStore {
    database: Box<dyn Database>,
    statements: Statements,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("place", &self.database.place()).finish_non_exhaustive()
    }
}

/// What one statement gave about a journal, sorted out.
#[derive(Default)]
struct Parts {
    /// Absent where there is no journal.
    head: Option<u64>,
    floor: u64,
    /// In order of version.
    snapshots: Vec<Versioned>,
    records: Vec<Versioned>,
}

fn key(key: &str) -> Cell {
    Cell::Text(key.to_owned())
}

fn version(version: u64) -> Cell {
    Cell::Integer(i64::try_from(version).unwrap_or(i64::MAX))
}

fn check_version(key: &str, version: u64) -> Result<(), StoreError> {
    check_key(key)?;
    if version == 0 { Err(StoreError::version_zero(key)) } else { Ok(()) }
}

fn check_backup(key: &str, name: &str) -> Result<(), StoreError> {
    check_key(key)?;
    check_backup_name(name)
}

impl SqlStore {
    /// A store in a database.
    pub(crate) async fn new(
        database: impl Database + 'static,
        missing: Missing,
    ) -> Result<SqlStore, StoreError> {
        let statements = Statements::new(database.dialect());
        schema::prepare(&database, &statements, missing).await?;
        Ok(SqlStore { database: Box::new(database), statements })
    }

    async fn one(&self, sql: &str, arguments: Vec<Cell>) -> Result<Outcome, StoreError> {
        let outcomes = self.database.run(vec![Statement { sql, arguments }]).await?;
        Ok(outcomes.into_iter().next().unwrap_or_default())
    }

    /// The last version; absent where there is no journal.
    async fn head(&self, of: &str) -> Result<Option<u64>, StoreError> {
        let outcome = self.one(self.statements.get("head"), vec![key(of)]).await?;
        first(&outcome).map(Cell::integer).transpose()
    }

    async fn parts(&self, sql: &str, arguments: Vec<Cell>) -> Result<Parts, StoreError> {
        let mut parts = Parts::default();
        for row in self.one(sql, arguments).await?.rows {
            let Ok([part, number, bytes]) = <[Cell; 3]>::try_from(row) else { continue };
            let (part, number) = (part.integer()?, number.integer()?);
            match part {
                statements::HEAD => parts.head = Some(number),
                statements::FLOOR => parts.floor = number,
                statements::SNAPSHOT => {
                    parts.snapshots.push(Versioned { version: number, bytes: bytes.bytes()? });
                }
                _ => parts.records.push(Versioned { version: number, bytes: bytes.bytes()? }),
            }
        }
        parts.snapshots.sort_unstable_by_key(|snapshot| snapshot.version);
        parts.records.sort_unstable_by_key(|record| record.version);
        Ok(parts)
    }

    /// Refuses a tail that does not go from `first` to `head`.
    fn check_whole(&self, of: &str, records: &[Versioned], first: u64, head: u64) -> Result<(), StoreError> {
        match gaps(records, first, head).first() {
            None => Ok(()),
            Some(gap) => Err(StoreError::Corrupt {
                what: format!(
                    "{}; restore the database from a backup, or start anew from what is left with `highwater repair`",
                    gap_words(gap)
                ),
                place: self.place_of(of),
            }),
        }
    }

    fn place_of(&self, of: &str) -> String {
        format!("table highwater_records of {}, key `{of}`", self.database.place())
    }

    async fn try_append(&self, of: &str, at: u64, bytes: &[u8]) -> Result<bool, StoreError> {
        let move_head = self.statements.move_head();
        let move_head = move_head.map(|sql| Statement { sql, arguments: vec![key(of), version(at)] });
        let arguments = vec![key(of), version(at), Cell::Bytes(bytes.to_vec())];
        let statements =
            move_head.into_iter().chain([Statement { sql: self.statements.append(), arguments }]);
        let outcomes = self.database.run(statements.collect()).await?;
        Ok(outcomes.last().is_some_and(|outcome| outcome.changed == 1))
    }

    async fn append_at(&self, of: &str, at: u64, bytes: Vec<u8>) -> Result<Append, StoreError> {
        if at > VERSION {
            let head = self.head(of).await?.unwrap_or(0);
            return Err(StoreError::gap(of, at, head));
        }
        loop {
            if self.try_append(of, at, &bytes).await? {
                return Ok(Append::Appended);
            }
            match self.head(of).await? {
                Some(head) if at <= head => return Ok(Append::Taken),
                // It came there in between.
                Some(head) if at == head + 1 && head > 0 => {}
                None | Some(0) if at == 1 => {
                    self.one(self.statements.get("make"), vec![key(of)]).await?;
                }
                head => return Err(StoreError::gap(of, at, head.unwrap_or(0))),
            }
        }
    }

    async fn put_snapshot_at(&self, of: &str, at: u64, bytes: Vec<u8>) -> Result<(), StoreError> {
        let named = |name| self.statements.get(name);
        let above = |head| Err(StoreError::snapshot_above_head(of, at, head));
        if at > VERSION {
            return above(self.head(of).await?.unwrap_or(0));
        }
        let statements = vec![
            Statement {
                sql: named("put_snapshot"),
                arguments: vec![key(of), version(at), Cell::Bytes(bytes)],
            },
            Statement { sql: named("put_snapshot.keep_two"), arguments: vec![key(of)] },
            Statement { sql: named("head"), arguments: vec![key(of)] },
        ];
        let outcomes = self.database.run(statements).await?;
        let head = outcomes.last().and_then(first).map_or(Ok(0), Cell::integer)?;
        if at > head { above(head) } else { Ok(()) }
    }

    async fn reset_at(&self, of: &str, at: u64, bytes: Vec<u8>) -> Result<Reset, StoreError> {
        if at >= VERSION {
            return Err(StoreError::Unsupported {
                message: format!(
                    "`{of}` cannot start anew at version {at}: a database counts versions up to {VERSION}, and one must be left after it"
                ),
            });
        }
        let named = |name| self.statements.get(name);
        let statements = vec![
            Statement { sql: named("make"), arguments: vec![key(of)] },
            Statement { sql: named("reset"), arguments: vec![key(of), version(at)] },
            Statement {
                sql: named("reset.snapshot"),
                arguments: vec![key(of), version(at), Cell::Bytes(bytes)],
            },
            Statement { sql: named("reset.before"), arguments: vec![key(of)] },
        ];
        let outcomes = self.database.run(statements).await?;
        if outcomes.get(1).is_none_or(|outcome| outcome.changed == 0) {
            return Ok(Reset::Taken);
        }
        let row = outcomes.last().and_then(|outcome| outcome.rows.first());
        let [previous_head, generation] = match row.map(Vec::as_slice) {
            Some([previous_head, generation]) => [previous_head.integer()?, generation.integer()?],
            _ => [0, 0],
        };
        let place = || format!("{}, generation {}", self.place_of(of), generation.saturating_sub(1));
        Ok(Reset::Done { set_aside: (previous_head > 0).then(place) })
    }

    async fn page(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, LIST_PAGE_KEYS);
        let start = cursor.filter(|cursor| *cursor >= prefix);
        // The cursor itself, and one to see whether there are more.
        let most = Cell::Integer(i64::try_from(limit + 2).unwrap_or(i64::MAX));
        let outcome = self.one(self.statements.get("list"), vec![key(start.unwrap_or(prefix)), most]).await?;
        let mut keys = Vec::with_capacity(outcome.rows.len());
        for row in outcome.rows {
            let key = row.into_iter().next().map_or(Ok(String::new()), Cell::text)?;
            if Some(key.as_str()) == start {
                continue;
            }
            if !key.starts_with(prefix) {
                break;
            }
            keys.push(key);
        }
        let more = keys.len() > limit;
        keys.truncate(limit);
        let next = keys.last().filter(|_| more).cloned();
        Ok(Page { keys, next })
    }

    async fn put_backup_as(&self, of: &str, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let arguments = vec![key(of), key(name), Cell::Bytes(bytes.clone())];
        if self.one(self.statements.get("put_backup"), arguments).await?.changed == 1 {
            return Ok(());
        }
        match self.backup(of, name).await? {
            Some(kept) if kept == bytes => Ok(()),
            // None: it was deleted a moment ago. Whoever did that is about to choose other names, or none.
            _ => Err(StoreError::backup_differs(of, name)),
        }
    }

    async fn backup(&self, of: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let outcome = self.one(self.statements.get("read_backup"), vec![key(of), key(name)]).await?;
        outcome.rows.into_iter().next().and_then(|row| row.into_iter().next()).map(Cell::bytes).transpose()
    }
}

fn first(outcome: &Outcome) -> Option<&Cell> {
    outcome.rows.first().and_then(|row| row.first())
}

/// Name and content of each row.
fn pairs(outcome: Outcome) -> impl Iterator<Item = Result<(String, Cell), StoreError>> {
    outcome.rows.into_iter().filter_map(|row| {
        let [name, content] = <[Cell; 2]>::try_from(row).ok()?;
        Some(name.text().map(|name| (name, content)))
    })
}

/// The versions from `first` to `last` that are not among the records, as ranges.
fn gaps(records: &[Versioned], first: u64, last: u64) -> Vec<(u64, u64)> {
    let mut gaps = Vec::new();
    let mut next = first;
    for record in records.iter().filter(|record| record.version >= first) {
        if record.version > next {
            gaps.push((next, record.version - 1));
        }
        next = record.version.saturating_add(1);
    }
    if next <= last {
        gaps.push((next, last));
    }
    gaps
}

fn gap_words((from, to): &(u64, u64)) -> String {
    if from == to {
        format!("the record of version {from} is missing")
    } else {
        format!("the records of versions {from} to {to} are missing")
    }
}

impl Store for SqlStore {
    fn read<'a>(&'a self, of: &'a str) -> StoreFuture<'a, Journal> {
        Box::pin(async move {
            check_key(of)?;
            let mut parts = self.parts(self.statements.get("read"), vec![key(of)]).await?;
            let snapshot = parts.snapshots.pop();
            let after = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
            self.check_whole(of, &parts.records, after + 1, parts.head.unwrap_or(0))?;
            Ok(Journal { snapshot, tail: parts.records, damage: Vec::new() })
        })
    }

    fn read_from<'a>(&'a self, of: &'a str, from: u64) -> StoreFuture<'a, Tail> {
        Box::pin(async move {
            check_key(of)?;
            let from = from.max(1);
            let parts = self.parts(self.statements.get("read_from"), vec![key(of), version(from)]).await?;
            if from <= parts.floor {
                return Ok(Tail::Trimmed { floor: parts.floor + 1 });
            }
            self.check_whole(of, &parts.records, from, parts.head.unwrap_or(0))?;
            Ok(Tail::Records { records: parts.records, damage: Vec::new() })
        })
    }

    fn append<'a>(&'a self, of: &'a str, at: u64, bytes: Vec<u8>) -> StoreFuture<'a, Append> {
        Box::pin(async move {
            check_version(of, at)?;
            self.append_at(of, at, bytes).await
        })
    }

    fn put_snapshot<'a>(&'a self, of: &'a str, at: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_version(of, at)?;
            self.put_snapshot_at(of, at, bytes).await
        })
    }

    fn trim<'a>(&'a self, of: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_key(of)?;
            let named = |name| self.statements.get(name);
            let statements = vec![
                Statement { sql: named("trim"), arguments: vec![key(of), version(up_to)] },
                Statement { sql: named("trim.records"), arguments: vec![key(of)] },
            ];
            self.database.run(statements).await.map(drop)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page> {
        Box::pin(self.page(prefix, cursor, limit))
    }

    fn beat<'a>(&'a self, of: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_key(of)?;
            check_worker(worker)?;
            check_beat(&bytes)?;
            let names = vec![key(of), key(worker)];
            if bytes.is_empty() {
                return self.one(self.statements.get("delete_beat"), names).await.map(drop);
            }
            let arguments = names.into_iter().chain([Cell::Bytes(bytes)]).collect();
            self.one(self.statements.get("beat"), arguments).await.map(drop)
        })
    }

    fn beats<'a>(&'a self, of: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(async move {
            check_key(of)?;
            let outcome = self.one(self.statements.get("beats"), vec![key(of)]).await?;
            pairs(outcome).map(|pair| pair.and_then(|(worker, bytes)| Ok((worker, bytes.bytes()?)))).collect()
        })
    }

    fn read_all<'a>(&'a self, of: &'a str) -> StoreFuture<'a, Retained> {
        Box::pin(async move {
            check_key(of)?;
            let Parts { head, floor, snapshots, records } =
                self.parts(self.statements.get("read_all"), vec![key(of)]).await?;
            let known = snapshots.last().into_iter().chain(records.last()).map(|last| last.version).max();
            let last_version = head.unwrap_or(0).max(known.unwrap_or(0));
            let damage = gaps(&records, floor + 1, last_version);
            let damage = damage.iter().map(|gap| Damage { what: gap_words(gap), place: self.place_of(of) });
            Ok(Retained { damage: damage.collect(), snapshots, records, last_version })
        })
    }

    fn reset<'a>(&'a self, of: &'a str, at: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset> {
        Box::pin(async move {
            check_reset(of, at)?;
            self.reset_at(of, at, bytes).await
        })
    }

    fn put_backup<'a>(&'a self, of: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_backup(of, name)?;
            self.put_backup_as(of, name, bytes).await
        })
    }

    fn backups<'a>(&'a self, of: &'a str) -> StoreFuture<'a, Vec<BackupFile>> {
        Box::pin(async move {
            check_key(of)?;
            let outcome = self.one(self.statements.get("backups"), vec![key(of)]).await?;
            let backup = |(name, size): (String, Cell)| Ok(BackupFile { name, size_bytes: size.integer()? });
            pairs(outcome).map(|pair| pair.and_then(backup)).collect()
        })
    }

    fn read_backup<'a>(&'a self, of: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            check_backup(of, name)?;
            self.backup(of, name).await
        })
    }

    fn delete_backup<'a>(&'a self, of: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_backup(of, name)?;
            self.one(self.statements.get("delete_backup"), vec![key(of), key(name)]).await.map(drop)
        })
    }

    /// Other writers of one file or one server are milliseconds away, which is what this is about.
    fn is_local(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let at = |versions: &[u64]| -> Vec<Versioned> {
            versions.iter().map(|&version| Versioned { version, bytes: Vec::new() }).collect()
        };
        assert_eq!(gaps(&at(&[1, 2, 3]), 1, 3), []);
        assert_eq!(gaps(&at(&[]), 1, 0), []);
        assert_eq!(gaps(&at(&[4]), 1, 6), [(1, 3), (5, 6)]);
        assert_eq!(gap_words(&(3, 3)), "the record of version 3 is missing");
        assert_eq!(gap_words(&(3, 5)), "the records of versions 3 to 5 are missing");
    }
}
