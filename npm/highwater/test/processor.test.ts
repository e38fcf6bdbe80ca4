import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, type Highwater, InvalidError, open } from '../dist/index.js';
import { ExactlyOnceProcessor, KeyedState, MemoryParts, type ProcessorOptions } from '../dist/streams/index.js';
import { crashTest } from '../dist/testing/index.js';
import { TemporaryFolder } from './support/folder.js';
import { WatchedParts } from './support/keyed-lab.js';
import { MemoryLog, MemorySink, MemorySource, type Point } from './support/memory-log.js';

const KEYS = ['ada', 'bob', 'eve'];
/** Two partitions with so many records each. */
const input = (records: number) =>
  [0, 1].map((partition) => Array.from({ length: records }, (_, index) => KEYS[(index + partition) % 3]!));

/** What must come out: each key with each count, once. */
function expected(records: number): string[] {
  const counts = new Map<string, number>();
  return input(records)
    .flat()
    .map((key) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return `${key} ${counts.get(key)}`;
    })
    .sort();
}

type Options = ProcessorOptions<string, string>;

/** A count of keys whose source, sink and parts can be got at. */
class Lab {
  readonly log = new MemoryLog();
  readonly parts = new WatchedParts(new MemoryParts());
  /** Called at each point of source and sink. */
  point: Point = async () => {};

  options(records: number, more: Partial<Options> = {}): Options {
    const point: Point = (name) => this.point(name);
    return {
      operator: 'count',
      source: new MemorySource(input(records), 4, point),
      sink: new MemorySink(this.log, point),
      parts: this.parts,
      policy: { intervalMs: 1, retain: 2 },
      process: count,
      leaseMs: 100,
      ...more,
    };
  }

  processor(hw: Highwater, records: number, more: Partial<Options> = {}): ExactlyOnceProcessor<string, string> {
    return new ExactlyOnceProcessor(hw.pipeline('dev/count'), this.options(records, more));
  }
}

function count(state: KeyedState): (key: string, emit: (output: string) => void) => void {
  const counts = state.value<string, number>('counts');
  return (key, emit) => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.put(key, next);
    emit(`${key} ${next}`);
  };
}

test('each record has its effect once, and a second run has nothing to do', async () => {
  using folder = new TemporaryFolder(true);
  const lab = new Lab();
  await using hw = await open(`file:${folder.path}`);
  const { records, outputs, rollbacks } = await lab.processor(hw, 40).run();
  assert.deepEqual([records, outputs, rollbacks], [80, 80, 0]);
  assert.deepEqual([...lab.log.committed].sort(), expected(40));
  assert.equal((await hw.pipeline('dev/count').hwm('in/1').get())?.value, 40n);
  assert.equal((await lab.processor(hw, 40).run()).records, 0);
  assert.deepEqual((await lab.processor(hw, 50).run()).records, 20);
  assert.deepEqual([...lab.log.committed].sort(), expected(50));
});

test('checkpoints are kept as many as wanted, and can be gone back to; parts are deleted', async () => {
  const [lab, parts] = [new Lab(), new MemoryParts()];
  await using hw = await open('memory:');
  const stream = hw.pipeline('dev/count').stream();
  for (let records = 1; records <= 30; records += 1) {
    await lab.processor(hw, records, { parts, policy: { intervalMs: 0, retain: 4 } }).run();
  }
  const view = await stream.describe();
  assert.equal(view?.retained.length, 4);
  assert.ok(view.parts <= 8n && view.reclaimable === 0n, `${view.parts} parts are needed, ${view.reclaimable} are not`);
  assert.equal(BigInt(parts.names.length), view.parts);
  const restored = await stream.restore(view.retained[0]!, { reason: 'a bad load' });
  assert.equal(restored.positions.get('in/0'), 27n);
  const state = await KeyedState.restore(restored, { operator: 'count', parts });
  const counts = [...state.value<string, number>('counts').entries()].map(([, count]) => count);
  assert.equal(
    counts.reduce((sum, it) => sum + it, 0),
    54,
  );
});

