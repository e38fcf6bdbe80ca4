import type { answers } from '../engine.js';
import type { RunWindow } from './drift.js';
import type { LateLine } from './late.js';
import { type AttemptStatus, type NodeStatus, type RunStatus, toDate } from './run.js';
import type { Counts, ErrorRecord } from './shared.js';

/** What a run came to so far, counted up. */
export interface RunReport {
  /** Id of the run. */
  readonly run: string;
  /** Status. */
  readonly status: RunStatus;
  /** When it started. */
  readonly startedAt: Date;
  /** When it ended. */
  readonly finishedAt: Date | undefined;
  /** How long it took, or has lasted until now, in milliseconds. */
  readonly durationMs: number;
  /** What it is asked to cover; absent if its nodes say it. */
  readonly window: RunWindow | undefined;
  /** By when it has to be over; absent if it has no deadline, or is over. */
  readonly deadline: Deadline | undefined;
  /** How often it was resumed. */
  readonly restarts: number;
  /** Its nodes: those of the graph, as long as it is not over, and all that were begun. */
  readonly nodes: number;
  /** Those of them that are done: succeeded, cached or skipped. */
  readonly done: number;
  /** `done` of `nodes`, in percent, rounded down. */
  readonly donePercent: number;
  /** How many nodes have each status, those that none has left out. */
  readonly statuses: readonly StatusCount[];
  /** Attempts ever made. */
  readonly attempts: number;
  /** Sum over the last attempts of its nodes: what was repeated does not count twice. */
  readonly counts: Counts;
  /** Rows read a minute, over the whole duration. */
  readonly rowsReadPerMinute: bigint;
  /** Rows written a minute, over the whole duration. */
  readonly rowsWrittenPerMinute: bigint;
  /** How long nodes took that succeeded; absent if none did. */
  readonly durations: Durations | undefined;
  /** What is being worked on. */
  readonly running: readonly WorkView[];
  /** Nodes whose last attempt failed or crashed, in the order of the graph. */
  readonly failures: readonly FailureView[];
  /** Late data that was ever reported for its nodes. */
  readonly late: readonly LateLine[];
  /** When it is done, if it goes on as runs before it did; absent if there is nothing to tell that from. */
  readonly estimate: Estimate | undefined;
  /** What wants attention, and what to do about it. */
  readonly recommendations: readonly Recommendation[];
}

/** By when something has to be over. */
export interface Deadline {
  /** When. */
  readonly at: Date;
  /** How long that is from now on, in milliseconds. */
  readonly leftMs: number;
}

/** How many nodes have a status. */
export interface StatusCount {
  /** The status. */
  readonly status: NodeStatus;
  /** How many have it. */
  readonly nodes: number;
}

/** How long the nodes of a run took that succeeded: each by its last attempt. */
export interface Durations {
  /** On average, in milliseconds. */
  readonly averageMs: number;
  /** The fastest. */
  readonly fastest: NodeDuration;
  /** The slowest. */
  readonly slowest: NodeDuration;
}

/** How long a node took. */
export interface NodeDuration {
  /** Name. */
  readonly node: string;
  /** How long, in milliseconds. */
  readonly durationMs: number;
}

/** An attempt that runs. */
export interface WorkView {
  /** Name of the node. */
  readonly node: string;
  /** Number of the attempt. */
  readonly attempt: number;
  /** Its worker. */
  readonly worker: string;
  /** When it started. */
  readonly startedAt: Date;
  /** By when it has to be done; absent if it has no deadline of its own. */
  readonly deadline: Deadline | undefined;
}

/** A node whose last attempt did not end well. */
export interface FailureView {
  /** Name of the node. */
  readonly node: string;
  /** Number of the attempt. */
  readonly attempt: number;
  /** Status of the attempt: failed or crashed. */
  readonly status: AttemptStatus;
  /** When it ended. */
  readonly finishedAt: Date | undefined;
  /** What went wrong; absent of one that crashed. */
  readonly error: ErrorRecord | undefined;
  /** Earliest time of the next attempt, if it waits for one. */
  readonly retryAt: Date | undefined;
}

/** When a run is done, if it goes on as runs before it did. */
export interface Estimate {
  /** When. */
  readonly finishAt: Date;
  /** Runs before it that were looked at. */
  readonly runs: number;
  /** Nodes that have succeeded in none of them: they are taken to need no time. */
  readonly unknown: readonly string[];
  /** Nodes that have lasted longer by now than they mostly do. */
  readonly late: readonly string[];
  /** By how much it will miss the deadline of the run, in milliseconds; absent if it will keep it, or has none. */
  readonly missesDeadlineByMs: number | undefined;
  /** What it rests on, in words. */
  readonly restsOn: string;
}

/** Something that wants attention. */
export interface Recommendation {
  /** What kind of thing it is. */
  readonly code:
    | 'paused'
    | 'failed-nodes'
    | 'waiting-nodes'
    | 'pending-nodes'
    | 'crashing-nodes'
    | 'rows-failed'
    | 'batches-in-doubt'
    | 'deadline-passed'
    | 'window-drift';
  /** What it is and what to do about it, in words. */
  readonly message: string;
  /** Nodes that it is about, in the order of the graph. */
  readonly nodes: readonly string[];
}

/** @internal */
export function runReport(wire: answers.RunReport): RunReport {
  const { startedAtMs, finishedAtMs, durationMs, durations, running, failures, estimate, statuses, ...same } = wire;
  const deadline = (each: answers.Deadline | undefined): Deadline | undefined =>
    each && { at: toDate(each.atMs), leftMs: Number(each.leftMs) };
  const duration = (each: answers.NodeDuration): NodeDuration => ({
    node: each.node,
    durationMs: Number(each.durationMs),
  });
  return {
    ...same,
    startedAt: toDate(startedAtMs),
    finishedAt: toDate(finishedAtMs),
    durationMs: Number(durationMs),
    deadline: deadline(wire.deadline),
    nodes: Number(same.nodes),
    done: Number(same.done),
    attempts: Number(same.attempts),
    statuses: statuses.map(({ status, nodes }) => ({ status, nodes: Number(nodes) })),
    durations: durations && {
      averageMs: Number(durations.averageMs),
      fastest: duration(durations.fastest),
      slowest: duration(durations.slowest),
    },
    running: running.map(({ startedAtMs: since, ...work }) => ({
      ...work,
      startedAt: toDate(since),
      deadline: deadline(work.deadline),
    })),
    failures: failures.map(({ finishedAtMs: ended, retryAtMs, ...failure }) => ({
      ...failure,
      finishedAt: toDate(ended),
      retryAt: toDate(retryAtMs),
    })),
    estimate: estimate && { ...withoutTime(estimate), finishAt: toDate(estimate.finishAtMs) },
  } as RunReport;
}

function withoutTime(estimate: answers.Estimate): Omit<Estimate, 'finishAt'> {
  const { runs, unknown, late, missesDeadlineByMs: missed, restsOn } = estimate;
  return { runs, unknown, late, missesDeadlineByMs: missed === undefined ? undefined : Number(missed), restsOn };
}
