import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';
import { startWorker } from './support/worker.js';

const PIPELINE = 'dev/orders';
/** How many processes are killed; the whole number takes minutes. */
const KILLS = Number(process.env['HIGHWATER_KILLS'] ?? 24);
const APPENDS = Number(process.env['HIGHWATER_APPENDS'] ?? 300);

/** What every version of the log did to an HWM, in order. */
async function valuesIn(path: string, name: string): Promise<bigint[]> {
  const hw = await open(`file:${path}`);
  const values: bigint[] = [];
  let expected = 1n;
  for await (const { version, facts } of hw.pipeline(PIPELINE).log(1, { pageSize: 1_000 })) {
    assert.equal(version, expected);
    expected += 1n;
    for (const fact of facts) {
      const fields = JSON.parse(fact.json) as { name: string; value: { value: string } };
      if (fields.name === name) values.push(BigInt(fields.value.value));
    }
  }
  await hw.close();
  return values;
}

test('two processes on one pipeline: every reply is kept, no version twice', { timeout: 600_000 }, async () => {
  using folder = new TemporaryFolder();
  const workers = ['a', 'b'].map((name) => ({ name, worker: startWorker(folder.path, PIPELINE, APPENDS, name) }));
  for (const { name, worker } of workers) {
    assert.deepEqual(await worker.ended, { code: 0, complaint: '' });
    const all = Array.from({ length: APPENDS }, (_, index) => BigInt(index + 1));
    assert.deepEqual(worker.acknowledged, all);
    assert.deepEqual(await valuesIn(folder.path, name), all);
  }
});

test(
  `${KILLS} times SIGKILL at any moment: what was acknowledged is there, nothing is half`,
  { timeout: 1_800_000 },
  async () => {
    using folder = new TemporaryFolder();
    const last: Record<string, bigint> = { a: 0n, b: 0n };
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill += 2) {
      const workers = ['a', 'b'].map((name) => ({ name, worker: startWorker(folder.path, PIPELINE, 1_000_000, name) }));
      // At times before the first append, most often in the middle of one.
      await Promise.race(
        workers.map(({ worker }) => new Promise((resolve) => worker.process.stdout!.once('data', resolve))),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      for (const { name, worker } of workers) {
        worker.process.kill('SIGKILL');
        assert.equal((await worker.ended).code, 'SIGKILL', (await worker.ended).complaint);
        last[name] = worker.acknowledged.at(-1) ?? last[name]!;
        acknowledged += worker.acknowledged.length;
      }
      const hw = await open(`file:${folder.path}`);
      for (const [name, value] of Object.entries(last)) {
        const found = ((await hw.pipeline(PIPELINE).hwm(name).get())?.value ?? 0n) as bigint;
        // One append may have been durable when its writer died before it could say so.
        assert.ok(found === value || found === value + 1n, `${name} is at ${found}, acknowledged was ${value}`);
        last[name] = found;
      }
      await hw.close();
    }
    assert.ok(acknowledged > KILLS);
    for (const name of ['a', 'b']) {
      const values = await valuesIn(folder.path, name);
      assert.deepEqual(
        values,
        values.map((_, index) => BigInt(index + 1)),
      );
    }
  },
);

test('a run that was killed in the middle is resumed by the next process', { timeout: 120_000 }, async () => {
  using folder = new TemporaryFolder();
  const first = await open(`file:${folder.path}`, { worker: 'first' });
  const run = await first.pipeline(PIPELINE).startRun({ id: 'r1' });
  const extract = await run.node('extract').begin();
  assert.ok(extract.kind === 'run');
  await extract.attempt.succeed({ hwms: { position: 7 } });
  const load = await run.node('load').begin({ leaseMs: 150 });
  assert.ok(load.kind === 'run');
  await load.attempt.progress({ counts: { rowsWritten: 40 }, state: Buffer.from('row 40') });
  load.attempt.abandon();

  await using second = await open(`file:${folder.path}`, { worker: 'second' });
  const resumed = await second.pipeline(PIPELINE).startRun({ id: 'r1' });
  assert.equal(resumed.resumed, true);
  assert.equal((await resumed.node('extract').begin()).kind, 'skip');
  const again = await resumed.node('load').beginOrWait({ leaseMs: 150 });
  assert.ok(again.kind === 'run' && again.attempt.number === 2);
  assert.equal(Buffer.from(again.attempt.state ?? []).toString(), 'row 40');
  await again.attempt.succeed();
  assert.equal((await resumed.finish()).status, 'succeeded');
  await first.close();
});

const isRoot = process.getuid?.() === 0;

test(
  'a full disk is unavailable, loses nothing, and works again when there is room',
  { skip: !isRoot && 'only root can mount' },
  async (t) => {
    using folder = new TemporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', folder.path], { stdio: 'pipe' });
    } catch (error) {
      return t.skip(`tmpfs cannot be mounted here: ${(error as Error).message}`);
    }
    try {
      const ballast = join(folder.path, 'ballast');
      fs.writeFileSync(ballast, Buffer.alloc(16 * 1024));
      const worker = startWorker(folder.path, PIPELINE, 100_000, 'a');
      const { code, complaint } = await worker.ended;
      assert.equal(code, 1);
      assert.match(complaint, /UnavailableError: .*(no space|only \d+ of \d+ bytes).*room/s);
      assert.ok(worker.acknowledged.length > 50);
      fs.rmSync(ballast);
      const after = startWorker(folder.path, PIPELINE, 10, 'a');
      assert.deepEqual(await after.ended, { code: 0, complaint: '' });
      const values = await valuesIn(folder.path, 'a');
      assert.deepEqual(
        values,
        values.map((_, index) => BigInt(index + 1)),
      );
      assert.ok(values.length >= worker.acknowledged.length + 10);
    } finally {
      execFileSync('umount', [folder.path]);
    }
  },
);

test(
  'a directory without rights is refused, whatever root may do',
  { skip: !isRoot && 'tested in place' },
  async () => {
    using folder = new TemporaryFolder();
    const root = join(folder.path, 'state');
    fs.mkdirSync(root, { mode: 0o555 });
    fs.chmodSync(folder.path, 0o755);
    const nobody = 65_534;
    const { code, complaint } = await startWorker(root, PIPELINE, 1, 'a', { uid: nobody, gid: nobody }).ended;
    assert.equal(code, 1);
    assert.match(complaint, /UnavailableError: .*EACCES.*give this user the right/s);
  },
);

test('a state that may only be read is read', { skip: !isRoot && 'needs another user' }, async () => {
  using folder = new TemporaryFolder();
  assert.equal((await startWorker(folder.path, PIPELINE, 3, 'a').ended).code, 0);
  execFileSync('chmod', ['-R', 'a=rX', folder.path]);
  const nobody = 65_534;
  const { code, complaint } = await startWorker(folder.path, PIPELINE, 0, 'a', { uid: nobody, gid: nobody }).ended;
  assert.deepEqual([code, complaint], [0, '']);
  const denied = await startWorker(folder.path, PIPELINE, 1, 'a', { uid: nobody, gid: nobody }).ended;
  assert.match(denied.complaint, /UnavailableError: .*EACCES/s);
});
