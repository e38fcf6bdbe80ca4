import { describe, optionalText, options, text, uint64 } from '../check.js';
import type { types } from '../engine.js';

/** Totals of an attempt or a run. They only describe work; no decision rests on them. */
export interface Counts {
  /** Rows read from the source. */
  readonly rowsRead: bigint;
  /** Rows written to the sink. */
  readonly rowsWritten: bigint;
  /** Rows that could not be processed. */
  readonly rowsFailed: bigint;
  /** Bytes moved. */
  readonly bytes: bigint;
}

/** Totals as they are given: what is left out is 0. */
export interface CountsInput {
  /** Rows read from the source. */
  readonly rowsRead?: bigint | number | undefined;
  /** Rows written to the sink. */
  readonly rowsWritten?: bigint | number | undefined;
  /** Rows that could not be processed. */
  readonly rowsFailed?: bigint | number | undefined;
  /** Bytes moved. */
  readonly bytes?: bigint | number | undefined;
}

/** What went wrong in a run or an attempt. */
export interface ErrorRecord {
  /** Class of the error, for example `TimeoutError`: retry policies match on it. */
  readonly class: string;
  /** One line for a person. */
  readonly message: string;
  /** More, for example a stack trace. */
  readonly detail?: string | undefined;
}

/** The kinds of reasons that a decision about a node can have. */
export type ReasonCode =
  | 'first-attempt'
  | 'retry'
  | 'took-over'
  | 'forced'
  | 'reset'
  | 'already-succeeded'
  | 'upstream-failed'
  | 'attempts-exhausted'
  | 'upstream-pending'
  | 'retry-backoff'
  | 'held'
  | 'changed'
  | 'cached'
  | 'skipped'
  | 'skipped-with-downstream'
  | 'already-covered'
  | 'not-due'
  | 'paused'
  | 'handed-back';

/** Why something was decided. The code is for programs, the message for people. */
export interface Reason {
  /** What kind of reason it is. */
  readonly code: ReasonCode;
  /** The reason in words. */
  readonly message: string;
}

/** A change that is durable, or was not needed. */
export interface Done {
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
  /** False if nothing had to change. */
  readonly changed: boolean;
}

/** @internal */
export function countsToWire(counts: CountsInput): types.Counts {
  const given = options(counts, 'the counts');
  return {
    rowsRead: uint64(given.rowsRead ?? 0n, 'rowsRead'),
    rowsWritten: uint64(given.rowsWritten ?? 0n, 'rowsWritten'),
    rowsFailed: uint64(given.rowsFailed ?? 0n, 'rowsFailed'),
    bytes: uint64(given.bytes ?? 0n, 'bytes'),
  };
}

/** Longest texts of an error that are kept; an error with a longer one must still be kept. */
const MESSAGE_BYTES = 8 * 1024;
const DETAIL_BYTES = 64 * 1024;
const CLASS_BYTES = 256;

/** An error as it is recorded: an `Error` gives its name, message and stack. @internal */
export function errorToWire(error: unknown): types.ErrorRecord {
  if (error instanceof Error) {
    return {
      class: shorten(error.name || 'Error', CLASS_BYTES),
      message: shorten(error.message, MESSAGE_BYTES),
      detail: error.stack === undefined ? undefined : shorten(error.stack, DETAIL_BYTES),
    };
  }
  if (typeof error === 'object' && error !== null && 'class' in error && 'message' in error) {
    const detail = 'detail' in error ? optionalText(error.detail, 'the detail of the error') : undefined;
    return {
      class: text(error.class, 'the class of the error'),
      message: shorten(text(error.message, 'the message of the error'), MESSAGE_BYTES),
      detail: detail === undefined ? undefined : shorten(detail, DETAIL_BYTES),
    };
  }
  return { class: 'error', message: typeof error === 'string' ? shorten(error, MESSAGE_BYTES) : describe(error) };
}

/** Cuts text to so many bytes of UTF-8, between characters. */
function shorten(long: string, limit: number): string {
  const whole = long.toWellFormed();
  if (Buffer.byteLength(whole) <= limit) return whole;
  const kept = Buffer.from(whole)
    .subarray(0, limit - 3)
    .toString();
  return `${kept.replace(/\ufffd+$/, '')}…`;
}
