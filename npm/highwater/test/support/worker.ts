import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../test/append-worker.mjs', import.meta.url));

/** What a worker has said so far. */
export interface Worker {
  readonly process: ChildProcess;
  /** The values that it was told are durable. */
  readonly acknowledged: bigint[];
  /** When it is over: its exit code (or signal) and what it complained of. */
  readonly ended: Promise<{ readonly code: number | string | null; readonly complaint: string }>;
}

/** Starts `append-worker.mjs` on a directory. */
export function startWorker(
  path: string,
  pipeline: string,
  count: number,
  name: string,
  options: SpawnOptions = {},
): Worker {
  const child = spawn(process.execPath, [SCRIPT, path, pipeline, String(count), name], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const acknowledged: bigint[] = [];
  let [rest, complaint] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    acknowledged.push(...lines.map(BigInt));
  });
  child.stderr!.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = new Promise<{ code: number | string | null; complaint: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code: signal ?? code, complaint })),
  );
  return { process: child, acknowledged, ended };
}
