// Runs the compiled tests: `run-tests.mjs [--node24] [NAME…]`, with the Node that runs this script, or with Node 24.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './node24.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test-built');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.test.js') && (wanted.length === 0 || wanted.some((name) => file.includes(name))))
  .map((file) => join(folder, file));
if (files.length === 0) throw new Error('there are no compiled tests of that name; run `npm run pretest` first');

const node = process.argv.includes('--node24') ? node24() : process.execPath;
if (node === undefined) console.log('Node 24 cannot be installed from npm on this platform: skipped');
else process.exitCode = spawnSync(node, ['--test', ...files], { stdio: 'inherit' }).status ?? 1;
