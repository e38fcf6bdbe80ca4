/**
 * Loads what is new of a weather record into SQLite: extract, transform, load. The twin of `src/lib.rs`, on the same
 * state and the same files: what one of them left unfinished, the other finishes.
 *
 * What makes it safe to kill at any moment stands in `src/lib.rs` and in `sink.js`.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalDate, open } from 'highwater';
import { Sink } from './sink.js';
import { fromSource, rowsAfter } from './weather.js';

const PIPELINE = 'demo/weather';
/** How far the source was loaded, as a date. */
const HWM = 'weather.date';
/** Rows in one transaction of the sink. */
const BATCH_ROWS = 40;
/** How long a worker may show no sign of life before another one takes over. Short, so that the demo need not wait. */
const LEASE_MS = 2_000;

const { values: options } = parseArgs({
  options: { source: { type: 'string' }, folder: { type: 'string' }, run: { type: 'string' } },
});

const hw = await open(`file:${join(options.folder, 'state')}`);
try {
  const pipeline = hw.pipeline(PIPELINE);
  await pipeline.declareGraph([
    { name: 'extract' },
    { name: 'transform', after: ['extract'] },
    { name: 'load', after: ['transform'] },
  ]);

  // What an earlier process left behind comes first.
  for (const unfinished of (await pipeline.describe()).openRuns) {
    if (unfinished !== options.run) await work(pipeline, await pipeline.resumeRun(unfinished));
  }
  await work(pipeline, await pipeline.startRun({ id: options.run }));
} finally {
  await hw.close();
}

/** Everything that a run has to do, from wherever it stands. */
async function work(pipeline, run) {
  console.log(`run ${run.id} is ${run.resumed ? 'resumed' : 'started'}`);
  const folder = join(options.folder, 'work', run.id);
  await mkdir(folder, { recursive: true });
  const [extracted, transformed] = [join(folder, 'extracted.csv'), join(folder, 'transformed.csv')];

  await node(run, 'extract', async (attempt) => {
    const position = (await pipeline.hwm(HWM).get())?.value.toString();
    const rows = rowsAfter(await readFile(options.source, 'utf8'), position);
    console.log(`    ${rows.length} rows are new, after ${position ?? 'the very beginning'}`);
    await replace(extracted, rows);
    await attempt.succeed({ counts: { rowsRead: rows.length } });
  });
  await node(run, 'transform', async (attempt) => {
    const days = (await lines(extracted)).map(fromSource);
    await replace(transformed, days);
    await attempt.succeed({ counts: { rowsRead: days.length, rowsWritten: days.length } });
  });
  await node(run, 'load', async (attempt) => {
    await load(attempt, await lines(transformed));
  });
  const ended = await run.finish();
  console.log(`run ${run.id} ended: ${ended.status}`);
}

/** Works on a node, unless it is done. */
async function node(run, name, work) {
  let begun = await run.node(name).begin({ leaseMs: LEASE_MS });
  if (begun.kind === 'wait') {
    console.log(`  ${name}: waits, because ${begun.reason.message}`);
    begun = await run.node(name).beginOrWait({ leaseMs: LEASE_MS });
  }
  if (begun.kind === 'skip') {
    console.log(`  ${name}: skipped, because ${begun.reason.message}`);
    return;
  }
  const { attempt } = begun;
  console.log(`  ${name}: attempt ${attempt.number}, because ${attempt.reason.message}`);
  try {
    await work(attempt);
  } catch (error) {
    // Kept with the attempt, for whoever asks later why it failed.
    if (attempt.isLive) await attempt.fail(error);
    throw error;
  }
}

/** Brings the rows into the sink, batch by batch. */
async function load(attempt, days) {
  // From here on, whoever loaded before is locked out of the sink. Where to go on is what the sink says: it may be one
  // batch ahead of the high-water mark, if a crash came between the two.
  const sink = await Sink.claim(join(options.folder, 'weather.sqlite'), PIPELINE, attempt.token);
  try {
    console.log(`    the sink holds rows up to ${sink.position ?? 'the very beginning'}`);
    const missing = days.filter((day) => sink.position === undefined || day.slice(0, 10) > sink.position);
    let rowsWritten = 0;
    while (rowsWritten < missing.length) {
      const batch = missing.slice(rowsWritten, rowsWritten + BATCH_ROWS);
      await sink.append(batch);
      console.log(`    committed ${batch.length} rows, up to ${sink.position}`);
      rowsWritten += batch.length;
      // The rows are safe: now, and not before, the high-water mark may move.
      await attempt.progress({ counts: { rowsRead: missing.length, rowsWritten }, hwms: at(sink) });
    }
    await attempt.succeed({ counts: { rowsRead: missing.length, rowsWritten }, hwms: at(sink) });
  } finally {
    sink.close();
  }
}

/** The high-water mark, where the sink is. */
function at({ position }) {
  return position === undefined ? {} : { [HWM]: LocalDate.from(position) };
}

/** Writes a file that is there whole or not at all, so that the next node never reads half of it. */
async function replace(path, rows) {
  await writeFile(`${path}.unfinished`, rows.join('\n'));
  await rename(`${path}.unfinished`, path);
}

async function lines(path) {
  const text = await readFile(path, 'utf8');
  return text === '' ? [] : text.split('\n');
}
