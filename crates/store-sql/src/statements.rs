//! All SQL that the store runs, in the words of one database.

use crate::dialect::Dialect;

/// The statements of each operation. Those of one field are one transaction.
pub(crate) struct Statements {
    /// `key, version`; absent where `append` does it too.
    pub(crate) move_head: Option<String>,
    /// `key, version, bytes`. It changes one row if the version was free, and none otherwise.
    pub(crate) append: String,
    /// `key`.
    pub(crate) make: String,
    pub(crate) head: String,
    pub(crate) read: String,
    /// `key, version`.
    pub(crate) read_from: String,
    /// `key`.
    pub(crate) read_all: String,
    /// `key, version, bytes`, then `key`, then `key`.
    pub(crate) put_snapshot: [String; 3],
    /// `key, version`, then `key`.
    pub(crate) trim: [String; 2],
    /// `key`, then `key, version`, then `key, version, bytes`, then `key`.
    pub(crate) reset: [String; 4],
    /// `first key, most`.
    pub(crate) list: String,
    /// `key, worker, bytes`.
    pub(crate) beat: String,
    /// `key, worker`.
    pub(crate) delete_beat: String,
    /// `key`.
    pub(crate) beats: String,
    /// `key, name, bytes`.
    pub(crate) put_backup: String,
    /// `key`.
    pub(crate) backups: String,
    /// `key, name`.
    pub(crate) read_backup: String,
    /// `key, name`.
    pub(crate) delete_backup: String,
}

impl Statements {
    pub(crate) fn new(dialect: Dialect) -> Statements {
        let one = |sql: &str| dialect.translate(sql);
        Statements {
            move_head: append(dialect).0.map(one),
            append: one(append(dialect).1),
            make: one(MAKE),
            head: one("select head from highwater_journals where key = $1"),
            read: one(&with_journal(READ)),
            read_from: one(&with_journal(READ_FROM)),
            read_all: one(&with_journal(READ_ALL)),
            put_snapshot: PUT_SNAPSHOT.map(one),
            trim: TRIM.map(one),
            reset: RESET.map(one),
            list: one(LIST),
            beat: one(BEAT),
            delete_beat: one("delete from highwater_beats where key = $1 and worker = $2"),
            beats: one("select worker, bytes from highwater_beats where key = $1 order by worker"),
            put_backup: one(PUT_BACKUP),
            backups: one("select name, length(bytes) from highwater_backups where key = $1 order by name"),
            read_backup: one("select bytes from highwater_backups where key = $1 and name = $2"),
            delete_backup: one("delete from highwater_backups where key = $1 and name = $2"),
        }
    }
}

const MAKE: &str = "insert into highwater_journals (key) values ($1) on conflict (key) do nothing";

/// How a version is taken: in both forms the row of the journal is changed first, and who waits for that row sees a head that has
/// moved. It is not enough that the record's key is free, since it is also free when the record was appended and trimmed by others in
/// the meantime.
fn append(dialect: Dialect) -> (Option<&'static str>, &'static str) {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => (
            Some("update highwater_journals set head = $2 where key = $1 and head = $2 - 1"),
            "insert into highwater_records (key, generation, version, bytes)
             select key, generation, $2, $3 from highwater_journals where key = $1 and head = $2 and floor < $2
             on conflict do nothing",
        ),
        // One round trip.
        #[cfg(feature = "postgres")]
        Dialect::Postgres => (
            None,
            "with moved as (
                update highwater_journals set head = cast($2 as bigint)
                where key = $1 and head = cast($2 as bigint) - 1 returning key, generation
             )
             insert into highwater_records (key, generation, version, bytes)
             select key, generation, cast($2 as bigint), cast($3 as bytea) from moved on conflict do nothing",
        ),
    }
}

/// Rows of what a journal holds begin with one of these numbers, those of records with another one.
pub(crate) const HEAD: u64 = 0;
pub(crate) const FLOOR: u64 = 1;
pub(crate) const SNAPSHOT: u64 = 2;

