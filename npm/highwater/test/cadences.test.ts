import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Interval, InvalidError, open } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const HOUR_MS = 3_600_000n;
const hours = ({ start, end }: Interval) => Number((end - start) / HOUR_MS);

async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

test('a node is handed the windows that are due, and then there is nothing to do', async () => {
  using folder = new TemporaryFolder();
  await using hw = await open(`file:${folder.path}`);
  const pipeline = hw.pipeline('dev/orders');
  const cadence = { unit: 'day', zone: 'Europe/Berlin', start: '2026-03-28', end: new Date('2026-03-31') } as const;
  assert.equal((await pipeline.declareCadence('load', cadence)).changed, true);
  assert.equal((await pipeline.declareCadence('load', cadence)).changed, false);
  const run = await pipeline.startRun({ id: 'r1' });
  const begun = await run.node('load').begin({ cover: { due: true, limit: 2 } });
  assert.ok(begun.kind === 'run');
  assert.deepEqual(begun.attempt.intervals.map(hours), [24, 23], 'the clock is put forward on the 29th');
  const running = await all(pipeline.windows('load', { limit: 2 }));
  assert.deepEqual(
    running.map(({ status, run: by }) => [status, by]),
    [
      ['running', 'r1'],
      ['running', 'r1'],
      ['missing', undefined],
    ],
  );
  assert.equal(running[0]?.dueAt?.toISOString(), '2026-03-28T23:00:00.000Z');
  await begun.attempt.succeed();
  const rest = await pipeline.startRun({ id: 'r2' });
  const last = await rest.node('load').begin({ cover: { due: true } });
  assert.ok(last.kind === 'run');
  await last.attempt.succeed();
  const nothing = await (await pipeline.startRun({ id: 'r3' })).node('load').begin({ cover: { due: true } });
  assert.ok(nothing.kind === 'skip' && nothing.reason.code === 'already-covered');
  assert.deepEqual(await all(pipeline.windows('load', { statuses: ['missing', 'open'] })), []);
});

test('cadences are listed, read back, and taken back', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  await pipeline.declareCadence(undefined, { cron: '0 6 * * mon-fri', zone: 'America/New_York', start: '2026-11-01' });
  await pipeline.declareCadence('ids', { axis: 'integer', every: 1_000, start: 0 });
  await pipeline.declareCadence('hourly', { unit: 'hour', every: 6, start: new Date('2026-11-01'), lookback: 1 });
  const [first, hourly, ids, ...more] = await all(pipeline.cadences({ pageSize: 2 }));
  assert.deepEqual(more, []);
  assert.ok(first !== undefined && hourly !== undefined && ids !== undefined);
  assert.deepEqual([first.node, first.cadence.cron, first.cadence.unit], [undefined, '0 6 * * mon-fri', 'cron']);
  assert.deepEqual([hourly.cadence.every, hourly.cadence.lookback], [6n * HOUR_MS, 1]);
  assert.deepEqual([ids.cadence.axis, ids.cadence.unit, ids.cadence.every], ['integer', 'fixed', 1_000n]);
  const other = hw.pipeline('dev/other');
  const { zone, zoneRules } = first.cadence;
  await other.declareCadence('n', { cron: '0 6 * * *', zone, zoneRules, start: first.cadence.start });
  await pipeline.declareCadence('ids', undefined);
  await pipeline.declareCadence(undefined, undefined);
  await assert.rejects(all(pipeline.windows('ids', { to: 10 })), /has no cadence/);
});

test('a window is found by its date, in any zone', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const length = { unit: 'day', zone: 'Europe/Berlin' } as const;
  assert.equal(hours(await pipeline.findWindow('2026-10-25', length)), 25);
  assert.equal(hours(await pipeline.findWindow('2026-10-25', { ...length, unit: 'hour', every: 6 })), 6);
  const utc = await pipeline.findWindow('2026-11-28', { unit: 'month' });
  assert.deepEqual([utc.start, utc.end], [Date.UTC(2026, 10, 28), Date.UTC(2026, 11, 28)].map(BigInt));
});

test('what divides no axis is refused', async () => {
  await using hw = await open('memory:');
  const pipeline = hw.pipeline('dev/orders');
  const refused = async (cadence: object) => {
    const declared = async () => pipeline.declareCadence('load', { start: '2026-01-01', ...cadence } as never);
    await assert.rejects(declared, InvalidError);
  };
  await refused({});
  await refused({ unit: 'fortnight' });
  await refused({ unit: 'day', zone: 'Europe/Atlantis' });
  await refused({ unit: 'day', zone: 'toString' });
  await refused({ unit: 'day', every: 0 });
  await refused({ cron: '61 * * * *' });
  await refused({ unit: 'day', start: 'tomorrow' });
  await refused({ unit: 'day', start: Number.NaN });
});
