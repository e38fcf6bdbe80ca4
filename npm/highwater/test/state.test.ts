import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, HighwaterError, InvalidError, MemoryStore, open, operations, type Store } from '../dist/index.js';
import { aborted } from './support/aborted.js';

test('an HWM moves forward, is rewound with a reason, and keeps its history', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const hwm = pipeline.hwm('orders.id');
  assert.equal(await hwm.get(), undefined);
  assert.deepEqual(await hwm.set(5), { version: 1n, moved: 1 });
  assert.deepEqual(await hwm.set(5n), { version: 1n, moved: 0 });
  await assert.rejects(hwm.set(4), (error) => error instanceof InvalidError && /rewind/.test(error.message));
  await assert.rejects(hwm.set('7'), InvalidError);
  await hwm.set('7', { cast: true });
  await hwm.set(8, { cast: true });
  const plan = await hwm.rewind(3, 'late rows', { dryRun: true });
  assert.deepEqual([plan.from, plan.to, plan.applied], [8n, 3n, false]);
  await assert.rejects(hwm.rewind(3, ''), InvalidError);
  assert.equal((await hwm.rewind(3, 'late rows', { actor: 'me' })).applied, true);
  assert.deepEqual(
    (await hwm.history()).map(({ what, value }) => [what, value]),
    [
      ['rewind', 3n],
      ['cast', 8n],
      ['cast', '7'],
      ['set', 5n],
    ],
  );
  const [rewind] = await hwm.history();
  assert.deepEqual([rewind?.reason, rewind?.actor], ['late rows', 'me']);
  await hwm.delete('not used');
  assert.equal(await hwm.get(), undefined);
});

test('many HWMs move together or not at all', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await pipeline.setHwms({ a: 5, b: 'x', 'c.d': true });
  await assert.rejects(pipeline.setHwms({ a: 6, b: 'a' }), InvalidError);
  assert.equal((await pipeline.hwm('a').get())?.value, 5n);
  const names = [];
  for await (const { name } of pipeline.hwms('', { pageSize: 2 })) names.push(name);
  assert.deepEqual(names, ['a', 'b', 'c.d']);
  for await (const { name } of pipeline.hwms('c.')) assert.equal(name, 'c.d');
});

test('operations are carried out together, and a dedupe key makes that once', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const batch = () =>
    pipeline.submit([operations.startRun({ id: 'r1' }), operations.setHwms({ a: 1 }), operations.getHwm('a')], {
      dedupeKey: 'once',
    });
  const [run, set, hwm] = await batch();
  assert.deepEqual([run.run.id, set.moved, hwm?.value], ['r1', 1, 1n]);
  const version = (await pipeline.describe()).version;
  assert.equal(version, 1n);
  assert.deepEqual(await batch(), [run, set, hwm]);
  assert.equal((await pipeline.describe()).version, version);
  await assert.rejects(pipeline.submit([operations.setHwms({ a: 2 }), operations.finishRun('never')]), HighwaterError);
  assert.equal((await pipeline.hwm('a').get())?.value, 1n);
  assert.deepEqual(await pipeline.submit([]).catch((error: HighwaterError) => error.kind), 'invalid');
});

test('a lease has one holder, and a stale token is fenced', async () => {
  const store = new MemoryStore();
  await using hw = await open(store, { worker: 'w1' });
  await using other = await open(new MemoryStore(store), { worker: 'w2' });
  const [pipeline, rival] = [hw.pipeline('dev/orders'), other.pipeline('dev/orders')];
  const lease = await pipeline.acquireLease('table', { leaseMs: 200 });
  assert.ok(lease.kind === 'granted');
  await pipeline.hwm('a').set(1, { lease });
  const held = await rival.acquireLease('table');
  assert.ok(held.kind === 'held' && held.worker === 'w1' && held.token === lease.token && held.until instanceof Date);
  assert.equal((await pipeline.leases())[0]?.leaseMs, 200);
  await lease.release();
  assert.deepEqual(await pipeline.leases(), []);
  const next = await rival.acquireLeaseOrWait('table', { leaseMs: 200 });
  assert.ok(next.token > lease.token);
  await assert.rejects(pipeline.hwm('a').set(2, { lease }), FencedError);
  await assert.rejects(
    pipeline.acquireLeaseOrWait('table', { signal: AbortSignal.timeout(50) }),
    (error) => error instanceof DOMException && error.name === 'TimeoutError',
  );
  await rival.forceUnlock('table', 'stuck');
  await aborted(next.signal);
  assert.ok(next.signal.reason instanceof FencedError && !next.isLive);
  {
    await using again = await pipeline.acquireLeaseOrWait('table');
    assert.equal(again.isLive, true);
  }
  assert.deepEqual(await pipeline.leases(), []);
});

