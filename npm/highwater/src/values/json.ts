import { describe } from '../check.js';
import { InvalidError } from '../errors.js';
import { canonical, compare, TextValue } from './text-value.js';

/** A JSON value. Its canonical text has sorted keys and no spaces, and keeps numbers as they are written. */
export class Json extends TextValue<'json'> {
  /** The type of the value. */
  readonly type = 'json';

  /**
   * Makes JSON of a JavaScript value, as `JSON.stringify` does, but refuses NaN and infinities instead of making them null.
   * @throws InvalidError if the value has no JSON.
   */
  static from(value: unknown): Json {
    let text;
    try {
      text = JSON.stringify(value, (_key, each: unknown) => {
        if (typeof each !== 'number' || Number.isFinite(each)) return each;
        throw new InvalidError(`a JSON value contains ${each}, which JSON cannot write`);
      });
    } catch (error) {
      if (error instanceof InvalidError) throw error;
      throw new InvalidError(`${describe(value)} cannot be written as JSON: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (text === undefined) throw new InvalidError(`${describe(value)} cannot be written as JSON`);
    return Json.parse(text);
  }

  /**
   * Reads JSON text. Numbers keep all their digits, which `JSON.parse` would round.
   * @throws InvalidError if it is no JSON.
   */
  static parse(text: string): Json {
    return new Json(canonical('json', text));
  }

  /** The value in JavaScript. Numbers with more digits than JavaScript holds are rounded; the text is not. */
  get value(): unknown {
    return JSON.parse(this.toString());
  }

  /** The value in JavaScript, so that JSON within JSON stays JSON. */
  override toJSON(): unknown {
    return this.value;
  }

  /** Compares by canonical text: -1, 0 or 1. */
  compare(other: Json): -1 | 0 | 1 {
    return compare(this, other);
  }
}
