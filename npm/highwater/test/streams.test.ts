import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, InvalidError, open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

test('a checkpoint goes from trigger to restore', async () => {
  using folder = new TemporaryFolder(true);
  const hw = await open(`file:${folder.path}`);
  const stream = hw.pipeline('prod/orders').stream();
  assert.equal(await stream.describe(), undefined);
  await stream.declare({ operators: { log: 1, count: 2 }, policy: { intervalMs: 0, retain: 1 } });
  assert.equal((await stream.restore()).checkpoint, undefined);

  const begun = await stream.trigger({ savepoint: 'first' });
  assert.equal(begun.kind, 'triggered');
  const waiting = await stream.trigger({ ifDue: true });
  assert.ok(waiting.kind === 'wait' && waiting.until instanceof Date);
  const state = new Uint8Array([1, 2]);
  await stream.acknowledge(1n, [{ operator: 'log', positions: { 'orders/0': 2n ** 62n } }]);
  const last = await stream.acknowledge(1n, [
    { operator: 'count', state, parts: [{ name: 'a', sizeBytes: 5 }] },
    { operator: 'count', subtask: 1, transaction: new Uint8Array([9]) },
  ]);
  assert.equal(last.status, 'completed');
  assert.deepEqual(last.commit, [
    { checkpoint: 1n, operator: 'count', subtask: 1, status: 'committing', transaction: new Uint8Array([9]) },
  ]);
  assert.equal((await hw.pipeline('prod/orders').hwm('orders/0').get())?.value, 2n ** 62n);

  const restored = await stream.restore();
  assert.equal(restored.generation, 2n);
  assert.deepEqual([...restored.positions], [['orders/0', 2n ** 62n]]);
  assert.deepEqual(restored.checkpoint?.acknowledgements[0]?.state, state);
  assert.deepEqual(restored.assignments[1], {
    operator: 'count',
    subtask: 1,
    firstGroup: 64,
    lastGroup: 127,
    from: [1],
  });
  assert.equal(restored.commit.length, 1, 'it is told until it is settled');
  await stream.settle(restored.commit);
  assert.deepEqual((await stream.describe())?.transactions, []);

  await stream.delete({ savepoint: 'first' }, 'not needed');
  for await (const checkpoint of stream.checkpoints()) assert.fail(`checkpoint ${checkpoint.checkpoint} is left`);
  assert.deepEqual((await stream.reclaim()).parts, [{ name: 'a', sizeBytes: 5n, digest: undefined }]);
  assert.deepEqual((await stream.reclaim(['a'])).parts, []);
  await hw.close();
});

test('a coordinator that lost its lease is fenced', async () => {
  const hw = await open('memory:');
  const pipeline = hw.pipeline('prod/orders');
  const stream = pipeline.stream();
  await stream.declare({ operators: [{ name: 'log', parallelism: 1 }] });
  const lease = await pipeline.acquireLeaseOrWait('stream');
  await stream.restore('latest', { lease });
  await stream.trigger({ lease });
  await pipeline.forceUnlock('stream', 'it hangs');
  await assert.rejects(stream.acknowledge(1n, [{ operator: 'log' }], { lease }), FencedError);
  await assert.rejects(stream.acknowledge(1n, [{ operator: 'log' }]), FencedError);
  await stream.abort(1n, 'its coordinator is gone', { actor: 'ada' });
  assert.equal((await stream.checkpoint(1n))?.abortActor, 'ada');
  await assert.rejects(stream.trigger({ savepoint: '' }), InvalidError);
  await hw.close();
});
