import { StoreError } from '../error.js';
import { isRead, load, type Outcome, type SqlDatabase, type Statement } from './database.js';

/** Connections to a server. */
const CONNECTIONS = 4;
/** How long a connection may take to come about, and one statement to be answered. */
const CONNECT_WAIT_MS = 10_000;
const OPERATION_WAIT_MS = 30_000;

/**
 * What roles and databases may have set otherwise. A commit is on the disk before it is acknowledged; who loses a race sees no row instead of
 * an error.
 */
const SETTINGS =
  "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'; " +
  "set default_transaction_isolation = 'read committed'";

/** Held while tables are made, by one process at a time, in Rust or Node. */
const LOCK = 'select cast(pg_advisory_xact_lock(5208337116820412) as text)';

/** What is used of the client. */
interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly rowMode?: 'array';
}

interface Client {
  query(query: Query | string): Promise<{ rows: unknown[][]; rowCount: number | null }>;
  release(destroy?: boolean): void;
}

interface Pool {
  connect(): Promise<Client>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): void;
}

interface Package {
  readonly Pool: new (config: Record<string, unknown>) => Pool;
  readonly types: { getTypeParser(oid: number, format?: string): unknown };
}

/** A Postgres server. @internal */
export async function connectPostgres(location: string): Promise<SqlDatabase> {
  const loaded = await load('pg', 'databases on a Postgres server');
  const { Pool, types } = (loaded['default'] ?? loaded) as Package;
  const connectionString = location === 'postgres:' || location === 'postgresql:' ? undefined : location;
  // Whole numbers of eight bytes are the versions.
  const parser = (oid: number, format?: string): unknown => (oid === 20 ? BigInt : types.getTypeParser(oid, format));
  const pool = new Pool({
    ...(connectionString === undefined ? {} : { connectionString }),
    application_name: 'highwater',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_WAIT_MS,
    query_timeout: OPERATION_WAIT_MS,
    types: { getTypeParser: parser },
    allowExitOnIdle: true,
  });
  // A connection that breaks while nobody uses it is made anew when somebody does.
  pool.on('error', () => undefined);
  return new Postgres(pool, placeOf(connectionString));
}

function placeOf(location: string | undefined): string {
  const url = new URL(location ?? 'postgres://');
  const host = url.host || process.env['PGHOST'] || 'localhost';
  const database = url.pathname.slice(1) || process.env['PGDATABASE'] || url.username || process.env['PGUSER'] || '';
  return `the Postgres server at ${host}, database \`${database}\``;
}

class Postgres implements SqlDatabase {
  readonly dialect = 'postgres';
  readonly lock = LOCK;
  readonly isLocal = true;
  readonly #pool: Pool;
  readonly #ready = new WeakSet<Client>();

  constructor(
    pool: Pool,
    readonly place: string,
  ) {
    this.#pool = pool;
  }

  async run(statements: readonly Statement[]): Promise<Outcome[]> {
    const client = await this.#connect();
    const reads = statements.every(({ sql }) => isRead(sql));
    // Where there is a transaction, nothing has happened before its commit.
    let sent = false;
    try {
      const outcomes: Outcome[] = [];
      if (statements.length > 1) await client.query('begin');
      else sent = true;
      for (const { name, sql, values } of statements) {
        const query = { text: sql, values: [...values], rowMode: 'array' } as const;
        // Tables are made once.
        const { rows, rowCount } = await client.query(name.startsWith('schema') ? query : { ...query, name });
        outcomes.push({ rows, changed: rowCount ?? 0 });
      }
      sent = true;
      if (statements.length > 1) await client.query('commit');
      client.release();
      return outcomes;
    } catch (error) {
      // Whatever is still open on it goes with it.
      client.release(true);
      throw problem(error, this.place, sent && !reads);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #connect(): Promise<Client> {
    try {
      const client = await this.#pool.connect();
      if (!this.#ready.has(client)) {
        await client.query(SETTINGS).catch((error: unknown) => {
          client.release(true);
          throw error;
        });
        this.#ready.add(client);
      }
      return client;
    } catch (error) {
      throw problem(error, this.place, false);
    }
  }
}

/** What the server or the connection says. Whatever the server itself refuses did not happen, unless it was shut down meanwhile. */
function problem(cause: unknown, place: string, sent: boolean): StoreError {
  const { message, code = '' } = cause as Error & { code?: string };
  const words = `${place}: ${message}`;
  const state = /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  if (state === undefined) {
    const what = `${words}; look whether the server runs and can be reached`;
    return new StoreError(sent ? 'unknown' : 'unavailable', what, { cause });
  }
  const denied = (next: string): StoreError => new StoreError('denied', `${words}; ${next}`, { cause });
  if (state.startsWith('28')) return denied('check user and password, PGPASSWORD for example, and pg_hba.conf');
  if (state === '42501') {
    return denied(
      'this user needs select, insert, update and delete on the tables highwater_*, and at first the right to create them',
    );
  }
  if (state === '25006') return denied('this server can only be read: name the primary one');
  if (state === '3D000' || state === '3F000') return denied('create it first');
  if (state === 'XX001' || state === 'XX002') {
    const what = `the server found damage: ${message}; put a backup of the database back (${place})`;
    return new StoreError('corrupt', what, { cause });
  }
  const open = state.startsWith('08') || state.startsWith('57P') || state === '40003';
  return new StoreError(sent && open ? 'unknown' : 'unavailable', words, { cause });
}
