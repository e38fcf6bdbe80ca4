import { list, options, text, uint32, uint64 } from '../check.js';
import type { answers, types } from '../engine.js';
import { type Guarantee, guarantee } from './batch.js';
import type { NodeStatus } from './run.js';
import { toDate } from './run.js';

/** How often and when a node is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first one included; at least 1. */
  readonly maxAttempts: number;
  /** Pause after the first failure, in milliseconds. */
  readonly backoffMs: number;
  /** Growth of the pause at each failure, in percent: 200 doubles it. */
  readonly multiplierPercent: number;
  /** Longest pause, in milliseconds. */
  readonly maxBackoffMs: number;
  /** Largest random addition to a pause, in percent of it, 0 to 100. */
  readonly jitterPercent: number;
  /** Error classes that are tried again; empty means all that are not fatal. */
  readonly retryable: readonly string[];
  /** Error classes that are never tried again. */
  readonly fatal: readonly string[];
}

/** A node of a pipeline's graph. */
export interface NodeSpec {
  /** Name, unique in the pipeline. */
  readonly name: string;
  /** Nodes that must have succeeded in the same run before this one may begin. */
  readonly after?: readonly string[] | undefined;
  /** When it is tried again; what is left out is three attempts, one second doubling to one minute, a quarter of jitter. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * Longest time that one attempt may take, in milliseconds from its start, at most a year; then it has failed, with the error class
   * `deadline`, and the retry policy says what comes next.
   */
  readonly deadlineMs?: number | bigint | undefined;
}

/** Summary of a pipeline. */
export interface PipelineView {
  /** Head version; 0 if nothing was ever written. */
  readonly version: bigint;
  /** BLAKE3 digest of the head record, as hex; it covers the whole history. */
  readonly digest: string;
  /** Declared graph, upstream nodes first. */
  readonly graph: readonly NodeSpec[];
  /** Runs kept, in all. */
  readonly runs: bigint;
  /** Runs that are not finished, oldest first. */
  readonly openRuns: readonly string[];
  /** HWMs. */
  readonly hwms: bigint;
  /** Leases that are held. */
  readonly leases: bigint;
  /** Version of the last snapshot; 0 if there is none. */
  readonly snapshotVersion: bigint;
  /** Batches that are in doubt. */
  readonly inDoubt: bigint;
  /** What rows each declared node may write twice, by name. */
  readonly guarantees: readonly Guarantee[];
}

/** One record of the journal, made readable. */
export interface LogRecord {
  /** Its version. */
  readonly version: bigint;
  /** When it was decided. */
  readonly decidedAt: Date;
  /** Id of the engine that wrote it, as hex. */
  readonly writer: string;
  /** Its facts, in order. */
  readonly facts: readonly LogFact[];
}

/** One fact, made readable. */
export interface LogFact {
  /** Name of the fact, for example `hwm-set`. */
  readonly name: string;
  /** Its fields as JSON text. */
  readonly json: string;
}

/** Why a node has its status. */
export interface NodeWhy {
  /** Name of the node. */
  readonly node: string;
  /** Its status. */
  readonly status: NodeStatus;
  /** Decisions, oldest first. */
  readonly decisions: readonly Decision[];
}

/** One decision about a node. */
export interface Decision {
  /** Version of the pipeline that recorded it. */
  readonly version: bigint;
  /** When. */
  readonly at: Date;
  /**
   * What: `run`, `skip`, `retry`, `give-up`, `crash`, `succeed`, `force`, `reset`, `cancel`, `revert`, `restore` or
   * `fork`.
   */
  readonly what: string;
  /** Why, in words. */
  readonly why: string;
}

const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 3,
  backoffMs: 1_000,
  multiplierPercent: 200,
  maxBackoffMs: 60_000,
  jitterPercent: 25,
  retryable: [],
  fatal: [],
};

/** @internal */
export function nodeSpecToWire(spec: NodeSpec): types.NodeSpec {
  const { name, after = [], retry, deadlineMs } = options(spec, 'a node');
  const names = (values: readonly unknown[], what: string) =>
    list(values, what).map((each) => text(each, `a name in ${what}`));
  return {
    name: text(name, 'the name of a node'),
    after: names(after, '`after`'),
    retry: retry === undefined ? undefined : retryToWire({ ...DEFAULT_RETRY, ...options(retry, '`retry`') }, names),
    deadlineMs: deadlineMs === undefined ? undefined : uint64(deadlineMs, '`deadlineMs`'),
  };
}

function retryToWire(
  retry: RetryPolicy,
  names: (values: readonly unknown[], what: string) => string[],
): types.RetryPolicy {
  return {
    maxAttempts: uint32(retry.maxAttempts, 'maxAttempts'),
    backoffMs: uint64(retry.backoffMs, 'backoffMs'),
    multiplierPercent: uint32(retry.multiplierPercent, 'multiplierPercent'),
    maxBackoffMs: uint64(retry.maxBackoffMs, 'maxBackoffMs'),
    jitterPercent: uint32(retry.jitterPercent, 'jitterPercent'),
    retryable: names(retry.retryable, '`retryable`'),
    fatal: names(retry.fatal, '`fatal`'),
  };
}

/** @internal */
export function pipelineView({ graph, guarantees, ...same }: answers.PipelineView): PipelineView {
  const nodes = graph.map(({ name, after, retry, deadlineMs }) => ({
    name,
    after,
    retry: retry && { ...retry, backoffMs: Number(retry.backoffMs), maxBackoffMs: Number(retry.maxBackoffMs) },
    deadlineMs: deadlineMs === undefined ? undefined : Number(deadlineMs),
  }));
  return { ...same, graph: nodes, guarantees: guarantees.map(guarantee) };
}

/** @internal */
export function logRecord({ decidedAtMs, ...same }: answers.LogRecord): LogRecord {
  return { ...same, decidedAt: toDate(decidedAtMs) };
}

/** @internal */
export function nodeWhy({ decisions, ...same }: answers.NodeWhy): NodeWhy {
  return { ...same, decisions: decisions.map(({ atMs, ...decision }) => ({ ...decision, at: toDate(atMs) })) };
}
