import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { list } from './check.js';
import { InvalidError } from './errors.js';
import type { EncryptionKey } from './open-options.js';

const KEY_BYTES = 32;
const HEXADECIMAL = /^[0-9a-f]{64}$/i;

/** The keys to open with: those that were given, otherwise those of the environment. The first one encrypts. */
export function keysOf(given: EncryptionKey | readonly EncryptionKey[] | undefined): Uint8Array[] {
  if (given === undefined) return keysOfEnvironment();
  const keys = typeof given === 'string' || given instanceof Uint8Array ? [given] : list(given, '`encryptionKey`');
  return keys.map((key) => keyOf(key, '`encryptionKey`'));
}

/** A text with several lines is several keys, as after a rotation: the first one encrypts. */
function keysOfEnvironment(): Uint8Array[] {
  const { HIGHWATER_KEY: key, HIGHWATER_KEY_FILE: file } = env;
  if (key !== undefined && key !== '') return keysOfText(key, '`HIGHWATER_KEY`');
  if (file === undefined || file === '') return [];
  const what = `the key file ${file} (\`HIGHWATER_KEY_FILE\`)`;
  try {
    return keysOfText(readFileSync(file, 'utf8'), what);
  } catch (error) {
    if (error instanceof InvalidError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidError(`${what} cannot be read: ${why}; without it what is encrypted stays unread`);
  }
}

function keysOfText(text: string, what: string): Uint8Array[] {
  const keys = text.split(/\s+/).filter((line) => line !== '');
  if (keys.length === 0)
    throw new InvalidError(`${what} is empty; put a key there, \`openssl rand -hex 32\` makes one`);
  return keys.map((key) => keyOf(key, what));
}

/** The message never holds the key. */
function keyOf(key: unknown, what: string): Uint8Array {
  if (key instanceof Uint8Array && key.length === KEY_BYTES) return Uint8Array.from(key);
  if (typeof key === 'string' && HEXADECIMAL.test(key.trim())) return Uint8Array.from(Buffer.from(key.trim(), 'hex'));
  throw new InvalidError(
    `${what} is no key: a key is 32 bytes or 64 hexadecimal digits, as \`openssl rand -hex 32\` makes them`,
  );
}
