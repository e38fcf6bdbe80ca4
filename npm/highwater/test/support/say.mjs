// Says a line on stdout at once and whole, so that it is known even if the next moment kills this process.
import { writeSync } from 'node:fs';

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Waits while whoever listens is slow: a pipe that takes no more says EAGAIN. */
export function say(line) {
  let rest = Buffer.from(`${line}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(nobody, 0, 0, 1);
    }
  }
}
