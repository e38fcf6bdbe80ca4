import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidError } from '../dist/index.js';
import { AlignedInput, type AlignedItem } from '../dist/streams/index.js';
import { Random } from './support/random.js';

/** What comes out, as words. */
const words = (item: AlignedItem<string>): string =>
  item.kind === 'record' ? item.record : `${item.kind} ${item.checkpoint}`;

/** What comes out of inputs that have ended. */
async function drain(inputs: AlignedInput<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const item of inputs) all.push(words(item));
  return all;
}

test('a barrier goes on when all inputs have it, and what is behind it waits', async () => {
  const inputs = new AlignedInput<string>({ inputs: 2 });
  await inputs.send(0, 'a1');
  await inputs.barrier(0, 1);
  await inputs.send(0, 'a2');
  const out = inputs[Symbol.asyncIterator]();
  const next = async () => words((await out.next()).value as AlignedItem<string>);
  assert.equal(await next(), 'a1');
  const held = next();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(inputs.buffered, 2, 'the barrier, and what is behind it');
  await inputs.send(1, 'b1');
  assert.equal(await held, 'b1');
  await inputs.barrier(1, 1);
  assert.equal(await next(), 'barrier 1');
  assert.equal(await next(), 'a2');
  inputs.end(0);
  inputs.end(1);
  assert.equal((await out.next()).done, true);
});

test('an input that has ended holds nothing up', async () => {
  const inputs = new AlignedInput<string>({ inputs: 3 });
  inputs.end(1);
  await inputs.barrier(0, 1);
  await inputs.send(2, 'c1');
  inputs.end(0);
  await inputs.barrier(2, 1);
  await inputs.barrier(2, 2);
  inputs.end(2);
  assert.deepEqual(await drain(inputs), ['c1', 'barrier 1', 'barrier 2']);
});

test('a barrier that is aborted lets go, wherever it is', async () => {
  const inputs = new AlignedInput<string>({ inputs: 2 });
  await inputs.barrier(0, 1);
  await inputs.send(0, 'a1');
  inputs.abort(1);
  inputs.abort(1);
  await inputs.send(1, 'b1');
  await inputs.barrier(1, 1);
  await inputs.send(1, 'b2');
  for (const input of [0, 1]) await inputs.barrier(input, 2);
  inputs.abort(2n ** 40n);
  for (const input of [0, 1]) inputs.end(input);
  const out = await drain(inputs);
  assert.deepEqual(out.slice(0, 2), ['aborted 1', 'aborted 1099511627776']);
  assert.deepEqual(out.slice(2).sort(), ['a1', 'b1', 'b2', 'barrier 2']);
  assert.equal(out.at(-1), 'barrier 2');
  inputs.abort(2);
  assert.deepEqual(await drain(inputs), [], 'what has passed is not aborted');
});

test('an input at a later barrier has given the earlier one up', async () => {
  const inputs = new AlignedInput<string>({ inputs: 2 });
  await inputs.barrier(0, 1);
  await inputs.send(0, 'a1');
  await inputs.barrier(1, 2);
  await inputs.send(1, 'b1');
  await inputs.barrier(0, 2);
  for (const input of [0, 1]) inputs.end(input);
  assert.deepEqual(await drain(inputs), ['aborted 1', 'a1', 'barrier 2', 'b1']);
});

test('who sends too much waits', async () => {
  const inputs = new AlignedInput<string>({ inputs: 2, capacity: 2 });
  await inputs.barrier(0, 1);
  await inputs.send(0, 'a1');
  let sent = 0;
  const sending = ['a2', 'a3', 'a4'].map((record) => inputs.send(0, record).then(() => (sent += 1)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(sent, 0);
  assert.equal(inputs.buffered, 2);
  await inputs.barrier(1, 1);
  inputs.end(1);
  const out = drain(inputs);
  await Promise.all(sending);
  inputs.end(0);
  assert.deepEqual(await out, ['barrier 1', 'a1', 'a2', 'a3', 'a4']);
});

test('what makes no sense is refused', async () => {
  assert.throws(() => new AlignedInput({ inputs: 0 }), InvalidError);
  const inputs = new AlignedInput<string>({ inputs: 1 });
  await assert.rejects(inputs.send(1, 'x'), /there is no input 1; there are 1/);
  await inputs.barrier(0, 5);
  await assert.rejects(inputs.barrier(0, 5), /has had barrier 5/);
  inputs.end(0);
  await assert.rejects(inputs.send(0, 'x'), /has ended/);
});

test('50 seeds: every record once, in order, on its side of every barrier', async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = new Random(seed);
    const count = random.below(4) + 1;
    const inputs = new AlignedInput<string>({ inputs: count, capacity: random.below(5) + 1 });
    const barriers = random.below(6);
    const skipped = new Set(
      Array.from({ length: Math.max(barriers - 1, 0) }, (_, it) => it + 1).filter(() => random.below(4) === 0),
    );
    const sent: string[][] = [];
    const senders = Array.from({ length: count }, async (_, input) => {
      const mine: string[] = (sent[input] = []);
      const own = new Random(seed * 100 + input);
      for (let epoch = 0; epoch <= barriers; epoch += 1) {
        // Which barrier a record is behind is in its name. Some are not sent by the first input, but never the last.
        for (let number = own.below(6); number > 0; number -= 1) {
          mine.push(`${input}:${epoch}:${number}`);
          await inputs.send(input, mine.at(-1)!);
          if (own.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        const isSent = epoch < barriers && !(skipped.has(epoch + 1) && input === 0 && count > 1);
        if (isSent) await inputs.barrier(input, epoch + 1);
      }
      inputs.end(input);
    });
    const out = await drain(inputs);
    await Promise.all(senders);
    for (const [input, mine] of sent.entries()) {
      assert.deepEqual(
        out.filter((it) => it.startsWith(`${input}:`)),
        mine,
        `seed ${seed}`,
      );
    }
    for (const [at, word] of out.entries()) {
      if (!word.startsWith('barrier')) continue;
      const number = Number(word.split(' ')[1]);
      const isRecord = (it: string) => it.includes(':');
      const epoch = (it: string) => Number(it.split(':')[1]);
      assert.ok(
        out
          .slice(0, at)
          .filter(isRecord)
          .every((it) => epoch(it) < number),
        `seed ${seed}: too late`,
      );
      assert.ok(
        out
          .slice(at)
          .filter(isRecord)
          .every((it) => epoch(it) >= number),
        `seed ${seed}: too early`,
      );
    }
  }
});
