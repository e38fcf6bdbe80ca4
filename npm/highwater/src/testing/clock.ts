import type { Clock } from '../clock.js';
import type { Highwater } from '../highwater.js';
import { BEATS_PER_WAIT, PAUSE_MS } from './limits.js';

/**
 * A clock that stands still until somebody waits, and then jumps: waiting takes no time. All workers on it beat as they would in that
 * time. @internal
 */
export class TestClock implements Clock {
  #nowMs: number;
  readonly #hearts = new Set<Highwater>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimeout(call: () => void, delayMs: number): NodeJS.Timeout {
    const at = this.#nowMs + delayMs;
    return setTimeout(() => {
      // In a pause of the engine a beat would have to wait for the very pause that is slept here.
      if (delayMs > PAUSE_MS) return void this.#advanceTo(at).then(call);
      this.#nowMs = Math.max(this.#nowMs, at);
      call();
    }, 0);
  }

  /** From now on this worker beats. */
  startHeart(highwater: Highwater): void {
    this.#hearts.add(highwater);
  }

  /** It died, or its process stands still. */
  stopHeart(highwater: Highwater): void {
    this.#hearts.delete(highwater);
  }

  advance(byMs: number): Promise<void> {
    return this.#advanceTo(this.#nowMs + byMs);
  }

  /** In steps, so that beats come when they are due. In a long time most of them are left out: nobody is there to see them. */
  async #advanceTo(at: number): Promise<void> {
    const longestMs = (at - this.#nowMs) / BEATS_PER_WAIT;
    while (this.#nowMs < at) {
      const stepMs = Math.max(await this.#beatAll(), longestMs, 1);
      this.#nowMs = Math.max(this.#nowMs, Math.min(this.#nowMs + stepMs, at));
    }
  }

  /** Gives the time until the next beat is due. */
  async #beatAll(): Promise<number> {
    let next = Infinity;
    for (const heart of [...this.#hearts]) next = Math.min(next, (await heart.beat()) ?? Infinity);
    return next;
  }
}
