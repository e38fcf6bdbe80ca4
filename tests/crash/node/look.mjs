// Usage: node look.mjs FOLDER, with the number of states on standard input.
// Opens the store in `state` of each folder 0, 1, ... below FOLDER, reads, appends one record, reads that with another store,
// and prints what it found: one line of JSON for each.
import fs from 'node:fs';
import path from 'node:path';
import { FileStore } from '../../../npm/highwater/dist/stores/file.js';
import { BACKUP, endOf, frames, KEY, recordFrame, SEGMENT_BYTES } from './frames.mjs';

const NEXT_WRITER = 200;
/** Torn ends are waited for, so many states are looked at together. */
const TOGETHER = 64;

const above = process.argv[2];
const count = Number(fs.readFileSync(0, 'utf8'));

const pair = (record) => [Number(record.version), frames.digest(record.bytes)];

/** The version in the name of the snapshot that the journal was started anew with. */
function startOf(root) {
  const journal = path.join(root, 'journals-1', 'p_prod%2Forders_daily');
  const names = fs.existsSync(journal) ? fs.readdirSync(journal) : [];
  return Math.max(0, ...names.map((name) => Number(/^start-(\d+)\.hws$/.exec(name)?.[1] ?? 0)));
}

/** The names of the backups, of which each must be whole. */
async function backupsOf(store) {
  const names = (await store.backups(KEY)).map(({ name }) => name);
  for (const name of names) {
    if (Buffer.compare(await store.readBackup(KEY, name), BACKUP) !== 0) throw new Error(`backup ${name} is not whole`);
  }
  return names.map(Number);
}

async function look(root) {
  const store = new FileStore(root, { segmentBytes: SEGMENT_BYTES });
  const journal = await store.read(KEY);
  const all = await store.readFrom(KEY, 1n);
  const start = startOf(root);
  const backups = await backupsOf(store);
  const { head, chain } = endOf(journal);
  const version = head + 1n;
  const frame = recordFrame(version, NEXT_WRITER, 10, chain);
  const outcome = await store.append(KEY, version, frame);
  if (outcome !== 'appended') throw new Error(`version ${version} is ${outcome}, and was not there`);
  await store.close();
  const other = new FileStore(root, { segmentBytes: SEGMENT_BYTES });
  const after = await other.read(KEY);
  await other.close();
  const { snapshot } = journal;
  return {
    snapshot: snapshot && [Number(snapshot.version), frames.decodeHeader(snapshot.bytes).stamp.chain],
    start,
    backups,
    tail: journal.tail.map(pair),
    all: all.kind === 'records' ? all.records.map(pair) : null,
    floor: all.kind === 'trimmed' ? Number(all.floor) : 1,
    appended: [Number(version), frames.digest(frame)],
    last: after.tail.length > 0 ? pair(after.tail.at(-1)) : null,
  };
}

for (let from = 0; from < count; from += TOGETHER) {
  const indexes = Array.from({ length: Math.min(TOGETHER, count - from) }, (_, index) => from + index);
  const found = await Promise.all(
    indexes.map((index) => look(path.join(above, String(index), 'state')).catch((error) => ({ error: error.message }))),
  );
  for (const each of found) fs.writeSync(1, `${JSON.stringify(each)}\n`);
}
