import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { FencedError, InvalidError, open } from '../dist/index.js';

test('a run that is not over by its deadline fails, without anybody asking, and its attempts are fenced', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await assert.rejects(pipeline.startRun({ id: 'r0', deadlineMs: 0 }), InvalidError);
  const run = await pipeline.startRun({ id: 'r1', deadlineMs: 150 });
  const { startedAt, deadline } = run.started;
  assert.equal(deadline?.getTime(), startedAt.getTime() + 150);
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  assert.equal(begun.attempt.deadline?.getTime(), deadline.getTime());
  const leftMs = (await run.report()).deadline?.leftMs;
  assert.ok(leftMs !== undefined && leftMs <= 150);

  await sleep(400);
  await assert.rejects(begun.attempt.succeed(), FencedError);
  const view = await run.describe();
  assert.deepEqual([view.status, view.error?.class], ['failed', 'deadline']);
  assert.ok((view.finishedAt?.getTime() ?? Infinity) < startedAt.getTime() + 390, 'it was written when it was due');
  assert.deepEqual(
    (await run.report()).recommendations.map(({ code }) => code),
    ['deadline-passed'],
  );
});

test('an attempt that takes longer than its node allows has failed, and the retry policy says what comes next', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await pipeline.declareGraph([{ name: 'load', deadlineMs: 100, retry: { maxAttempts: 2, backoffMs: 1 } }]);
  assert.equal((await pipeline.describe()).graph[0]?.deadlineMs, 100);
  const run = await pipeline.startRun({ id: 'r1' });
  const first = await run.node('load').begin();
  assert.ok(first.kind === 'run' && first.attempt.deadline !== undefined);
  await sleep(150);
  await assert.rejects(first.attempt.progress({ counts: { rowsRead: 1 } }), FencedError);
  const second = await run.node('load').beginOrWait();
  assert.ok(second.kind === 'run' && second.attempt.number === 2);
  await second.attempt.succeed();
  assert.equal((await run.finish()).status, 'succeeded');
});
