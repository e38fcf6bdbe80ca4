/** The Node script of the demo: loads what is new of a weather record into SQLite. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { open } from 'highwater';
import { loadNew } from './load.js';

const { values: options } = parseArgs({
  options: { source: { type: 'string' }, folder: { type: 'string' }, run: { type: 'string' } },
});

const hw = await open(`file:${join(options.folder, 'state')}`);
try {
  await loadNew(hw, { ...options, say: console.log });
} finally {
  await hw.close();
}
