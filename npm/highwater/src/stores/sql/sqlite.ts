import { openSync, closeSync } from 'node:fs';
import { StoreError } from '../error.js';
import { type Cell, isRead, load, type Outcome, type SqlDatabase, type Statement } from './database.js';

/** How long a transaction waits for those of others on one file. */
const BUSY_WAIT_MS = 10_000;

/** What is used of the client. */
interface Client {
  execute(sql: string): Promise<unknown>;
  batch(
    statements: { sql: string; args: Cell[] }[],
    mode: 'read' | 'write',
  ): Promise<{ rows: { [index: number]: unknown; length: number }[]; columns: string[]; rowsAffected: number }[]>;
  close(): void;
}

type CreateClient = (config: Record<string, unknown>) => Client;

/** An SQLite file. @internal */
export async function openSqlite(path: string): Promise<SqlDatabase> {
  const { createClient } = await load('@libsql/client', 'databases in a file');
  make(path);
  const config = { url: `file:${path}`, intMode: 'bigint', concurrency: 1, timeout: BUSY_WAIT_MS };
  try {
    const client = (createClient as CreateClient)(config);
    // Readers do not wait for writers; every commit reaches the disk before it is acknowledged, which is what SQLite does by itself.
    await client.execute('pragma journal_mode = wal');
    return new Sqlite(client, path);
  } catch (error) {
    throw problem(error, path, 'unavailable');
  }
}

/** State is nobody else's business, so the file is not made by SQLite, which would let everybody read it. */
function make(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    const message = `cannot open the database file ${path}: ${(cause as Error).message}`;
    switch ((cause as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        throw new StoreError('denied', `${message}; make the folder that it is to be in`, { cause });
      case 'EISDIR':
        throw new StoreError('denied', `${message}; name a file in it`, { cause });
      case 'EACCES':
      case 'EROFS': {
        const right = 'give this user the right to write the file and the folder that it is in';
        throw new StoreError('denied', `${message}; ${right}`, { cause });
      }
      default:
        throw new StoreError('unavailable', message, { cause });
    }
  }
}

class Sqlite implements SqlDatabase {
  readonly dialect = 'sqlite';
  readonly lock = undefined;
  readonly isLocal = true;
  readonly #client: Client;

  constructor(
    client: Client,
    readonly place: string,
  ) {
    this.#client = client;
  }

  async run(statements: readonly Statement[]): Promise<Outcome[]> {
    const reads = statements.every(({ sql }) => isRead(sql));
    try {
      const results = await this.#client.batch(
        statements.map(({ sql, values }) => ({ sql, args: [...values] })),
        reads ? 'read' : 'write',
      );
      return results.map(({ rows, columns, rowsAffected }) => ({
        rows: rows.map((row) => columns.map((_, index) => row[index])),
        changed: rowsAffected,
      }));
    } catch (error) {
      throw problem(error, this.place, reads ? 'unavailable' : 'unknown');
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

/** What went wrong. `failure` is what it is where nobody says that it did not happen. */
function problem(cause: unknown, path: string, failure: 'unavailable' | 'unknown'): StoreError {
  const { message, code = '' } = cause as Error & { code?: string };
  const file = `the database file ${path}`;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    const what = `${file} was locked by others for ${BUSY_WAIT_MS / 1000} s`;
    const next = 'look which process holds a transaction open on it, and try again';
    return new StoreError('unavailable', `${what} (${message}); ${next}`, { cause });
  }
  if (code === 'SQLITE_FULL') {
    return new StoreError('unavailable', `the disk of ${file} is full; make room and try again`, { cause });
  }
  if (/^SQLITE_(READONLY|PERM|CANTOPEN)/.test(code)) {
    const next = 'give this user the right to write it and the folder that it is in';
    return new StoreError('denied', `${file} cannot be written (${message}); ${next}`, { cause });
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    const what = `the file is damaged, or no SQLite database (${message}); put a backup of it back, or name another file`;
    return new StoreError('corrupt', `${what} (${path})`, { cause });
  }
  // What the database itself refuses is undone; a disk that fails in the middle of a commit leaves it open.
  const certain = code.startsWith('SQLITE_') && !code.startsWith('SQLITE_IOERR');
  return new StoreError(certain ? 'unavailable' : failure, `${file}: ${message}`, { cause });
}
