import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, createClient } from '@libsql/client';
import { type Hwm, InvalidError, open, type Pipeline, type Reader } from '../dist/index.js';

/** A source table with a cursor, and a sink that counts how often each row came. */
class Tables {
  readonly loaded = new Map<string, number>();
  readonly #source: Client;

  private constructor(source: Client) {
    this.#source = source;
  }

  static async make(): Promise<Tables> {
    const source = createClient({ url: ':memory:' });
    await source.execute('CREATE TABLE orders (id TEXT PRIMARY KEY, at INTEGER)');
    return new Tables(source);
  }

  async add(rows: Record<string, number | null>): Promise<void> {
    for (const [id, at] of Object.entries(rows)) {
      await this.#source.execute({ sql: 'INSERT INTO orders VALUES (?, ?)', args: [id, at] });
    }
  }

  /** The rows that the position asks for, in no order. */
  async #read({ position }: Reader): Promise<{ id: string; at: number | null }[]> {
    const signs = { max: { open: '>', closed: '>=' }, min: { open: '<', closed: '<=' } } as const;
    const sign = signs[position.spec.function === 'min' ? 'min' : 'max'][position.lower];
    const condition = position.from === undefined ? '1' : `at IS NULL OR at ${sign} ?`;
    const args = position.from === undefined ? [] : [Number(position.from)];
    const { rows } = await this.#source.execute({
      sql: `SELECT id, at FROM orders WHERE ${condition} ORDER BY random()`,
      args,
    });
    return rows.map((row) => ({ id: String(row['id']), at: row['at'] as number | null }));
  }

  /** One load; says how many rows it wrote. */
  async load(pipeline: Pipeline, hwm: Hwm): Promise<number> {
    const run = await pipeline.startRun();
    const begun = await run.node('load').begin();
    assert(begun.kind === 'run');
    await using attempt = begun.attempt;
    const reader = await hwm.reader();
    const rows = (await this.#read(reader)).filter(({ id, at }) => reader.admit(at, id));
    assert.equal(reader.admitted, rows.length);
    await attempt.succeed({ upTo: reader });
    await run.finish();
    for (const { id } of rows) this.loaded.set(id, (this.loaded.get(id) ?? 0) + 1);
    return rows.length;
  }

  often(...ids: string[]): number[] {
    return ids.map((id) => this.loaded.get(id) ?? 0);
  }
}

test('rows with the value of the edge come once each', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('prod/orders');
  const hwm = pipeline.hwm('orders.at');
  await hwm.declare({ boundaryKeys: 3 });
  const tables = await Tables.make();
  await tables.add({ a: 1, b: 2, c: 2 });
  assert.equal(await tables.load(pipeline, hwm), 3);
  assert.equal(await tables.load(pipeline, hwm), 0);
  await tables.add({ d: 2 });
  assert.equal(await tables.load(pipeline, hwm), 1);
  assert.deepEqual((await hwm.position()).keys, ['b', 'c', 'd']);
  await tables.add({ e: 2 });
  await assert.rejects(
    tables.load(pipeline, hwm),
    (error) => error instanceof InvalidError && /declare more/.test(error.message),
  );
  await hwm.declare({ boundaryKeys: 4 });
  await tables.add({ f: 3 });
  assert.equal(await tables.load(pipeline, hwm), 2);
  assert.deepEqual(tables.often('a', 'b', 'c', 'd', 'e', 'f'), [1, 1, 1, 1, 1, 1]);
});

test('late rows within the lag are found', async () => {
  for (const mode of ['read-back', 'hold-back'] as const) {
    await using hw = await open('memory:');
    const pipeline = hw.pipeline('prod/orders');
    const hwm = pipeline.hwm('orders.at');
    await hwm.declare({ lag: { mode, amount: 10 } });
    const tables = await Tables.make();
    await tables.add({ a: 100, b: 120 });
    await tables.load(pipeline, hwm);
    assert.equal((await hwm.get())?.value, mode === 'hold-back' ? 110n : 120n);
    assert.equal((await hwm.position()).from, 110n);
    await tables.add({ late: 115, 'too late': 105, c: 121 });
    await tables.load(pipeline, hwm);
    assert.deepEqual(tables.often('a', 'b', 'late', 'too late', 'c'), [1, 2, 1, 0, 1]);
  }
});

