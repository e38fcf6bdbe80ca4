import { entries, flag, list, oneOf, optionalText, optionalTime, options, text, uint32, uint64 } from '../check.js';
import type { types } from '../engine.js';
import { toWire, type ValueInput } from '../values/value.js';
import type { Axis } from '../views/coverage.js';
import type { DriftReport } from '../views/drift.js';
import { FINAL_STATUSES, type FinalStatus, RUN_STATUSES, type RunStatus, type RunView, runView } from '../views/run.js';
import { type RunReport, runReport } from '../views/report.js';
import { type ErrorRecord, errorToWire } from '../views/shared.js';
import { type NodeWhy, nodeWhy } from '../views/pipeline.js';
import { type IntervalInput, intervalToWire } from './coverage.js';
import { byHand, type ByHand, type PageOptions } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** What a run is started with. */
export interface StartRunOptions {
  /** Id; left out, the engine makes one that sorts by time. An unfinished run of this id is resumed. */
  readonly id?: string | undefined;
  /** Parameters, by name. */
  readonly params?: Readonly<Record<string, ValueInput>> | undefined;
  /** Labels, by name. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** What caused the run, for example `cron`. */
  readonly trigger?: string | undefined;
  /** Version of the pipeline's code, for example a git commit. */
  readonly codeVersion?: string | undefined;
  /** The time that the run is for. */
  readonly logicalTime?: Date | number | undefined;
  /** Run that this one retries or belongs to. */
  readonly parent?: string | undefined;
  /** Worker that starts it. */
  readonly worker?: string | undefined;
  /**
   * How long it may take, in milliseconds from its start, at most a year. A run that is not over by then fails: its attempts are
   * fenced, and what is unfinished in it ends with it. The time is that of the calendar, and a pause does not stop it.
   */
  readonly deadlineMs?: number | bigint | undefined;
  /**
   * What it is asked to cover, times or whole numbers: the attempts of its nodes are handed nothing outside it, also when it is resumed a
   * day later. `await pipeline.findWindow('2026-05-01', { unit: 'hour', every: 24 })` gives the window of a date.
   */
  readonly window?: RunWindowInput | undefined;
}

/** What a run shall cover. */
export interface RunWindowInput extends IntervalInput {
  /** What the numbers are; times if left out. */
  readonly axis?: Axis | undefined;
}

/** A run that was started or resumed. */
export interface StartedRun {
  /** The run. */
  readonly run: RunView;
  /** True if it existed and was resumed. */
  readonly resumed: boolean;
}

/** How a run ends. What is left out is derived from its nodes. */
export interface FinishRunOptions {
  /** How it ended. */
  readonly status?: FinalStatus | undefined;
  /** What went wrong: an `Error`, a text, or a record. */
  readonly error?: Error | string | ErrorRecord | undefined;
}

/** Which runs are wanted. All filters must hold. */
export interface RunFilter {
  /** Statuses wanted; left out means all. */
  readonly status?: RunStatus | readonly RunStatus[] | undefined;
  /** Labels that the run must have, by name and value. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Started at this time or later. */
  readonly since?: Date | number | undefined;
  /** Started before this time. */
  readonly until?: Date | number | undefined;
}

/** Which lines of a report of drift are wanted. */
export interface DriftPage {
  /** The line to begin with: `next` of the page before. */
  readonly from?: number | undefined;
  /** Most lines wanted. */
  readonly limit?: number | undefined;
}

