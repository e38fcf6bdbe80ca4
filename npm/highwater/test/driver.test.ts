import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Driver } from '../dist/driver.js';
import { type Command, type Input, makeStepper, type Notice, type Output, type Stepper } from '../dist/engine.js';
import { MemoryStore, type Store, StoreError } from '../dist/index.js';

const OPTIONS = {
  conflict: { tries: 24, firstDelayMs: 0n, maxDelayMs: 64n, jitterMs: 2n },
  residentPipelines: 4,
  snapshotMinBytes: 262_144n,
  encryptionKeys: [],
};
const set = (value: bigint): Command => ({
  tag: 'set-hwms',
  val: { hwms: [{ name: 'a', value: { tag: 'int', val: value }, cast: false, keys: [] }] },
});
const submission = (...commands: Command[]) =>
  ({ pipeline: 'dev/x', commands, dedupeKey: undefined, freshness: 'latest', at: undefined }) as const;

/** A store in which single operations can be replaced. */
function storeWith(inner: Store, replaced: Partial<Store>): Store {
  return new Proxy(inner, {
    get(target, name) {
      const member = (Reflect.get(replaced, name) ?? Reflect.get(target, name)) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

test('what is submitted together becomes one record', async () => {
  let appends = 0;
  const inner = new MemoryStore();
  const store = storeWith(inner, { append: async (...args) => ((appends += 1), inner.append(...args)) });
  const driver = new Driver({ store, makeStepper: () => makeStepper(OPTIONS), onNotice: () => {} });
  const results = await Promise.all(
    Array.from({ length: 64 }, (_, index) => driver.submit(submission(set(BigInt(index))))),
  );
  assert.ok(results.every(({ tag }) => tag === 'ok'));
  assert.equal(appends, 1);
  await driver.close();
});

test('an engine that breaks down is made anew, and nobody waits for ever', async () => {
  const notices: Notice[] = [];
  let breakNext = false;
  let made = 0;
  const makeBreakable = (): Stepper => {
    made += 1;
    const engine = makeStepper(OPTIONS);
    return {
      step(nowMs: bigint, inputs: Input[]): Output {
        if (!breakNext) return engine.step(nowMs, inputs);
        breakNext = false;
        // What the generated code cannot lower makes the component trap.
        return engine.step(nowMs, [{ tag: 'submission', val: { ...submission(set(1n)), ticket: 'x' as never } }]);
      },
    };
  };
  const driver = new Driver({
    store: new MemoryStore(),
    makeStepper: makeBreakable,
    onNotice: (notice) => notices.push(notice),
  });
  assert.equal((await driver.submit(submission(set(1n)))).tag, 'ok');
  breakNext = true;
  const both = await Promise.all([driver.submit(submission(set(2n))), driver.submit(submission(set(3n)))]);
  for (const result of both) assert.ok(result.tag === 'err' && result.val.kind === 'internal');
  assert.ok(notices.some(({ code }) => code === 'engine-broken'));
  const after = await driver.submit(submission({ tag: 'get-hwm', val: { name: 'a' } }));
  assert.ok(after.tag === 'ok' && after.val[0]?.tag === 'hwm' && after.val[0].val?.value.val === 1n);
  assert.equal(made, 2);
  await driver.close();
});

test('an append that may have happened is found again, and counts once', async () => {
  const inner = new MemoryStore();
  let lies = 2;
  const store = storeWith(inner, {
    async append(...args) {
      const outcome = await inner.append(...args);
      if ((lies -= 1) < 0) return outcome;
      throw new StoreError('unknown', 'the line is dead');
    },
  });
  const driver = new Driver({ store, makeStepper: () => makeStepper(OPTIONS), onNotice: () => {} });
  for (const value of [1n, 2n, 3n]) assert.equal((await driver.submit(submission(set(value)))).tag, 'ok');
  assert.equal((await inner.read('dev/x')).tail.length, 3);
  await driver.close();
});

test('what a store throws is an answer, never a crash', async () => {
  const thrown: [unknown, string][] = [
    [new StoreError('denied', 'no rights to x'), 'unavailable'],
    [new StoreError('corrupt', 'damaged (x)'), 'corrupt'],
    [new StoreError('unsupported', 'not here'), 'invalid'],
    [new Error('a defect of the store'), 'unavailable'],
    ['a text', 'unavailable'],
  ];
  for (const [error, kind] of thrown) {
    const read = async () => {
      throw error;
    };
    const driver = new Driver({
      store: storeWith(new MemoryStore(), { read }),
      makeStepper: () => makeStepper({ ...OPTIONS, conflict: { ...OPTIONS.conflict, tries: 1 } }),
      onNotice: () => {},
    });
    const result = await driver.submit(submission(set(1n)));
    assert.ok(result.tag === 'err' && result.val.kind === kind, `${String(error)}: ${JSON.stringify(result)}`);
    await driver.close();
  }
});

test('a clock that jumps back a day loses nothing, and waits are not a day longer', async () => {
  let now = 1_700_000_000_000;
  const driver = new Driver({
    store: new MemoryStore(),
    makeStepper: () => makeStepper(OPTIONS),
    onNotice: () => {},
    clock: { now: () => now, setTimeout: (call, delayMs) => setTimeout(call, delayMs) },
  });
  assert.equal((await driver.submit(submission(set(1n)))).tag, 'ok');
  now -= 86_400_000;
  assert.equal((await driver.submit(submission(set(2n)))).tag, 'ok');
  const start = performance.now();
  const results = await Promise.all([driver.submit(submission(set(3n))), driver.submit(submission(set(4n)))]);
  assert.ok(results.every(({ tag }) => tag === 'ok') && performance.now() - start < 5_000);
  await driver.close();
});

test('a reply to a ticket that nobody holds is a notice', async () => {
  const notices: Notice[] = [];
  const engine = makeStepper(OPTIONS);
  let isFirst = true;
  const stepper: Stepper = {
    step(nowMs, inputs) {
      const output = engine.step(nowMs, inputs);
      if (isFirst) output.replies.push({ ticket: 999n, result: { tag: 'ok', val: [] } });
      isFirst = false;
      return output;
    },
  };
  const driver = new Driver({
    store: new MemoryStore(),
    makeStepper: () => stepper,
    onNotice: (notice) => notices.push(notice),
  });
  assert.equal((await driver.submit(submission(set(1n)))).tag, 'ok');
  assert.ok(notices.some(({ code, message }) => code === 'unknown-ticket' && message.includes('999')));
  await driver.close();
});

test('closing waits for what is under way, and for retries', async () => {
  const inner = new MemoryStore();
  let failures = 3;
  const store = storeWith(inner, {
    async append(...args) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if ((failures -= 1) >= 0) throw new StoreError('unavailable', 'not now');
      return inner.append(...args);
    },
  });
  const driver = new Driver({ store, makeStepper: () => makeStepper(OPTIONS), onNotice: () => {} });
  const under = driver.submit(submission(set(1n)));
  await driver.close();
  assert.equal((await under).tag, 'ok');
  const late = await driver.submit(submission(set(2n)));
  assert.ok(late.tag === 'err' && late.val.kind === 'invalid');
});
