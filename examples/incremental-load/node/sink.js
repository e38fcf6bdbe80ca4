import { createClient } from '@libsql/client';

/** The same tables as in `src/sink.rs`. */
const TABLES = [
  `create table if not exists weather (
    date text primary key, precipitation_tenths integer not null, temp_max_tenths integer not null,
    temp_min_tenths integer not null, wind_tenths integer not null, weather text not null
  )`,
  'create table if not exists loaded (pipeline text primary key, token integer not null, up_to text)',
];

/**
 * SQLite as a sink that nothing is loaded into twice.
 *
 * Beside the rows it keeps one line for each pipeline: how far it is loaded, and the *fencing token* of the worker that may
 * go on. Position and rows change in one transaction, so they never disagree, whenever the process dies. And a worker
 * that was thought dead, replaced, and wakes up again finds another token there: its write is refused.
 */
export class Sink {
  /** The date of the last row that is in. */
  position;
  #client;
  #pipeline;
  #token;

  constructor(client, pipeline, token, position) {
    this.#client = client;
    this.#pipeline = pipeline;
    this.#token = token;
    this.position = position;
  }

  /** Opens the sink and puts our token there, unless a newer worker has been here already. */
  static async claim(path, pipeline, token) {
    const client = createClient({ url: `file:${path}` });
    await client.batch(TABLES, 'write');
    const claimed = await client.execute({
      sql: `insert into loaded (pipeline, token) values (?, ?)
            on conflict (pipeline) do update set token = excluded.token where excluded.token >= loaded.token`,
      args: [pipeline, token],
    });
    if (claimed.rowsAffected === 0) throw fenced();
    const { rows } = await client.execute({ sql: 'select up_to from loaded where pipeline = ?', args: [pipeline] });
    return new Sink(client, pipeline, token, rows[0].up_to ?? undefined);
  }

  /** Adds rows and moves the position, in one transaction, if the token is still ours. */
  async append(days) {
    const position = days.at(-1).slice(0, 10);
    const transaction = await this.#client.transaction('write');
    try {
      const ours = await transaction.execute({
        sql: 'update loaded set up_to = ? where pipeline = ? and token = ?',
        args: [position, this.#pipeline, this.#token],
      });
      if (ours.rowsAffected === 0) throw fenced();
      for (const day of days) {
        // A plain insert: a row that is there already would be an error, not an update that nobody notices. The columns
        // say that the measurements are whole numbers, so SQLite makes them so.
        await transaction.execute({ sql: 'insert into weather values (?, ?, ?, ?, ?, ?)', args: day.split(',') });
      }
      await transaction.commit();
    } finally {
      transaction.close();
    }
    this.position = position;
  }

  close() {
    this.#client.close();
  }
}

function fenced() {
  return new Error('another worker has taken over this load; this one must stop');
}
