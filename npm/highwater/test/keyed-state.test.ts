import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CorruptError, InvalidError } from '../dist/index.js';
import { type Codec, jsonCodec, keyGroup, keyGroupRange } from '../dist/streams/index.js';
import { KeyedLab } from './support/keyed-lab.js';

test('key groups are those of the engine', async () => {
  // As MurmurHash3 gives them; the second half has bytes above 127.
  const hash = (text: string) => keyGroup(Buffer.from(text), 2 ** 32 - 1);
  assert.equal(hash('a'), 0x3c2569b2);
  assert.equal(hash('abc'), 0xb3dd93fa);
  assert.equal(hash('abcd'), 0x43ed676a);
  assert.equal(hash('The quick brown fox jumps over the lazy dog'), 0x2e4ff723);
  assert.deepEqual(
    ['"apple"', '"pear"', '"zoë"', '7'].map((key) => keyGroup(Buffer.from(key), 128)),
    [100, 63, 90, 40],
  );
  const lab = await KeyedLab.open(1);
  for (const parallelism of [1, 2, 3, 5, 7, 64, 127, 128]) {
    await lab.stream.declare({ operators: { count: parallelism } });
    const { assignments } = await lab.stream.restore('latest', { dryRun: true });
    assert.deepEqual(
      assignments.map(({ firstGroup, lastGroup }) => [firstGroup, lastGroup]),
      assignments.map(({ subtask }) => keyGroupRange(subtask, parallelism, 128)),
    );
  }
  assert.throws(() => keyGroupRange(0, 129, 128), InvalidError);
  assert.throws(() => keyGroupRange(2, 2, 128), InvalidError);
  assert.throws(() => keyGroup(new Uint8Array(), 0), InvalidError);
});

test('a value state: get, put, remove, contains, entries, clear', async () => {
  const { state } = await KeyedLab.open();
  const counts = state.value<string, number>('counts');
  assert.equal(counts.get('pear'), undefined);
  counts.put('pear', 1);
  counts.put('zoë', 2);
  counts.put('pear', 3);
  assert.equal(counts.get('pear'), 3);
  assert.ok(counts.contains('zoë') && !counts.contains('apple'));
  assert.deepEqual([...counts.entries()].sort(), [
    ['pear', 3],
    ['zoë', 2],
  ]);
  counts.remove('pear');
  counts.remove('never there');
  assert.equal(counts.get('pear'), undefined);
  state.value<string, number>('other').put('zoë', 5);
  state.value('counts').clear();
  assert.deepEqual([...counts.entries()], []);
  assert.equal(state.value('other').get('zoë'), 5, 'another name is another state');
});

test('a batch is done whole or not at all', async () => {
  const lab = await KeyedLab.open();
  const counts = lab.state.value<string, unknown>('counts');
  counts.put('a', 1);
  const batch = counts.batch().put('a', 2).put('b', 1).remove('a').put('c', 1).putWithTtl('d', 1, 10);
  assert.equal(counts.get('a'), 1, 'nobody sees it before it is committed');
  batch.commit();
  batch.commit();
  assert.deepEqual([...counts.entries()].sort(), [
    ['b', 1],
    ['c', 1],
    ['d', 1],
  ]);
  const large = counts
    .batch()
    .put('e', 1)
    .put('f', 'x'.repeat(16 * 1024 * 1024));
  assert.throws(() => large.commit(), /the value .* has 16777218 bytes/);
  assert.throws(() => counts.put('k'.repeat(64 * 1024), 1), /the key .* has 65538 bytes/);
  assert.ok(!counts.contains('e'));
});

