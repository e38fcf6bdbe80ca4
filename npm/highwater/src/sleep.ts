import type { Clock } from './clock.js';
import { ASK_AGAIN_MIN_MS, ASK_AGAIN_MS } from './limits.js';

/** Waits until it is time to ask again: at `until`, or earlier, because what is waited for may come sooner than it must. */
export async function untilAskingAgain(clock: Clock, until: Date, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const delayMs = Math.min(Math.max(until.getTime() - clock.now(), ASK_AGAIN_MIN_MS), ASK_AGAIN_MS);
  await new Promise<void>((resolve, reject) => {
    const timer = clock.setTimeout(finish, delayMs);
    signal?.addEventListener('abort', finish, { once: true });
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    }
  });
}
