import assert from 'node:assert/strict';
import { link, mkdtemp, open as openFile, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Client, createClient } from '@libsql/client';
import { type BatchView, ConflictError, InvalidError, MemoryStore, open } from '../dist/index.js';
import { crashTest, type Life } from '../dist/testing/index.js';

/** What a sink must be able to do: take a batch once, and say whether it has it, after which it never takes it. */
interface Sink {
  write(key: string, token: bigint, rows: readonly bigint[]): Promise<string>;
  has(key: string, token: bigint): Promise<boolean>;
  rows(): Promise<bigint[]>;
  dispose(): Promise<void>;
}

/** The key of a batch stands beside its rows, in one transaction. */
class Sqlite implements Sink {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async make(): Promise<Sqlite> {
    const client = createClient({ url: ':memory:' });
    await client.execute('CREATE TABLE numbers (number INTEGER NOT NULL)');
    await client.execute('CREATE TABLE batches (key TEXT PRIMARY KEY, taken INTEGER NOT NULL)');
    return new Sqlite(client);
  }

  async write(key: string, _token: bigint, rows: readonly bigint[]): Promise<string> {
    const insert = (args: [bigint]) => ({ sql: 'INSERT INTO numbers VALUES (?)', args });
    const claim = { sql: 'INSERT INTO batches VALUES (?, 1)', args: [key] };
    await this.#client.batch([claim, ...rows.map((row) => insert([row]))], 'write');
    return `${rows.length} rows`;
  }

  async has(key: string): Promise<boolean> {
    const sql = 'INSERT INTO batches VALUES (?, 0) ON CONFLICT (key) DO NOTHING';
    await this.#client.execute({ sql, args: [key] });
    const found = await this.#client.execute({ sql: 'SELECT taken FROM batches WHERE key = ?', args: [key] });
    return found.rows[0]?.['taken'] === 1;
  }

  async rows(): Promise<bigint[]> {
    const { rows } = await this.#client.execute('SELECT number FROM numbers');
    return rows.map((row) => BigInt(row['number'] as number));
  }

  async dispose(): Promise<void> {
    this.#client.close();
  }
}

