// Key groups: which group a key falls into, and which groups a sub-task has. The same as the engine computes them.
import { uint32 } from '../check.js';
import { InvalidError } from '../errors.js';
import { type Binary, binary } from './binary.js';

/** The first and the last key group of a sub-task. */
export type KeyGroupRange = readonly [first: number, last: number];

/** The group of a key among so many: MurmurHash3 (x86, 32 bits, seed 0) of its encoded bytes, modulo the groups. */
export function keyGroup(key: Uint8Array, keyGroups: number): number {
  return groupOf(binary(key), checkedGroups(keyGroups));
}

/** The groups of a sub-task: ranges without a gap, whose lengths differ by one at most. */
export function keyGroupRange(subtask: number, parallelism: number, keyGroups: number): KeyGroupRange {
  const groups = checkedGroups(keyGroups);
  const [number, tasks] = [uint32(subtask, 'the sub-task'), uint32(parallelism, 'the parallelism')];
  if (tasks === 0 || tasks > groups) {
    throw new InvalidError(`the parallelism is ${tasks}; it must be 1 to ${groups}, the number of key groups`);
  }
  if (number >= tasks) throw new InvalidError(`there is no sub-task ${number} of ${tasks}; the first one is 0`);
  return [Math.ceil((number * groups) / tasks), Math.ceil(((number + 1) * groups) / tasks) - 1];
}

function checkedGroups(keyGroups: number): number {
  const groups = uint32(keyGroups, 'the number of key groups');
  if (groups === 0) throw new InvalidError('there are no key groups; a stream has 1 at least');
  return groups;
}

/** The group of an encoded key. */
export function groupOf(key: Binary, keyGroups: number): number {
  return murmur3(key) % keyGroups;
}

/** MurmurHash3 by Austin Appleby, which he placed in the public domain. */
function murmur3(key: Binary): number {
  let hash = 0;
  const whole = key.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word =
      key.charCodeAt(at) |
      (key.charCodeAt(at + 1) << 8) |
      (key.charCodeAt(at + 2) << 16) |
      (key.charCodeAt(at + 3) << 24);
    hash = Math.imul(rotate(hash ^ mixed(word), 13), 5) + 0xe6546b64;
  }
  let last = 0;
  for (let at = whole; at < key.length; at += 1) last |= key.charCodeAt(at) << (8 * (at - whole));
  hash ^= mixed(last);
  hash ^= key.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