test('a checkpoint that somebody aborts, or that takes too long, rolls back and loses nothing', async () => {
  const lab = new Lab();
  await using hw = await open('memory:');
  const stream = hw.pipeline('dev/count').stream();
  let aborts = 0;
  const tooLate = async () => {
    await new Promise((resolve) => setTimeout(resolve, 80));
    await stream.trigger({ ifDue: true });
  };
  lab.point = async (name) => {
    if (name !== 'after preCommit' || aborts === 3) return;
    aborts += 1;
    if (aborts === 2) await tooLate();
    else await stream.abort((await stream.describe())!.inFlight[0]!, 'by hand');
  };
  const { rollbacks } = await lab
    .processor(hw, 30, { maxRollbacks: 4, policy: { intervalMs: 1, timeoutMs: 60 } })
    .run();
  assert.equal(rollbacks, 3);
  assert.deepEqual([...lab.log.committed].sort(), expected(30));
  assert.deepEqual((await stream.describe())!.transactions, []);
});

test('it gives up when checkpoints are aborted again and again, and goes on when it is run again', async () => {
  const lab = new Lab();
  await using hw = await open('memory:');
  const stream = hw.pipeline('dev/count').stream();
  lab.point = async (name) => {
    if (name === 'after preCommit') await stream.abort((await stream.describe())!.inFlight[0]!, 'by hand');
  };
  const processor = lab.processor(hw, 30);
  await assert.rejects(processor.run(), { name: 'ConflictError', message: /3 checkpoints after each other.*by hand/ });
  lab.point = async () => {};
  await processor.run();
  assert.deepEqual([...lab.log.committed].sort(), expected(30));
});

test('whatever fails, wherever: run again, and nothing is lost or doubled', async () => {
  for (let at = 0, hasFailed = true; hasFailed; at += 1) {
    const lab = new Lab();
    await using hw = await open('memory:');
    let [points, thrown] = [0, false];
    const fail: Point = async (name) => {
      points += 1;
      if (points === at + 1) thrown = true;
      if (points === at + 1) throw new Error(`${name} failed`);
    };
    lab.point = fail;
    const parts = {
      ...bound(lab.parts),
      put: (name: string, bytes: Uint8Array) => fail('put').then(() => lab.parts.put(name, bytes)),
    };
    const processor = lab.processor(hw, 6, { parts });
    const error = await processor.run().then(
      () => undefined,
      (error: Error) => error,
    );
    hasFailed = thrown;
    if (hasFailed) {
      assert.match(String(error), / failed$/);
      await processor.run();
    }
    assert.deepEqual([...lab.log.committed].sort(), expected(6), `failure ${at}`);
  }
});

function bound(parts: WatchedParts) {
  return { get: (name: string) => parts.get(name), delete: (name: string) => parts.delete(name) };
}

test('a savepoint is made while the stream runs, and in the end', async () => {
  const lab = new Lab();
  await using hw = await open('memory:');
  const stream = hw.pipeline('dev/count').stream();
  const stop = new AbortController();
  const source = new MemorySource(input(10), 4);
  const endless = { seek: source.seek.bind(source), read: async () => (await source.read()) ?? [] };
  const processor = lab.processor(hw, 0, { source: endless, policy: { intervalMs: 60_000 } });
  const first = processor.savepoint('first');
  const running = processor.run({ signal: stop.signal });
  assert.equal(await first, 1n);
  assert.equal(await processor.savepoint('second'), 2n);
  await assert.rejects(processor.savepoint('second'), /is there already, as checkpoint 2/);
  const last = processor.savepoint('last');
  stop.abort();
  await running;
  await last;
  assert.equal((await stream.checkpoint({ savepoint: 'last' }))?.status, 'completed');
  await lab.processor(hw, 10).run();
  assert.deepEqual([...lab.log.committed].sort(), expected(10));
});

