import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileStore, MemoryStore } from '../dist/index.js';
import { readCases } from './support/cases.js';
import { runCase } from './support/conformance.js';
import { TemporaryFolder } from './support/folder.js';

const cases = readCases();

test('there are cases, and their names are unique', () => {
  assert.ok(cases.length > 20);
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
});

for (const each of cases) {
  test(`memory: ${each.name}`, async () => {
    const shared = new MemoryStore();
    await runCase(each, () => new MemoryStore(shared));
  });

  // Small segments, so that the cases cross many of them.
  for (const segmentBytes of [8 * 1024 * 1024, 4 * 1024, 0]) {
    test(`file, segments of ${segmentBytes}: ${each.name}`, async () => {
      using folder = new TemporaryFolder(segmentBytes < 8 * 1024 * 1024);
      await runCase(each, () => new FileStore(folder.path, { segmentBytes }));
    });
  }
}
