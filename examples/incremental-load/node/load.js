/**
 * Loads what is new of a weather record into SQLite: extract, transform, load. The twin of `src/lib.rs`, on the same
 * state and the same files: what one of them left unfinished, the other finishes.
 *
 * What makes it safe to kill at any moment stands in `src/lib.rs` and in `sink.js`.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalDate } from 'highwater';
import { Sink } from './sink.js';
import { fromSource, rowsAfter } from './weather.js';

const PIPELINE = 'demo/weather';
/** How far the source was loaded, as a date. */
const HWM = 'weather.date';
/** Rows in one transaction of the sink. */
const BATCH_ROWS = 40;
/** How long a worker may show no sign of life before another one takes over. Short, so that the demo need not wait. */
const LEASE_MS = 2_000;

/**
 * Loads what is new, and before that, what earlier processes left unfinished.
 *
 * `job` has the `source`, the `folder` for files between nodes and for the rows, the name of the `run`, and `say`, which is told how it goes.
 */
export async function loadNew(hw, job) {
  const pipeline = hw.pipeline(PIPELINE);
  await pipeline.declareGraph([
    { name: 'extract' },
    { name: 'transform', after: ['extract'] },
    { name: 'load', after: ['transform'] },
  ]);

  // What an earlier process left behind comes first.
  for (const unfinished of (await pipeline.describe()).openRuns) {
    if (unfinished !== job.run) await work(pipeline, await pipeline.resumeRun(unfinished), job);
  }
  await work(pipeline, await pipeline.startRun({ id: job.run }), job);
}

/** Everything that a run has to do, from wherever it stands. */
async function work(pipeline, run, job) {
  job.say(`run ${run.id} is ${run.resumed ? 'resumed' : 'started'}`);
  const folder = join(job.folder, 'work', run.id);
  await mkdir(folder, { recursive: true });
  const [extracted, transformed] = [join(folder, 'extracted.csv'), join(folder, 'transformed.csv')];

  await node(run, 'extract', job, async (attempt) => {
    const position = (await pipeline.hwm(HWM).get())?.value.toString();
    const rows = rowsAfter(await readFile(job.source, 'utf8'), position);
    job.say(`    ${rows.length} rows are new, after ${position ?? 'the very beginning'}`);
    await replace(extracted, rows);
    await attempt.succeed({ counts: { rowsRead: rows.length } });
  });
  await node(run, 'transform', job, async (attempt) => {
    const days = (await lines(extracted)).map(fromSource);
    await replace(transformed, days);
    await attempt.succeed({ counts: { rowsRead: days.length, rowsWritten: days.length } });
  });
  await node(run, 'load', job, async (attempt) => {
    await load(attempt, await lines(transformed), job);
  });
  const ended = await run.finish();
  job.say(`run ${run.id} ended: ${ended.status}`);
}

/** Works on a node, unless it is done. */
async function node(run, name, job, work) {
  let begun = await run.node(name).begin({ leaseMs: LEASE_MS });
  if (begun.kind === 'wait') {
    job.say(`  ${name}: waits, because ${begun.reason.message}`);
    begun = await run.node(name).beginOrWait({ leaseMs: LEASE_MS });
  }
  if (begun.kind === 'skip') {
    job.say(`  ${name}: skipped, because ${begun.reason.message}`);
    return;
  }
  const { attempt } = begun;
  job.say(`  ${name}: attempt ${attempt.number}, because ${attempt.reason.message}`);
  try {
    await work(attempt);
  } catch (error) {
    // Kept with the attempt, for whoever asks later why it failed.
    if (attempt.isLive) await attempt.fail(error);
    throw error;
  }
}

/** Brings the rows into the sink, batch by batch. */
async function load(attempt, days, job) {
  // From here on, whoever loaded before is locked out of the sink. Where to go on is what the sink says: it may be one
  // batch ahead of the high-water mark, if a crash came between the two.
  const sink = await Sink.claim(join(job.folder, 'weather.sqlite'), PIPELINE, attempt.token);
  try {
    job.say(`    the sink holds rows up to ${sink.position ?? 'the very beginning'}`);
    const missing = days.filter((day) => sink.position === undefined || day.slice(0, 10) > sink.position);
    let rowsWritten = 0;
    while (rowsWritten < missing.length) {
      const batch = missing.slice(rowsWritten, rowsWritten + BATCH_ROWS);
      await sink.append(batch);
      job.say(`    committed ${batch.length} rows, up to ${sink.position}`);
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
