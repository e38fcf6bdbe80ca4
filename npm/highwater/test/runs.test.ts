import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Attempt,
  ConflictError,
  FencedError,
  InvalidError,
  MemoryStore,
  type Notice,
  open,
  type RunNode,
} from '../dist/index.js';
import { aborted } from './support/aborted.js';

async function begin(node: RunNode, options = {}): Promise<Attempt> {
  const begun = await node.begin(options);
  assert.equal(begun.kind, 'run');
  return (begun as Extract<typeof begun, { kind: 'run' }>).attempt;
}

test('a run from start to end', async () => {
  await using hw = await open('memory:', { worker: 'w1' });
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({
    id: 'r1',
    params: { limit: 5, __proto__x: 'y' },
    tags: { team: 'sales' },
    trigger: 'cron',
    codeVersion: 'abc',
    logicalTime: new Date(86_400_000),
  });
  assert.deepEqual([run.id, run.resumed, run.started.status], ['r1', false, 'running']);
  const attempt = await begin(run.node('load'));
  assert.deepEqual(
    [attempt.number, attempt.token, attempt.reason.code, attempt.isLive],
    [1, 1n, 'first-attempt', true],
  );
  await attempt.progress({ counts: { rowsRead: 10, rowsWritten: 5n }, state: new Uint8Array([7]) });
  await attempt.progress({ hwms: { 'orders.id': 5 } });
  const done = await attempt.succeed({ hwms: new Map([['orders.id', 9]]), counts: { rowsRead: 10, rowsWritten: 10 } });
  assert.deepEqual([done.changed, attempt.isLive], [true, false]);
  const again = await run.node('load').begin();
  assert.ok(again.kind === 'skip' && again.reason.code === 'already-succeeded');
  const view = await run.finish();
  assert.equal(view.status, 'succeeded');
  assert.equal(view.worker, 'w1');
  assert.equal(view.logicalTime?.getTime(), 86_400_000);
  assert.deepEqual({ ...view.params }, { limit: 5n, __proto__x: 'y' });
  assert.deepEqual(view.counts, { rowsRead: 10n, rowsWritten: 10n, rowsFailed: 0n, bytes: 0n });
  assert.equal(view.nodes[0]?.attempts.length, 1);
  assert.ok(view.finishedAt !== undefined && view.finishedAt >= view.startedAt);
  await assert.rejects(run.finish({ status: 'failed' }), ConflictError);
  assert.deepEqual(
    (await run.why())[0]?.decisions.map(({ what }) => what),
    ['run', 'succeed', 'skip'],
  );
});

test('what a dead attempt left is handed to the next one, in another process', async () => {
  const store = new MemoryStore();
  await using first = await open(store, { worker: 'w1' });
  const run = await first.pipeline('dev/orders').startRun({ id: 'r1' });
  const dead = await begin(run.node('load'), { leaseMs: 100 });
  await dead.progress({ counts: { rowsRead: 3 }, state: Buffer.from('page 3') });
  dead.abandon();

  await using second = await open(new MemoryStore(store), { worker: 'w2' });
  const resumed = await second.pipeline('dev/orders').startRun({ id: 'r1' });
  assert.equal(resumed.resumed, true);
  const held = await resumed.node('load').begin({ leaseMs: 100 });
  assert.ok(held.kind === 'wait' && held.reason.code === 'held' && held.until > new Date(0));
  const begun = await resumed.node('load').beginOrWait({ leaseMs: 100 });
  assert.ok(begun.kind === 'run');
  const { attempt } = begun;
  assert.deepEqual([attempt.number, attempt.reason.code], [2, 'took-over']);
  assert.equal(Buffer.from(attempt.state ?? []).toString(), 'page 3');
  assert.equal(attempt.previous?.rowsRead, 3n);
  assert.ok(attempt.token > dead.token);
  await assert.rejects(dead.succeed(), FencedError);
  await attempt.succeed();
});