test('the journal can be read, and describes itself', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  for (let value = 1; value <= 12; value += 1) await pipeline.hwm('a').set(value);
  const log = [];
  for await (const record of pipeline.log(3, { pageSize: 4 })) log.push(record);
  assert.deepEqual(
    log.map(({ version }) => version),
    Array.from({ length: 10 }, (_, index) => BigInt(index + 3)),
  );
  assert.equal(log[0]?.facts[0]?.name, 'hwm-set');
  assert.equal((JSON.parse(log[0]!.facts[0]!.json) as { name: string }).name, 'a');
  const view = await pipeline.describe({ freshness: 'local' });
  assert.deepEqual([view.version, view.hwms, view.digest.length], [12n, 1n, 64]);
});

test('pipelines are listed, and each is its own', async () => {
  await using hw = await open('memory:');
  for (const id of ['prod/a', 'dev/a', 'dev/b', 'dev/🦀']) await hw.pipeline(id).hwm('x').set(id);
  const ids = [];
  for await (const id of hw.pipelines('dev/', 2)) ids.push(id);
  assert.deepEqual(ids, ['dev/a', 'dev/b', 'dev/🦀']);
  assert.equal((await hw.pipeline('prod/a').hwm('x').get())?.value, 'prod/a');
});

test('odd ids are refused or kept apart, and nothing else happens', async () => {
  await using hw = await open('memory:');
  for (const id of ['', 'x'.repeat(1 << 20), 'a\u0000b']) {
    await assert.rejects(hw.pipeline(id).hwm('a').set(1), (error) => {
      assert.ok(error instanceof InvalidError && error.message.length < 1_000, String(error));
      return true;
    });
  }
  assert.throws(() => hw.pipeline('\udc00'), InvalidError);
  assert.throws(() => hw.pipeline(5 as unknown as string), InvalidError);
  await assert.rejects(hw.pipeline('dev/a').startRun({ id: '' }), InvalidError);
  await assert.rejects(hw.pipeline('dev/a').startRun({ tags: { a: 5 as unknown as string } }), InvalidError);
  await assert.rejects(hw.pipeline('dev/a').startRun(null as unknown as object), /null|object/);
});

test('what is closed says so', async () => {
  const hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const under = pipeline.hwm('a').set(1);
  await hw.close();
  await hw.close();
  assert.deepEqual(await under, { version: 1n, moved: 1 });
  await assert.rejects(
    pipeline.hwm('a').set(2),
    (error) => error instanceof InvalidError && /closed/.test(error.message),
  );
  await assert.rejects(hw.pipelines().next(), InvalidError);
});

test('a place that is none is refused', async () => {
  for (const where of ['', 'file:', 'sqlite:', 'mysql://localhost/x', './state', 'file:/proc/version/x\u0000', 5]) {
    await assert.rejects(open(where as string), InvalidError, String(where));
  }
  await assert.rejects(open('memory:', { snapshotMinBytes: -1 }), InvalidError);
});

test('an error leads to whoever asked', async () => {
  await using hw = await open('memory:');
  const hwm = hw.pipeline('dev/orders').hwm('a');
  await hwm.set(5);
  async function asksForTheImpossible() {
    await hwm.set(4);
  }
  await assert.rejects(
    asksForTheImpossible(),
    (error) => (error as Error).stack?.includes('asksForTheImpossible') === true,
  );
});

test('a store of somebody else is used as it is', async () => {
  const inner = new MemoryStore();
  const calls: string[] = [];
  const store = new Proxy<Store>(inner, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      calls.push(String(name));
      return member.bind(target) as unknown;
    },
  });
  const hw = await open(store);
  await hw.pipeline('dev/orders').hwm('a').set(1);
  await hw.close();
  assert.ok(calls.includes('append') && calls.includes('close'));
});
