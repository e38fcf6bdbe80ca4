/**
 * Bytes as a string with one character for each byte. They are compared, looked up in maps and kept in memory as strings, for
 * which engines are made: a small `Uint8Array` takes ten times as much memory. Characters are compared as bytes are.
 */
export type Binary = string;

const ASCII = /^[\u0000-\u007f]*$/;
/** As many arguments as any engine takes. */
const CHUNK = 4_096;

/** Text in UTF-8. */
export function utf8(text: string): Binary {
  return ASCII.test(text) ? text : binary(new TextEncoder().encode(text));
}

/** The text that these bytes are in UTF-8. Throws a `TypeError` if they are none. */
export function textOf(bytes: Binary): string {
  return ASCII.test(bytes) ? bytes : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(bytes));
}

/** Bytes as a string. */
export function binary(bytes: Uint8Array): Binary {
  if (bytes.length <= CHUNK) return String.fromCharCode(...bytes);
  let result = '';
  for (let at = 0; at < bytes.length; at += CHUNK) result += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return result;
}

/** The bytes of a string that {@link binary} made. */
export function bytesOf(string: Binary): Uint8Array {
  const bytes = new Uint8Array(string.length);
  write(string, bytes, 0);
  return bytes;
}

/** Writes these bytes, and gives the place behind them. */
export function write(string: Binary, into: Uint8Array, at: number): number {
  for (let index = 0; index < string.length; index += 1) into[at + index] = string.charCodeAt(index);
  return at + string.length;
}

/** The order of bytes. */
export function compareBinary(a: Binary, b: Binary): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
