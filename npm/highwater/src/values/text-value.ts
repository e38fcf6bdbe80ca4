import { text as checkText } from '../check.js';
import { type types, values } from '../engine.js';

type TextType = 'decimal' | 'timestamp' | 'local-timestamp' | 'date' | 'uuid' | 'json';

/** What values have in common that are kept as text in one canonical form. They never change. */
export abstract class TextValue<Type extends TextType = TextType> {
  /** The type of the value. */
  abstract readonly type: Type;
  readonly #text: string;

  /** @internal */
  constructor(canonical: string) {
    this.#text = canonical;
  }

  /** The canonical text. */
  toString(): string {
    return this.#text;
  }

  /** The canonical text, as JSON keeps it. */
  toJSON(): unknown {
    return this.#text;
  }

  /** How the console shows it. @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `${this.constructor.name}(${this.#text})`;
  }
}

/** The canonical text of a value that is written in any form which its type allows. @internal */
export function canonical(type: TextType, text: unknown): string {
  const value = values.parse(type, checkText(text, `a ${type}`));
  return value.val as string;
}

/** How two values of one type stand to each other: -1, 0 or 1. @internal */
export function compare<Type extends TextType>(left: TextValue<Type>, right: TextValue<Type>): -1 | 0 | 1 {
  const wire = (value: TextValue) => ({ tag: value.type, val: value.toString() }) as types.Value;
  switch (values.compare(wire(left), wire(right))) {
    case 'less':
      return -1;
    case 'greater':
      return 1;
    default:
      return 0;
  }
}
