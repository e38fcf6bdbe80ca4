import { InvalidError } from '../errors.js';
import { canonical, compare, TextValue } from './text-value.js';

/** A moment, with the offset from UTC at which it was seen and up to nine digits behind the second. Ordered by instant. */
export class Timestamp extends TextValue<'timestamp'> {
  /** The type of the value. */
  readonly type = 'timestamp';

  /**
   * Reads RFC 3339, for example `Timestamp.from('2024-05-01T08:30:00.123+02:00')`, or takes a `Date`, which becomes UTC
   * with milliseconds.
   * @throws InvalidError if there is no such time, or if it has no offset (see {@link LocalTimestamp}).
   */
  static from(value: string | Date): Timestamp {
    if (!(value instanceof Date)) return new Timestamp(canonical('timestamp', value));
    if (Number.isNaN(value.getTime())) throw new InvalidError('a timestamp is an invalid Date');
    return new Timestamp(canonical('timestamp', value.toISOString()));
  }

  /** As a `Date`: what is finer than milliseconds is cut off. */
  toDate(): Date {
    return new Date(Math.floor(Number(this.epochNanoseconds / 1_000n) / 1_000));
  }

  /** Nanoseconds since the Unix epoch. */
  get epochNanoseconds(): bigint {
    const [, second = '', fraction = '', offset = ''] =
      /^([^.Z+]{11}[\d:]{8})\.?(\d*)(.+)$/.exec(this.toString()) ?? [];
    return BigInt(Date.parse(second + offset)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  }

  /** Compares as instants: the same moment at two offsets is equal. Gives -1, 0 or 1. */
  compare(other: Timestamp): -1 | 0 | 1 {
    return compare(this, other);
  }
}

/** A date and time of day without a zone, so that it denotes no moment. It never compares with a {@link Timestamp}. */
export class LocalTimestamp extends TextValue<'local-timestamp'> {
  /** The type of the value. */
  readonly type = 'local-timestamp';

  /**
   * Reads, for example, `LocalTimestamp.from('2024-05-01T08:30:00')`.
   * @throws InvalidError if there is no such time, or if it has an offset (see {@link Timestamp}).
   */
  static from(value: string): LocalTimestamp {
    return new LocalTimestamp(canonical('local-timestamp', value));
  }

  /** Which one is earlier on the same clock: -1, 0 or 1. */
  compare(other: LocalTimestamp): -1 | 0 | 1 {
    return compare(this, other);
  }
}

/** A calendar date. */
export class LocalDate extends TextValue<'date'> {
  /** The type of the value. */
  readonly type = 'date';

  /**
   * Reads, for example, `LocalDate.from('2024-05-01')`.
   * @throws InvalidError if there is no such day.
   */
  static from(value: string): LocalDate {
    return new LocalDate(canonical('date', value));
  }

  /** The year, 1 to 9999. */
  get year(): number {
    return Number(this.toString().slice(0, 4));
  }

  /** The month, 1 to 12. */
  get month(): number {
    return Number(this.toString().slice(5, 7));
  }

  /** The day of the month, 1 to 31. */
  get day(): number {
    return Number(this.toString().slice(8, 10));
  }

  /** Which one is earlier: -1, 0 or 1. */
  compare(other: LocalDate): -1 | 0 | 1 {
    return compare(this, other);
  }
}
