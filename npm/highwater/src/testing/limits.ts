/** Most lives in one case. Whoever has not ended well by then never recovers. */
export const LIVES = 6;
/** Most points in one life. A life that passes more never ends. */
export const POINTS_PER_LIFE = 20_000;
/** Double crashes that are tried if nothing else is said: a sample of all pairs, drawn by the seed. */
export const DOUBLE_CRASHES = 100;
/** Failures that a report tells in full; the others it counts. */
export const FAILURES_SHOWN = 3;
/** Rows that a report names of each kind. */
export const ROWS_SHOWN = 8;
/** Steps of a life that a report tells, the last ones. */
export const STEPS_SHOWN = 12;
/** Lease of what the kit opens, in milliseconds, where a pipeline asks for no other. */
export const LEASE_MS = 2_000;
/** What it takes to start the next life, in milliseconds. */
export const RESTART_MS = 1_000;
/** Waits up to this are pauses of the engine between two tries, in which nobody beats. Leases should be several times longer. */
export const PAUSE_MS = 100;
/** Most beats of a worker while one wait passes. A take-over needs that several looks in a row see the same beat. */
export const BEATS_PER_WAIT = 8;
