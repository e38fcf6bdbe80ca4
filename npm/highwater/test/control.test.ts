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
