import { describe } from '../check.js';
import { CorruptError, HighwaterError, InvalidError } from '../errors.js';
import { type Binary, binary, bytesOf, textOf, utf8 } from './binary.js';

/** How keys or values become bytes. The same value must always become the same bytes. */
export interface Codec<T> {
  /** The bytes of a value. */
  encode(value: T): Uint8Array;
  /** The value of bytes that {@link Codec.encode} made. */
  decode(bytes: Uint8Array): T;
}

/** What a view needs of a codec, and a word for errors. */
export interface Coder<T> {
  encode(value: T): Binary;
  decode(bytes: Binary): T;
}

/**
 * Values as compact JSON in UTF-8, which is what views take if they are given no codec. Rust writes the same bytes for text, whole numbers, lists
 * and objects. What JSON cannot hold is refused, a `bigint` too: give a codec for it.
 */
export function jsonCodec<T>(): Codec<T> {
  const coder = jsonCoder<T>('the value');
  return { encode: (value) => bytesOf(coder.encode(value)), decode: (bytes) => coder.decode(binary(bytes)) };
}

/** The coder of a codec, or of JSON. @internal */
export function coderOf<T>(codec: Codec<T> | undefined, what: string): Coder<T> {
  if (codec === undefined) return jsonCoder(what);
  return {
    encode: (value) => binary(codec.encode(value)),
    decode: (bytes) => readable(what, () => codec.decode(bytesOf(bytes))),
  };
}

function jsonCoder<T>(what: string): Coder<T> {
  return {
    encode: (value) => utf8(jsonOf(value, what)),
    decode: (bytes) => readable(what, () => JSON.parse(textOf(bytes)) as T),
  };
}

function jsonOf(value: unknown, what: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new InvalidError(`${what} is nothing that JSON can hold (${(error as Error).message}); give a codec`, {
      cause: error,
    });
  }
  // `JSON.stringify` makes `null` of numbers that are none.
  if (json === undefined || (json === 'null' && value !== null)) {
    throw new InvalidError(`${what} is ${describe(value)}, which JSON cannot hold; give a codec`);
  }
  return json;
}

function readable<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof HighwaterError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CorruptError(`${what} cannot be decoded (${why}); was it written with another codec?`, { cause: error });
  }
}
