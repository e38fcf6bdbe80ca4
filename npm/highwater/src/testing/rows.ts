import { FencedError } from '../errors.js';

/** A sink that keeps the rows that were written to it, in their order. */
export class Rows<R> {
  readonly #rows: R[] = [];
  #token = 0n;

  /** All rows that were written. */
  all(): R[] {
    return [...this.#rows];
  }

  /** Adds rows, whoever writes them, as a sink does that knows no tokens. */
  write(rows: Iterable<R>): void {
    this.#rows.push(...rows);
  }

  /**
   * Adds rows, all or none, under a fencing token, and remembers the token.
   * @throws FencedError if a larger one was here.
   */
  writeAs(token: bigint, rows: Iterable<R>): void {
    if (token < this.#token) {
      throw new FencedError(`the token ${token} is old, the sink has seen ${this.#token}: somebody took over, so stop`);
    }
    this.#token = token;
    this.write(rows);
  }
}
