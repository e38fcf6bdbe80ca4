/** Time, where tests want another one than that of the system. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** As the global one: calls when so much time has passed on this clock. */
  setTimeout(call: () => void, delayMs: number): NodeJS.Timeout;
}

/** The time of the system. @internal */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  setTimeout: (call, delayMs) => setTimeout(call, delayMs),
};