/// A select over the journal `j`, its head and its floor before it: one statement, so that all of it is of one moment.
fn with_journal(rest: &str) -> String {
    format!(
        "with j as (select key, generation, head, floor from highwater_journals where key = $1)
         {rest}
         union all select {HEAD}, head, cast(null as {{bytes}}) from j
         union all select {FLOOR}, floor, cast(null as {{bytes}}) from j"
    )
}

const READ: &str = ", s as (
        select s.version, s.bytes from highwater_snapshots s join j on s.key = j.key and s.generation = j.generation
        order by s.version desc limit 1
    )
    select 2, s.version, s.bytes from s
    union all
    select 3, r.version, r.bytes from highwater_records r join j on r.key = j.key and r.generation = j.generation
    where r.version > coalesce((select version from s), 0)";

const READ_FROM: &str =
    "select 3, r.version, r.bytes from highwater_records r join j on r.key = j.key and r.generation = j.generation
    where r.version >= cast($2 as bigint)";

const READ_ALL: &str =
    "select 3, r.version, r.bytes from highwater_records r join j on r.key = j.key and r.generation = j.generation
    union all
    select 2, s.version, s.bytes from highwater_snapshots s join j on s.key = j.key and s.generation = j.generation";

const PUT_SNAPSHOT: [&str; 3] = [
    "insert into highwater_snapshots (key, generation, version, bytes)
     select key, generation, cast($2 as bigint), cast($3 as {bytes}) from highwater_journals
     where key = $1 and head >= cast($2 as bigint) and floor <= cast($2 as bigint)
     on conflict do nothing",
    // Two are kept: should the newer one turn out to be damaged, the older one and the records after it are all that is needed.
    "delete from highwater_snapshots where key = $1
     and generation = (select generation from highwater_journals where key = $1)
     and version < (
        select s.version from highwater_snapshots s join highwater_journals j on s.key = j.key and s.generation = j.generation
        where j.key = $1 order by s.version desc limit 1 offset 1
     )",
    "select head from highwater_journals where key = $1",
];

/// Up to the older of two snapshots; with one or none, nothing goes.
const TRIM: [&str; 2] = [
    "update highwater_journals set floor = (
        select case when s.version < cast($2 as bigint) then s.version else cast($2 as bigint) end
        from highwater_snapshots s where s.key = highwater_journals.key and s.generation = highwater_journals.generation
        order by s.version desc limit 1 offset 1
     )
     where key = $1 and floor < (
        select case when s.version < cast($2 as bigint) then s.version else cast($2 as bigint) end
        from highwater_snapshots s where s.key = highwater_journals.key and s.generation = highwater_journals.generation
        order by s.version desc limit 1 offset 1
     )",
    "delete from highwater_records where key = $1
     and generation = (select generation from highwater_journals where key = $1)
     and version <= (select floor from highwater_journals where key = $1)",
];

const RESET: [&str; 4] = [
    MAKE,
    "update highwater_journals
     set previous_head = head, head = cast($2 as bigint), floor = cast($2 as bigint), generation = generation + 1
     where key = $1 and head < cast($2 as bigint)",
    // Where somebody else has the version, the snapshot of his new start is there already.
    "insert into highwater_snapshots (key, generation, version, bytes)
     select key, generation, cast($2 as bigint), cast($3 as {bytes}) from highwater_journals
     where key = $1 and head = cast($2 as bigint) and floor = cast($2 as bigint)
     on conflict do nothing",
    "select previous_head, generation from highwater_journals where key = $1",
];

const LIST: &str =
    "select key from highwater_journals where head > 0 and key >= $1 order by key limit cast($2 as bigint)";

const BEAT: &str = "insert into highwater_beats (key, worker, bytes) values ($1, $2, $3)
    on conflict (key, worker) do update set bytes = excluded.bytes";

const PUT_BACKUP: &str =
    "insert into highwater_backups (key, name, bytes) values ($1, $2, $3) on conflict (key, name) do nothing";