test('list and map states', async () => {
  const { state } = await KeyedLab.open();
  const seen = state.list<string, number>('seen');
  seen.append('a', 1, 2);
  seen.append('b', 9);
  for (let item = 3; item <= 300; item += 1) seen.append('a', item);
  assert.deepEqual(
    seen.get('a'),
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
  seen.replace('a', [7, 8]);
  seen.append('a', 9);
  assert.deepEqual(seen.get('a'), [7, 8, 9]);
  assert.deepEqual([...seen.entries()].sort(), [
    ['a', [7, 8, 9]],
    ['b', [9]],
  ]);
  seen.remove('a');
  assert.deepEqual(seen.get('a'), []);
  seen.clear();
  assert.deepEqual([...seen.entries()], []);

  const carts = state.map<number, string, { count: number }>('carts');
  carts.put(7, 'sku-2', { count: 2 });
  carts.put(7, 'sku-1', { count: 1 });
  carts.put(70, 'sku-1', { count: 3 });
  assert.deepEqual(carts.entries(7), [
    ['sku-1', { count: 1 }],
    ['sku-2', { count: 2 }],
  ]);
  assert.deepEqual(carts.get(70, 'sku-1'), { count: 3 });
  assert.deepEqual([...carts.keys()].sort(), [7, 70]);
  carts.remove(7, 'sku-2');
  assert.ok(carts.contains(7, 'sku-1') && !carts.contains(7, 'sku-2'));
  carts.removeMap(7);
  assert.deepEqual(carts.entries(7), []);
  carts.clear();
  assert.deepEqual([...carts.keys()], []);
});

test('what has expired is never shown, is counted, and is not written any more', async () => {
  const lab = await KeyedLab.open();
  const { clock, state } = lab;
  const sessions = state.value<string, string>('sessions');
  sessions.putWithTtl('a', 'x', 10);
  sessions.putWithTtl('b', 'y', 1_000n);
  sessions.putWithTtl('c', 'z', 10);
  sessions.put('c', 'for ever');
  sessions.putWithTtl('d', 'for long', 2n ** 63n);
  const items = state.list<string, number>('items');
  items.append('a', 1);
  items.appendWithTtl('a', 2, 10);
  state.map<string, string, number>('maps').putWithTtl('a', 's', 1, 10);
  await lab.checkpoint();
  clock.time += 9;
  assert.equal(sessions.get('a'), 'x');
  clock.time += 1;
  assert.equal(sessions.get('a'), undefined);
  assert.ok(!sessions.contains('a'));
  assert.deepEqual([...sessions.entries()].sort(), [
    ['b', 'y'],
    ['c', 'for ever'],
    ['d', 'for long'],
  ]);
  assert.deepEqual(items.get('a'), [1]);
  assert.deepEqual(state.map('maps').entries('a'), []);
  assert.equal(state.statistics().expired, 3);
  assert.equal(state.statistics().states.get('sessions')?.entries, 3);
  // Where the clock goes back after a restart, it stays away: the checkpoint says that it is gone.
  await lab.checkpoint();
  clock.time = 0;
  await lab.start();
  assert.equal(lab.state.value('sessions').get('a'), undefined);
  assert.deepEqual(lab.state.list('items').get('a'), [1]);
  // Nobody asks for `b` again: the next base is without it.
  clock.time = 10_000;
  lab.state.rebase();
  await lab.checkpoint();
  assert.equal(lab.state.statistics().entries, 3);
  assert.equal(lab.state.statistics().dirty, 0);
  assert.throws(() => sessions.putWithTtl('a', 'x', 0), /the time to live is 0/);
});

test('statistics say how much there is and what has changed', async () => {
  const lab = await KeyedLab.open();
  const counts = lab.state.value<string, number>('counts');
  counts.put('a', 1);
  counts.put('b', 22);
  lab.state.list<string, number>('list').append('a', 1);
  // 11 for the head, 4 for the length of the value, the name, the key, the value.
  const bytes = 2 * (11 + 4 + 6 + 3) + 3;
  assert.deepEqual(lab.state.statistics().states.get('counts'), { entries: 2, bytes, dirty: 2, expired: 0 });
  assert.equal(lab.state.statistics().entries, 3);
  const added = await lab.checkpoint();
  assert.equal(added, 12 + lab.state.statistics().bytes, 'the bytes are those of a base');
  assert.equal(lab.state.statistics().dirty, 0);
  counts.remove('a');
  assert.equal(lab.state.statistics().dirty, 1);
  assert.equal(lab.state.statistics().states.get('counts')?.bytes, 11 + 4 + 6 + 3 + 2);
});

test('what cannot be kept is refused, and says why', async () => {
  const lab = await KeyedLab.open(2);
  const [first] = lab.subtasks;
  const counts = first!.value<unknown, unknown>('counts');
  const [mine, others] = ['a', 'b', 'c', 'd', 'e', 'f'].reduce<[string[], string[]]>(
    (groups, key) => (groups[first!.owns(key) ? 0 : 1].push(key), groups),
    [[], []],
  );
  assert.ok(mine.length > 0 && others.length > 0);
  assert.throws(() => counts.put(others[0], 1), /is in key group \d+, and this sub-task has 0 to 63/);
  assert.equal(counts.get(others[0]), undefined);
  for (const value of [undefined, () => 1, NaN, 5n]) {
    assert.throws(() => counts.put(mine[0], value), { name: 'InvalidError', message: /JSON .*give a codec/ });
  }
  assert.throws(() => first!.list('counts'), /the state `counts` is a value and no list/);
  assert.throws(() => first!.value(''), InvalidError);
  assert.throws(() => first!.value('n'.repeat(257)), InvalidError);
  await assert.rejects(
    lab.restore(await lab.stream.restore(), { operator: 'nobody' }),
    /no sub-task 0 of operator `nobody`/,
  );
});

test('a bound on the size refuses what would exceed it, and nothing else', async () => {
  const lab = await KeyedLab.open();
  const restored = await lab.stream.restore();
  const state = await lab.restore(restored, { maxBytes: 100 });
  const counts = state.value<string, string>('counts');
  counts.put('a', 'x'.repeat(50));
  assert.throws(() => counts.put('b', 'x'.repeat(50)), /would grow by \d+; at most 100 are allowed/);
  assert.throws(() => counts.batch().put('c', '').put('d', 'x'.repeat(50)).commit(), InvalidError);
  counts.put('a', 'y'.repeat(50));
  assert.deepEqual([...counts.entries()], [['a', 'y'.repeat(50)]]);
  counts.remove('a');
  counts.put('b', 'x'.repeat(50));
});

test('keys and values may have codecs of their own', async () => {
  const { state } = await KeyedLab.open();
  const key: Codec<bigint> = {
    encode: (value) => Buffer.from(value.toString()),
    decode: (bytes) => BigInt(Buffer.from(bytes).toString()),
  };
  const value: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => new Uint8Array(bytes) };
  const blobs = state.value<bigint, Uint8Array>('blobs', { key, value });
  const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index % 256);
  blobs.put(2n ** 64n, bytes);
  assert.deepEqual(blobs.get(2n ** 64n), bytes);
  assert.deepEqual([...blobs.entries()], [[2n ** 64n, bytes]]);
  assert.throws(() => state.value<bigint, unknown>('blobs', { key }).get(2n ** 64n), CorruptError);
  const json = jsonCodec<{ at: number }>();
  assert.equal(Buffer.from(json.encode({ at: 1 })).toString(), '{"at":1}');
  assert.deepEqual(json.decode(Buffer.from('{"at":1}')), { at: 1 });
});
