import { fileURLToPath } from 'node:url';
import { describe, text, uint32 } from './check.js';
import { InvalidError } from './errors.js';
import { fromStore, Highwater } from './highwater.js';
import type { OpenOptions } from './open-options.js';
import type { Store } from './stores/contract.js';
import { FileStore } from './stores/file.js';
import { MemoryStore } from './stores/memory.js';
import { databaseAt } from './stores/sql/location.js';
import { SqlStore } from './stores/sql/store.js';

/**
 * Opens the state of pipelines.
 *
 * ```ts
 * await using hw = await open('file:./state');
 * ```
 * | `where` | what it is | package |
 * |---|---|---|
 * | `file:PATH` | a directory; the path is relative to the working directory, or absolute | |
 * | `sqlite:PATH` | an SQLite database file | `@libsql/client` |
 * | `postgres://USER@HOST:PORT/DATABASE` | a Postgres server; what is left out, and the password, is taken from `PGHOST`, `PGUSER`, `PGPASSWORD` and so on | `pg` |
 * | `memory:` | this process only | |
 * | a {@link Store} | one of your own | |
 *
 * @throws InvalidError if there is no such kind of store, or if the directory is on a network file system.
 */
export async function open(where: string | URL | Store, options: OpenOptions = {}): Promise<Highwater> {
  for (const name of ['residentPipelines', 'snapshotMinBytes', 'segmentBytes'] as const) {
    if (options[name] !== undefined) uint32(options[name], `\`${name}\``);
  }
  try {
    return new Highwater(await storeOf(where, options), options);
  } catch (error) {
    throw fromStore(error);
  }
}

async function storeOf(where: string | URL | Store, { segmentBytes }: OpenOptions): Promise<Store> {
  if (typeof where === 'object' && where !== null && 'append' in where) return where;
  const location = text(where instanceof URL ? where.href : where, 'the place of the store');
  if (location === 'memory:') return new MemoryStore();
  if (location === 'sqlite:' || location === 'sqlite://') {
    throw new InvalidError('`sqlite:` needs a path, for example `sqlite:./state.db`');
  }
  if (databaseAt(location) !== undefined) return SqlStore.open(location);
  if (!location.startsWith('file:')) {
    const known = '`file:./state`, `sqlite:./state.db`, `postgres://user@host/database` or `memory:`';
    throw new InvalidError(`there is no store at ${describe(location)}; write ${known}`);
  }
  const path = location.startsWith('file://') ? fileURLToPath(location) : location.slice('file:'.length);
  if (path === '') throw new InvalidError('`file:` needs a path, for example `file:./state`');
  if (path.includes('\0')) throw new InvalidError(`the path ${describe(path)} contains a NUL character; leave it out`);
  return new FileStore(path, segmentBytes === undefined ? {} : { segmentBytes });
}
