import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../dist/attempt.js';
import { FencedError } from '../dist/errors.js';
import { sample } from '../dist/testing/sample.js';
import { crashTest, type Life, type Report, Rows, TestKit } from '../dist/testing/index.js';

const LAST = 9n;
const BATCH = 3n;

/**
 * How a batch comes into the sink. `right`: position and token from the sink, the mark behind the rows. `mark first`: the mark, then the rows.
 * `by the mark`: the mark behind the rows, and where to go on is what the mark says. `without token`: position from the sink, and no token.
 */
type Way = 'right' | 'mark first' | 'by the mark' | 'without token';

async function load(way: Way, life: Life, sink: Rows<bigint>): Promise<void> {
  const pipeline = life.highwater.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'night-1' });
  const begun = await run.node('load').beginOrWait();
  if (begun.kind === 'run') {
    const { attempt } = begun;
    if (way === 'right') sink.writeAs(attempt.token, []);
    const goesByTheSink = way === 'right' || way === 'without token';
    const mark = goesByTheSink ? undefined : (await pipeline.hwm('orders.id').get())?.value;
    let done = goesByTheSink ? (sink.all().at(-1) ?? 0n) : ((mark as bigint | undefined) ?? 0n);
    for (; done < LAST; done += BATCH) await writeBatch(way, life, sink, attempt, done);
    await attempt.succeed();
  }
  await run.finish();
}

async function writeBatch(way: Way, life: Life, sink: Rows<bigint>, attempt: Attempt, done: bigint): Promise<void> {
  const rows = [done + 1n, done + 2n, done + 3n];
  const moveMark = () => attempt.progress({ hwms: { 'orders.id': done + BATCH } });
  if (way === 'mark first') await moveMark();
  if (way === 'right') sink.writeAs(attempt.token, rows);
  else sink.write(rows);
  await life.point('after the write');
  if (way !== 'mark first') await moveMark();
}

function tried(way: Way, options: { allowDuplicates?: boolean; doubleCrashes?: number } = {}): Promise<Report> {
  return crashTest({
    sink: () => new Rows<bigint>(),
    pipeline: (life, sink) => load(way, life, sink),
    rows: (sink) => sink.all(),
    expected: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
    ...options,
  });
}

test('a right pipeline passes', async () => {
  const report = await tried('right');
  report.assert();
  // Start, begin, three batches, success and finish: each is an append at least, and each append is two points.
  assert.ok(report.tried.crash > 2 * 7, String(report));
  assert.equal(report.tried.pause, report.tried.crash);
  assert.ok(report.tried.doubt >= 2 * 7, String(report));
  assert.equal(report.tried['double-crash'], 100);
  assert.deepEqual([report.lost, report.doubled], [0, 0]);
});

test('a mark that moves before the rows loses them', async () => {
  const { failures } = await tried('mark first', { doubleCrashes: 0 });
  const killed = failures.find(({ kind }) => kind === 'crash');
  assert.deepEqual(killed?.lost, ['1n', '2n', '3n'], killed?.story);
  assert.match(
    killed.story,
    /^killed in life 1, after the append of version \d+ to `dev\/orders` \(.*hwm-set `orders.id`\)/,
  );
  assert.match(killed.story, /lost: 3 rows: 1n, 2n, 3n/);
  assert.throws(() => new Rows<bigint>().writeAs(-1n, []), FencedError);
});

test('a write without a token doubles rows when a worker wakes up', async () => {
  const report = await tried('without token', { doubleCrashes: 0 });
  assert.ok(report.failures.length > 0, String(report));
  // A dead process writes nothing, and the sink says where to go on.
  assert.ok(
    report.failures.every(({ kind }) => kind === 'pause'),
    String(report),
  );
  assert.throws(() => report.assert(), /went wrong/);
});

test('going on by the mark is at least once', async () => {
  const strict = await tried('by the mark', { doubleCrashes: 0 });
  const killed = strict.failures.find(({ kind }) => kind === 'crash');
  assert.match(killed?.story ?? '', /at the point `after the write`/);
  assert.deepEqual([killed?.lost.length, killed?.doubled.length], [0, 3]);

  const tolerant = await tried('by the mark', { allowDuplicates: true });
  tolerant.assert();
  assert.ok(tolerant.doubled > 0, String(tolerant));
});

test('nothing of a dead process goes on, whatever it catches', async () => {
  const wrong: string[] = [];
  const report = await crashTest({
    sink: () => new Rows<bigint>(),
    pipeline: async (life, sink) => {
      try {
        await load('right', life, sink);
      } catch (error) {
        if (life.signal.aborted) wrong.push(String(error));
        throw error;
      } finally {
        if (life.signal.aborted) wrong.push('finally');
      }
    },
    rows: (sink) => sink.all(),
    expected: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
    doubleCrashes: 20,
  });
  report.assert();
  assert.deepEqual(wrong, []);
});

test('what is wrong undisturbed is not tried further, and what never recovers is told', async () => {
  const nothing = { sink: () => new Rows<bigint>(), rows: (sink: Rows<bigint>) => sink.all() };
  const lost = await crashTest({ ...nothing, pipeline: async () => {}, expected: [1n] });
  assert.deepEqual([lost.failures.length, lost.tried.crash, lost.failures[0]?.lost], [1, 0, ['1n']]);
  const gaveUp = await crashTest({
    ...nothing,
    pipeline: async () => {
      throw new Error('out of luck');
    },
    expected: [],
  });
  assert.match(String(gaveUp), /never ended well.*failed: out of luck/s);
});

test('the same seed tries the same', async () => {
  const [first, second] = [await tried('by the mark'), await tried('by the mark')];
  assert.equal(String(first), String(second));
  const all = Array.from({ length: 1_000 }, (_, index) => index);
  assert.equal(sample(all, 100, 1).length, 100);
  assert.deepEqual(sample(all, 100, 1), sample(all, 100, 1));
  assert.notDeepEqual(sample(all, 100, 1), sample(all, 100, 2));
  assert.deepEqual(sample(all, 2_000, 1), all);
});

test('who lives keeps what it has, however long others wait, and who stands still is taken over at once', async () => {
  const kit = new TestKit();
  const [first, second] = [await kit.open('first'), await kit.open('second')];
  const lease = await first.pipeline('dev/orders').acquireLease('compaction', { leaseMs: 3_600_000 });
  assert.equal(lease.kind, 'granted');
  const wanted = second.pipeline('dev/orders');
  assert.equal((await wanted.acquireLease('compaction')).kind, 'held');
  await kit.advance(86_400_000);
  assert.equal((await wanted.acquireLease('compaction')).kind, 'held');

  kit.stopBeats(first);
  const before = kit.now();
  const taken = await wanted.acquireLeaseOrWait('compaction');
  assert.equal(taken.takenFrom, 'first');
  assert.ok(kit.now() - before >= 3_600_000, 'the whole lease went by');
  await assert.rejects(() => (lease.kind === 'granted' ? lease.release() : Promise.resolve()), FencedError);
});
