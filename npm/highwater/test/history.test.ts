import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConflictError,
  FencedError,
  HighwaterError,
  InvalidError,
  type Moment,
  open,
  operations,
} from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const KEY = 'dev/orders';

test('a moment is a version, a time, a backup or the head, and all reads answer from it', async () => {
  using folder = new TemporaryFolder();
  let now = Date.parse('2026-11-21T01:30:00Z');
  await using hw = await open(`file:${folder.path}`, { clock: { now: () => now, setTimeout } });
  const pipeline = hw.pipeline(KEY);
  await pipeline.startRun({ id: 'r1' });
  await pipeline.hwm('a').set(2);
  const { backup } = await pipeline.backup();
  const between = new Date(now + 500);
  now += 1_000;
  await pipeline.setHwms({ a: 3, b: 3 });
  const run = await pipeline.startRun({ id: 'r2' });
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  await using attempt = begun.attempt;

  const version = async (moment: Moment) => (await pipeline.at(moment).describe()).version;
  assert.equal(await version(0), 0n);
  assert.deepEqual([await version(2n), await version(2), await version(between)], [2n, 2n, 2n]);
  assert.deepEqual([await version({ backup: backup.id }), await version({ backup: 'latest' })], [2n, 2n]);
  assert.deepEqual([await version('head'), await version(new Date(now))], [5n, 5n]);

  const then = pipeline.at(between);
  assert.deepEqual([then.id, then.moment], [KEY, between]);
  assert.equal((await then.hwm('a').get())?.value, 2n);
  assert.equal((await then.hwm('a').history()).length, 1);
  assert.equal(await then.hwm('b').get(), undefined);
  const names = [];
  for await (const { name } of then.hwms()) names.push(name);
  const runs = [];
  for await (const { id } of then.runs({ status: 'running' })) runs.push(id);
  const versions = [];
  for await (const record of then.log()) versions.push(record.version);
  assert.deepEqual([names, runs, versions], [['a'], ['r1'], [1n, 2n]]);
  assert.equal((await then.describeRun('r1')).status, 'running');
  await assert.rejects(then.describeRun('r2'), HighwaterError);
  assert.deepEqual(await then.why('r1'), []);
  assert.deepEqual((await then.validate()).problems, []);
  assert.deepEqual([(await then.leases()).length, (await pipeline.at(5n).leases()).length], [0, 1]);
  const [summary, hwm] = await then.submit([operations.describePipeline(), operations.getHwm('a')]);
  assert.deepEqual([summary.version, hwm?.value], [2n, 2n]);
  await assert.rejects(then.submit([operations.setHwms({ a: 9 })]), InvalidError);
  await attempt.succeed();
});

test('a moment that is none, or that was not reached, is refused and says what is', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline(KEY);
  await pipeline.hwm('a').set(1);
  for (const moment of ['yesterday', -1, 1.5, new Date(Number.NaN), {}, null, undefined, { backup: 7 }]) {
    assert.throws(() => pipeline.at(moment as Moment), InvalidError, String(moment));
    await assert.rejects(pipeline.revert(moment as Moment, { dryRun: true }), InvalidError);
  }
  // A number is a version, also one that looks like a time.
  await assert.rejects(pipeline.at(Date.now()).describe(), /not written yet; the last one is 1/);
  await assert.rejects(pipeline.at({ backup: 'latest' }).describe(), /backup/);
});

