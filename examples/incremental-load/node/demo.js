/**
 * Three nights of an incremental load: killed in the first, resumed by another language in the second, nothing to do in
 * the third. After each, what is in SQLite is checked against the source. Started by `./demo`.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkAll, checkHalfDone } from './check.js';

const { values: options } = parseArgs({
  options: { programs: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const WEATHER = script('../node_modules/vega-datasets/data/seattle-weather.csv');
/** The load is killed when it has committed so many batches. */
const BATCHES_BEFORE_KILL = 7;

const folder = await mkdtemp(join(tmpdir(), 'highwater-demo-'));
const state = `file:${join(folder, 'state')}`;
const source = join(folder, 'seattle-weather.csv');
const sink = join(folder, 'weather.sqlite');
await demo().catch((error) => {
  say(`It went wrong, and everything is kept in ${folder}`);
  throw error;
});
if (options.keep) say(`Everything is kept in ${folder}; look around: ${program('highwater')} --store ${state} run list demo/weather`);
else await rm(folder, { recursive: true });

async function demo() {
  const whole = await readFile(WEATHER, 'utf8');
  const lines = whole.trimEnd().split('\n');
  const half = lines.slice(0, 1 + Math.floor((lines.length - 1) / 2));
  await mkdir(folder, { recursive: true });

  say(`Night 1. Rust, with the engine in wasmtime. The source has ${half.length - 1} days of Seattle's weather so far.`);
  await writeFile(source, `${half.join('\n')}\n`);
  showHwm('before');
  await run(rust('night-1', 20), { killAfter: BATCHES_BEFORE_KILL });
  showHwm('after');
  await checkHalfDone({ sink, source, hwm: hwm() });
  cli('run', 'show', 'demo/weather', 'night-1');

  say('Night 2. Node, from npm, on the same directory. The source has all days now.');
  await copyFile(WEATHER, source);
  showHwm('before');
  await run([process.execPath, script('load.js'), '--source', source, '--folder', folder, '--run', 'night-2']);
  showHwm('after');
  await checkAll({ sink, source, hwm: hwm() });

  say('Night 3. Rust again. Nothing is new.');
  showHwm('before');
  await run(rust('night-3', 0));
  showHwm('after');
  await checkAll({ sink, source, hwm: hwm() });

  say('What is known afterwards, from the command line:');
  cli('run', 'list', 'demo/weather');
  cli('run', 'show', 'demo/weather', 'night-1');
  cli('run', 'why', 'demo/weather', 'night-1');
  cli('hwm', 'list', 'demo/weather');
  say('Done. The load was killed, resumed by another language, and finished: no row is missing, none is there twice.');
}

function rust(name, pauseMs) {
  return [program('highwater-example-incremental-load'), '--source', source, '--folder', folder, '--run', name, '--pause-ms', String(pauseMs)];
}

/** Runs a program to its end, or kills it, without warning, when it has committed so many batches. */
async function run([command, ...given], { killAfter } = {}) {
  const child = spawn(command, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let batches = 0;
  let killed = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (killed) continue;
    console.log(`  ${line}`);
    if (line.includes('committed') && ++batches === killAfter) {
      killed = child.kill('SIGKILL');
      console.log('  ******** kill -9 ********');
    }
  }
  const [code, signal] = await ended;
  if (killAfter !== undefined && signal !== 'SIGKILL') throw new Error(`the load was to be killed, and ended with ${code}`);
  if (killAfter === undefined && code !== 0) throw new Error(`${command} ended with ${code ?? signal}`);
}

/** Shows a command, and what it says. */
function cli(...given) {
  console.log(`\n  $ highwater ${given.join(' ')}`);
  console.log(highwater(given).trimEnd().replace(/^/gm, '  '));
}

function highwater(given) {
  return execFileSync(program('highwater'), ['--store', state, ...given], { encoding: 'utf8' });
}

/** Where the high-water mark stands, if it was ever set. */
function hwm() {
  // Nobody has written anything before the first night.
  if (!existsSync(join(folder, 'state'))) return undefined;
  const all = highwater(['hwm', 'list', 'demo/weather', '-o', 'ndjson']).split('\n').filter(Boolean);
  return all.map((line) => JSON.parse(line)).find(({ name }) => name === 'weather.date')?.value.value;
}

function showHwm(when) {
  console.log(`  high-water mark ${when}: ${hwm() ?? 'none'}`);
}

function program(name) {
  return join(options.programs, name);
}

function script(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}

function say(words) {
  console.log(`\n== ${words}`);
}
