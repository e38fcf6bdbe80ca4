/** Length of a lease when it is left open, in milliseconds. */
export const LEASE_MS = 30_000;
/** Beats in the time of one lease: two may be lost before anybody may take over. */
export const BEATS_PER_LEASE = 3;
/** Longest and shortest pause between two questions whether what is waited for has come, in milliseconds. */
export const ASK_AGAIN_MS = 1_000;
/** See {@link ASK_AGAIN_MS}. */
export const ASK_AGAIN_MIN_MS = 2;
/** Longest part of a host's name that goes into the name of a worker, in characters. */
export const HOST_CHARACTERS = 64;
