import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

test('partitions are declared, handed out, marked in one record, counted and re-keyed without losing what was done', async () => {
  using folder = new TemporaryFolder();
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('prod/orders');
  await pipeline.declarePartitions('load', [{ name: 'region', keys: ['eu', 'us'] }, { name: 'customer' }]);
  await pipeline.changePartitionKeys('load', 'customer', { add: ['acme', 'bolt'] });

  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin({ partitions: { fingerprint: 'code-1', limit: 3 } });
  assert.equal(begun.kind, 'run');
  if (begun.kind !== 'run') return;
  assert.deepEqual(begun.attempt.partitions, ['eu|acme', 'eu|bolt', 'us|acme']);
  const other = await (await pipeline.startRun({ id: 'r2' })).node('load').begin({ partitions: { prefix: 'eu|' } });
  assert.equal(other.kind, 'wait');
  await begun.attempt.progress({ partitions: [{ partition: 'eu|acme', rows: 120n }] });
  await begun.attempt.succeed({ partitions: [{ partition: 'eu|bolt', failed: true }] });

  const eu = await pipeline.partition('load', 'eu|acme');
  assert.deepEqual([eu.status, eu.rows, eu.fingerprint, eu.run, eu.attempt], ['done', 120n, 'code-1', 'r1', 1]);
  const counts = (await pipeline.partitioning('load'))?.counts;
  assert.deepEqual([counts?.done, counts?.failed, counts?.missing, counts?.total], [2n, 1n, 1n, 4n]);
  const keys = [];
  for await (const { key, counts } of pipeline.partitionKeys('load', 'region', { pageSize: 1 }))
    keys.push([key, counts.done]);
  assert.deepEqual(keys, [
    ['eu', 1n],
    ['us', 1n],
  ]);

  const marks = ['us|bolt', { partition: 'us|acme', rows: 7 }];
  const marked = await pipeline.markPartitions('load', 'done', marks, { reason: 'loaded elsewhere', actor: 'ann' });
  assert.equal(marked.changed, 2n);
  const renamed = { dimension: 'region', keys: { eu: 'us', us: 'eu' } };
  const plan = await pipeline.rekeyPartitions('load', renamed, { dryRun: true });
  assert.deepEqual([plan.moved, plan.applied, plan.moves[0]?.to], [4n, false, 'us|acme']);
  await pipeline.rekeyPartitions('load', renamed, { reason: 'they were mixed up' });
  const tenant = { dimension: { name: 'tenant' }, key: 't1' };
  await pipeline.rekeyPartitions('load', { add: tenant }, { reason: 'tenants' });
  const done = [];
  for await (const view of pipeline.partitions('load', { statuses: ['done'] }, { pageSize: 2 }))
    done.push(view.partition);
  assert.deepEqual(done, ['us|acme|t1', 'eu|acme|t1', 'eu|bolt|t1']);
  await assert.rejects(pipeline.changePartitionKeys('load', 'customer', { remove: ['acme'] }), /has a status/);
  await assert.rejects(pipeline.markPartitions('load', 'done', ['eu|nobody|t1'], { reason: 'x' }), /no key `nobody`/);

  const nodes = [];
  for await (const { node, dimensions } of pipeline.partitionings()) nodes.push([node, dimensions.length]);
  assert.deepEqual(nodes, [['load', 3]]);
  assert.equal(await pipeline.partitioning('report'), undefined);
});
