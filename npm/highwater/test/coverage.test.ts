import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError, InvalidError, type Interval, open, operations } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const range = (spans: readonly Interval[]) => spans.map(({ start, end }) => [Number(start), Number(end)]);

test('a node covers what is missing, batch by batch, and then there is nothing to do', async () => {
  using folder = new TemporaryFolder();
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'r1' });
  const cover = { intervals: [{ start: 0, end: 100n }], axis: 'integer', partition: 'de' } as const;
  const begun = await run.node('load').begin({ cover });
  assert.ok(begun.kind === 'run');
  assert.deepEqual(begun.attempt.intervals, [{ start: 0n, end: 100n }]);
  await begun.attempt.progress({ covered: [{ start: 0, end: 40 }], hwms: { 'orders.id': 40 } });
  const half = await pipeline.coverage('load', { partition: 'de', to: 100 });
  assert.deepEqual([half.axis, half.edge, range(half.claims)], ['integer', 40n, [[40, 100]]]);
  assert.deepEqual(
    half.spans.map(({ status }) => status),
    ['done', 'missing'],
  );
  await assert.rejects(
    pipeline.markCoverage('load', 'stale', [{ start: 50, end: 60 }], { partition: 'de', reason: 'late rows' }),
    ConflictError,
  );
  await begun.attempt.succeed();
  const other = await pipeline.startRun({ id: 'r2' });
  const again = await other.node('load').begin({ cover });
  assert.ok(again.kind === 'skip' && again.reason.code === 'already-covered');
});

test('coverage is marked by hand, planned first, and the past is read', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const day = (number: number) => new Date(Date.UTC(2026, 10, number));
  const days = [
    { start: day(1), end: day(5) },
    { start: day(7), end: day(9) },
  ];
  const plan = await pipeline.markCoverage('load', 'done', days, { dryRun: true });
  assert.deepEqual([plan.applied, plan.changed.length], [false, 2]);
  const done = await pipeline.markCoverage('load', 'done', days, { reason: 'loaded by hand', actor: 'ada' });
  assert.deepEqual([done.applied, done.axis], [true, 'time']);
  const gaps = await pipeline.coverage('load', { gaps: true, from: day(1), to: day(10) });
  assert.deepEqual(range(gaps.spans), [
    [day(5).getTime(), day(7).getTime()],
    [day(9).getTime(), day(10).getTime()],
  ]);
  await pipeline.markCoverage('load', 'missing', days, { reason: 'a wrong node' });
  assert.deepEqual((await pipeline.coverage('load')).spans, []);
  const lines = [];
  for await (const line of pipeline.at(done.version).coverageLines()) lines.push(line);
  assert.deepEqual(
    lines.map(({ node, partition, edge }) => [node, partition, edge]),
    [['load', undefined, BigInt(day(5).getTime())]],
  );
});

test('what is no interval is refused', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const mark = (start: unknown, end: unknown) =>
    operations.markCoverage('n', 'done', [{ start, end } as never], { reason: 'x' });
  for (const [start, end] of [
    [1.5, 2],
    ['a', 2],
    [new Date(Number.NaN), 2],
  ]) {
    assert.throws(() => mark(start, end), InvalidError);
  }
  const empty = [{ start: 5, end: 5 }];
  await assert.rejects(pipeline.markCoverage('n', 'done', empty, { reason: 'x' }), InvalidError);
  await assert.rejects(pipeline.markCoverage('n', 'ready' as never, [], { dryRun: true }), InvalidError);
});
