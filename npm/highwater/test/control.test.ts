import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

test('a run is paused, who works in it is told, and it goes on from the state that was handed back', async () => {
  using folder = new TemporaryFolder();
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  const paused = await run.pause('the source is being repaired', { actor: 'ann' });
  assert.deepEqual(
    [paused.status, paused.pause?.reason, paused.pause?.actor],
    ['paused', 'the source is being repaired', 'ann'],
  );
  assert.equal(begun.attempt.stopSignal.aborted, false);
  await hw.beat();
  assert.ok(begun.attempt.stopSignal.aborted);
  assert.equal(begun.attempt.stopAsked?.cause, 'run-paused');
  await begun.attempt.handBack('asked to', { state: Buffer.from('page 3'), counts: { rowsRead: 5 } });

  assert.equal((await pipeline.startRun({ id: 'r1' })).started.status, 'paused', 'starting it again changes nothing');
  const waiting = await run.node('load').begin();
  assert.ok(waiting.kind === 'wait' && waiting.reason.code === 'paused');
  assert.equal((await run.resume({ reason: 'it is up again', actor: 'ann' })).status, 'running');
  const again = await run.node('load').begin();
  assert.ok(again.kind === 'run' && again.attempt.reason.code === 'handed-back');
  assert.equal(Buffer.from(again.attempt.state ?? []).toString(), 'page 3');
  await again.attempt.succeed();
  assert.equal((await run.finish()).restarts, 0, 'going on after a pause is no restart');
});

test('a worker that was asked to stop begins nothing more, and is fenced when its time is up', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  const asked = await pipeline.stopWorker(hw.worker, 'a new release', { actor: 'ann' });
  assert.deepEqual([asked.holds.length, asked.fenced.length, asked.fenceAt], [1, 0, undefined]);
  await hw.beat();
  assert.equal(begun.attempt.stopAsked?.cause, 'worker-stopped');
  assert.equal((await pipeline.workers())[0]?.stop?.reason, 'a new release');
  const fenced = await pipeline.stopWorker(hw.worker, 'it does not listen', { graceMs: 0 });
  assert.deepEqual([fenced.holds.length, fenced.fenced.length], [0, 1]);
  await assert.rejects(begun.attempt.succeed(), FencedError);
  await assert.rejects(run.node('load').begin(), FencedError);
  assert.ok((await pipeline.allowWorker(hw.worker, 'released')).changed);
  assert.equal((await run.node('load').begin()).kind, 'run');
});

test('a report counts up what a run came to, and says what to do', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const former = await pipeline.startRun({ id: 'r0' });
  const first = await former.node('extract').begin();
  assert.ok(first.kind === 'run');
  await first.attempt.succeed();
  await former.finish();

  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('extract').begin();
  assert.ok(begun.kind === 'run');
  assert.equal((await run.report()).estimate?.runs, 1);
  await begun.attempt.succeed({ counts: { rowsRead: 10n, rowsWritten: 10n } });
  for (const _ of [1, 2, 3]) {
    const again = await run.node('extract').begin({ force: true });
    assert.ok(again.kind === 'run');
    await again.attempt.succeed({ counts: { rowsRead: 10n, rowsWritten: 10n } });
  }
  const failing = await run.node('load').begin();
  assert.ok(failing.kind === 'run');
  await failing.attempt.fail('the source is down');
  const report = await run.report();
  assert.deepEqual([report.nodes, report.done, report.donePercent, report.attempts], [2, 1, 50, 5]);
  assert.equal(report.counts.rowsRead, 10n, 'what was repeated does not count twice');
  assert.deepEqual(
    report.statuses.map(({ status, nodes }) => [status, nodes]),
    [
      ['waiting', 1],
      ['succeeded', 1],
    ],
  );
  assert.equal(report.durations?.slowest.node, 'extract');
  assert.deepEqual([report.failures[0]?.node, report.failures[0]?.error?.message], ['load', 'the source is down']);
  assert.deepEqual([report.recommendations[0]?.code, report.recommendations[0]?.nodes], ['waiting-nodes', ['load']]);
  assert.equal((await pipeline.at('head').reportRun('r1')).attempts, 5);
});

test('an item that cannot be worked on is put aside, requeued, and settled by the next attempt', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  const payload = Buffer.from('7,zz,12.50');
  await begun.attempt.bury([{ key: 'order 7', error: new RangeError('no country `zz`'), payload }]);
  await begun.attempt.succeed();
  const { letters, next } = await pipeline.deadLetters({ node: 'load' });
  assert.deepEqual([letters.length, next, letters[0]?.error.class, letters[0]?.times], [1, undefined, 'RangeError', 1]);
  assert.equal(Buffer.from(letters[0]?.payload ?? []).toString(), '7,zz,12.50');
  await pipeline.requeueDeadLetters('load', ['order 7'], 'the country is there now', { actor: 'ann' });

  const later = await pipeline.startRun({ id: 'r2' });
  const again = await later.node('load').begin();
  assert.ok(again.kind === 'run');
  const requeued = await again.attempt.requeued();
  assert.deepEqual([requeued[0]?.key, requeued[0]?.requeued?.actor], ['order 7', 'ann']);
  await again.attempt.settle(['order 7'], 'loaded');
  await again.attempt.succeed();
  assert.deepEqual((await pipeline.deadLetters()).letters, []);
  await assert.rejects(pipeline.dropDeadLetters('load', ['order 7'], 'not needed'), /no dead letter `order 7`/);
});
