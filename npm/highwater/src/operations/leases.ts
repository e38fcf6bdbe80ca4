import { text, uint64 } from '../check.js';
import {
  type Beaten,
  beatenView,
  type Held,
  heldView,
  type LeaseView,
  leaseView,
  type WorkerView,
  type WorkerStop,
  workerStopView,
  workerView,
} from '../views/lease.js';
import type { Done } from '../views/shared.js';
import { byHand, type ByHand, type Holder } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** A lease that was granted. */
export interface Granted {
  /** Tells the cases apart. */
  readonly kind: 'granted';
  /** Fencing token. */
  readonly token: bigint;
  /** Length of the lease, in milliseconds. */
  readonly leaseMs: number;
  /** Worker from which it was taken over, if it was. */
  readonly takenFrom: string | undefined;
}

/** Asks for a lease by name. `leaseMs` 0 means 30 seconds. */
export function acquireLease(name: string, worker: string, leaseMs = 0): Operation<Granted | Held> {
  const val = {
    name: text(name, 'the name of the lease'),
    worker: text(worker, '`worker`'),
    leaseMs: uint64(leaseMs, '`leaseMs`'),
  };
  return operation({ tag: 'acquire-lease', val }, 'lease', (answer) => {
    if (answer.tag === 'held') return heldView(answer.val);
    const { token, leaseMs: length, takenFrom } = answer.val;
    return { kind: 'granted', token, leaseMs: Number(length), takenFrom };
  });
}

/** Gives a lease back. */
export function releaseLease({ name, token }: Holder): Operation<Done> {
  const holder = { lease: text(name, 'the name of the lease'), token: uint64(token, 'the token of the lease') };
  return operation({ tag: 'release-lease', val: { holder } }, 'done', same<Done>);
}

/** Takes a lease, or the lease of a node, away from its holder. */
export function forceUnlock(lease: string, how: ByHand): Operation<Done> {
  const val = { lease: text(lease, 'the name of the lease'), ...byHand(how) };
  return operation({ tag: 'force-unlock', val }, 'done', same<Done>);
}

/** All leases, by name. */
export function listLeases(): Operation<LeaseView[]> {
  return operation({ tag: 'list-leases' }, 'leases', (leases) => leases.map(leaseView));
}

/** A worker's sign of life; the answer says what it still holds, and what of it it is asked to let go of. */
export function beat(worker: string, place: string): Operation<Beaten> {
  const val = { worker: text(worker, '`worker`'), place: text(place, '`place`') };
  return operation({ tag: 'beat', val }, 'beaten', beatenView);
}

/** Workers that have beaten, and what they hold, by name. */
export function listWorkers(): Operation<WorkerView[]> {
  return operation({ tag: 'list-workers' }, 'workers', (workers) => workers.map(workerView));
}

/** How a worker is asked to stop. */
export interface StopWorkerOptions extends ByHand {
  /**
   * How long it may hold on to what it has, in milliseconds, from now on; left out, it is only asked. When that
   * time is up, it is taken away.
   */
  readonly graceMs?: number | undefined;
}

/** Asks a worker to stop, and takes away what it holds when its time is up. */
export function stopWorker(worker: string, how: StopWorkerOptions): Operation<WorkerStop> {
  const graceMs = how.graceMs === undefined ? undefined : uint64(how.graceMs, '`graceMs`');
  const val = { worker: text(worker, '`worker`'), ...byHand(how), graceMs };
  return operation({ tag: 'stop-worker', val }, 'worker-stop', workerStopView);
}

/** Lets a worker that was asked to stop begin again. */
export function allowWorker(worker: string, how: ByHand): Operation<Done> {
  const val = { worker: text(worker, '`worker`'), ...byHand(how) };
  return operation({ tag: 'allow-worker', val }, 'done', same<Done>);
}
