/** What is done with each record: changes the state, and emits outputs. */
export type ProcessRecord<R, O> = (record: R, emit: (output: O) => void) => void | Promise<void>;

/** An operator that has something to do in the end, too. */
export interface Operator<R, O> {
  /** See {@link ProcessRecord}. */
  readonly process: ProcessRecord<R, O>;
  /** Called when the source has ended, before the last checkpoint: emits what is still open. */
  readonly end?: ((emit: (output: O) => void) => void | Promise<void>) | undefined;
}
