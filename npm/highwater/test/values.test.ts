import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { values } from '../dist/engine.js';
import {
  Decimal,
  InvalidError,
  Json,
  LocalDate,
  LocalTimestamp,
  MemoryStore,
  open,
  Timestamp,
  Uint,
  Uuid,
  type Value,
  type ValueInput,
  type ValueType,
} from '../dist/index.js';

interface Vectors {
  readonly canonical: readonly { readonly type: ValueType; readonly text: string; readonly canonical: string }[];
  readonly refused: readonly { readonly type: ValueType; readonly text: string; readonly reason: string }[];
  readonly ascending: readonly { readonly type: ValueType; readonly texts: readonly string[] }[];
  readonly same: readonly { readonly type: ValueType; readonly texts: readonly string[] }[];
}

const file = fileURLToPath(new URL('../../../tests/compat/values.json', import.meta.url));
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

type TextClass = Decimal | Timestamp | LocalTimestamp | LocalDate | Uuid | Json;
const CLASSES: Partial<Record<ValueType, (text: string) => TextClass>> = {
  decimal: Decimal.from,
  timestamp: Timestamp.from,
  'local-timestamp': LocalTimestamp.from,
  date: LocalDate.from,
  uuid: Uuid.from,
  json: Json.parse,
};

test('the shared vectors: canonical text', () => {
  for (const { type, text, canonical } of vectors.canonical) {
    assert.equal(values.toText(values.parse(type, text)), canonical, `${type} ${text}`);
    const read = CLASSES[type];
    if (read === undefined) continue;
    assert.equal(read(text).toString(), canonical);
    assert.equal(read(canonical).toString(), canonical);
  }
});

test('the shared vectors: refusals say what is wrong', () => {
  for (const { type, text, reason } of vectors.refused) {
    const read = CLASSES[type] ?? ((each: string) => values.parse(type, each));
    assert.throws(
      () => read(text),
      (error) => error instanceof InvalidError && error.kind === 'invalid' && error.message.includes(reason),
      `${type} ${text}: ${reason}`,
    );
  }
});

test('the shared vectors: order', () => {
  const compare = (left: TextClass, right: TextClass) => (left as { compare(other: unknown): number }).compare(right);
  for (const { type, texts } of vectors.ascending) {
    const read = CLASSES[type];
    if (read === undefined) continue;
    for (const [index, text] of texts.entries()) {
      for (const later of texts.slice(index + 1)) {
        assert.equal(compare(read(text), read(later)), -1, `${type} ${text} < ${later}`);
        assert.equal(compare(read(later), read(text)), 1);
      }
    }
  }
  for (const { type, texts } of vectors.same) {
    const read = CLASSES[type];
    if (read === undefined) continue;
    for (const text of texts) assert.equal(compare(read(texts[0]!), read(text)), 0, `${type} ${text}`);
  }
});

test('every value comes back as it was given', async () => {
  await using hw = await open(new MemoryStore());
  const pipeline = hw.pipeline('dev/values');
  const given: [ValueInput, Value, ValueType][] = [
    [5, 5n, 'int'],
    [-(2n ** 63n), -(2n ** 63n), 'int'],
    [2n ** 63n - 1n, 2n ** 63n - 1n, 'int'],
    [2n ** 63n, 2n ** 63n, 'uint'],
    [2n ** 64n - 1n, 2n ** 64n - 1n, 'uint'],
    [Uint.from(5), 5n, 'uint'],
    [2 ** 53 - 1, 9007199254740991n, 'int'],
    [9007199254740993n, 9007199254740993n, 'int'],
    ['', '', 'text'],
    ['é🦀\u0000', 'é🦀\u0000', 'text'],
    [true, true, 'bool'],
    [new Uint8Array([0, 255]), new Uint8Array([0, 255]), 'bytes'],
    [Buffer.from('ab'), new Uint8Array([97, 98]), 'bytes'],
    [Decimal.from(`0.${'1234567890'.repeat(4)}`), Decimal.from(`0.${'1234567890'.repeat(4)}`), 'decimal'],
    [new Date(1_700_000_000_123), Timestamp.from('2023-11-14T22:13:20.123Z'), 'timestamp'],
    [
      Timestamp.from('2024-05-01T08:30:00.123456789+02:00'),
      Timestamp.from('2024-05-01T08:30:00.123456789+02:00'),
      'timestamp',
    ],
    [LocalTimestamp.from('2024-05-01T08:30:00'), LocalTimestamp.from('2024-05-01T08:30:00'), 'local-timestamp'],
    [LocalDate.from('2024-02-29'), LocalDate.from('2024-02-29'), 'date'],
    [Uuid.from('67E55044-10B1-426F-9247-BB680E5FE0C8'), Uuid.from('67e55044-10b1-426f-9247-bb680e5fe0c8'), 'uuid'],
    [Json.from({ b: [1, null], a: 'x' }), Json.parse('{"a":"x","b":[1,null]}'), 'json'],
  ];
  for (const [index, [value, expected, type]] of given.entries()) {
    const hwm = pipeline.hwm(`h${index}`);
    await hwm.set(value);
    const found = await hwm.get();
    assert.equal(found?.type, type);
    assert.deepEqual(plain(found?.value), plain(expected));
    assert.equal(found?.value?.constructor, expected.constructor);
  }
});

