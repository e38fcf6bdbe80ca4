import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CorruptError, FileStore, InvalidError, open, operations, type Pipeline } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const KEY = 'dev/orders';
const segmentOf = (root: string, key = KEY) =>
  join(root, 'journals-1', `p_${encodeURIComponent(key)}`, 'log-00000000000000000001.hwl');

/** Writes the versions from 1 to `to`; each sets `a` to its own number. */
async function fill(pipeline: Pipeline, to: number): Promise<void> {
  for (let version = 1; version <= to; version += 1) await pipeline.hwm('a').set(version);
}

/** Flips a bit in the middle of a record. */
async function damage(root: string, version: number, key = KEY): Promise<void> {
  const store = new FileStore(root);
  const { tail } = await store.read(key);
  await store.close();
  const segment = fs.readFileSync(segmentOf(root, key));
  const frame = tail.find((record) => record.version === BigInt(version))!.bytes;
  const start = segment.indexOf(frame);
  assert.ok(start > 0);
  segment[start + Math.floor(frame.length / 2)]! ^= 0x10;
  fs.writeFileSync(segmentOf(root, key), segment);
}

const a = async (pipeline: Pipeline) => (await pipeline.hwm('a').get())?.value;

test('what is whole is said to be whole, and needs no repair', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline(KEY);
  await using run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin();
  assert.ok(begun.kind === 'run');
  await using attempt = begun.attempt;
  await pipeline.hwm('a').set(1);
  const { version, problems, ...counted } = await pipeline.validate();
  assert.deepEqual([version, problems], [(await pipeline.describe()).version, []]);
  assert.deepEqual(counted, { runs: 1n, nodes: 1n, attempts: 1n, hwms: 1n, leases: 1n });
  const { bytes, ...integrity } = await pipeline.verifyIntegrity();
  assert.ok(bytes > 0n);
  const whole = { firstVersion: 1n, lastVersion: version, records: version, snapshots: [], firstBad: undefined };
  assert.deepEqual(integrity, { ...whole, damage: [] });
  const repaired = await pipeline.repair({ reason: 'to be sure' });
  assert.deepEqual([repaired.needed, repaired.applied, repaired.newVersion], [false, false, version]);
  await attempt.succeed();
});

test('a damaged journal is verified, its repair is planned, and then it opens again', async () => {
  using folder = new TemporaryFolder();
  const hw = await open(`file:${folder.path}`);
  await fill(hw.pipeline(KEY), 8);
  await hw.close();
  await damage(folder.path, 5);
  const damaged = fs.readFileSync(segmentOf(folder.path));

  await using again = await open(`file:${folder.path}`);
  const pipeline = again.pipeline(KEY);
  await assert.rejects(a(pipeline), CorruptError);
  await assert.rejects(pipeline.validate(), CorruptError);
  const integrity = await pipeline.verifyIntegrity();
  assert.equal(integrity.firstBad?.version, 5n);
  assert.ok(integrity.damage.some(({ place }) => place.includes(segmentOf(folder.path))));

  const plan = await pipeline.repair({ dryRun: true });
  assert.deepEqual([plan.needed, plan.applied, plan.keptUpTo, plan.setAside], [true, false, 4n, undefined]);
  assert.deepEqual(plan.lost, [{ from: 5n, to: 8n }]);
  const [first] = plan.lostRecords;
  assert.ok(first?.version === 6n && first.decidedAt instanceof Date);
  assert.deepEqual(
    plan.lostRecords.map(({ facts }) => facts.map(({ name }) => name)),
    [['hwm-set'], ['hwm-set'], ['hwm-set']],
  );
  assert.deepEqual(fs.readFileSync(segmentOf(folder.path)), damaged);
  await assert.rejects(pipeline.repair({ reason: '' }), InvalidError);

  const repaired = await pipeline.repair({ reason: 'a flipped bit', actor: 'ada' });
  assert.deepEqual([repaired.applied, repaired.keptUpTo, repaired.lost], [true, 4n, plan.lost]);
  assert.ok(repaired.setAside !== undefined && repaired.newVersion > 8n);
  assert.equal(await a(pipeline), 4n);
  await pipeline.hwm('a').set(9);
  assert.deepEqual((await pipeline.verifyIntegrity()).damage, []);
  assert.equal((await pipeline.repair({ dryRun: true })).needed, false);
  const kept = fs.readdirSync(repaired.setAside, { recursive: true, encoding: 'utf8' });
  const old = kept.find((name) => name.endsWith('log-00000000000000000001.hwl'))!;
  // Behind what was there stands a seal, so that nobody writes there any more.
  assert.deepEqual(fs.readFileSync(join(repaired.setAside, old)).subarray(0, damaged.length), damaged);
  const facts = [];
  for await (const record of pipeline.log(repaired.newVersion)) facts.push(...record.facts);
  const said = facts.find(({ name }) => name === 'journal-repaired');
  assert.match(said?.json ?? '', /a flipped bit.*ada|ada.*a flipped bit/s);
});

