// The code of the guides for those who come from another system runs as it stands there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TemporaryFolder } from './support/folder.js';

const GUIDES = new URL('../../../crates/cli/docs/coming-from/', import.meta.url);

for (const guide of ['arkflow', 'data-extractor', 'odibi', 'oxide-flow', 'seeknal']) {
  test(`the code of the guide for those who come from ${guide} runs`, () => {
    const text = fs.readFileSync(new URL(`${guide}.md`, GUIDES), 'utf8');
    const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, source]) => source!);
    assert.ok(blocks.length > 0);
    using folder = new TemporaryFolder(true);
    fs.mkdirSync(join(folder.path, 'node_modules'));
    fs.symlinkSync(fileURLToPath(new URL('..', import.meta.url)), join(folder.path, 'node_modules/highwater'));
    for (const [index, source] of blocks.entries()) {
      const file = join(folder.path, `example-${index}.mjs`);
      fs.writeFileSync(file, source);
      execFileSync(process.execPath, [file], { cwd: folder.path, stdio: 'pipe' });
    }
  });
}
