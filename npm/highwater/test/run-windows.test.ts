import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

test('a run keeps its window, its nodes are handed nothing else, and who covered something else is found', async () => {
  using folder = new TemporaryFolder();
  const day = { unit: 'day', zone: 'Europe/Berlin' } as const;
  {
    await using hw = await open(`file:${folder.path}`);
    const pipeline = hw.pipeline('prod/orders');
    const window = await pipeline.findWindow('2026-10-25', day);
    const run = await pipeline.startRun({ id: 'r', window });
    assert.deepEqual(run.started.window, { axis: 'time', ...window });
    assert.equal(window.end - window.start, 25n * 3_600_000n);
  }
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('prod/orders');
  const [window, other] = [await pipeline.findWindow('2026-10-25', day), await pipeline.findWindow('2026-10-26', day)];
  await using run = await pipeline.startRun({ id: 'r', window: other });
  assert.deepEqual(run.started.window, { axis: 'time', ...window });

  const orders = await run.node('orders').begin({ cover: { window: true } });
  assert.equal(orders.kind, 'run');
  assert.deepEqual(orders.attempt.intervals, [window]);
  await orders.attempt.succeed();
  assert.equal((await run.drift()).consistent, true);

  await assert.rejects(run.node('items').begin({ cover: { intervals: [other] } }), /outside the window of run `r`/);
  await assert.rejects(run.node('items').begin({ cover: { window: true, due: true } }), /leave `intervals`, `due` and/);
  const items = await run.node('items').begin({ cover: { window: true } });
  assert.equal(items.kind, 'run');
  const half = { start: window.start, end: window.start + 3_600_000n };
  await items.attempt.progress({ covered: [half] });
  await run.cancel('no time');
  const { consistent, drifted, nodes, comparedWith } = await run.drift();
  assert.deepEqual([consistent, drifted, comparedWith?.axis], [false, 1, 'time']);
  const line = nodes.find(({ node }) => node === 'items');
  assert.deepEqual(line?.drift, ['behind']);
  assert.deepEqual(line?.covered, half);
  assert.deepEqual(line?.missing, [{ start: half.end, end: window.end }]);
  const report = await run.report();
  assert.deepEqual(report.window, { axis: 'time', ...window });
  assert.equal(report.recommendations.at(-1)?.code, 'window-drift');

  const ids = await pipeline.startRun({ window: { start: 0, end: 100, axis: 'integer' } });
  assert.deepEqual(ids.started.window, { axis: 'integer', start: 0n, end: 100n });
  await assert.rejects(pipeline.startRun({ window: { start: 5, end: 5 } }), /is empty/);
});