test('with a backup behind the damage nothing is lost', async () => {
  using folder = new TemporaryFolder();
  const hw = await open(`file:${folder.path}`);
  await fill(hw.pipeline(KEY), 6);
  await hw.pipeline(KEY).backup();
  await hw.pipeline(KEY).hwm('a').set(7);
  await hw.close();
  await damage(folder.path, 5);
  await using again = await open(`file:${folder.path}`);
  const repaired = await again.pipeline(KEY).repair({ reason: 'a flipped bit' });
  assert.deepEqual([repaired.from, repaired.keptUpTo, repaired.lost, repaired.lostRecords], [6n, 7n, [], []]);
  assert.equal(await a(again.pipeline(KEY)), 7n);
});

test('backups have names, are listed, outlive the process, and go when they are told to', async () => {
  using folder = new TemporaryFolder();
  let now = Date.parse('2026-11-21T01:30:00.700Z');
  const clock = { now: () => now, setTimeout };
  const hw = await open(`file:${folder.path}`, { clock });
  const pipeline = hw.pipeline(KEY);
  assert.deepEqual(await pipeline.backups(), []);
  await fill(pipeline, 2);
  const { backup, deleted } = await pipeline.backup({ name: 'before-v2' });
  assert.deepEqual(deleted, []);
  const { sizeBytes, ...info } = backup;
  assert.ok(sizeBytes > 0n);
  assert.deepEqual(info, {
    id: '20261121T013000Z-v000000000002-before-v2',
    version: 2n,
    takenAt: new Date('2026-11-21T01:30:00Z'),
    name: 'before-v2',
  });
  await hw.close();

  await using again = await open(`file:${folder.path}`, { clock });
  const later = again.pipeline(KEY);
  assert.deepEqual(await later.backups(), [backup]);
  now += 60_000;
  const second = (await later.backup()).backup;
  assert.deepEqual([second.name, await later.backups()], [undefined, [second, backup]]);
  now += 60_000;
  assert.deepEqual((await later.backup({ keep: 2 })).deleted, [backup.id]);
  now += 60_000;
  assert.deepEqual((await later.backup({ keepMs: 90_000 })).deleted, [second.id]);
  const [newest] = await later.backups();
  assert.equal((await later.deleteBackup(newest!.id)).changed, true);
  assert.equal((await later.deleteBackup(newest!.id)).changed, false);
  assert.equal((await later.backups()).length, 1);
  assert.equal((await later.describe()).version, 2n);
  await assert.rejects(later.backup({ name: 'no/slash' }), InvalidError);
  await assert.rejects(later.backup({ keep: -1 }), InvalidError);
});

test('maintenance travels alone and without a dedupe key', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline(KEY);
  await pipeline.hwm('a').set(1);
  const [valid] = await pipeline.submit([operations.validate()]);
  assert.deepEqual(valid.problems, []);
  await assert.rejects(pipeline.submit([operations.backup(), operations.setHwms({ a: 2 })]), InvalidError);
  await assert.rejects(pipeline.submit([operations.listBackups()], { dedupeKey: 'k' }), InvalidError);
  assert.deepEqual([await a(pipeline), await pipeline.backups()], [1n, []]);
});

test('the doctor looks at all pipelines and says the worst first', async () => {
  using folder = new TemporaryFolder();
  let now = Date.now();
  const clock = { now: () => now, setTimeout };
  const hw = await open(`file:${folder.path}`, { clock, worker: 'w1' });
  for (const id of ['dev/broken', 'dev/lonely', 'dev/stale', 'dev/torn', 'dev/whole']) await fill(hw.pipeline(id), 4);
  for (const id of ['dev/stale', 'dev/torn', 'dev/whole']) await hw.pipeline(id).backup();
  assert.deepEqual(await hw.doctor('dev/w'), { pipelines: 1, findings: [], worst: undefined });
  assert.deepEqual(await hw.doctor('prod/'), { pipelines: 0, findings: [], worst: undefined });
  await damage(folder.path, 2, 'dev/broken');
  fs.appendFileSync(segmentOf(folder.path, 'dev/torn'), Buffer.alloc(30, 1));

  await using other = await open(`file:${folder.path}`, { clock, worker: 'w2' });
  assert.equal((await hw.pipeline('dev/stale').acquireLease('table', { leaseMs: 10_000 })).kind, 'granted');
  assert.equal((await other.doctor('dev/stale')).worst, undefined);
  now += 60_000;
  const { pipelines, findings, worst } = await other.doctor();
  assert.deepEqual([pipelines, worst], [5, 'broken']);
  const kinds = new Map(findings.map(({ kind, pipeline }) => [pipeline, kind]));
  assert.deepEqual(
    [...kinds],
    [
      ['dev/broken', 'broken'],
      ['dev/torn', 'damaged'],
      ['dev/stale', 'stale-lease'],
      ['dev/lonely', 'no-backup'],
    ],
  );
  const stale = findings.find(({ kind }) => kind === 'stale-lease');
  assert.match(`${stale?.place}: ${stale?.what}`, /^table: worker `w1` .* 60s, .* 10s /);
  assert.ok(findings.some(({ what, place }) => `${what} ${place}`.includes(segmentOf(folder.path, 'dev/broken'))));
  assert.ok(findings.every(({ advice }) => advice !== ''));
  await hw.close();
});
