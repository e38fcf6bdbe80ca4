import { StoreError } from '../error.js';
import type { Dialect } from './statements.js';

/** A value that goes in or comes out. @internal */
export type Cell = null | bigint | string | Uint8Array;

/** A statement with its arguments. @internal */
export interface Statement {
  /** Its name, under which the server may keep it. */
  readonly name: string;
  readonly sql: string;
  readonly values: readonly Cell[];
}

/** What a statement came to. @internal */
export interface Outcome {
  readonly rows: readonly (readonly unknown[])[];
  /** Rows that it changed. */
  readonly changed: number;
}

/** Runs statements. @internal */
export interface SqlDatabase {
  readonly dialect: Dialect;
  /** Where it is, for messages, without secrets. */
  readonly place: string;
  /** Run first where tables are made, so that one process at a time does. */
  readonly lock: string | undefined;
  /** Whether other writers are milliseconds away. */
  readonly isLocal: boolean;
  /**
   * Runs these as one transaction, which is durable when the promise is fulfilled. A failure is `unknown` where it was sent off and no
   * answer came; what only reads cannot have happened.
   */
  run(statements: readonly Statement[]): Promise<Outcome[]>;
  close(): Promise<void>;
}

/** Whether a statement changes nothing. @internal */
export function isRead(sql: string): boolean {
  return sql.startsWith('select') || sql.startsWith('with j');
}

/** The package of a database, which is installed where it is wanted. @internal */
export async function load(name: string, what: string): Promise<Record<string, unknown>> {
  try {
    return (await import(name)) as Record<string, unknown>;
  } catch (cause) {
    throw new StoreError(
      'unsupported',
      `${what} need the package \`${name}\`, which cannot be loaded; install it: npm install ${name}`,
      { cause },
    );
  }
}