test('what differs is listed, and a revert puts it back in one record', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline(KEY);
  await pipeline.setHwms({ a: 1, c: 1 });
  await pipeline.setHwms({ a: 900, b: 5 });
  const diff = await pipeline.diff(1n);
  assert.deepEqual([diff.fromVersion, diff.toVersion, diff.truncated], [1n, 2n, false]);
  const [changed, added] = diff.changes;
  assert.deepEqual(
    diff.changes.map(({ kind, key }) => [kind, key]),
    [
      ['hwm', 'a'],
      ['hwm', 'b'],
    ],
  );
  assert.ok(changed?.before?.includes('1') && changed.after?.includes('900'));
  assert.equal(added?.before, undefined);
  const back = await pipeline.diff('head', 1n, { limit: 1 });
  assert.deepEqual([back.changes.length, back.truncated], [1, true]);

  const plan = await pipeline.revert(1n, { dryRun: true });
  assert.deepEqual([plan.applied, plan.version, plan.changes.length], [false, 2n, 2]);
  await assert.rejects(pipeline.revert(1n, { reason: '' }), InvalidError);
  // @ts-expect-error a reason is needed
  await assert.rejects(pipeline.revert(1n, { actor: 'ada' }), InvalidError);
  // @ts-expect-error for JavaScript too
  await assert.rejects(pipeline.revert(1n), InvalidError);
  const done = await pipeline.revert(1n, { reason: 'test data', actor: 'ada' });
  assert.deepEqual(
    [done.applied, done.fromVersion, done.toVersion, done.version, done.interrupted],
    [true, 2n, 1n, 3n, []],
  );
  assert.deepEqual([(await pipeline.hwm('a').get())?.value, await pipeline.hwm('b').get()], [1n, undefined]);
  assert.deepEqual((await pipeline.diff(1n)).changes, []);
  const [last] = await pipeline.hwm('a').history();
  assert.deepEqual([last?.what, last?.reason, last?.actor], ['revert', 'reverted to version 1: test data', 'ada']);
  assert.equal((await pipeline.at(2n).hwm('a').get())?.value, 900n);
  assert.equal((await pipeline.revert(1n, { reason: 'again' })).applied, false);
});

test('who works while the state is restored is fenced, and the node can be begun again', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline(KEY);
  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  await begun.attempt.progress({ hwms: { a: 1 } });
  const { backup } = await pipeline.backup();
  await begun.attempt.progress({ hwms: { a: 2 } });

  assert.equal((await pipeline.restore(backup.id, { dryRun: true })).applied, false);
  const restored = await pipeline.restore('latest', { reason: 'the load was wrong' });
  assert.equal(restored.toVersion, backup.version);
  const [lease] = restored.interrupted;
  assert.deepEqual([restored.interrupted.length, lease?.token], [1, begun.attempt.token]);
  assert.ok(lease?.acquiredAt instanceof Date && typeof lease.leaseMs === 'number');
  await assert.rejects(begun.attempt.succeed(), FencedError);
  assert.equal((await pipeline.hwm('a').get())?.value, 1n);
  const again = await run.node('load').begin();
  assert.ok(again.kind === 'run' && again.attempt.token > begun.attempt.token);
  await again.attempt.succeed();
  await assert.rejects(pipeline.restore('never-made', { reason: 'x' }), InvalidError);
});

test('a fork starts where another pipeline stood, and each goes its own way', async () => {
  await using hw = await open('memory:');
  const [source, copy] = [hw.pipeline('prod/orders'), hw.pipeline('dev/orders-copy')];
  await source.hwm('a').set(1);
  await source.hwm('a').set(2);
  const forked = await copy.forkFrom(source, 1n, { reason: 'to try the new loader', actor: 'ada' });
  assert.deepEqual(forked, { source: 'prod/orders', sourceVersion: 1n, version: 1n });
  assert.equal((await copy.hwm('a').get())?.value, 1n);
  await copy.hwm('a').set(7);
  assert.equal((await source.hwm('a').get())?.value, 2n);
  const { value: record } = await copy.log().next();
  assert.match(record?.facts[0]?.json ?? '', /prod\/orders/);
  await assert.rejects(copy.forkFrom('prod/orders', 'head', { reason: 'again' }), (error) => {
    return error instanceof InvalidError || error instanceof ConflictError;
  });
  await assert.rejects(hw.pipeline('dev/other').forkFrom('prod/orders', 'head', { reason: '' }), InvalidError);
});
