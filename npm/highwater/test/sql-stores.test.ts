import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { open, SqlStore, StoreError } from '../dist/index.js';
import { readCases } from './support/cases.js';
import { runCase } from './support/conformance.js';
import { TemporaryFolder } from './support/folder.js';
import { recordFrame } from './support/frames.js';
import { freePort, PostgresServer } from './support/servers.js';

const cases = readCases();
const postgres = await PostgresServer.start();
after(() => postgres.stop());

for (const each of cases) {
  test(`sqlite: ${each.name}`, async () => {
    using folder = new TemporaryFolder();
    await runCase(each, () => SqlStore.open(`sqlite:${join(folder.path, 'state.db')}`));
  });

  test(`postgres: ${each.name}`, async () => {
    const location = postgres.database();
    await runCase(each, () => SqlStore.open(location));
  });
}

async function refused(location: string): Promise<StoreError> {
  const error: unknown = await SqlStore.open(location).catch((error: unknown) => error);
  assert.ok(error instanceof StoreError, String(error));
  return error;
}

test('what cannot be opened is named', async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, 'text');
  writeFileSync(file, 'nothing of the kind, in many words'.repeat(100));
  const noDatabase = await refused(`sqlite:${file}`);
  assert.equal(noDatabase.failure, 'corrupt', noDatabase.message);
  const nowhere = await refused(`sqlite:${join(folder.path, 'nowhere/state.db')}`);
  assert.deepEqual([nowhere.failure, /make the folder/.test(nowhere.message)], ['denied', true]);
  const noServer = await refused(`postgres://me:hush@127.0.0.1:${await freePort()}/state`);
  assert.deepEqual([noServer.failure, /hush/.test(noServer.message)], ['unavailable', false], noServer.message);
  const noBase = await refused(postgres.database().replace(/[^/]*$/, 'nowhere'));
  assert.deepEqual([noBase.failure, /create it first/.test(noBase.message)], ['denied', true], noBase.message);
});

test('a database file is nobody else’s business', async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, 'state.db');
  const store = await SqlStore.open(`sqlite:${file}`);
  await store.append('a', 1n, recordFrame(1n, 1, 10, undefined));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await store.close();
});

for (const [name, location] of [
  ['sqlite', (folder: TemporaryFolder) => `sqlite:${join(folder.path, 'state.db')}`],
  ['postgres', () => postgres.database()],
] as const) {
  test(`pipelines are kept in ${name}`, async () => {
    using folder = new TemporaryFolder();
    const where = location(folder);
    {
      await using hw = await open(where);
      await hw.pipeline('prod/orders').hwm('loaded').set(7n);
    }
    await using hw = await open(where);
    assert.equal((await hw.pipeline('prod/orders').hwm('loaded').get())?.value, 7n);
  });
}
