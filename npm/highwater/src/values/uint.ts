import { uint64 } from '../check.js';

/**
 * A whole number that is never negative, up to 2^64 - 1. A bigint becomes the signed type as long as it fits in there, so
 * this is for positions that others write as unsigned.
 */
export class Uint {
  /** The type of the value. */
  readonly type = 'uint';
  /** The number. */
  readonly value: bigint;

  private constructor(value: bigint) {
    this.value = value;
  }

  /**
   * Makes one, for example `Uint.from(5n)`.
   * @throws InvalidError if it is negative, too large or not whole.
   */
  static from(value: bigint | number): Uint {
    return new Uint(uint64(value, 'an unsigned number'));
  }

  /** The digits. */
  toString(): string {
    return this.value.toString();
  }
}
