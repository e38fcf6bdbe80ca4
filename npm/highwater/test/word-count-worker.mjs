// Usage: node word-count-worker.mjs FOLDER POINT
// The word count of the example, which kills itself with SIGKILL at its POINTth point: before and after everything that its
// source, its sink and its parts do. Prints the name of the point, or that it has come to its end.
import { join } from 'node:path';
import { open } from '../dist/index.js';
import { ExactlyOnceProcessor } from '../dist/streams/index.js';
import { wordCount } from '../../../examples/streams/node/word-count.js';
import { say } from './support/say.mjs';

const [folder, dieAt] = process.argv.slice(2);
if (dieAt === undefined) throw new Error('usage: word-count-worker.mjs FOLDER POINT');
let points = 0;

function reach(point) {
  points += 1;
  if (points !== Number(dieAt)) return;
  say(point);
  process.kill(process.pid, 'SIGKILL');
}

/** The same thing, with a point before and after each of its methods. */
function deadly(name, thing) {
  const get = (target, method) => {
    const value = Reflect.get(target, method);
    if (typeof value !== 'function') return value;
    return async (...given) => {
      reach(`before ${name}.${String(method)}`);
      const result = await value.apply(target, given);
      reach(`after ${name}.${String(method)}`);
      return result;
    };
  };
  return new Proxy(thing, { get });
}

const hw = await open(`file:${join(folder, 'state')}`);
const { source, sink, parts, ...options } = wordCount(folder);
await new ExactlyOnceProcessor(hw.pipeline('demo/words'), {
  ...options,
  source: deadly('source', source),
  sink: deadly('sink', sink),
  parts: deadly('parts', parts),
  policy: { intervalMs: 1, retain: 2 },
  leaseMs: 100,
}).run();
await hw.close();
say('the end');