test('what is open in the end is emitted then, once', async () => {
  const lab = new Lab();
  await using hw = await open('memory:');
  const process = (state: KeyedState) => {
    const open = state.list<string, string>('open');
    return {
      process: (key: string) => open.append(key, 'x'),
      end: (emit: (output: string) => void) => {
        for (const [key, items] of open.entries()) emit(`${key} ${items.length}`);
        open.clear();
      },
    };
  };
  await lab.processor(hw, 6, { process }).run();
  await lab.processor(hw, 6, { process }).run();
  assert.deepEqual([...lab.log.committed].sort(), ['ada 4', 'bob 4', 'eve 4']);
});

test('one runs at a time, and one that was replaced stops without a trace', async () => {
  const lab = new Lab();
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/count');
  let points = 0;
  lab.point = async (name) => {
    points += 1;
    if (name === 'before preCommit') await pipeline.forceUnlock('stream/count', 'it hangs');
  };
  const processor = lab.processor(hw, 30);
  const first = processor.run();
  await assert.rejects(processor.run(), InvalidError);
  await assert.rejects(first, FencedError);
  assert.ok(points > 0);
  assert.deepEqual(lab.log.committed, []);
  lab.point = async () => {};
  await processor.run();
  assert.deepEqual([...lab.log.committed].sort(), expected(30));
});

test('one that was replaced between its commit and its next transaction leaves that of the other one alone', async () => {
  const [lab, other] = [new Lab(), new Lab()];
  await using hw = await open('memory:');
  let [begun, second, first] = [0, Promise.resolve<unknown>(undefined), Promise.resolve<unknown>(undefined)];
  let [prepared, ended] = [() => {}, () => {}];
  const firstEnded = new Promise<void>((resolve) => (ended = resolve));
  lab.point = async (name) => {
    if (name !== 'begin' || (begun += 1) !== 2) return;
    // It stands still here, and somebody takes over, up to where a transaction is prepared.
    await hw.pipeline('dev/count').forceUnlock('stream/count', 'it stands still');
    const isPrepared = new Promise<void>((resolve) => (prepared = resolve));
    second = other
      .processor(hw, 30, { sink: new MemorySink(lab.log, (name) => other.point(name)), parts: lab.parts })
      .run();
    await isPrepared;
  };
  other.point = async (name) => {
    if (name !== 'after preCommit') return;
    prepared();
    await firstEnded;
  };
  first = lab.processor(hw, 30).run();
  await assert.rejects(first, /start 2 has begun, and this is 1/);
  ended();
  await second;
  assert.deepEqual([...lab.log.committed].sort(), expected(30));
});

test('transactions of an operator of another name are not forgotten', async () => {
  const lab = new Lab();
  await using hw = await open('memory:');
  lab.point = async (name) => {
    if (name === 'before commit') throw new Error('the sink is away');
  };
  await assert.rejects(lab.processor(hw, 5).run(), /the sink is away/);
  await assert.rejects(lab.processor(hw, 5, { operator: 'sum' }).run(), InvalidError);
  lab.point = async () => {};
  await lab.processor(hw, 5).run();
  assert.deepEqual([...lab.log.committed].sort(), expected(5));
});

test('killed before and after every request to the store and every step of the sink, paused, in doubt, killed twice', async () => {
  const records = 5;
  const report = await crashTest({
    sink: () => ({ log: new MemoryLog(), parts: new MemoryParts() }),
    rows: ({ log }) => log.committed,
    expected: expected(records),
    pipeline: async (life, { log, parts }) => {
      const point: Point = (name) => life.point(name);
      const processor = new ExactlyOnceProcessor(life.highwater.pipeline('dev/count'), {
        operator: 'count',
        source: new MemorySource(input(records), 3, point),
        sink: new MemorySink(log, point),
        parts,
        policy: { intervalMs: 1, retain: 1 },
        process: count,
        idleMs: 0,
      });
      await processor.run();
    },
  });
  report.assert();
});
