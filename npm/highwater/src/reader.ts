import { text } from './check.js';
import { type answers, type types, values } from './engine.js';
import { InvalidError } from './errors.js';
import { fromWire, toWire, type Value, type ValueInput } from './values/value.js';
import { type Position, position } from './views/position.js';

/** Where an HWM shall stand, with the keys of the rows that are equal to it. */
export interface HwmMove {
  /** The value. */
  readonly value: Value;
  /** Keys of rows that were loaded and are equal to it. */
  readonly keys: readonly string[];
}

/**
 * Tells rows that are new from rows that were loaded, and knows where the HWM stands once they are loaded.
 *
 * {@link Reader.position} says from where to where to read: that is the WHERE clause. Then each row that came is shown to
 * {@link Reader.admit}, in any order: it says whether the row is to be loaded. In the end the attempt succeeds up to where the
 * reader came.
 *
 * ```ts
 * const reader = await pipeline.hwm('orders.day').reader();
 * const rows = source.query('SELECT * FROM orders WHERE day >= ?', reader.position.from ?? 0);
 * const fresh = rows.filter((row) => reader.admit(row.day, row.id));
 * // ... load them ...
 * await attempt.succeed({ upTo: reader });
 * ```
 */
export class Reader {
  /** From where to where to read. */
  readonly position: Position;
  readonly #wire: answers.Position;
  readonly #known: ReadonlySet<string>;
  #furthest: types.Value | undefined;
  #edge = new Set<string>();
  #admitted = 0;
  #dropped = 0;

  /** @internal */
  constructor(wire: answers.Position) {
    this.position = position(wire);
    this.#wire = wire;
    this.#known = new Set(wire.keys);
    this.#furthest = wire.spec.lag?.mode === 'hold-back' ? undefined : wire.value;
  }

  /** Rows that were new. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Rows that were not. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Whether a row with this value and this key is new: false if it was loaded, or lies outside of what is to be read.
   * @param value - of the column that the HWM stands in; null is a row that has none there.
   * @param key - what tells rows with one value apart, for example the primary key; it counts only where boundary keys were declared.
   */
  admit(value: ValueInput | null | undefined, key: string | number | bigint): boolean {
    const isNew = value === null || value === undefined ? this.#admitNull() : this.#admitValue(value, key);
    if (isNew) this.#admitted += 1;
    else this.#dropped += 1;
    return isNew;
  }

  /** The move of the HWM once all admitted rows are loaded; nothing if it stays. */
  get move(): HwmMove | undefined {
    const move = this.wireMove;
    return move && { value: fromWire(move.value), keys: move.keys };
  }

  /** The move in the words of the engine. @internal */
  get wireMove(): { readonly value: types.Value; readonly keys: string[] } | undefined {
    const { value } = this.#wire;
    if (this.#furthest === undefined) return undefined;
    if (value !== undefined && this.#edge.size === 0 && isSame(value, this.#furthest)) return undefined;
    return { value: this.#furthest, keys: [...this.#edge] };
  }

  #admitNull(): boolean {
    const { nulls } = this.#wire.spec;
    if (nulls !== 'raise') return nulls === 'include';
    throw new InvalidError(
      `a row has no value for HWM \`${this.position.name}\`, and cannot be told from rows that were loaded; declare that such ` +
        'rows are included or excluded, or give them a value',
    );
  }

  #admitValue(given: ValueInput, key: string | number | bigint): boolean {
    const value = this.#typed(toWire(given, `a value of HWM \`${this.position.name}\``));
    return this.#isWithin(value) && this.#take(value, text(String(key), 'the key of a row'));
  }

  #typed(value: types.Value): types.Value {
    const { valueType } = this.#wire.spec;
    if (valueType === undefined || valueType === value.tag) return value;
    const converted = values.convert(value, valueType);
    if (converted === undefined) throw this.#wrongType(value);
    return converted;
  }

  #wrongType(value: types.Value): InvalidError {
    const wanted = this.#wire.spec.valueType ?? this.#wire.from?.tag;
    return new InvalidError(
      `a row has ${values.toText(value)} of type ${value.tag} where HWM \`${this.position.name}\` is of type ${wanted}; convert it`,
    );
  }

  /** How two values follow each other on the way of the reader: below 0 if `b` is further. */
  #order(a: types.Value, b: types.Value): number {
    const order = compare(a, b);
    if (order === undefined) throw this.#wrongType(b);
    return this.#wire.spec.function === 'min' ? -order : order;
  }

  #isWithin(value: types.Value): boolean {
    const { from, lower, spec } = this.#wire;
    if (spec.function === 'last') return true;
    const isBehindEdge = (order: number, bound: types.HwmBound) => order > 0 || (order === 0 && bound === 'open');
    if (from !== undefined && isBehindEdge(this.#order(from, value), lower)) return false;
    return spec.end === undefined || !isBehindEdge(this.#order(value, spec.end), spec.upper);
  }

  #take(value: types.Value, key: string): boolean {
    const { value: stands, spec } = this.#wire;
    const isAtKnown = stands !== undefined && this.#order(stands, value) === 0;
    if (isAtKnown && this.#known.has(key)) return false;
    const isFirst = this.#furthest === undefined || spec.function === 'last';
    const order = isFirst ? -1 : this.#order(this.#furthest as types.Value, value);
    if (order > 0) return true;
    if (order < 0) {
      this.#edge.clear();
      this.#furthest = value;
    }
    if (spec.boundaryKeys === 0) return true;
    const isNew = !this.#edge.has(key);
    this.#edge.add(key);
    if (this.#edge.size + (isAtKnown ? this.#known.size : 0) > spec.boundaryKeys) {
      throw new InvalidError(
        `more than ${spec.boundaryKeys} rows have one value of HWM \`${this.position.name}\`, and it keeps the keys of ` +
          `${spec.boundaryKeys}: declare more, or use a finer cursor, because without the keys they would be loaded twice`,
      );
    }
    return isNew;
  }
}

const ORDERS = { less: -1, equal: 0, greater: 1 } as const;

/** Whole numbers are compared here, because they are most of all cursors and there are many rows; the rest by the engine. */
function compare(a: types.Value, b: types.Value): number | undefined {
  if ((a.tag === 'int' && b.tag === 'int') || (a.tag === 'uint' && b.tag === 'uint')) {
    return a.val < b.val ? -1 : a.val > b.val ? 1 : 0;
  }
  const order = values.compare(a, b);
  return order && ORDERS[order];
}

function isSame(a: types.Value, b: types.Value): boolean {
  return a.tag === b.tag && values.toText(a) === values.toText(b);
}
