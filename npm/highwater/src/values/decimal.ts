import { whole } from '../check.js';
import { canonical, compare, TextValue } from './text-value.js';

/** A decimal number of any scale. Its digits are kept as they are written: `1.50` stays `1.50`. */
export class Decimal extends TextValue<'decimal'> {
  /** The type of the value. */
  readonly type = 'decimal';

  /**
   * Reads a decimal, for example `Decimal.from('12.50')`. A fraction is given as text, because a number has lost digits.
   * @throws InvalidError if it is no decimal, or has more digits than are kept.
   */
  static from(value: string | bigint | number): Decimal {
    const text = typeof value === 'string' ? value : whole(value, 'a decimal').toString();
    return new Decimal(canonical('decimal', text));
  }

  /** Compares as numbers: `1.5` and `1.50` are equal. Gives -1, 0 or 1. */
  compare(other: Decimal): -1 | 0 | 1 {
    return compare(this, other);
  }
}
