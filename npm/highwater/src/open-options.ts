import type { Clock } from './clock.js';
import type { Inspector } from './inspector.js';

/** Something worth a line in a log. Nothing depends on it. */
export interface Notice {
  /** How bad it is: part of normal work, or something that somebody should look at. */
  readonly level: 'info' | 'warn';
  /** Pipeline that it is about; empty if none. */
  readonly pipeline: string;
  /** What it is, for programs, for example `append-taken`, `limit-near`, `damage` or `snapshot`. */
  readonly code: string;
  /** What it is, for people. */
  readonly message: string;
}

/** A secret of 32 bytes, as bytes or as 64 hexadecimal digits; `openssl rand -hex 32` makes one. */
export type EncryptionKey = Uint8Array | string;

/** How {@link open} opens. */
export interface OpenOptions {
  /** Name of this worker; must be unique to this process. Left out, it is made of host, process and chance. */
  readonly worker?: string | undefined;
  /**
   * How long this worker's beat may stand still before another may take over what it holds, in milliseconds, where nothing else is said;
   * 30 seconds if left out.
   */
  readonly leaseMs?: number | undefined;
  /** Is told what is worth a line in a log. Should it throw, that becomes a process warning. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Pipelines kept in memory when nothing is asked of them; 256 if left out. */
  readonly residentPipelines?: number | undefined;
  /** A snapshot is not written before the records since the last one have this many bytes; 256 KiB if left out. */
  readonly snapshotMinBytes?: number | undefined;
  /**
   * The key of what is stored: 32 bytes, or 64 hexadecimal digits. Of several, the first one encrypts and all of them decrypt.
   * Left out, it is taken from the environment: `HIGHWATER_KEY` holds it, or `HIGHWATER_KEY_FILE` names the file that does; several
   * keys stand one a line. An empty array means none, whatever the environment says. Without any, records and snapshots are stored
   * in the clear.
   */
  readonly encryptionKey?: EncryptionKey | readonly EncryptionKey[] | undefined;
  /**
   * Goes by this clock instead of the system's: what is decided, and calls that wait. For tests, and so beats do not go out by
   * themselves then, but when {@link Highwater.beat} asks for them.
   */
  readonly clock?: Clock | undefined;
  /** Looks at artifacts with this inspector, instead of one that knows files and folders ({@link inspectFile}). */
  readonly inspector?: Inspector | undefined;
  /**
   * Takes the randomness of engines from here, for tests that repeat themselves. It is asked anew for each engine; two engines on
   * one store must never get the same.
   */
  readonly seeds?: (() => [bigint, bigint]) | undefined;
  /** For `file:`: size at which a segment of a journal is sealed, in bytes; 8 MiB if left out. */
  readonly segmentBytes?: number | undefined;
}
