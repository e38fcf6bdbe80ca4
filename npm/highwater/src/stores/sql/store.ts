import {
  checkBackup,
  checkBeat,
  checkKey,
  checkReset,
  checkVersion,
  checkWorker,
  compareUtf8,
  pageLimit,
} from '../check.js';
import type {
  KeyPage,
  Store,
  StoredBackup,
  StoredBeat,
  StoredJournal,
  StoredReset,
  StoredRetained,
  StoredTail,
  VersionedBytes,
} from '../contract.js';
import { backupDiffers, corrupt, gap, snapshotAboveHead, StoreError } from '../error.js';
import type { Cell, Outcome, SqlDatabase, Statement } from './database.js';
import { databaseAt } from './location.js';
import { prepare } from './schema.js';
import { statementsOf } from './statements.js';

/** Last version that a database can count to. */
const VERSION = 2n ** 63n - 1n;

/** What one statement gave about a journal, sorted out. */
interface Parts {
  /** Absent where there is no journal. */
  head: bigint | undefined;
  floor: bigint;
  /** In order of version. */
  readonly snapshots: VersionedBytes[];
  readonly records: VersionedBytes[];
}

/**
 * A store in a database: an SQLite file, or a Postgres server, in the same tables as the Rust store.
 *
 * ```ts
 * const store = await SqlStore.open('sqlite:./state.db');
 * await using hw = await open(store);
 * ```
 */
export class SqlStore implements Store {
  readonly #database: SqlDatabase;
  /** Whether the database is on this machine, or a server that answers in milliseconds. */
  readonly isLocal: boolean;

  private constructor(database: SqlDatabase) {
    this.#database = database;
    this.isLocal = database.isLocal;
  }

  /**
   * Opens a database, and makes its tables where they are missing.
   *
   * @param location - `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`, as {@link open} takes them.
   * @throws StoreError if it cannot be opened, or if its package is not installed.
   */
  static async open(location: string): Promise<SqlStore> {
    const connect = databaseAt(location);
    if (connect === undefined) {
      throw new StoreError(
        'unsupported',
        'that is no database; write `sqlite:./state.db` or `postgres://user@host/database`',
      );
    }
    const database = await connect();
    try {
      await prepare(database);
    } catch (error) {
      await database.close();
      throw error;
    }
    return new SqlStore(database);
  }

  /** {@inheritDoc Store.read} */
  async read(key: string): Promise<StoredJournal> {
    checkKey(key);
    const { head = 0n, snapshots, records } = await this.#parts('read', [key]);
    const snapshot = snapshots.at(-1);
    this.#checkWhole(key, records, (snapshot?.version ?? 0n) + 1n, head);
    return { snapshot, tail: records, damage: [] };
  }

  /** {@inheritDoc Store.readFrom} */
  async readFrom(key: string, version: bigint): Promise<StoredTail> {
    checkKey(key);
    const from = version < 1n ? 1n : version;
    const { head = 0n, floor, records } = await this.#parts('read_from', [key, bounded(from)]);
    if (from <= floor) return { kind: 'trimmed', floor: floor + 1n };
    this.#checkWhole(key, records, from, head);
    return { kind: 'records', records, damage: [] };
  }

