import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { open } from '../dist/index.js';
import { KeyedState, FileParts } from '../dist/streams/index.js';
import { fileLog, wordCountScript } from './support/example.js';
import { TemporaryFolder } from './support/folder.js';
import { Random } from './support/random.js';

/** How many processes are killed; with more, more points are tried. */
const KILLS = Number(process.env['HIGHWATER_KILLS'] ?? 24);
const WORKER = fileURLToPath(new URL('../test/word-count-worker.mjs', import.meta.url));
const WORDS = ['to', 'be', 'or', 'not', 'zoë', 'that', 'is', 'the', 'question'];

/** Lines of a log, the same for the same seed. */
async function writeLines(folder: string, lines: number): Promise<void> {
  const [log, random] = [await fileLog(join(folder, 'lines')), new Random(7)];
  const line = () => Array.from({ length: random.below(4) + 1 }, () => random.pick(WORDS)).join(' ');
  for (const partition of [0, 1]) await log.append(partition, Array.from({ length: lines }, line));
}

async function counts(folder: string): Promise<unknown[][]> {
  const log = await fileLog(join(folder, 'counts'));
  return [await log.all(0), await log.all(1)];
}

/** The worker until it dies at a point, and what it says. */
async function life(folder: string, point: number): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, folder, String(point)]).catch(
    (error: { signal?: string; stdout: string; stderr: string }) => {
      assert.equal(error.signal, 'SIGKILL', error.stderr);
      return error;
    },
  );
  return stdout.trim();
}

/** What an undisturbed process writes. */
async function undisturbed(lines: number): Promise<unknown[][]> {
  using folder = new TemporaryFolder(true);
  await writeLines(folder.path, lines);
  assert.equal(await life(folder.path, 0), 'the end');
  const all = await counts(folder.path);
  const total = all.flat().length;
  assert.ok(total > lines * 2);
  return all;
}

test(
  `${KILLS} times SIGKILL at points of source, sink and parts: the output is that of an undisturbed run`,
  { timeout: 1_800_000 },
  async () => {
    wordCountScript();
    const lines = 60;
    const expected = await undisturbed(lines);
    const points = new Set<string>();
    let kills = 0;
    for (let round = 1; kills < KILLS; round += 1) {
      using folder = new TemporaryFolder(true);
      await writeLines(folder.path, lines);
      const random = new Random(round);
      for (let said = ''; said !== 'the end';) {
        // The first points of a life are those of its recovery.
        said = await life(folder.path, kills < KILLS ? random.below(round % 2 === 0 ? 12 : 40) + 1 : 0);
        if (said === 'the end') break;
        points.add(said);
        kills += 1;
      }
      assert.deepEqual(await counts(folder.path), expected, `round ${round}`);
      await stateIs(folder.path, expected.flat());
    }
    assert.ok(points.size > Math.min(KILLS / 3, 12), `only these points: ${[...points].join(', ')}`);
  },
);

/** The state counts what the output says, and no part is left over that a completed checkpoint does not need, but those of the killed. */
async function stateIs(folder: string, output: readonly unknown[]): Promise<void> {
  const hw = await open(`file:${join(folder, 'state')}`);
  const stream = hw.pipeline('demo/words').stream();
  const restored = await stream.restore('latest', { dryRun: true });
  const parts = new FileParts(join(folder, 'parts'));
  const state = await KeyedState.restore(restored, { operator: 'count', parts });
  const words = new Map<string, number>();
  for (const { word, count } of output as { word: string; count: number }[]) {
    words.set(word, Math.max(count, words.get(word) ?? 0));
  }
  assert.deepEqual(new Map(state.value<string, number>('counts').entries()), words);
  const view = await stream.describe();
  assert.deepEqual([view?.transactions, view?.reclaimable], [[], 0n]);
  assert.deepEqual(fs.readdirSync(join(folder, 'counts', '.staged')), []);
  await hw.close();
}

test('the example, killed at any moment, and stopped by hand in the end', { timeout: 300_000 }, async () => {
  const script = wordCountScript();
  const lines = 400;
  const expected = await undisturbed(lines);
  using folder = new TemporaryFolder(true);
  await writeLines(folder.path, lines);
  const args = [script, '--folder', folder.path, '--interval-ms', '1', '--lease-ms', '100'];
  for (let kill = 0; kill < 5; kill += 1) {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 250 + kill * 80));
    child.kill('SIGKILL');
    await ended;
  }
  const child = spawn(process.execPath, [...args, '--follow'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  while (JSON.stringify(await counts(folder.path)) !== JSON.stringify(expected)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.deepEqual(await counts(folder.path), expected);
});
