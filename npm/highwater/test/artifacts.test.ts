import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { type Attempt, ConflictError, inspectFile, InvalidError, open, type Run, type RunNode } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const FINGERPRINT = { code: '9f2c1e', input: 'orders-7' };

async function begin(node: RunNode, options = {}): Promise<Attempt> {
  const begun = await node.begin(options);
  assert.equal(begun.kind, 'run');
  return (begun as Extract<typeof begun, { kind: 'run' }>).attempt;
}

/** Why the node is skipped or runs. */
async function reason(run: Run, options = {}): Promise<string> {
  const begun = await run.node('export').begin(options);
  if (begun.kind !== 'run') return begun.reason.code;
  await begun.attempt.fail('not today');
  return begun.attempt.reason.message;
}

test('files and folders have the digests that every host gives them', async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const root = join(folder, 'out');
  await mkdir(join(root, 'day=1/empty'), { recursive: true });
  await writeFile(join(root, 'day=1/part.csv'), 'a,b\n');
  await writeFile(join(root, '_SUCCESS'), '');
  await symlink('day=1', join(root, 'latest'));
  const part = await inspectFile(pathToFileURL(join(root, 'day=1/part.csv')).href, { withDigest: true });
  assert.deepEqual(part, {
    kind: 'found',
    sizeBytes: 4n,
    digest: 'bb8c3eaa219465f5d51a3073a55c338276ecdecd2de5b3aed9797234d2afb676',
  });
  assert.deepEqual(await inspectFile(root, { withDigest: true }), {
    kind: 'found',
    sizeBytes: 4n,
    digest: 'f8db9cb2cce445d0e7cea2746e1d354a0a4482f958916046e3428fea92974cf6',
  });
  assert.deepEqual(await inspectFile(`${root}/none`, { withDigest: true }), { kind: 'missing' });
  assert.deepEqual(await inspectFile(`${root}/_SUCCESS/below`, { withDigest: true }), { kind: 'missing' });
  for (const uri of ['s3://bucket/key', 'file://host/path', 'file:///%zz']) {
    assert.equal((await inspectFile(uri, { withDigest: true })).kind, 'unknown', uri);
  }
});

test('a node is cached until what it works on or what it made has changed', async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const out = join(folder, 'orders.csv');
  await using hw = await open(`file:${join(folder, 'state')}`);
  const pipeline = hw.pipeline('dev/orders');
  const first = await begin((await pipeline.startRun({ id: 'r1' })).node('export'), { fingerprint: FINGERPRINT });
  await assert.rejects(first.succeed({ artifacts: [out] }), (error) => error instanceof InvalidError);
  await writeFile(out, '');
  await first.succeed({ artifacts: [out] });
  const { success } = await pipeline.describeNode('export');
  assert.deepEqual({ ...success?.fingerprint?.parts }, FINGERPRINT);
  assert.deepEqual([success?.run, success?.artifacts[0]?.sizeBytes], ['r1', 0n]);

  const second = await pipeline.startRun({ id: 'r2' });
  assert.equal(await reason(second, { fingerprint: FINGERPRINT }), 'cached');
  assert.equal((await second.finish()).status, 'succeeded');
  await writeFile(out, 'changed');
  assert.match(
    await reason(await pipeline.startRun({ id: 'r3' }), { fingerprint: FINGERPRINT }),
    /has 7 bytes instead of 0/,
  );
  await rm(out);
  assert.match(
    await reason(await pipeline.startRun({ id: 'r4' }), { fingerprint: FINGERPRINT }),
    /another attempt has started/,
  );
});

test('an inspector of one’s own looks where files are not', async () => {
  let digest = 'd1';
  await using hw = await open('memory:', {
    inspector: async (uri, options) =>
      uri.startsWith('s3:')
        ? { kind: 'found', digest: options.withDigest ? digest : undefined }
        : inspectFile(uri, options),
  });
  const pipeline = hw.pipeline('dev/orders');
  const attempt = await begin((await pipeline.startRun({ id: 'r1' })).node('export'), { fingerprint: {} });
  await attempt.succeed({ artifacts: ['s3://lake/orders', { uri: 'gs://lake/orders', check: 'existence' }] });
  const second = await pipeline.startRun({ id: 'r2' });
  assert.equal(await reason(second, { fingerprint: {}, trustUnknown: true }), 'cached');
  const third = await pipeline.startRun({ id: 'r3' });
  assert.match(await reason(third, { fingerprint: {} }), /nobody can say what became of the artifact `gs:/);
});

test('a node is skipped by hand, and forced with what comes after it', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await pipeline.declareGraph([{ name: 'extract' }, { name: 'load', after: ['extract'] }]);
  const run = await pipeline.startRun({ id: 'r1' });
  await run.node('extract').skip('no file today', { actor: 'ann' });
  const load = await begin(run.node('load'));
  await assert.rejects(run.node('extract').force('it came', { downstream: true }), ConflictError);
  await load.succeed();
  await run.node('extract').force('it came', { downstream: true });
  assert.deepEqual(
    (await run.describe()).nodes.map(({ status }) => status),
    ['pending', 'pending'],
  );
  await run.node('extract').skip('it was empty', { downstream: true });
  const skipped = await run.node('load').begin();
  assert.ok(skipped.kind === 'skip' && skipped.reason.code === 'skipped-with-downstream');
  assert.equal((await run.finish()).status, 'succeeded');
});