/** A batch is one file, and its name is taken once. */
class Files implements Sink {
  readonly #folder: string;
  #temporary = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Files> {
    return new Files(await mkdtemp(join(tmpdir(), 'highwater-files-')));
  }

  #path(token: bigint): string {
    return join(this.#folder, `batch-${String(token).padStart(12, '0')}.csv`);
  }

  async write(_key: string, token: bigint, rows: readonly bigint[]): Promise<string> {
    const temporary = join(this.#folder, `${(this.#temporary += 1)}.temporary`);
    await writeFile(temporary, rows.map((row) => `${row}\n`).join(''), { flush: true });
    try {
      await link(temporary, this.#path(token));
    } finally {
      await unlink(temporary);
    }
    return this.#path(token);
  }

  async has(_key: string, token: bigint): Promise<boolean> {
    const made = await openFile(this.#path(token), 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await made?.close();
    return (await stat(this.#path(token))).size > 0;
  }

  async rows(): Promise<bigint[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.csv'));
    const texts = await Promise.all(names.map((name) => readFile(join(this.#folder, name), 'utf8')));
    return texts.flatMap((text) => text.split('\n').filter(Boolean).map(BigInt));
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

const LAST = 9n;

async function load(life: Life, sink: Sink): Promise<void> {
  const pipeline = life.highwater.pipeline('dev/numbers');
  const run = await pipeline.startRun({ id: 'night-1' });
  const begun = await run.node('load').beginOrWait();
  if (begun.kind === 'run') {
    const { attempt } = begun;
    const settle = async (doubt: BatchView) => {
      if (await sink.has(doubt.key, doubt.batch)) await attempt.commitInDoubt(doubt, 'found in the sink');
      else await attempt.abortInDoubt(doubt, 'the sink has it not');
    };
    for (const doubt of attempt.inDoubt) await settle(doubt);
    for (;;) {
      const from = ((await pipeline.hwm('numbers.last').get())?.value as bigint | undefined) ?? 0n;
      if (from === LAST) break;
      const rows = [from + 1n, from + 2n, from + 3n];
      const delivery = await attempt.prepare({ hwms: { 'numbers.last': from + 3n } });
      const receipt = await sink.write(delivery.key, delivery.token, rows);
      await life.point('after the write');
      await delivery.commit(receipt);
    }
    await attempt.succeed();
  }
  await run.finish();
}

for (const [name, make] of [
  ['SQLite', () => Sqlite.make()],
  ['a folder of files', () => Files.make()],
] as const) {
  test(`${name} has each row once, whatever dies where`, async () => {
    const report = await crashTest<Sink, bigint>({
      sink: make,
      pipeline: load,
      rows: (sink) => sink.rows(),
      expected: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
      doubleCrashes: 40,
      dispose: (sink) => sink.dispose(),
    });
    report.assert();
  });
}

/** Ids in windows of three: what is done is the coverage of the node, and a batch says which windows its rows are. */
async function loadWindows(life: Life, sink: Sink): Promise<void> {
  const pipeline = life.highwater.pipeline('dev/windows');
  const run = await pipeline.startRun({ id: 'night-1' });
  const cover = { axis: 'integer', intervals: [{ start: 1, end: 10 }] } as const;
  const begun = await run.node('load').beginOrWait({ cover });
  if (begun.kind === 'run') {
    const { attempt } = begun;
    for (const doubt of attempt.inDoubt) {
      if (await sink.has(doubt.key, doubt.batch)) await attempt.commitInDoubt(doubt, 'found in the sink');
      else await attempt.abortInDoubt(doubt, 'the sink has it not');
    }
    for (const { start, end } of await attempt.intervalsLeft()) {
      for (let from = start; from < end; from += 3n) {
        const delivery = await attempt.prepare({ covered: [{ start: from, end: from + 3n }] });
        const receipt = await sink.write(delivery.key, delivery.token, [from, from + 1n, from + 2n]);
        await life.point('after the write');
        await delivery.commit(receipt);
      }
    }
    await attempt.succeed();
  }
  await run.finish();
}

test('each row of a window is there once, whatever dies where', async () => {
  const report = await crashTest<Sink, bigint>({
    sink: () => Sqlite.make(),
    pipeline: loadWindows,
    rows: (sink) => sink.rows(),
    expected: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
    doubleCrashes: 40,
    dispose: (sink) => sink.dispose(),
  });
  report.assert();
});

test('a batch is prepared, committed or aborted once, and settled by hand when it is in doubt', async () => {
  const store = new MemoryStore();
  await using hw = await open(store);
  const pipeline = hw.pipeline('dev/numbers');
  await pipeline.declareSink('load', 'transactional');
  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin();
  assert(begun.kind === 'run');
  const { attempt } = begun;
  const first = await attempt.prepare({ hwms: { id: 5 }, state: new Uint8Array([1]) });
  assert.match(first.key, /^dev\/numbers#\d+$/);
  await assert.rejects(attempt.prepare(), ConflictError);
  await assert.rejects(attempt.succeed(), ConflictError);
  await first.commit('tx-1');
  assert.equal((await first.commit('tx-1')).changed, false);
  await assert.rejects(first.abort('no'), ConflictError);
  const second = await attempt.prepare({ hwms: { id: 9 } });
  await attempt.fail('the sink did not answer');
  const [doubt] = await pipeline.batches({ statuses: ['in-doubt'] });
  assert.deepEqual([doubt?.batch, doubt?.hwms[0]?.value, doubt?.node], [second.token, 9n, 'load']);
  const view = await pipeline.describe();
  assert.equal(view.inDoubt, 1n);
  assert.deepEqual([view.guarantees[0]?.exactlyOnce, view.guarantees[0]?.sink], [true, 'transactional']);
  await assert.rejects(pipeline.commitBatch(second.token, ''), InvalidError);
  await pipeline.commitBatch(second.token, 'it is in the table', { actor: 'ada' });
  assert.equal((await pipeline.hwm('id').get())?.value, 9n);
  await assert.rejects(pipeline.abortBatch(second.token, 'no'), ConflictError);
  await assert.rejects(pipeline.declareSink('load', 'exactly-once' as never), InvalidError);
});