test('rows without a value are what was declared', async () => {
  for (const [nulls, times] of [
    ['raise', undefined],
    ['include', 2],
    ['exclude', 0],
  ] as const) {
    await using hw = await open('memory:');
    const pipeline = hw.pipeline('prod/orders');
    const hwm = pipeline.hwm('orders.at');
    await hwm.declare({ nulls });
    const tables = await Tables.make();
    await tables.add({ a: 1, nothing: null });
    if (times === undefined) {
      await assert.rejects(tables.load(pipeline, hwm), /no value/);
      continue;
    }
    await tables.load(pipeline, hwm);
    await tables.load(pipeline, hwm);
    assert.deepEqual(tables.often('a', 'nothing'), [1, times]);
  }
});

test('a source is read from its newest row to its oldest', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('prod/orders');
  const hwm = pipeline.hwm('orders.at');
  await hwm.declare({ function: 'min', initial: 50, end: 10, upper: 'closed' });
  const tables = await Tables.make();
  await tables.add({ new: 60, a: 50, b: 30 });
  assert.equal(await tables.load(pipeline, hwm), 2);
  await tables.add({ c: 10, old: 9 });
  assert.equal(await tables.load(pipeline, hwm), 1);
  assert.deepEqual(tables.often('new', 'old'), [0, 0]);
});

test('an unordered source moves its HWM at the end, and partitions stand for themselves', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('prod/orders');
  const files = pipeline.hwm('files');
  await files.declare({ unordered: true, partitioned: true });
  const run = await pipeline.startRun();
  const begun = await run.node('load').begin();
  assert(begun.kind === 'run');
  await using attempt = begun.attempt;
  for (const [key, value] of [
    ['eu', 9],
    ['us', 3],
  ] as const) {
    const reader = await files.partition(key).reader();
    assert(reader.admit(value, 'x'));
    await attempt.progress({ upTo: reader });
  }
  for await (const hwm of pipeline.hwms()) assert.fail(`${hwm.name} moved`);
  await attempt.succeed();
  const positions = await pipeline.positions(['files']);
  assert.deepEqual(
    positions.map(({ name, value }) => [name, value]),
    [
      ['files', 3n],
      ['files[eu]', 9n],
      ['files[us]', 3n],
    ],
  );
});

test('an HWM that follows coverage stands where the first gap is, and nothing else moves it', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('prod/orders');
  const loaded = pipeline.hwm('loaded');
  await loaded.declare({ coverage: { node: 'load', partition: 'eu' }, initial: 0 });
  const by = { reason: 'by hand', partition: 'eu', axis: 'integer' } as const;
  const done = [
    { start: 0n, end: 10n },
    { start: 20n, end: 30n },
  ];
  await pipeline.markCoverage('load', 'done', done, by);
  const { value, from, lower, spec } = await loaded.position();
  assert.deepEqual([value, from, lower], [10n, 10n, 'closed']);
  assert.deepEqual(spec.coverage, { node: 'load', partition: 'eu' });
  await pipeline.markCoverage('load', 'done', [{ start: 10n, end: 20n }], by);
  await pipeline.markCoverage('load', 'stale', [{ start: 5n, end: 6n }], { ...by, reason: 'late rows' });
  const history = await loaded.history();
  assert.deepEqual(history.map(({ what, value, reason }) => [what, value, reason]).slice(0, 2), [
    ['derived', 5n, 'late rows'],
    ['derived', 30n, 'by hand'],
  ]);
  await assert.rejects(loaded.set(50), /mark that coverage, or declare the HWM without it/);
  await loaded.declare({});
  await loaded.set(50);
});

test('values are converted to the declared type, a source that forgot rows is named, and what cannot be meant is refused', async () => {
  const notices: string[] = [];
  await using hw = await open('memory:', { onNotice: (notice) => notices.push(notice.code) });
  const hwm = hw.pipeline('prod/orders').hwm('total');
  await hwm.declare({ valueType: 'decimal' });
  const reader = await hwm.reader();
  assert(reader.admit(5, 'a'));
  assert.throws(() => reader.admit(true, 'b'), InvalidError);
  assert.equal(String(reader.move?.value), '5');
  await hw.pipeline('prod/orders').setHwms({}, { upTo: reader });
  await hwm.observeSource({ earliest: 6, latest: 9 });
  assert.equal((await hwm.position()).forgotten, true);
  assert(notices.includes('source-forgot'));
  await assert.rejects(hwm.declare({ function: 'last', lag: { mode: 'read-back', amount: 1 } }), InvalidError);
  await assert.rejects(hwm.declare({ function: 'most' as never }), InvalidError);
  await hwm.set({ value: 7, keys: [] } as never).catch((error: unknown) => assert(error instanceof InvalidError));
});
