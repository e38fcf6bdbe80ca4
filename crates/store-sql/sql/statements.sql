-- Every statement that the stores in databases run, in Rust and in TypeScript. A line `--- name` begins one; `$1` is an argument, in
-- SQLite `?1`; `{bytes}` is `blob` in SQLite and `bytea` in Postgres. Statements of one operation are one transaction.

--- make
-- key
insert into highwater_journals (key) values ($1) on conflict (key) do nothing

--- head
-- key
select head from highwater_journals where key = $1

-- How a version is taken. In both databases the row of the journal is changed first, and who waits for that row sees a head that has
-- moved. It is not enough that the record's key is free: it is also free when others appended the record and trimmed it in the meantime.
-- The last statement changes one row if the version was free, and none otherwise.

--- append.sqlite.move_head
-- key, version
update highwater_journals set head = $2 where key = $1 and head = $2 - 1

--- append.sqlite
-- key, version, bytes
insert into highwater_records (key, generation, version, bytes)
select key, generation, $2, $3 from highwater_journals where key = $1 and head = $2 and floor < $2
on conflict do nothing

--- append.postgres
-- key, version, bytes; one round trip
with moved as (
    update highwater_journals set head = cast($2 as bigint)
    where key = $1 and head = cast($2 as bigint) - 1 returning key, generation
)
insert into highwater_records (key, generation, version, bytes)
select key, generation, cast($2 as bigint), cast($3 as bytea) from moved
on conflict do nothing

-- What a journal holds: rows of part, version and bytes. Part 0 is the head, 1 the floor, 2 a snapshot, 3 a record. One statement, so
-- that all of it is of one moment.

--- read
-- key
with j as (select key, generation, head, floor from highwater_journals where key = $1),
s as (
    select s.version, s.bytes from highwater_snapshots s join j on s.key = j.key and s.generation = j.generation
    order by s.version desc limit 1
)
select 2, s.version, s.bytes from s
union all
select 3, r.version, r.bytes from highwater_records r join j on r.key = j.key and r.generation = j.generation
where r.version > coalesce((select version from s), 0)
union all select 0, head, cast(null as {bytes}) from j
union all select 1, floor, cast(null as {bytes}) from j

--- read_from
-- key, version
with j as (select key, generation, head, floor from highwater_journals where key = $1)
select 3, r.version, r.bytes from highwater_records r join j on r.key = j.key and r.generation = j.generation
where r.version >= cast($2 as bigint)
union all select 0, head, cast(null as {bytes}) from j
union all select 1, floor, cast(null as {bytes}) from j

--- read_all
-- key
with j as (select key, generation, head, floor from highwater_journals where key = $1)
select 3, r.version, r.bytes from highwater_records r join j on r.key = j.key and r.generation = j.generation
union all
select 2, s.version, s.bytes from highwater_snapshots s join j on s.key = j.key and s.generation = j.generation
union all select 0, head, cast(null as {bytes}) from j
union all select 1, floor, cast(null as {bytes}) from j

--- put_snapshot
-- key, version, bytes; one below the floor is dropped
insert into highwater_snapshots (key, generation, version, bytes)
select key, generation, cast($2 as bigint), cast($3 as {bytes}) from highwater_journals
where key = $1 and head >= cast($2 as bigint) and floor <= cast($2 as bigint)
on conflict do nothing

--- put_snapshot.keep_two
-- key; should the newer one turn out to be damaged, the older one and the records after it are all that is needed
delete from highwater_snapshots where key = $1
and generation = (select generation from highwater_journals where key = $1)
and version < (
    select s.version from highwater_snapshots s join highwater_journals j on s.key = j.key and s.generation = j.generation
    where j.key = $1 order by s.version desc limit 1 offset 1
)

--- trim
-- key, version; up to the older of two snapshots, and with one or none nothing goes
update highwater_journals set floor = (
    select case when s.version < cast($2 as bigint) then s.version else cast($2 as bigint) end
    from highwater_snapshots s where s.key = highwater_journals.key and s.generation = highwater_journals.generation
    order by s.version desc limit 1 offset 1
)
where key = $1 and floor < (
    select case when s.version < cast($2 as bigint) then s.version else cast($2 as bigint) end
    from highwater_snapshots s where s.key = highwater_journals.key and s.generation = highwater_journals.generation
    order by s.version desc limit 1 offset 1
)

--- trim.records
-- key
delete from highwater_records where key = $1
and generation = (select generation from highwater_journals where key = $1)
and version <= (select floor from highwater_journals where key = $1)

--- reset
-- key, version; after `make`. What was there stays where it is, in a generation that nobody reads
update highwater_journals
set previous_head = head, head = cast($2 as bigint), floor = cast($2 as bigint), generation = generation + 1
where key = $1 and head < cast($2 as bigint)

--- reset.snapshot
-- key, version, bytes; where somebody else has the version, the snapshot of his new start is there already
insert into highwater_snapshots (key, generation, version, bytes)
select key, generation, cast($2 as bigint), cast($3 as {bytes}) from highwater_journals
where key = $1 and head = cast($2 as bigint) and floor = cast($2 as bigint)
on conflict do nothing

--- reset.before
-- key
select previous_head, generation from highwater_journals where key = $1

--- list
-- first key, most
select key from highwater_journals where head > 0 and key >= $1 order by key limit cast($2 as bigint)

--- beat
-- key, worker, bytes
insert into highwater_beats (key, worker, bytes) values ($1, $2, $3)
on conflict (key, worker) do update set bytes = excluded.bytes

--- delete_beat
-- key, worker
delete from highwater_beats where key = $1 and worker = $2

--- beats
-- key
select worker, bytes from highwater_beats where key = $1 order by worker

--- put_backup
-- key, name, bytes
insert into highwater_backups (key, name, bytes) values ($1, $2, $3) on conflict (key, name) do nothing

--- backups
-- key
select name, length(bytes) from highwater_backups where key = $1 order by name

--- read_backup
-- key, name
select bytes from highwater_backups where key = $1 and name = $2

--- delete_backup
-- key, name
delete from highwater_backups where key = $1 and name = $2

-- The tables, and how they came to be what they are. A step that was once released is never changed: what is new comes after it.

--- schema
create table if not exists highwater_schema (number bigint not null primary key)

--- schema.number
select coalesce(max(number), 0) from highwater_schema

--- schema.note
-- number
insert into highwater_schema (number) values ($1)

-- `head` is the last version that was taken; of those up to `floor` there need not be records. A new start raises `generation`.
-- `{text}` orders by its bytes.

--- schema.1.journals
create table highwater_journals (
    key {text} not null primary key,
    head bigint not null default 0,
    floor bigint not null default 0,
    generation bigint not null default 0,
    previous_head bigint not null default 0
)

--- schema.1.records
create table highwater_records (
    key {text} not null,
    generation bigint not null,
    version bigint not null,
    bytes {bytes} not null,
    primary key (key, generation, version)
)

--- schema.1.snapshots
create table highwater_snapshots (
    key {text} not null,
    generation bigint not null,
    version bigint not null,
    bytes {bytes} not null,
    primary key (key, generation, version)
)

--- schema.1.beats
create table highwater_beats (
    key {text} not null,
    worker {text} not null,
    bytes {bytes} not null,
    primary key (key, worker)
)

--- schema.1.backups
create table highwater_backups (
    key {text} not null,
    name {text} not null,
    bytes {bytes} not null,
    primary key (key, name)
)
