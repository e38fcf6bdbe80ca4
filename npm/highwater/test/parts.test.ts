import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { CorruptError, InvalidError } from '../dist/index.js';
import { decodePart, encodePart, partDigest, type PartEntry } from '../dist/streams/part.js';
import { decodeSubtaskState, encodeSubtaskState } from '../dist/streams/subtask-state.js';
import { binary, bytesOf, textOf, utf8 } from '../dist/streams/binary.js';

const golden = (name: string) =>
  new Uint8Array(fs.readFileSync(new URL(`../../../tests/compat/format-1/${name}`, import.meta.url)));
const read = (part: Uint8Array) => [...decodePart(part, 'the part')];

function entry(group: number, name: string, key: string, value?: string, expiresAtMs?: bigint): PartEntry {
  return { group, name, key: utf8(key), value: value === undefined ? undefined : utf8(value), expiresAtMs };
}

test('the parts that Rust wrote are read, and written again byte for byte', () => {
  const inner = (key: string, within: string) => `${String.fromCharCode(key.length)}\0\0\0${key}${within}`;
  const index = (number: number) => `\0\0\0\0\0\0\0${String.fromCharCode(number)}`;
  const entries = [
    entry(40, 'stock', inner('7', '"sku-1"'), '12.5'),
    entry(63, 'counts', '"pear"', '1'),
    entry(90, 'sessions', '"zoë"', '{"user":"zoë","at":5}', 1_709_209_800_000n),
    entry(100, 'counts', '"apple"', '3'),
    entry(100, 'seen', inner('"apple"', index(0)), '"a"'),
    entry(100, 'seen', inner('"apple"', index(1)), '"b"'),
  ];
  const base = golden('keyed-base.part');
  assert.deepEqual(read(base), entries);
  assert.deepEqual(encodePart([...entries].reverse()), base);
  const changes = [entry(63, 'counts', '"pear"'), entry(100, 'counts', '"apple"', '4', -1n)];
  const delta = golden('keyed-delta.part');
  assert.deepEqual(read(delta), changes);
  assert.deepEqual(encodePart(changes), delta);
  assert.match(partDigest(delta), /^crc32c:[0-9a-f]{8}$/);
});

test('what names the parts is read, and written again byte for byte', () => {
  const bytes = golden('subtask.state');
  const state = decodeSubtaskState(bytes, 'the state');
  assert.deepEqual(state, {
    groups: [0, 127],
    base: 'count/0/3-base-5f2a',
    deltas: ['count/0/4-delta-81c0'],
  });
  assert.deepEqual(encodeSubtaskState(state), bytes);
  const decode = (json: string) => decodeSubtaskState(Buffer.from(json), 'the state');
  assert.equal(decode('{"format":1,"groups":[0,1],"base":null,"deltas":[],"later":1}').base, undefined);
  assert.throws(() => decode('{"format":2,"groups":[0,1],"base":null,"deltas":[]}'), InvalidError);
  for (const bad of ['', '7', 'null', '{"format":1}', '{"format":1,"groups":[1,0],"base":null,"deltas":[]}']) {
    assert.throws(() => decode(bad), CorruptError, bad);
  }
});

test('every damage of a part is found', () => {
  const part = golden('keyed-base.part');
  for (let at = 0; at < part.length; at += 1) {
    const damaged = new Uint8Array(part);
    damaged[at]! ^= 1;
    assert.throws(() => read(damaged), { kind: 'corrupt' }, `byte ${at}`);
    assert.throws(() => read(part.subarray(0, at)), CorruptError, `length ${at}`);
  }
  assert.throws(() => read(encodePart([entry(1, 'a', 'k', ''), entry(1, 'a', 'k', '')])), /not in the order/);
});

test('strings of bytes are the bytes', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7) % 256);
  assert.deepEqual(bytesOf(binary(bytes)), bytes);
  for (const text of ['', 'plain', 'zoë', '\u0080\u00ff', '\ufeffa', '𝄞']) {
    assert.deepEqual(Buffer.from(bytesOf(utf8(text))), Buffer.from(text));
    assert.equal(textOf(utf8(text)), text);
  }
});
