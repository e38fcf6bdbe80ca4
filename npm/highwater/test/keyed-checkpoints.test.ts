import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CorruptError, InvalidError, UnavailableError } from '../dist/index.js';
import { FileParts, MemoryParts } from '../dist/streams/index.js';
import { TemporaryFolder } from './support/folder.js';
import { KeyedLab } from './support/keyed-lab.js';
import { KeyedModel } from './support/keyed-model.js';
import { Random } from './support/random.js';

/** How many seeds the random test takes. */
const SEEDS = Number(process.env['HIGHWATER_SEEDS'] ?? 40);
const STEPS = 500;

test(`${SEEDS} seeds of changes, checkpoints, failures, crashes and other parallelisms are as a simple model has it`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      await live(new Random(seed));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

async function live(random: Random): Promise<void> {
  const parts = new MemoryParts();
  const lab = await KeyedLab.open(random.below(4) + 1, parts);
  let model = new KeyedModel();
  let completed = model.copy();
  for (let step = 0; step < STEPS; step += 1) {
    switch (random.below(20)) {
      case 0:
        await lab.checkpoint();
        completed = model.copy();
        break;
      case 1:
        lab.parts.failures = random.below(3) === 0 ? random.below(3) : 0;
        await lab.failedCheckpoint(random.below(2) === 0);
        lab.parts.failures = 0;
        break;
      case 2:
        // A crash: what came after the last checkpoint is gone, and maybe others go on.
        if (random.below(2) === 0) break;
        await lab.start(random.below(2) === 0 ? undefined : random.below(4) + 1);
        model = completed.copy();
        break;
      case 3:
        lab.clock.time += random.below(100);
        break;
      case 4:
        if (random.below(3) === 0) await lab.reclaim();
        break;
      case 5:
        if (random.below(5) === 0) lab.subtasks.forEach((state) => state.rebase());
        break;
      default:
        model.change(lab, random);
    }
    if (random.below(10) === 0) model.check(lab);
  }
  await lab.checkpoint();
  await lab.reclaim();
  await lab.start(random.below(4) + 1);
  model.check(lab);
  const known = new Set<string>();
  for await (const { checkpoint } of lab.stream.checkpoints({ statuses: ['completed'] })) {
    const view = await lab.stream.checkpoint(checkpoint);
    for (const { parts } of view!.acknowledgements) for (const { name } of parts) known.add(name);
  }
  assert.deepEqual(
    parts.names.filter((name) => !known.has(name)),
    [],
    'parts are left that nothing needs',
  );
  await lab.hw.close();
}

test('a checkpoint writes what has changed, and in all at most three times of it', async () => {
  const lab = await KeyedLab.open();
  const counts = lab.state.value<number, number>('counts');
  for (let key = 0; key < 10_000; key += 1) counts.put(key, 0);
  const base = await lab.checkpoint();
  assert.equal(await lab.checkpoint(), 0, 'nothing has changed');
  let [changed, written, bases] = [0, 0, 0];
  for (let round = 1; round <= 300; round += 1) {
    for (let key = 0; key < 100; key += 1) counts.put((round * 100 + key) % 10_000, round);
    const delta = 12 + 100 * (base / 10_000);
    const bytes = await lab.checkpoint();
    assert.ok(bytes < delta * 1.1 || bytes > base, `${bytes} are neither a delta nor a base`);
    changed += delta;
    written += bytes;
    if (bytes > base) bases += 1;
    const view = await lab.stream.checkpoint();
    assert.ok(view!.acknowledgements[0]!.parts.length <= 65);
  }
  assert.ok(bases >= 2 && bases <= 6, `${bases} bases`);
  assert.ok(written < 3 * changed + base, `${written} bytes were written for ${changed}`);
  await lab.start();
  assert.equal(lab.state.value<number, number>('counts').get(99), 300);
});

test('what is changed while a snapshot is written is in the next one', async () => {
  const lab = await KeyedLab.open();
  const counts = lab.state.value<string, number>('counts');
  counts.put('a', 1);
  counts.put('b', 1);
  const first = await lab.trigger();
  const writing = lab.state.snapshot(first);
  counts.put('a', 2);
  counts.remove('b');
  await lab.stream.acknowledge(first, [await writing]);
  lab.state.complete(first);
  lab.state.complete(first);
  assert.equal(lab.state.statistics().dirty, 2);
  await lab.start();
  assert.deepEqual([...lab.state.value('counts').entries()].sort(), [
    ['a', 1],
    ['b', 1],
  ]);
});

test('of several checkpoints under way, each holds all that is not in a completed one', async () => {
  const lab = await KeyedLab.open();
  await lab.stream.declare({ operators: { count: 1 }, policy: { intervalMs: 0, maxInFlight: 3, retain: 5 } });
  const counts = lab.state.value<string, number>('counts');
  const [one, two, three] = [await lab.trigger(), await lab.trigger(), await lab.trigger()];
  counts.put('a', 1);
  await lab.state.snapshot(one);
  counts.put('b', 2);
  const second = await lab.state.snapshot(two);
  counts.put('c', 3);
  const third = await lab.state.snapshot(three);
  await lab.stream.acknowledge(two, [second]);
  lab.state.complete(two);
  await lab.state.abort(one);
  await lab.stream.acknowledge(three, [third]);
  lab.state.complete(three);
  lab.state.complete(two);
  assert.equal(lab.state.statistics().dirty, 0);
  await lab.start();
  assert.deepEqual([...lab.state.value('counts').entries()].sort(), [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
});

test('parts in a folder: names that lead nowhere else, never replaced, deleted once or twice', async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, 'a', 'parts');
  const parts = new FileParts(path);
  const [name, bytes] = ['../ö %/0/7-base-00ff', new Uint8Array([1, 2, 3])];
  assert.equal(await parts.get(name), undefined);
  await parts.delete(name);
  await parts.put(name, bytes);
  assert.deepEqual(fs.readdirSync(join(path, '%2E.', '%C3%B6%20%25', '0')), ['7-base-00ff']);
  assert.deepEqual(new Uint8Array((await parts.get(name))!), bytes);
  await assert.rejects(parts.put(name, new Uint8Array()), InvalidError);
  assert.deepEqual(new Uint8Array((await parts.get(name))!), bytes);
  await assert.rejects(parts.put('a//b', bytes), /nothing before or after a \//);
  await parts.delete(name);
  await parts.delete(name);
  assert.equal(await parts.get(name), undefined);
  fs.writeFileSync(join(folder.path, 'file'), '');
  await assert.rejects(new FileParts(join(folder.path, 'file')).put('a', bytes), UnavailableError);
});

test('a damaged or missing part is told, with its name', async () => {
  using folder = new TemporaryFolder(true);
  const lab = await KeyedLab.open(1, new FileParts(folder.path));
  const counts = lab.state.value<string, number>('counts');
  counts.put('a', 1);
  await lab.checkpoint();
  const [file] = files(join(folder.path, 'count/0'));
  const whole = fs.readFileSync(file!);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x10;
    fs.writeFileSync(file!, damaged);
    await assert.rejects(lab.start(), { name: 'CorruptError', message: /part `count\/0\/1-base-.*restore/ });
    fs.writeFileSync(file!, whole.subarray(0, at));
    await assert.rejects(lab.start(), CorruptError);
  }
  fs.rmSync(file!);
  await assert.rejects(
    lab.start(),
    /the part `count\/0\/1-base-[0-9a-f]{16}` of the state of count\/0 .* is not there/,
  );
  fs.writeFileSync(file!, whole);
  await lab.start();
  assert.equal(lab.state.value('counts').get('a'), 1);
});

function files(folder: string): string[] {
  return fs.readdirSync(folder).map((name) => join(folder, name));
}