/** A page of runs. */
export interface RunPage {
  /** Newest first, without their nodes. */
  readonly runs: readonly RunView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** What was reset, or would be. */
export interface Reset {
  /** The nodes. */
  readonly nodes: readonly string[];
  /** False if it was only asked what would happen. */
  readonly applied: boolean;
}

/** Starts a run, or resumes the unfinished run with this id; one that is paused stays so. */
export function startRun(given: StartRunOptions = {}): Operation<StartedRun> {
  const {
    id,
    params = {},
    tags = {},
    trigger,
    codeVersion,
    logicalTime,
    parent,
    worker,
    deadlineMs,
    window,
  } = options(given, 'a run');
  const val = {
    run: optionalText(id, 'the id of the run'),
    params: entries(params, '`params`').map(([name, value]): [string, ReturnType<typeof toWire>] => [
      name,
      toWire(value, `parameter \`${name}\``),
    ]),
    tags: labels(tags),
    trigger: optionalText(trigger, '`trigger`'),
    codeVersion: optionalText(codeVersion, '`codeVersion`'),
    logicalTimeMs: optionalTime(logicalTime, '`logicalTime`'),
    parent: optionalText(parent, '`parent`'),
    worker: optionalText(worker, '`worker`'),
    deadlineMs: deadlineMs === undefined ? undefined : uint64(deadlineMs, '`deadlineMs`'),
    window: window === undefined ? undefined : runWindowToWire(window),
  };
  return operation({ tag: 'start-run', val }, 'run-started', ({ run, resumed }) => ({ run: runView(run), resumed }));
}

function runWindowToWire({ axis, ...interval }: RunWindowInput): types.RunWindow {
  return { axis: oneOf<Axis>(axis ?? 'time', 'the axis', ['time', 'integer']), ...intervalToWire(interval) };
}

/** How a run is resumed. */
export interface ResumeRunOptions {
  /** Worker that resumes it. */
  readonly worker?: string | undefined;
  /** Why, where somebody does it by hand. */
  readonly reason?: string | undefined;
  /** Who. */
  readonly actor?: string | undefined;
}

/** Resumes an unfinished run; one that is paused goes on. */
export function resumeRun(id: string, given: ResumeRunOptions = {}): Operation<StartedRun> {
  const { worker, reason, actor } = options(given, 'how the run is resumed');
  const val = {
    run: text(id, 'the id of the run'),
    worker: optionalText(worker, '`worker`'),
    reason: optionalText(reason, '`reason`'),
    actor: optionalText(actor, '`actor`'),
  };
  return operation({ tag: 'resume-run', val }, 'run-started', ({ run, resumed }) => ({ run: runView(run), resumed }));
}

/** Ends a run. */
export function finishRun(id: string, { status, error }: FinishRunOptions = {}): Operation<RunView> {
  const val = {
    run: text(id, 'the id of the run'),
    status: status === undefined ? undefined : oneOf(status, '`status`', FINAL_STATUSES),
    error: error === undefined ? undefined : errorToWire(error),
  };
  return operation({ tag: 'finish-run', val }, 'run', runView);
}

/** Holds up a run: nothing begins in it until it is resumed, and who works in it is told. */
export function pauseRun(id: string, how: ByHand): Operation<RunView> {
  const val = { run: text(id, 'the id of the run'), ...byHand(how) };
  return operation({ tag: 'pause-run', val }, 'run', runView);
}

/** Stops a run for good. Whoever works on it is fenced. */
export function cancelRun(id: string, how: ByHand): Operation<RunView> {
  const val = { run: text(id, 'the id of the run'), ...byHand(how) };
  return operation({ tag: 'cancel-run', val }, 'run', runView);
}

/** A run with its nodes and all attempts. */
export function describeRun(id: string): Operation<RunView> {
  return operation({ tag: 'describe-run', val: { run: text(id, 'the id of the run') } }, 'run', runView);
}

/** What a run came to so far. */
export function reportRun(id: string): Operation<RunReport> {
  return operation({ tag: 'report-run', val: { run: text(id, 'the id of the run') } }, 'report', runReport);
}

/** What the nodes of a run covered, compared: a page of its lines. */
export function reportDrift(id: string, { from, limit }: DriftPage = {}): Operation<DriftReport> {
  const val = {
    run: text(id, 'the id of the run'),
    from: uint32(from ?? 0, '`from`'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'report-drift', val }, 'drift', (report) => report as DriftReport);
}

/** A page of runs, newest first. */
export function listRuns(filter: RunFilter = {}, { cursor, limit }: PageOptions = {}): Operation<RunPage> {
  const { status = [], tags = {}, since, until } = options(filter, 'the filter');
  const statuses = typeof status === 'string' ? [status] : list(status, '`status`');
  const val = {
    statuses: statuses.map((each) => oneOf(each, '`status`', RUN_STATUSES)),
    tags: labels(tags),
    sinceMs: optionalTime(since, '`since`'),
    untilMs: optionalTime(until, '`until`'),
    cursor: optionalText(cursor, 'the cursor'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-runs', val }, 'runs', ({ runs, next }) => ({ runs: runs.map(runView), next }));
}

/** Makes all failed nodes of a run ready to be tried again. */
export function resetFailed(id: string, how: ByHand & { readonly dryRun?: boolean | undefined }): Operation<Reset> {
  const val = { run: text(id, 'the id of the run'), ...byHand(how), dryRun: flag(how.dryRun, '`dryRun`') };
  return operation({ tag: 'reset-failed', val }, 'reset', same<Reset>);
}

/** Why the nodes of a run, or one of them, have their status. */
export function why(id: string, node?: string): Operation<NodeWhy[]> {
  const val = { run: text(id, 'the id of the run'), node: optionalText(node, 'the name of the node') };
  return operation({ tag: 'why', val }, 'why', (nodes) => nodes.map(nodeWhy));
}

function labels(tags: Readonly<Record<string, string>>): [string, string][] {
  return entries(tags, '`tags`').map(([name, value]) => [name, text(value, `tag \`${name}\``)]);
}
