// What a command costs in Node, with a store that costs nothing. Answers each line `ours MS` or `rival MS` with
// microseconds a command. The rival is the same component, with the glue that jco writes as it comes.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const submitters = Number(process.argv[2]);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const npmPackage = join(root, 'npm/highwater');
const OPTIONS = {
  seed: [1n, 1n],
  conflict: { tries: 24, firstDelayMs: 0n, maxDelayMs: 64n, jitterMs: 2n },
  residentPipelines: 256,
  snapshotMinBytes: 262_144n,
  encryptionKeys: [],
};

/** Sets HWMs, so many at once, each in a submission of its own; the twin of `step_loop.rs`. */
class StepLoop {
  #engine;
  #ticket = 0n;
  #nowMs = 1_780_000_000_000n;

  constructor(engine) {
    this.#engine = engine;
  }

  /** One commit: a command from each submitter in, one record out, its completion in, all replies out. */
  commit() {
    this.#nowMs += 1n;
    let inputs = Array.from({ length: submitters }, (_, submitter) => this.#submission(submitter));
    let replies = 0;
    while (replies < submitters || inputs.length > 0) {
      const output = this.#engine.step(this.#nowMs, inputs);
      for (const { result } of output.replies) {
        if (result.tag !== 'ok') throw new Error(result.val.message);
        replies += 1;
      }
      inputs = output.requests.map(completion);
      if (inputs.length === 0 && replies < submitters) throw new Error('the engine stopped before it had answered all');
    }
    return replies;
  }

  #submission(submitter) {
    this.#ticket += 1n;
    const name = `orders/${String(submitter).padStart(6, '0')}/updated_at`;
    const hwms = [{ name, value: { tag: 'int', val: this.#ticket }, cast: false }];
    const commands = [{ tag: 'set-hwms', val: { hwms, holder: undefined } }];
    return {
      tag: 'submission',
      val: { ticket: this.#ticket, pipeline: 'prod/orders_daily', commands, dedupeKey: undefined, freshness: 'latest', at: undefined },
    };
  }
}

/** The store: everything works, and nothing is kept. */
function completion({ id, operation }) {
  return { tag: 'completion', val: { id, outcome: outcome(operation) } };
}

function outcome({ tag }) {
  switch (tag) {
    case 'read':
      return { tag: 'journal', val: { snapshot: undefined, tail: [], damage: [] } };
    case 'read-from':
      return { tag: 'tail', val: [] };
    case 'append':
      return { tag: 'appended' };
    case 'beats':
      return { tag: 'beats', val: [] };
    default:
      return { tag: 'done' };
  }
}

const sides = { ours: await ours(), rival: await rival() };
for await (const line of createInterface({ input: process.stdin })) {
  const [side, milliseconds] = line.split(' ');
  console.log(measure(sides[side], Number(milliseconds)));
}

async function ours() {
  const { makeStepper } = await import(pathToFileURL(join(npmPackage, 'dist/engine.js')));
  return new StepLoop(makeStepper(OPTIONS));
}

async function rival() {
  const folder = await glue();
  const modules = new Map();
  const core = (name) => modules.get(name);
  for (const name of ['highwater.core.wasm', 'highwater.core2.wasm', 'highwater.core3.wasm']) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (bytes !== undefined) modules.set(name, new WebAssembly.Module(bytes));
  }
  const { instantiate } = await import(pathToFileURL(join(folder, 'highwater.js')));
  return new StepLoop(new (instantiate(core, {}).engine.Engine)(OPTIONS));
}

/** Lets jco write its glue, with its own defaults but for making instances by hand. */
async function glue() {
  const folder = join(root, 'target/bench/glue');
  const component = join(root, 'target/bench/highwater.wasm');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const build = ['run', '-q', '-p', 'highwater-component-builder', '--bin', 'build-component', component];
  execFileSync('cargo', build, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const jco = createRequire(join(npmPackage, 'package.json')).resolve('@bytecodealliance/jco');
  const { transpile } = await import(pathToFileURL(jco));
  const { files } = await transpile(await readFile(component), { name: 'highwater', instantiation: 'sync' });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

function measure(steps, milliseconds) {
  const began = performance.now();
  let commands = 0;
  while (performance.now() - began < milliseconds) commands += steps.commit();
  return ((performance.now() - began) * 1e3) / commands;
}