test('an attempt that lives is beaten for, and told when it is taken away', async () => {
  const store = new MemoryStore();
  await using hw = await open(store, { worker: 'w1' });
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun();
  const attempt = await begin(run.node('load'), { leaseMs: 120 });
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(attempt.isLive, true);
  const [worker] = await pipeline.workers();
  assert.ok(worker?.worker === 'w1' && worker.beat !== undefined && worker.place?.includes(`${process.pid}`));
  assert.deepEqual(worker.leases, [{ lease: attempt.lease, token: attempt.token }]);

  await using other = await open(new MemoryStore(store), { worker: 'w2' });
  await other.pipeline('dev/orders').forceUnlock(attempt.lease, 'stuck', { actor: 'me' });
  await aborted(attempt.signal);
  assert.ok(attempt.signal.reason instanceof FencedError);
  await assert.rejects(attempt.succeed(), FencedError);
});

test('a lease of 0 is the default, and one that is too short is refused', async () => {
  await using hw = await open('memory:');
  const run = await hw.pipeline('dev/orders').startRun();
  await using attempt = await begin(run.node('load'), { leaseMs: 0 });
  const [lease] = await hw.pipeline('dev/orders').leases();
  assert.deepEqual([lease?.leaseMs, lease?.name], [30_000, attempt.lease]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  // No beat is due yet: none was sent.
  assert.equal((await hw.pipeline('dev/orders').workers())[0]?.beat, undefined);
  for (const leaseMs of [1, -5, 1.5, Number.NaN, 86_400_001]) {
    await assert.rejects(run.node('other').begin({ leaseMs }), InvalidError);
  }
});

test('an attempt that is disposed of is given back, and never counts as done', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'r1' });
  await pipeline.declareGraph([{ name: 'load', retry: { backoffMs: 0, jitterPercent: 0 } }]);
  const status = async () => (await run.describe()).nodes[0]!;
  {
    await using attempt = await begin(run.node('load'));
    assert.equal(attempt.number, 1);
  }
  assert.deepEqual(
    [(await status()).attempts[0]?.status, (await status()).attempts[0]?.error?.class],
    ['failed', 'dropped'],
  );
  {
    // In the background, but before anything that is asked afterwards by closing.
    using attempt = await begin(run.node('load'));
    assert.equal(attempt.number, 2);
  }
  await run[Symbol.asyncDispose]();
  {
    await using attempt = await begin(run.node('load'));
    await attempt.succeed();
  }
  assert.deepEqual([(await status()).status, (await status()).attempts.length], ['succeeded', 3]);
});

test('disposing of a run gives back its attempts and leaves it open', async () => {
  const store = new MemoryStore();
  const hw = await open(store);
  {
    await using run = await hw.pipeline('dev/orders').startRun({ id: 'r1' });
    await begin(run.node('a'));
    await begin(run.node('b'));
  }
  const view = await hw.pipeline('dev/orders').describeRun('r1');
  assert.equal(view.status, 'running');
  assert.deepEqual(
    view.nodes.map(({ status }) => status),
    ['waiting', 'waiting'],
  );
  const last = await hw.pipeline('dev/orders').startRun({ id: 'r2' });
  await begin(last.node('c'));
  await hw.close();
  await using later = await open(store);
  assert.equal((await later.pipeline('dev/orders').describeRun('r2')).nodes[0]?.attempts[0]?.status, 'failed');
});

