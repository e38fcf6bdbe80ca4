import fs from 'node:fs';
import { mock } from 'node:test';

const SYNCHRONOUS = [
  'writeSync',
  'readSync',
  'fstatSync',
  'statSync',
  'openSync',
  'linkSync',
  'renameSync',
  'mkdirSync',
  'readdirSync',
  'rmSync',
] as const;
const CALLBACKS = ['fdatasync', 'fsync', 'read'] as const;
/** `short` writes half of what it should; `dead` does too, and from then on nothing works, as if the process had died. */
export type Kind = 'EIO' | 'ENOSPC' | 'EACCES' | 'short' | 'dead';

/** Counts file operations, and makes one of them fail. */
export class Faults {
  count = 0;
  failed = '';
  #failAt: number;
  readonly #kind: Kind;

  constructor(failAt: number, kind: Kind) {
    this.#failAt = failAt;
    this.#kind = kind;
    for (const name of SYNCHRONOUS) this.#watch(name);
    for (const name of CALLBACKS) this.#watchCallback(name);
  }

  /** From here on nothing fails. */
  end(): void {
    this.#failAt = -1;
    mock.restoreAll();
  }

  #watch(name: (typeof SYNCHRONOUS)[number]): void {
    const real = fs[name] as (...args: unknown[]) => unknown;
    mock.method(fs, name, (...args: unknown[]) => {
      const fault = this.#next(name);
      if (fault === undefined) return real(...args);
      if ((this.#kind === 'short' || this.#kind === 'dead') && name === 'writeSync' && this.count === this.#failAt) {
        const bytes = args[1] as Uint8Array;
        return real(args[0], bytes, 0, Math.floor(bytes.length / 2));
      }
      throw fault;
    });
  }

  #watchCallback(name: (typeof CALLBACKS)[number]): void {
    const real = fs[name] as unknown as (...args: unknown[]) => void;
    mock.method(fs, name, (...args: unknown[]) => {
      const fault = this.#next(name);
      if (fault === undefined) return real(...args);
      setImmediate(() => (args.at(-1) as (error: Error) => void)(fault));
    });
  }

  #next(name: string): Error | undefined {
    this.count += 1;
    const isDead = this.#kind === 'dead' && this.#failAt > 0 && this.count > this.#failAt;
    if (this.count !== this.#failAt && !isDead) return undefined;
    if (!isDead) this.failed = name;
    const code = this.#kind === 'short' ? 'ENOSPC' : this.#kind === 'dead' ? 'EIO' : this.#kind;
    return Object.assign(new Error(`${code}: made to fail, ${name}`), { code });
  }
}
