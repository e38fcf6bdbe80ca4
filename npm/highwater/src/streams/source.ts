import type { Value } from '../values/value.js';

/** A record, and where to go on behind it. */
export interface SourceRecord<R> {
  /** The partition that it comes from, by the name of the high-water mark that its position becomes, for example `clicks/0`. */
  readonly partition: string;
  /** Where the partition goes on behind this record: for a log, its offset + 1. */
  readonly next: Value;
  /** The record. */
  readonly record: R;
}

/**
 * Something that is read from positions: partitions of a topic, files, tables. It must give the same records again when it is put back to where it
 * was. What is behind an offset of a Kafka partition is: `seek` puts the consumer there, `read` polls it; offsets are not committed to the broker,
 * they are in the checkpoint.
 */
export interface Source<R> {
  /** Goes to these positions. A partition that is not named is read from its beginning. Called before the first read, and after each rollback. */
  seek(positions: ReadonlyMap<string, Value>): Promise<void>;
  /** The next records, each partition in its order; none if there are none now, nothing (`undefined`) if there never will be. */
  read(): Promise<readonly SourceRecord<R>[] | undefined>;
}
