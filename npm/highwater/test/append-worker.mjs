// Usage: node append-worker.mjs PATH PIPELINE COUNT NAME
// Moves the HWM NAME forward COUNT times, one after the other, from where it stands, in the directory PATH, and prints each
// value when it is acknowledged. Several of these may run on one directory at once, and may be killed at any moment.
import { ConflictError, open } from '../dist/index.js';
import { say } from './support/say.mjs';

const [path, pipeline, count, name] = process.argv.slice(2);
if (name === undefined) throw new Error('usage: append-worker.mjs PATH PIPELINE COUNT NAME');

const hw = await open(`file:${path}`);
const hwm = hw.pipeline(pipeline).hwm(name);
let value = (await hwm.get())?.value ?? 0n;
for (let left = Number(count); left > 0; left -= 1) {
  value += 1n;
  await patiently(() => hwm.set(value));
  say(value);
}

await hw.close();

/** Among many writers the engine may give up on a race; then it is simply tried again. */
async function patiently(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
