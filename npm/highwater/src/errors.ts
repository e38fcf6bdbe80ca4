/**
 * What to do about an error, in one word:
 *
 * - `invalid`: fix the call, it can never succeed as it is
 * - `conflict`: read again and decide again, the state is not what the call supposed
 * - `fenced`: stop, somebody took over
 * - `unavailable`: try later
 * - `corrupt`: stored bytes are damaged; the message says which
 * - `internal`: a defect of Highwater
 */
export type ErrorKind = 'invalid' | 'conflict' | 'fenced' | 'unavailable' | 'corrupt' | 'internal';

/**
 * Every error that Highwater throws. Programs look at {@link HighwaterError.kind} (or use `instanceof` with a subclass);
 * the message is for people, and may change.
 */
export class HighwaterError extends Error {
  /** What to do about it. */
  readonly kind: ErrorKind;

  /** @param kind - what to do about it. @param message - what was wrong, where, and what to do next. */
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.kind = kind;
  }
}

/** The call can never succeed as it is: fix it. */
export class InvalidError extends HighwaterError {
  declare readonly kind: 'invalid';
  /** @param message - what was wrong with the call, and what is allowed. */
  constructor(message: string, options?: ErrorOptions) {
    super('invalid', message, options);
  }
}

/** The state is not what the call supposed: read again and decide again. */
export class ConflictError extends HighwaterError {
  declare readonly kind: 'conflict';
  /** @param message - what is otherwise than supposed. */
  constructor(message: string, options?: ErrorOptions) {
    super('conflict', message, options);
  }
}

/** Somebody took over, and this attempt or lease is worth nothing any more: stop. */
export class FencedError extends HighwaterError {
  declare readonly kind: 'fenced';
  /** @param message - what was taken over. */
  constructor(message: string, options?: ErrorOptions) {
    super('fenced', message, options);
  }
}

/** The store could not be reached, or its outcome is not known: try later. */
export class UnavailableError extends HighwaterError {
  declare readonly kind: 'unavailable';
  /** @param message - what cannot be reached. */
  constructor(message: string, options?: ErrorOptions) {
    super('unavailable', message, options);
  }
}

/** Stored bytes are damaged. The message names the place; nothing was thrown away. */
export class CorruptError extends HighwaterError {
  declare readonly kind: 'corrupt';
  /** @param message - what is damaged, and where. */
  constructor(message: string, options?: ErrorOptions) {
    super('corrupt', message, options);
  }
}

/** A defect of Highwater. What is stored is not harmed by it. */
export class InternalError extends HighwaterError {
  declare readonly kind: 'internal';
  /** @param message - what went wrong. */
  constructor(message: string, options?: ErrorOptions) {
    super('internal', message, options);
  }
}

const CLASSES = {
  invalid: InvalidError,
  conflict: ConflictError,
  fenced: FencedError,
  unavailable: UnavailableError,
  corrupt: CorruptError,
  internal: InternalError,
} as const;

/** The error of a kind. @internal */
export function errorOf(kind: ErrorKind, message: string, options?: ErrorOptions): HighwaterError {
  return new CLASSES[kind](message, options);
}
