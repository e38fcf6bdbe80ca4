import { BEATS_PER_LEASE } from './limits.js';
import { Hold } from './hold.js';
import type { Beaten } from './views/lease.js';

/** What a heart needs to beat: writes a sign of life and says what this worker still holds. */
export type BeatOnce = () => Promise<Beaten>;

/** Beats for one worker in one pipeline, as long as it holds something there. @internal */
export class Heart {
  readonly #beatOnce: BeatOnce;
  readonly #byHand: boolean;
  readonly #holds = new Set<Hold>();
  #timer: { readonly due: number; readonly timeout: NodeJS.Timeout } | undefined;
  #isUnderWay = false;

  /** @param byHand - it beats only when {@link Heart.beat} asks for it, not by a timer. */
  constructor(beatOnce: BeatOnce, byHand: boolean) {
    this.#beatOnce = beatOnce;
    this.#byHand = byHand;
  }

  /** Beats for this lease until it ends or is lost. */
  keep(lease: string, token: bigint, leaseMs: number): Hold {
    const hold = new Hold(lease, token, leaseMs / BEATS_PER_LEASE);
    this.#holds.add(hold);
    this.#schedule(hold.beatMs);
    return hold;
  }

  /** Beats now. Gives the time until the next beat is due, in milliseconds, or nothing if nothing is held. */
  async beat(): Promise<number | undefined> {
    await this.#beat();
    return this.#holds.size === 0 ? undefined : this.#beatMs();
  }

  /** Beats no more. */
  stop(): void {
    this.#holds.clear();
    clearTimeout(this.#timer?.timeout);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    if (this.#byHand) return;
    const due = performance.now() + delayMs;
    if (this.#isUnderWay || (this.#timer !== undefined && this.#timer.due <= due)) return;
    clearTimeout(this.#timer?.timeout);
    // A lease is no reason for a process to stay alive.
    this.#timer = { due, timeout: setTimeout(() => void this.#beat(), delayMs).unref() };
  }

  async #beat(): Promise<void> {
    this.#timer = undefined;
    this.#forgetEnded();
    if (this.#holds.size === 0) return;
    // The answer says nothing about what is taken up after the question.
    const asked = [...this.#holds];
    this.#isUnderWay = true;
    try {
      const { leases, stop } = await this.#beatOnce();
      for (const hold of asked) {
        if (!leases.some((each) => each.lease === hold.lease && each.token === hold.token)) hold.fence();
        hold.askToStop(stop.find(({ holding }) => holding.token === hold.token));
      }
    } catch {
      // Whether we are fenced, a beat that failed does not say; the next one tries again.
    } finally {
      this.#isUnderWay = false;
    }
    this.#forgetEnded();
    if (this.#holds.size > 0) this.#schedule(this.#beatMs());
  }

  #beatMs(): number {
    return Math.min(...[...this.#holds].map((hold) => hold.beatMs));
  }

  #forgetEnded(): void {
    for (const hold of this.#holds) if (!hold.isLive) this.#holds.delete(hold);
  }
}
