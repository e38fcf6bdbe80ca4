import type { Clock } from './clock.js';
import { CorruptError, HighwaterError } from './errors.js';
import type { Highwater } from './highwater.js';
import type { Pipeline } from './pipeline.js';
import type { LeaseView, WorkerView } from './views/lease.js';
import type { Integrity } from './views/maintenance.js';

/**
 * What kind of thing a check-up found, worst first:
 *
 * - `broken`: the journal is damaged and does not open; it needs a repair
 * - `unreadable`: the store refuses the pipeline, or cannot be reached
 * - `damaged`: bytes are damaged, and the journal opens all the same
 * - `invalid`: the state does not keep its own rules
 * - `stale-lease`: the holder of a lease shows no sign of life any more
 * - `no-backup`: nothing is kept beside the journal
 */
export type FindingKind = (typeof KINDS)[number];

const KINDS = ['broken', 'unreadable', 'damaged', 'invalid', 'stale-lease', 'no-backup'] as const;

/** One thing that a check-up found. */
export interface Finding {
  /** What kind of thing it is. */
  readonly kind: FindingKind;
  /** Id of the pipeline. */
  readonly pipeline: string;
  /** What is wrong. */
  readonly what: string;
  /** Where: a file and an offset, a row of the state, the name of a lease; empty if it is the pipeline as a whole. */
  readonly place: string;
  /** What to do next. */
  readonly advice: string;
}

/** What a check-up found. */
export interface Checkup {
  /** Pipelines that were looked at. */
  readonly pipelines: number;
  /** What was found, worst first, then by pipeline; empty if there is nothing to do. */
  readonly findings: readonly Finding[];
  /** The worst kind that was found. */
  readonly worst: FindingKind | undefined;
}

const REPAIR = 'repair it: the plan says what is kept and what is lost';

/** Looks at pipelines, one after the other. @internal */
export async function doctor(highwater: Highwater, prefix: string, clock: Clock): Promise<Checkup> {
  const findings: Finding[] = [];
  let pipelines = 0;
  for await (const id of highwater.pipelines(prefix)) {
    pipelines += 1;
    const note: Note = (kind, what, place, advice) => findings.push({ kind, pipeline: id, what, place, advice });
    try {
      await examine(highwater.pipeline(id), clock, note);
    } catch (error) {
      if (!(error instanceof HighwaterError)) throw error;
      if (error.kind === 'corrupt') note('broken', error.message, '', REPAIR);
      else note('unreadable', error.message, '', 'do what the error says, then look again');
    }
  }
  // By kind alone: pipelines stay in their order, and what is wrong in one in the order it was found.
  findings.sort((left, right) => KINDS.indexOf(left.kind) - KINDS.indexOf(right.kind));
  return { pipelines, findings, worst: findings[0]?.kind };
}

type Note = (kind: FindingKind, what: string, place: string, advice: string) => void;

async function examine(pipeline: Pipeline, clock: Clock, note: Note): Promise<void> {
  if (await noteDamage(pipeline, await pipeline.verifyIntegrity(), note)) return;
  const { problems } = await pipeline.validate();
  for (const { what, place } of problems) {
    const advice =
      'the state came to this by a defect or by hand: keep a copy of the store, report it, and go back to a version or backup that is valid';
    note('invalid', what, place, advice);
  }
  await noteStaleLeases(pipeline, clock, note);
  if ((await pipeline.backups()).length === 0) {
    note('no-backup', 'it has no backup', '', 'make one, and again from time to time');
  }
}

/** True if the journal does not open. */
async function noteDamage(pipeline: Pipeline, { damage }: Integrity, note: Note): Promise<boolean> {
  if (damage.length === 0) return false;
  const isBroken = await pipeline.describe().then(
    () => false,
    (error: unknown) => {
      if (error instanceof CorruptError) return true;
      throw error;
    },
  );
  const harmless =
    'nothing is lost that is known of; a repair sets the damaged bytes aside; look after the disk if there was no crash';
  for (const { what, place } of damage) {
    const said = what.includes(place) ? '' : place;
    note(isBroken ? 'broken' : 'damaged', what, said, isBroken ? REPAIR : harmless);
  }
  return isBroken;
}

async function noteStaleLeases(pipeline: Pipeline, clock: Clock, note: Note): Promise<void> {
  const leases = await pipeline.leases();
  if (leases.length === 0) return;
  const workers = await pipeline.workers();
  for (const lease of leases) {
    const stillMs = clock.now() - lastSign(lease, workers);
    if (stillMs <= lease.leaseMs) continue;
    const what =
      `worker \`${lease.worker}\` showed no sign of life for ${Math.floor(stillMs / 1_000)}s, by its own clock; ` +
      `its lease of ${Math.ceil(lease.leaseMs / 1_000)}s has run out`;
    const advice = 'whoever asks next takes over by itself; take the lease away only if nobody will';
    note('stale-lease', what, lease.name, advice);
  }
}

/** When the holder of a lease last showed a sign of life: its last beat, or that it got the lease. */
function lastSign(lease: LeaseView, workers: readonly WorkerView[]): number {
  const beatAt = workers.find(({ worker }) => worker === lease.worker)?.beatAt;
  return Math.max(lease.acquiredAt.getTime(), beatAt?.getTime() ?? 0);
}
