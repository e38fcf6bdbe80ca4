// Usage: node keyed-worker.mjs FOLDER
// Takes over the keyed state that Rust has left in FOLDER, with three sub-tasks, prints what it sees, changes each word, and makes a checkpoint.
import { join } from 'node:path';
import { open } from '../dist/index.js';
import { FileParts, KeyedState, reclaim } from '../dist/streams/index.js';

const [folder] = process.argv.slice(2);
const parts = new FileParts(join(folder, 'parts'));
const hw = await open(`file:${join(folder, 'state')}`);
const stream = hw.pipeline('prod/orders').stream();
await stream.declare({ operators: { count: 3 }, policy: { intervalMs: 0, retain: 1 } });
const start = await stream.restore();
const restore = (subtask) => KeyedState.restore(start, { operator: 'count', subtask, parts });
const subtasks = await Promise.all([0, 1, 2].map(restore));

const odd = ['', '"', '\\', '\n', 'zoë', 'ключ', '𝄞', '\u007f', '\u2028'];
const keys = [...odd, ...Array.from({ length: 100 }, (_, number) => `word-${number}`)];
const words = {};
for (const key of keys) {
  const state = subtasks.find((each) => each.owns(key));
  const [counts, seen, carts] = [state.value('counts'), state.list('seen'), state.map('carts')];
  words[key] = { count: counts.get(key) ?? null, seen: seen.get(key), cart: carts.entries(key) };
  counts.put(key, (counts.get(key) ?? 0) + 1);
  seen.append(key, 'node');
  seen.appendWithTtl(key, 'gone soon', 400);
  carts.remove(key, 0);
  carts.put(key, -1, 1.5);
  carts.putWithTtl(key, 99, 1.5, 400);
}
process.stdout.write(JSON.stringify(words));

const { checkpoint } = await stream.trigger();
const snapshots = await Promise.all(subtasks.map((state) => state.snapshot(checkpoint)));
await stream.acknowledge(checkpoint, snapshots);
await reclaim(stream, parts);
await hw.close();
