import type { Answer, Command } from '../engine.js';
import { InternalError } from '../errors.js';

/**
 * Something to ask of a pipeline, and how its answer is read. Made by the functions of `operations`, carried out by
 * {@link Pipeline.submit}, alone or together with others.
 */
export class Operation<T> {
  /** What is asked, in the words of the engine. */
  readonly command: unknown;
  /** Reads the answer. */
  readonly read: (answer: unknown) => T;

  /** @internal */
  constructor(command: Command, read: (answer: Answer) => T) {
    this.command = command;
    this.read = read as (answer: unknown) => T;
  }
}

/** An operation whose answer has this tag. @internal */
export function operation<Tag extends Answer['tag'], T>(
  command: Command,
  tag: Tag,
  read: (answer: Extract<Answer, { tag: Tag }>['val']) => T,
): Operation<T> {
  return new Operation(command, (answer) => {
    if (answer.tag === tag) return read((answer as Extract<Answer, { tag: Tag }>).val as never);
    throw new InternalError(`the engine answered \`${command.tag}\` with \`${answer.tag}\`; this is a defect`);
  });
}

/** Reads an answer as it is. @internal */
export function same<T>(answer: T): T {
  return answer;
}