function plain(value: unknown): unknown {
  return typeof value === 'object' && !(value instanceof Uint8Array) ? String(value) : value;
}

test('what is no value is refused before it goes anywhere, and says what to use instead', async () => {
  await using hw = await open('memory:');
  const hwm = hw.pipeline('dev/values').hwm('position');
  const refused: [unknown, RegExp][] = [
    [Number.NaN, /HWM `position` is NaN/],
    [Number.POSITIVE_INFINITY, /Infinity/],
    [1.5, /not a whole number.*Decimal\.from/],
    [2 ** 53, /bigint/],
    [2n ** 64n, /from -9223372036854775808/],
    [-(2n ** 63n) - 1n, /must be from/],
    [null, /cannot be null/],
    [undefined, /cannot be undefined/],
    [{}, /an object \(Object\)/],
    [Symbol('x'), /a symbol/],
    [new Date(Number.NaN), /invalid Date/],
    ['\ud800', /surrogate/],
  ];
  for (const [value, message] of refused) {
    await assert.rejects(
      hwm.set(value as ValueInput),
      (error) => error instanceof InvalidError && message.test(error.message),
    );
  }
  assert.equal(await hwm.get(), undefined);
  assert.equal((await hw.pipeline('dev/values').describe()).version, 0n);
  assert.throws(() => Json.from({ x: Number.NaN }), InvalidError);
  assert.throws(() => Json.from(undefined), InvalidError);
  assert.throws(() => Json.from(1n), InvalidError);
  assert.throws(() => Timestamp.from('2024-05-01T08:30:00'), InvalidError);
  assert.throws(() => Decimal.from(0.1), InvalidError);
});

test('bytes are taken when they are given', async () => {
  await using hw = await open('memory:');
  const hwm = hw.pipeline('dev/values').hwm('bytes');
  const bytes = new Uint8Array([1, 2]);
  const set = hwm.set(bytes);
  bytes.fill(9);
  await set;
  assert.deepEqual((await hwm.get())?.value, new Uint8Array([1, 2]));
});

test('values are what people expect of objects', () => {
  assert.equal(`${Decimal.from('1.50')}`, '1.50');
  assert.equal(inspect(Decimal.from('1.50')), 'Decimal(1.50)');
  assert.equal(
    JSON.stringify({ at: Timestamp.from('2024-05-01T00:00:00+00:00'), json: Json.from([1]) }),
    '{"at":"2024-05-01T00:00:00Z","json":[1]}',
  );
  const date = LocalDate.from('2024-02-29');
  assert.deepEqual([date.year, date.month, date.day], [2024, 2, 29]);
  const moment = Timestamp.from('1969-12-31T23:59:59.123456789-01:30');
  assert.equal(moment.epochNanoseconds, 5_399_123_456_789n);
  assert.equal(moment.toDate().toISOString(), '1970-01-01T01:29:59.123Z');
  assert.equal(Timestamp.from('1969-12-31T23:59:59.9995Z').toDate().getTime(), -1);
});