  /** {@inheritDoc Store.append} */
  async append(key: string, version: bigint, bytes: Uint8Array): Promise<'appended' | 'taken'> {
    checkVersion(key, version);
    if (version > VERSION) throw gap(key, version, (await this.#head(key)) ?? 0n);
    for (;;) {
      const outcomes = await this.#database.run(this.#append(key, version, bytes));
      if (outcomes.at(-1)?.changed === 1) return 'appended';
      const head = (await this.#head(key)) ?? 0n;
      if (version <= head) return 'taken';
      if (version > head + 1n) throw gap(key, version, head);
      // The journal is not there yet, or the version before came there in between.
      if (head === 0n) await this.#one('make', [key]);
    }
  }

  /** {@inheritDoc Store.putSnapshot} */
  async putSnapshot(key: string, version: bigint, bytes: Uint8Array): Promise<void> {
    checkVersion(key, version);
    if (version > VERSION) throw snapshotAboveHead(key, version, (await this.#head(key)) ?? 0n);
    const outcomes = await this.#database.run([
      this.#named('put_snapshot', [key, version, bytes]),
      this.#named('put_snapshot.keep_two', [key]),
      this.#named('head', [key]),
    ]);
    const head = integer(outcomes.at(-1)?.rows[0]?.[0] ?? 0n);
    if (version > head) throw snapshotAboveHead(key, version, head);
  }

  /** {@inheritDoc Store.trim} */
  async trim(key: string, upTo: bigint): Promise<void> {
    checkKey(key);
    await this.#database.run([this.#named('trim', [key, bounded(upTo)]), this.#named('trim.records', [key])]);
  }

  /** {@inheritDoc Store.list} */
  async list(prefix: string, cursor: string | undefined, limit: number): Promise<KeyPage> {
    const size = pageLimit(limit);
    const start = cursor !== undefined && compareUtf8(cursor, prefix) >= 0 ? cursor : undefined;
    // The cursor itself, and one to see whether there are more.
    const { rows } = await this.#one('list', [start ?? prefix, BigInt(size + 2)]);
    const found = rows.map(([key]) => text(key)).filter((key) => key !== start);
    const end = found.findIndex((key) => !key.startsWith(prefix));
    const keys = end < 0 ? found : found.slice(0, end);
    const page = keys.slice(0, size);
    return { keys: page, next: keys.length > size ? page.at(-1) : undefined };
  }

  /** {@inheritDoc Store.beat} */
  async beat(key: string, worker: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    checkWorker(worker);
    checkBeat(bytes);
    if (bytes.length === 0) await this.#one('delete_beat', [key, worker]);
    else await this.#one('beat', [key, worker, bytes]);
  }

  /** {@inheritDoc Store.beats} */
  async beats(key: string): Promise<StoredBeat[]> {
    checkKey(key);
    const { rows } = await this.#one('beats', [key]);
    return rows.map(([worker, bytes]) => ({ worker: text(worker), bytes: binary(bytes) }));
  }

  /** {@inheritDoc Store.readAll} */
  async readAll(key: string): Promise<StoredRetained> {
    checkKey(key);
    const { head = 0n, floor, snapshots, records } = await this.#parts('read_all', [key]);
    const known = [snapshots.at(-1)?.version ?? 0n, records.at(-1)?.version ?? 0n];
    const lastVersion = known.reduce((last, version) => (version > last ? version : last), head);
    const damage = gaps(records, floor + 1n, lastVersion).map((gap) => ({
      what: gapWords(gap),
      place: this.#placeOf(key),
    }));
    return { snapshots, records, lastVersion, damage };
  }

  /** {@inheritDoc Store.reset} */
  async reset(key: string, version: bigint, bytes: Uint8Array): Promise<StoredReset> {
    checkReset(key, version);
    if (version >= VERSION) {
      throw new StoreError(
        'unsupported',
        `\`${key}\` cannot start anew at version ${version}: a database counts versions up to ${VERSION}, and one must be left after it`,
      );
    }
    const [, moved, , before] = await this.#database.run([
      this.#named('make', [key]),
      this.#named('reset', [key, version]),
      this.#named('reset.snapshot', [key, version, bytes]),
      this.#named('reset.before', [key]),
    ]);
    if (moved?.changed !== 1) return { kind: 'taken' };
    const [previousHead, generation] = (before?.rows[0] ?? [0n, 0n]).map(integer);
    if (previousHead === 0n) return { kind: 'done', setAside: undefined };
    return { kind: 'done', setAside: `${this.#placeOf(key)}, generation ${generation! - 1n}` };
  }

  /** {@inheritDoc Store.putBackup} */
  async putBackup(key: string, name: string, bytes: Uint8Array): Promise<void> {
    checkBackup(key, name);
    if ((await this.#one('put_backup', [key, name, bytes])).changed === 1) return;
    const kept = await this.readBackup(key, name);
    if (kept === undefined || Buffer.compare(kept, bytes) !== 0) throw backupDiffers(key, name);
  }

  /** {@inheritDoc Store.backups} */
  async backups(key: string): Promise<StoredBackup[]> {
    checkKey(key);
    const { rows } = await this.#one('backups', [key]);
    return rows.map(([name, size]) => ({ name: text(name), sizeBytes: integer(size) }));
  }

  /** {@inheritDoc Store.readBackup} */
  async readBackup(key: string, name: string): Promise<Uint8Array | undefined> {
    checkBackup(key, name);
    const row = (await this.#one('read_backup', [key, name])).rows[0];
    return row === undefined ? undefined : binary(row[0]);
  }

  /** {@inheritDoc Store.deleteBackup} */
  async deleteBackup(key: string, name: string): Promise<void> {
    checkBackup(key, name);
    await this.#one('delete_backup', [key, name]);
  }

  /** {@inheritDoc Store.close} */
  async close(): Promise<void> {
    await this.#database.close();
  }

  #named(name: string, values: readonly Cell[]): Statement {
    return { name, sql: statementsOf(this.#database.dialect).get(name)!, values };
  }

  #append(key: string, version: bigint, bytes: Uint8Array): Statement[] {
    if (this.#database.dialect === 'postgres') return [this.#named('append.postgres', [key, version, bytes])];
    return [
      this.#named('append.sqlite.move_head', [key, version]),
      this.#named('append.sqlite', [key, version, bytes]),
    ];
  }

  async #one(name: string, values: readonly Cell[]): Promise<Outcome> {
    const [outcome] = await this.#database.run([this.#named(name, values)]);
    return outcome ?? { rows: [], changed: 0 };
  }

  async #head(key: string): Promise<bigint | undefined> {
    const row = (await this.#one('head', [key])).rows[0];
    return row === undefined ? undefined : integer(row[0]);
  }

  async #parts(name: string, values: readonly Cell[]): Promise<Parts> {
    const parts: Parts = { head: undefined, floor: 0n, snapshots: [], records: [] };
    for (const [part, number, bytes] of (await this.#one(name, values)).rows) {
      const version = integer(number);
      const which = integer(part);
      if (which === 0n) parts.head = version;
      else if (which === 1n) parts.floor = version;
      else (which === 2n ? parts.snapshots : parts.records).push({ version, bytes: binary(bytes) });
    }
    parts.snapshots.sort(byVersion);
    parts.records.sort(byVersion);
    return parts;
  }

  /** Refuses a tail that does not go from `first` to `head`. */
  #checkWhole(key: string, records: readonly VersionedBytes[], first: bigint, head: bigint): void {
    const [missing] = gaps(records, first, head);
    if (missing === undefined) return;
    const what = `${gapWords(missing)}; restore the database from a backup, or start anew from what is left with \`highwater repair\``;
    throw corrupt(what, this.#placeOf(key));
  }

  #placeOf(key: string): string {
    return `table highwater_records of ${this.#database.place}, key \`${key}\``;
  }
}

function byVersion(left: VersionedBytes, right: VersionedBytes): number {
  return left.version < right.version ? -1 : 1;
}

function bounded(version: bigint): bigint {
  return version > VERSION ? VERSION : version;
}

type Gap = readonly [from: bigint, to: bigint];

/** The versions from `first` to `last` that are not among the records. */
function gaps(records: readonly VersionedBytes[], first: bigint, last: bigint): Gap[] {
  const found: Gap[] = [];
  let next = first;
  for (const { version } of records.filter(({ version }) => version >= first)) {
    if (version > next) found.push([next, version - 1n]);
    next = version + 1n;
  }
  if (next <= last) found.push([next, last]);
  return found;
}

function gapWords([from, to]: Gap): string {
  if (from === to) return `the record of version ${from} is missing`;
  return `the records of versions ${from} to ${to} are missing`;
}

function integer(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  throw foreign(value);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw foreign(value);
}

function binary(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw foreign(value);
}

function foreign(value: unknown): StoreError {
  const what = value === null ? 'nothing' : `a value of type ${typeof value}`;
  return corrupt(
    `${what} stands where something else belongs: the tables were changed by something that is no Highwater; put a backup of the database back`,
    'the tables highwater_*',
  );
}
