import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError, InvalidError, open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const january = { start: new Date('2026-01-01'), end: new Date('2026-02-01') };

test('a backfill is planned, applied under its basis, and worked off beside live HWMs', async () => {
  using folder = new TemporaryFolder();
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('dev/orders');
  await pipeline.declareCadence('load', { unit: 'day', start: '2026-01-01', end: january.end });
  const of = { backfill: { interval: january, nodes: ['load'] } };
  const { basis, steps, next } = await pipeline.plan(of);
  assert.deepEqual(
    steps.map(({ node, action, windows, reason }) => [node, action, windows, reason.code]),
    [['load', 'run', 31, 'first-attempt']],
  );
  assert.equal(next, undefined);
  await assert.rejects(pipeline.applyPlan(of, 'another', { reason: 'x' }), ConflictError);
  await assert.rejects(pipeline.applyPlan(of, basis), InvalidError);
  const how = { reason: 'a new column', actor: 'ada', id: 'january', order: 'newest-first', maxConcurrent: 1 } as const;
  assert.equal((await pipeline.applyPlan(of, basis, how)).backfill, 'january');

  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin({ cover: { backfill: 'january', limit: 2 } });
  assert.ok(begun.kind === 'run');
  assert.equal(begun.attempt.intervals[1]?.end, BigInt(january.end.getTime()));
  const other = await (await pipeline.startRun({ id: 'r2' })).node('load').begin({ cover: { backfill: 'january' } });
  assert.ok(other.kind === 'wait' && other.reason.code === 'held');
  await assert.rejects(begun.attempt.succeed({ hwms: { orders: 9 } }), /leaves HWMs alone/);
  await begun.attempt.succeed();
  const { done, windows, status, createdAt } = await pipeline.backfill('january');
  assert.deepEqual([done, windows, status], [2, 31, 'running']);
  assert.ok(createdAt instanceof Date);

  assert.equal((await pipeline.changeBackfill('january', 'pause', 'slow')).changed, true);
  assert.equal((await pipeline.changeBackfill('january', 'pause', 'slow')).changed, false);
  await pipeline.changeBackfill('january', 'cancel', 'enough', { actor: 'ada' });
  await assert.rejects(pipeline.changeBackfill('january', 'resume', 'more'), ConflictError);
  const ids = [];
  for await (const { backfill } of pipeline.backfills()) ids.push(backfill);
  assert.deepEqual(ids, ['january']);
  await pipeline.changeBackfill('january', 'delete', 'over');
  await assert.rejects(pipeline.backfill('january'), InvalidError);
});

test('a run is planned, and a restatement makes what is done stale', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await assert.rejects(pipeline.plan('run'), /no graph is declared/);
  await pipeline.declareGraph([{ name: 'extract' }, { name: 'load', after: ['extract'] }]);
  const { basis, steps } = await pipeline.plan('run');
  assert.deepEqual(
    steps.map(({ node, action }) => [node, action]),
    [
      ['extract', 'run'],
      ['load', 'run'],
    ],
  );
  assert.equal((await pipeline.applyPlan('run', basis, { id: 'r1' })).run, 'r1');
  assert.equal((await pipeline.plan({ resume: 'r1' })).steps.length, 2);
  assert.equal((await pipeline.plan({ retryFailed: 'r1' }, { limit: 1 })).next, 1);
  await pipeline.markCoverage('load', 'done', [january], { reason: 'adopted' });
  const again = { restatement: { interval: january, nodes: ['load'], downstream: true } };
  await pipeline.applyPlan(again, (await pipeline.plan(again)).basis, { reason: 'a wrong rate' });
  assert.equal((await pipeline.coverage('load')).spans[0]?.status, 'stale');
});
