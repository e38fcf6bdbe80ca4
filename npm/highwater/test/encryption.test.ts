import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterEach, test } from 'node:test';
import { HighwaterError, InvalidError, type Notice, open, type OpenOptions } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';

const SECRET = 'the-name-of-a-customer';

afterEach(() => {
  delete env['HIGHWATER_KEY'];
  delete env['HIGHWATER_KEY_FILE'];
});

/** Moves the mark in a folder, opened like this, and gives where it stood before. */
async function step(folder: string, value: number, encryptionKey?: OpenOptions['encryptionKey']) {
  await using hw = await open(`file:${folder}`, { encryptionKey, snapshotMinBytes: 1 });
  const hwm = hw.pipeline('dev/orders').hwm(SECRET);
  const before = (await hwm.get())?.value;
  await hwm.set(value);
  return before;
}

/** Whether the secret stands in any file. */
function isReadable(folder: string): boolean {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 0);
  return files.some((file) => readFileSync(join(file.parentPath, file.name)).includes(SECRET));
}

const refusesWithoutKey = (error: unknown) =>
  error instanceof HighwaterError && error.kind === 'invalid' && /key/.test(error.message);

test('what is stored is unreadable without the key, backups too', async () => {
  using folder = new TemporaryFolder();
  const key = new Uint8Array(randomBytes(32));
  for (let value = 1; value <= 5; value += 1) await step(folder.path, value, key);
  {
    const notices: Notice[] = [];
    await using hw = await open(`file:${folder.path}`, { encryptionKey: key, onNotice: (one) => notices.push(one) });
    await hw.pipeline('dev/orders').backup();
    assert.deepEqual(
      notices.filter(({ level }) => level === 'warn'),
      [],
    );
    assert.deepEqual((await hw.pipeline('dev/orders').verifyIntegrity()).damage, []);
    assert.deepEqual((await hw.doctor()).findings, []);
  }
  assert.equal(isReadable(folder.path), false);
  await assert.rejects(step(folder.path, 6), refusesWithoutKey);
  await assert.rejects(step(folder.path, 6, randomBytes(32)), refusesWithoutKey);
  assert.equal(await step(folder.path, 6, Buffer.from(key).toString('hex')), 5n);
});

test('without a key everything is in the clear, and a key later encrypts what comes after', async () => {
  using folder = new TemporaryFolder();
  await step(folder.path, 1);
  assert.equal(isReadable(folder.path), true);
  const key = randomBytes(32).toString('hex');
  assert.equal(await step(folder.path, 2, key), 1n);
  await assert.rejects(step(folder.path, 3), refusesWithoutKey);
  assert.equal(await step(folder.path, 3, key), 2n);
});

test('after a rotation the new key encrypts and the old one still decrypts', async () => {
  using folder = new TemporaryFolder();
  const [old, fresh] = [randomBytes(32).toString('hex'), new Uint8Array(randomBytes(32))];
  await step(folder.path, 1, old);
  assert.equal(await step(folder.path, 2, [fresh, old]), 1n);
  await assert.rejects(step(folder.path, 3, old), refusesWithoutKey);
  assert.equal(await step(folder.path, 3, [old, fresh]), 2n);
});

test('a key that is not given comes from the environment', async () => {
  using folder = new TemporaryFolder();
  const [old, fresh] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  env['HIGHWATER_KEY'] = old;
  await step(folder.path, 1);
  assert.equal(isReadable(folder.path), false);
  await assert.rejects(step(folder.path, 2, fresh), refusesWithoutKey);
  await assert.rejects(step(folder.path, 2, []), refusesWithoutKey);
  const file = join(folder.path, 'keys.txt');
  writeFileSync(file, `${fresh}\n${old}\n`);
  env['HIGHWATER_KEY'] = '';
  env['HIGHWATER_KEY_FILE'] = file;
  assert.equal(await step(folder.path, 2), 1n);
  assert.equal(await step(folder.path, 3, [fresh, old]), 2n);
});

test('a key that is none is refused, and no message holds it', async () => {
  const isRefused = (error: unknown) =>
    error instanceof InvalidError && /openssl rand -hex 32/.test(error.message) && !error.message.includes('secret');
  for (const key of ['secret', '', 'a'.repeat(63), randomBytes(31), ['secret']]) {
    await assert.rejects(open('memory:', { encryptionKey: key }), isRefused);
  }
  await assert.rejects(open('memory:', { encryptionKey: [7] as never }), isRefused);
  await assert.rejects(open('memory:', { encryptionKey: 7 as never }), InvalidError);
  env['HIGHWATER_KEY'] = 'secret';
  await assert.rejects(open('memory:'), isRefused);
  env['HIGHWATER_KEY'] = ' \n';
  await assert.rejects(open('memory:'), /`HIGHWATER_KEY` is empty/);
  delete env['HIGHWATER_KEY'];
  using folder = new TemporaryFolder();
  env['HIGHWATER_KEY_FILE'] = join(folder.path, 'missing.txt');
  await assert.rejects(open('memory:'), /missing\.txt.*cannot be read/);
});
