// Repeats recorded scenarios in Node with the component of the npm package, and prints their digests.
// node node.mjs FOLDER-OF-TRACES: each file is a scenario, each line an engine that is made or a step that it takes.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const generated = new URL('../../npm/highwater/generated/', import.meta.url);
const { instantiate } = await import(new URL('highwater.js', generated).href);
const modules = new Map();

function coreModule(name) {
  if (!modules.has(name)) modules.set(name, new WebAssembly.Module(readFileSync(new URL(name, generated))));
  return modules.get(name);
}

/** What JavaScript makes of the neutral JSON: `$int` is a bigint, `$bytes` are bytes, null is an absent option. */
function revive(value) {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object') return value;
  if ('$int' in value) return BigInt(value.$int);
  if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes, 'hex'));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, revive(field)]));
}

/** The way back, as text with sorted keys. An empty list is an empty list, whatever it might have held. */
function canonical(value) {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'bigint') return `{"$int":"${value}"}`;
  if (value instanceof Uint8Array) {
    return value.length === 0 ? '[]' : `{"$bytes":"${Buffer.from(value).toString('hex')}"}`;
  }
  // A list of large numbers comes as a BigUint64Array.
  if (ArrayBuffer.isView(value)) return canonical(Array.from(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const names = Object.keys(value).filter((name) => !(name === 'val' && value.val === undefined)).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

function replay(file) {
  const engines = new Map();
  const outputs = createHash('sha256');
  const journal = createHash('sha256');
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  for (const [index, line] of lines.entries()) {
    const { engine, options, nowMs, inputs, output } = JSON.parse(line);
    if (options !== undefined) {
      const { Engine } = instantiate(coreModule, {}).engine;
      engines.set(engine, new Engine(revive(options)));
      continue;
    }
    const found = engines.get(engine).step(revive(nowMs), revive(inputs));
    const text = canonical(found);
    assert.equal(text, canonical(revive(output)), `${file}, line ${index + 1}`);
    outputs.update(`${text}\n`);
    for (const { operation } of found.requests) {
      if (operation.val?.bytes !== undefined) journal.update(operation.val.bytes);
    }
  }
  return `${outputs.digest('hex')} ${journal.digest('hex')}`;
}

const folder = process.argv[2];
for (const name of readdirSync(folder).sort()) {
  console.log(`${name.replace(/\.jsonl$/, '')} ${replay(join(folder, name))}`);
}