test('failures follow the retry policy, with the class of the error', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await pipeline.declareGraph([
    { name: 'load', retry: { maxAttempts: 2, backoffMs: 1_500, jitterPercent: 0, fatal: ['TypeError'] } },
    { name: 'report', after: ['load'] },
  ]);
  const run = await pipeline.startRun();
  const first = await begin(run.node('load'));
  const failed = await first.fail(new RangeError('x'.repeat(100_000)));
  assert.ok(failed.retryAt !== undefined && failed.attempts === 1);
  const wait = await run.node('load').begin();
  assert.ok(wait.kind === 'wait' && wait.reason.code === 'retry-backoff');
  const second = await run.node('load').beginOrWait();
  assert.ok(second.kind === 'run');
  const end = await second.attempt.fail(new TypeError('no'), { counts: { rowsFailed: 1 } });
  assert.equal(end.retryAt, undefined);
  const blocked = await run.node('report').begin();
  assert.ok(blocked.kind === 'skip' && blocked.reason.code === 'upstream-failed');
  const view = await run.describe();
  const [load, report] = view.nodes;
  assert.deepEqual([load?.status, report?.status], ['failed', 'upstream-failed']);
  assert.deepEqual(
    load?.attempts.map(({ error }) => error?.class),
    ['RangeError', 'TypeError'],
  );
  assert.ok(load?.attempts[1]?.error?.detail?.includes('runs.test'));
  const skip = await run.node('load').begin();
  assert.ok(skip.kind === 'skip' && skip.reason.code === 'attempts-exhausted');
  assert.deepEqual(await run.resetFailed('again', { dryRun: true }), { nodes: ['load', 'report'], applied: false });
  assert.equal((await run.resetFailed('again', { actor: 'me' })).applied, true);
  await (await begin(run.node('load'))).succeed();
  await (await begin(run.node('report'))).succeed();
  await run.node('report').force('because');
  assert.equal((await begin(run.node('report'))).reason.code, 'forced');
  assert.ok((await run.node('report').why())?.decisions.some(({ what }) => what === 'force'));
});

test('a cancelled run fences its attempts', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const run = await pipeline.startRun({ id: 'r1' });
  const attempt = await begin(run.node('load'));
  const view = await run.cancel('not needed', { actor: 'me' });
  assert.deepEqual([view.status, view.cancelReason, view.cancelActor], ['cancelled', 'not needed', 'me']);
  await assert.rejects(attempt.progress({ counts: {} }), FencedError);
  assert.equal(attempt.signal.aborted, true);
  await assert.rejects(pipeline.resumeRun('r1'), ConflictError);
  await assert.rejects(
    pipeline.resumeRun('never'),
    (error) => error instanceof InvalidError || error instanceof ConflictError,
  );
});

test('runs are listed page by page, and filtered', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  for (let index = 0; index < 25; index += 1) {
    const run = await pipeline.startRun({ id: `r${index}`, tags: { parity: index % 2 === 0 ? 'even' : 'odd' } });
    if (index < 10) await run.finish({ status: 'failed', error: 'it broke' });
  }
  const ids = async (filter: Parameters<typeof pipeline.runs>[0]) => {
    const found = [];
    for await (const run of pipeline.runs(filter)) found.push(run.id);
    return found;
  };
  assert.equal((await ids({ pageSize: 4 })).length, 25);
  assert.equal((await ids({ status: ['failed'] })).length, 10);
  assert.equal((await ids({ status: 'running', tags: { parity: 'odd' }, pageSize: 3 })).length, 7);
  assert.deepEqual(await ids({ since: new Date(Date.now() + 60_000) }), []);
  assert.equal((await ids({ until: Date.now() + 60_000 })).length, 25);
  await assert.rejects(ids({ status: ['nope' as 'failed'] }), /must be one of running, succeeded/);
  for await (const run of pipeline.runs({ status: ['failed'] })) {
    assert.deepEqual(run.error, { class: 'error', message: 'it broke', detail: undefined });
    break;
  }
});

test('a hook that throws stops nothing', async () => {
  const onNotice = () => {
    throw new Error('a defect of the hook');
  };
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  await using hw = await open('memory:', { snapshotMinBytes: 200, onNotice });
  for (let value = 1; value < 30; value += 1) await hw.pipeline('dev/orders').hwm('id').set(value);
  assert.match((await warned).message, /a defect of the hook/);
});

test('notices reach whoever asked for them', async () => {
  const notices: Notice[] = [];
  await using hw = await open('memory:', { snapshotMinBytes: 200, onNotice: (notice) => notices.push(notice) });
  for (let value = 1; value < 30; value += 1) await hw.pipeline('dev/orders').hwm('id').set(value);
  await hw.pipeline('dev/orders').hwm('id').set(100);
  assert.ok(
    notices.some(({ code, pipeline, level }) => code === 'snapshot' && pipeline === 'dev/orders' && level === 'info'),
  );
});
