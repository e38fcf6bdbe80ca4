// Several inputs of one operator, whose barriers are made one.
//
//   each input:  open ──barrier n──▶ held ──all inputs have n──▶ open      (the operator gets one barrier n)
//                                      └───n is aborted───────▶ open      (the operator gets `aborted`, once)
//
// What comes behind a barrier waits in the queue of its input, which is bounded: who sends more waits too. Nothing is dropped.
import { uint32, uint64 } from '../check.js';
import { InvalidError } from '../errors.js';

/** What an operator with several inputs gets. */
export type AlignedItem<R> =
  | { readonly kind: 'record'; readonly input: number; readonly record: R }
  /** All records before it have come, of all inputs, and none that is behind it: take the snapshot now. */
  | { readonly kind: 'barrier'; readonly checkpoint: bigint }
  /** A barrier that some inputs had will not come from the others: abort the checkpoint. */
  | { readonly kind: 'aborted'; readonly checkpoint: bigint };

/** How inputs are aligned. */
export interface AlignedInputOptions {
  /** Number of inputs. */
  readonly inputs: number;
  /** Records and barriers of one input that may wait; 1000 if left out. */
  readonly capacity?: number | undefined;
}

type Queued<R> = { readonly record: R } | { readonly barrier: bigint };

interface Input<R> {
  readonly queue: Queued<R>[];
  /** What waits for room in the queue, with those who sent it. */
  readonly waiting: { readonly item: Queued<R>; readonly sent: () => void }[];
  lastBarrier: bigint;
  hasEnded: boolean;
}

/**
 * Joins several inputs into one. Each input is sent records and barriers; who iterates gets the records, in the order of each input, and each barrier
 * once, when all inputs that have not ended have reached it.
 */
export class AlignedInput<R> implements AsyncIterable<AlignedItem<R>> {
  readonly #inputs: Input<R>[];
  readonly #capacity: number;
  /** Barriers up to which nothing is aligned any more. */
  #passed = 0n;
  readonly #aborted = new Set<bigint>();
  /** Abortions that the operator has not been told of. */
  readonly #news: bigint[] = [];
  /** The input that is looked at first, so that each has its turn. */
  #turn = 0;
  #wake: (() => void) | undefined;

  /** Makes inputs that are all open. */
  constructor({ inputs, capacity }: AlignedInputOptions) {
    const count = uint32(inputs, 'the number of inputs');
    this.#capacity = uint32(capacity ?? 1_000, 'the capacity');
    if (count === 0 || this.#capacity === 0) throw new InvalidError('there must be one input, and room for one record');
    const input = (): Input<R> => ({ queue: [], waiting: [], lastBarrier: 0n, hasEnded: false });
    this.#inputs = Array.from({ length: count }, input);
  }

  /** Sends a record to an input. Resolves when there is room for it. */
  async send(input: number, record: R): Promise<void> {
    await this.#enqueue(this.#input(input), { record });
  }

  /** Sends the barrier of a checkpoint to an input. The numbers of an input must grow. */
  async barrier(input: number, checkpoint: bigint | number): Promise<void> {
    const [to, barrier] = [this.#input(input), uint64(checkpoint, 'the checkpoint')];
    if (barrier <= to.lastBarrier) {
      throw new InvalidError(`input ${input} has had barrier ${to.lastBarrier}, and ${barrier} comes too late`);
    }
    to.lastBarrier = barrier;
    await this.#enqueue(to, { barrier });
  }

  /** Nothing more comes from an input. Barriers do not wait for it. */
  end(input: number): void {
    this.#input(input).hasEnded = true;
    this.#notify();
  }

  /** A checkpoint was aborted: its barrier holds no input up, and is never passed on. */
  abort(checkpoint: bigint | number): void {
    const barrier = uint64(checkpoint, 'the checkpoint');
    if (barrier <= this.#passed || this.#aborted.has(barrier)) return;
    this.#aborted.add(barrier);
    this.#news.push(barrier);
    this.#notify();
  }

  /** Records and barriers that wait, of all inputs. */
  get buffered(): number {
    return this.#inputs.reduce((sum, { queue }) => sum + queue.length, 0);
  }

  /** What comes next, until all inputs have ended. One may iterate at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<AlignedItem<R>, void, undefined> {
    for (;;) {
      const item = this.#next();
      if (item !== undefined) yield item;
      else if (this.#inputs.every(({ hasEnded, queue }) => hasEnded && queue.length === 0)) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #next(): AlignedItem<R> | undefined {
    this.#dropAborted();
    const news = this.#news.shift();
    if (news !== undefined) return { kind: 'aborted', checkpoint: news };
    for (let tried = 0; tried < this.#inputs.length; tried += 1) {
      const number = (this.#turn + tried) % this.#inputs.length;
      const head = this.#inputs[number]!.queue[0];
      if (head === undefined || !('record' in head)) continue;
      this.#take(this.#inputs[number]!);
      this.#turn = (number + 1) % this.#inputs.length;
      return { kind: 'record', input: number, record: head.record };
    }
    return this.#align();
  }

  /** The lowest barrier at which an input is held, if no input can bring an earlier or the same one any more. */
  #align(): AlignedItem<R> | undefined {
    const held = this.#inputs.flatMap((input) => {
      const head = input.queue[0];
      return head !== undefined && 'barrier' in head ? [{ input, barrier: head.barrier }] : [];
    });
    if (held.length === 0) return undefined;
    const lowest = held.reduce((least, { barrier }) => (barrier < least ? barrier : least), held[0]!.barrier);
    // An input that is at a later one will not bring this one: it was given up there.
    if (held.some(({ barrier }) => barrier > lowest)) {
      this.abort(lowest);
      return this.#next();
    }
    const isOpen = ({ queue, hasEnded }: Input<R>) => queue.length === 0 && !hasEnded;
    if (this.#inputs.some(isOpen)) return undefined;
    for (const { input } of held) this.#take(input);
    this.#pass(lowest);
    return { kind: 'barrier', checkpoint: lowest };
  }

  #pass(barrier: bigint): void {
    this.#passed = barrier;
    for (const each of this.#aborted) if (each <= barrier) this.#aborted.delete(each);
  }

  #dropAborted(): void {
    for (const input of this.#inputs) {
      for (let head = input.queue[0]; head !== undefined && 'barrier' in head; head = input.queue[0]) {
        // One that is behind a later one which was passed on is as good as aborted.
        if (!this.#aborted.has(head.barrier) && head.barrier > this.#passed) break;
        this.#take(input);
      }
    }
  }

  #take(input: Input<R>): void {
    input.queue.shift();
    const next = input.waiting.shift();
    if (next === undefined) return;
    input.queue.push(next.item);
    next.sent();
  }

  async #enqueue(input: Input<R>, item: Queued<R>): Promise<void> {
    if (input.hasEnded) throw new InvalidError('the input has ended; nothing can be sent to it');
    if (input.queue.length >= this.#capacity) {
      await new Promise<void>((sent) => input.waiting.push({ item, sent }));
      return;
    }
    input.queue.push(item);
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #input(number: number): Input<R> {
    const input = this.#inputs[uint32(number, 'the input')];
    if (input === undefined) throw new InvalidError(`there is no input ${number}; there are ${this.#inputs.length}`);
    return input;
  }
}
