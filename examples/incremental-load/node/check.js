import { readFile } from 'node:fs/promises';
import { deepStrictEqual, ok } from 'node:assert/strict';
import { createClient } from '@libsql/client';

/** Rows that one transaction of the load brings; see `load.js`. */
const BATCH_ROWS = 40;

/** All rows of the source are in the sink, each once and as they are, and the high-water mark is at the last one. */
export async function checkAll({ sink, source, hwm }) {
  const expected = summary(await rowsOf(source));
  deepStrictEqual(await summaryOf(sink), expected, 'the sink does not hold what the source holds');
  ok(hwm === expected.last, `the high-water mark is at ${hwm}, and the source ends at ${expected.last}`);
  console.log(
    `  checked: ${expected.rows} rows, the first ${expected.first}, the last ${expected.last}, ` +
      `${expected.precipitation / 10} mm of rain in all, as in the source`,
  );
}

/** After a crash: whole batches from the beginning and nothing else; the high-water mark at the last one, or one before. */
export async function checkHalfDone({ sink, source, hwm }) {
  const rows = await rowsOf(source);
  const found = await summaryOf(sink);
  ok(found.rows > 0 && found.rows < rows.length, `the load was to be half done, and has ${found.rows} rows`);
  ok(found.rows % BATCH_ROWS === 0, `${found.rows} rows are no whole batches: a transaction was torn`);
  deepStrictEqual(found, summary(rows.slice(0, found.rows)), 'the sink does not hold the first rows of the source');
  const reported = rows.findIndex(({ date }) => date === hwm) + 1;
  const behind = found.rows - reported;
  ok(behind === 0 || behind === BATCH_ROWS, `the high-water mark is ${behind} rows behind the sink`);
  console.log(
    `  checked: ${found.rows} of ${rows.length} rows are in, in whole batches; the high-water mark ` +
      (behind === 0 ? 'is where they end' : `is ${behind} rows behind: the kill came between the two commits`),
  );
}

/** Reads the source anew, with none of the code that is checked. */
async function rowsOf(source) {
  const [header, ...lines] = (await readFile(source, 'utf8')).trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((field, index) => [names[index], field])));
}

function summary(rows) {
  const total = (name) => rows.reduce((sum, row) => sum + Math.round(Number(row[name]) * 10), 0);
  const dates = rows.map(({ date }) => date).sort();
  const kinds = {};
  for (const { weather } of rows) kinds[weather] = (kinds[weather] ?? 0) + 1;
  return {
    rows: rows.length,
    days: new Set(dates).size,
    first: dates[0],
    last: dates.at(-1),
    precipitation: total('precipitation'),
    tempMax: total('temp_max'),
    tempMin: total('temp_min'),
    wind: total('wind'),
    kinds: Object.entries(kinds).sort(),
  };
}

/** The same of what is in the sink, computed by SQLite. */
async function summaryOf(sink) {
  const client = createClient({ url: `file:${sink}` });
  try {
    const { rows: [totals] } = await client.execute(
      `select count(*) as rows, count(distinct date) as days, min(date) as first, max(date) as last,
              sum(precipitation_tenths) as precipitation, sum(temp_max_tenths) as tempMax,
              sum(temp_min_tenths) as tempMin, sum(wind_tenths) as wind
       from weather`,
    );
    const { rows: kinds } = await client.execute('select weather, count(*) as days from weather group by 1 order by 1');
    return { ...totals, kinds: kinds.map(({ weather, days }) => [weather, days]) };
  } finally {
    client.close();
  }
}
