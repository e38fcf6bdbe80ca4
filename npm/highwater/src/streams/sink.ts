/**
 * A sink that commits in two phases. `preCommit` makes everything durable that was written, such that it can still be committed or aborted,
 * by another process if need be; which of the two it will be is decided by the checkpoint.
 *
 *   begin ──▶ open ──write…──▶ open ──preCommit──▶ prepared ──commit──▶ visible to readers
 *               └──new start──▶ gone                   └─────abort────▶ gone
 */
export interface TransactionalSink<O> {
  /**
   * Opens a transaction. `start` counts the starts of the stream, in all processes. If it is new to the sink, whatever earlier starts have not committed
   * is given up, opened or pre-committed: what had to be committed was. If the sink has seen a later one, throw: this process was replaced, and must touch
   * nothing any more.
   */
  begin(start: bigint): Promise<void>;
  /** Writes outputs into the open transaction, which nobody sees yet. */
  write(outputs: readonly O[]): Promise<void>;
  /** Makes the open transaction durable, and gives what finds it again, at most 64 KiB; nothing if nothing was written. */
  preCommit(): Promise<Uint8Array | undefined>;
  /** Makes a prepared transaction visible. It may be told so again, by another process too: then nothing happens. */
  commit(transaction: Uint8Array): Promise<void>;
  /** Drops a prepared transaction. It may be told so again: then nothing happens. */
  abort(transaction: Uint8Array): Promise<void>;
}
