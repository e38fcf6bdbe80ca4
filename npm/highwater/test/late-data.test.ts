import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

test('rows that come late are reopened, recorded or refused, and those that come while they are loaded are not lost', async () => {
  using folder = new TemporaryFolder();
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('prod/orders');
  await pipeline.declareLateRule('load', { action: 'reopen', allowed: 50, beyond: 'refuse', downstream: true });
  await pipeline.declareLateRule(undefined, { action: 'record' });
  const rules = [];
  for await (const { node, rule } of pipeline.lateRules()) rules.push([node, rule.action, rule.allowed]);
  assert.deepEqual(rules, [
    [undefined, 'record', undefined],
    ['load', 'reopen', 50n],
  ]);

  await pipeline.markCoverage('load', 'done', [{ start: 0, end: 100 }], { reason: 'before', axis: 'integer' });
  const arrival = { node: 'load', intervals: [{ start: 95, end: 105 }], positions: [10n, 60], rows: 7 };
  const { arrivals } = await pipeline.reportArrivals([arrival], { worker: 'gateway' });
  const [arrived] = arrivals;
  assert.deepEqual(arrived?.refused, [{ start: 10n, end: 11n }]);
  assert.deepEqual(arrived?.reopened, [
    { start: 60n, end: 61n },
    { start: 95n, end: 100n },
  ]);
  assert.deepEqual(arrived?.pending, [{ start: 100n, end: 105n }]);

  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin({ cover: { intervals: [{ start: 0, end: 110 }] } });
  assert.equal(begun.kind, 'run');
  if (begun.kind !== 'run') return;
  await pipeline.reportArrivals([{ node: 'load', positions: [104] }]);
  await begun.attempt.succeed();
  const { spans, late, lateRule } = await pipeline.coverage('load');
  const stale = spans.filter((span) => span.status === 'stale');
  assert.deepEqual(
    stale.map(({ start, end }) => [start, end]),
    [[104n, 105n]],
  );
  assert.match(stale[0]?.reason ?? '', /late data was reported while run `r1` worked on it/);
  assert.equal(late?.refused.rows, 7n);
  assert.equal(late?.last[0]?.worker, 'gateway');
  assert.ok(late?.last[0]?.at instanceof Date);
  assert.equal(lateRule?.downstream, true);
  assert.equal((await run.report()).late[0]?.refused.reports, 1n);
});
