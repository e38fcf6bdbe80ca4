/** Waits until a signal is aborted; beats alone do not keep a process alive. */
export async function aborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => {}, 1_000);
  try {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    clearInterval(alive);
  }
}
