import { canonical, compare, TextValue } from './text-value.js';

/** A UUID. */
export class Uuid extends TextValue<'uuid'> {
  /** The type of the value. */
  readonly type = 'uuid';

  /**
   * Reads, for example, `Uuid.from('67e55044-10b1-426f-9247-bb680e5fe0c8')`.
   * @throws InvalidError if it is no UUID.
   */
  static from(value: string): Uuid {
    return new Uuid(canonical('uuid', value));
  }

  /** Compares by the sixteen bytes: -1, 0 or 1. */
  compare(other: Uuid): -1 | 0 | 1 {
    return compare(this, other);
  }
}
