/** The load of the demo, with its real sink, under every crash: no row is lost, and none is there twice. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient } from '@libsql/client';
import { LocalDate } from 'highwater';
import { crashTest } from 'highwater/testing';
import { loadNew } from './load.js';

const two = (number) => String(number).padStart(2, '0');
/** Two whole batches and one that is not. */
const DATES = Array.from({ length: 100 }, (_, day) => `2012-${two(1 + Math.floor(day / 28))}-${two(1 + (day % 28))}`);

/** In memory where that is to be had: hundreds of loads, and the disk is not the point. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What outlives the processes: a folder with a source in it, and how to look into the sink. */
const site = {
  sink: async () => {
    const folder = await mkdtemp(join(PARENT, 'highwater-crashes-'));
    const rows = DATES.map((date) => `${date},4.1,4.4,-0.6,5.3,snow\n`);
    await writeFile(join(folder, 'source.csv'), `date,precipitation,temp_max,temp_min,wind,weather\n${rows.join('')}`);
    return folder;
  },
  rows: async (folder) => {
    const client = sqlite(folder);
    const { rows } = await client.execute('select date from weather');
    client.close();
    return rows.map(({ date }) => date);
  },
  dispose: (folder) => rm(folder, { recursive: true }),
  expected: DATES,
};

test('no crash loses or doubles a day', async () => {
  const load = (life, folder) =>
    loadNew(life.highwater, { source: join(folder, 'source.csv'), folder, run: 'night-1', say: () => {} });
  const report = await crashTest({ ...site, pipeline: load, doubleCrashes: 40 });
  report.assert();
  // Graph, start, begin and end of three nodes, three batches, finish.
  assert.ok(report.tried.crash > 2 * 12, String(report));
  assert.equal(report.tried.pause, report.tried.crash);
});

/** The sink knows how far it is, but not who writes; or the mark moves, and then the rows are written. */
async function loadWrongly(mistake, life, folder) {
  const pipeline = life.highwater.pipeline('demo/weather');
  const run = await pipeline.startRun({ id: 'night-1' });
  const begun = await run.node('load').beginOrWait();
  if (begun.kind === 'run') {
    const { attempt } = begun;
    const client = sqlite(folder);
    await client.execute('create table if not exists weather (date text)');
    const mark = (await pipeline.hwm('weather.date').get())?.value.toString();
    const { rows: [sink] } = await client.execute('select max(date) as last from weather');
    const position = (mistake === 'mark first' ? mark : sink.last) ?? '';
    const dates = DATES.filter((date) => date > position);
    while (dates.length > 0) {
      const batch = dates.splice(0, 40);
      const hwms = { 'weather.date': LocalDate.from(batch.at(-1)) };
      if (mistake === 'mark first') await attempt.progress({ hwms });
      await client.batch(batch.map((date) => ({ sql: 'insert into weather values (?)', args: [date] })), 'write');
      await attempt.progress({ hwms });
    }
    await attempt.succeed();
    client.close();
  }
  await run.finish();
}

test('a mark that moves first loses days', async () => {
  const pipeline = (life, folder) => loadWrongly('mark first', life, folder);
  const { failures } = await crashTest({ ...site, pipeline, doubleCrashes: 0 });
  const killed = failures.find(({ kind }) => kind === 'crash');
  assert.equal(killed.lost.length, 40, killed.story);
  assert.match(killed.story, /hwm-set `weather.date`/);
});

test('a sink without tokens has days twice', async () => {
  const pipeline = (life, folder) => loadWrongly('no token', life, folder);
  const { failures } = await crashTest({ ...site, pipeline, doubleCrashes: 0 });
  const woken = failures.find(({ kind }) => kind === 'pause');
  assert.deepEqual([woken.lost.length, woken.doubled.length], [0, 40], woken.story);
});

function sqlite(folder) {
  return createClient({ url: `file:${join(folder, 'weather.sqlite')}` });
}
