import type { answers } from '../engine.js';
import { fromWire, type Value } from '../values/value.js';
import type { RunWindow } from './drift.js';
import type { Counts, ErrorRecord, Reason } from './shared.js';

/** Status of a run. */
export type RunStatus = 'running' | 'succeeded' | 'partial' | 'failed' | 'crashed' | 'cancelled' | 'paused';
/** How a run can be told to end. */
export type FinalStatus = 'succeeded' | 'partial' | 'failed' | 'crashed';
/** Status of a node in a run. */
export type NodeStatus =
  'pending' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'upstream-failed' | 'cancelled' | 'cached' | 'skipped';
/** Status of an attempt. */
export type AttemptStatus = 'running' | 'succeeded' | 'failed' | 'crashed' | 'cancelled' | 'handed-back';

/** All statuses of a run. @internal */
export const RUN_STATUSES: readonly RunStatus[] = [
  'running',
  'succeeded',
  'partial',
  'failed',
  'crashed',
  'cancelled',
  'paused',
];
/** All ends of a run. @internal */
export const FINAL_STATUSES: readonly FinalStatus[] = ['succeeded', 'partial', 'failed', 'crashed'];

/** A run as it stands. */
export interface RunView {
  /** Id. */
  readonly id: string;
  /** Status. */
  readonly status: RunStatus;
  /** When it started. */
  readonly startedAt: Date;
  /** When it ended. */
  readonly finishedAt: Date | undefined;
  /** How often it was resumed. */
  readonly restarts: number;
  /** Parameters, by name. */
  readonly params: Readonly<Record<string, Value>>;
  /** Labels, by name. */
  readonly tags: Readonly<Record<string, string>>;
  /** What caused it. */
  readonly trigger: string | undefined;
  /** Version of the pipeline's code. */
  readonly codeVersion: string | undefined;
  /** The time that it is for. */
  readonly logicalTime: Date | undefined;
  /** Run that it retries or belongs to. */
  readonly parent: string | undefined;
  /** Worker that started or last resumed it. */
  readonly worker: string | undefined;
  /** Sum over the last attempts of its nodes. */
  readonly counts: Counts;
  /** What went wrong. */
  readonly error: ErrorRecord | undefined;
  /** Why it was cancelled. */
  readonly cancelReason: string | undefined;
  /** Who cancelled it. */
  readonly cancelActor: string | undefined;
  /** Why it is paused, if it is. */
  readonly pause: Pause | undefined;
  /** When it fails if it has not ended before. */
  readonly deadline: Date | undefined;
  /** What it is asked to cover; absent if its nodes say it. */
  readonly window: RunWindow | undefined;
  /** Nodes in the order of the graph, then by name; empty in lists. */
  readonly nodes: readonly NodeView[];
}

/** Why a run is paused. */
export interface Pause {
  /** Since when. */
  readonly since: Date;
  /** Why. */
  readonly reason: string;
  /** Who. */
  readonly actor: string | undefined;
}

/** A node of a run as it stands. */
export interface NodeView {
  /** Name. */
  readonly node: string;
  /** Status. */
  readonly status: NodeStatus;
  /** Why it has that status. */
  readonly reason: Reason | undefined;
  /** Earliest time of the next attempt, if it waits for one. */
  readonly retryAt: Date | undefined;
  /** All attempts, oldest first. */
  readonly attempts: readonly AttemptView[];
}

/** An attempt as it stands. */
export interface AttemptView {
  /** Number in the run, from 1. */
  readonly attempt: number;
  /** Status. */
  readonly status: AttemptStatus;
  /** Worker. */
  readonly worker: string;
  /** Fencing token. */
  readonly token: bigint;
  /** When it started. */
  readonly startedAt: Date;
  /** When it ended. */
  readonly finishedAt: Date | undefined;
  /** Totals. */
  readonly counts: Counts;
  /** What went wrong. */
  readonly error: ErrorRecord | undefined;
  /** Why it was started. */
  readonly reason: Reason;
  /** When it has failed if it has not ended before; absent if it has no deadline of its own. */
  readonly deadline: Date | undefined;
}

/** @internal */
export function toDate(ms: bigint): Date;
/** @internal */
export function toDate(ms: bigint | undefined): Date | undefined;
/** @internal */
export function toDate(ms: bigint | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(Number(ms));
}

/** An object of names that may be anything, `__proto__` too. @internal */
export function toRecord<T>(pairs: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  const record = Object.create(null) as Record<string, T>;
  for (const [name, value] of pairs) record[name] = value;
  return record;
}

/** @internal */
export function runView(wire: answers.RunView): RunView {
  const { run, startedAtMs, finishedAtMs, logicalTimeMs, params, tags, pause, deadlineAtMs, nodes, ...same } = wire;
  return {
    id: run,
    ...same,
    startedAt: toDate(startedAtMs),
    finishedAt: toDate(finishedAtMs),
    logicalTime: toDate(logicalTimeMs),
    params: toRecord(params.map(([name, value]) => [name, fromWire(value)])),
    tags: toRecord(tags),
    pause: pause && { since: toDate(pause.sinceMs), reason: pause.reason, actor: pause.actor },
    deadline: toDate(deadlineAtMs),
    nodes: nodes.map(nodeView),
  } as RunView;
}

function nodeView({ retryAtMs, attempts, ...same }: answers.NodeView): NodeView {
  return { ...same, retryAt: toDate(retryAtMs), attempts: attempts.map(attemptView) } as NodeView;
}

function attemptView({ startedAtMs, finishedAtMs, deadlineAtMs, ...same }: answers.AttemptView): AttemptView {
  const times = { startedAt: toDate(startedAtMs), finishedAt: toDate(finishedAtMs), deadline: toDate(deadlineAtMs) };
  return { ...same, ...times } as AttemptView;
}
