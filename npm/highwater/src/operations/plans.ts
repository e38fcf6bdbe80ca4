import { flag, list, oneOf, options, optionalText, text, uint32 } from '../check.js';
import type { commands } from '../engine.js';
import { type BackfillView, backfillView, type Plan, type PlanApplied } from '../views/plan.js';
import type { Done } from '../views/shared.js';
import { type IntervalInput, intervalToWire } from './coverage.js';
import { byHand, type ByHand } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** Which windows a plan is of. */
export interface PlanRange {
  /** The windows that lie in this. Of a node without a cadence, the interval is one window. */
  readonly interval: IntervalInput;
  /** Nodes; left out, all that have a cadence of their own. */
  readonly nodes?: readonly string[] | undefined;
  /** The nodes that come after them as well. */
  readonly downstream?: boolean | undefined;
  /** Partition whose coverage it is; left out where the nodes have none. */
  readonly partition?: string | undefined;
}

/**
 * What a plan is of: a new run, what is left of an unfinished one, an unfinished one with its failed nodes tried again, windows that are not
 * done, or windows that were done, once more.
 */
export type PlanOf =
  | 'run'
  | { readonly resume: string }
  | { readonly retryFailed: string }
  | { readonly backfill: PlanRange }
  | { readonly restatement: PlanRange };

/** How a plan is carried out. */
export interface ApplyOptions {
  /** Why; needed for all but a run. */
  readonly reason?: string | undefined;
  /** Who. */
  readonly actor?: string | undefined;
  /** Id of the run or backfill that it makes; left out, one that sorts by time. */
  readonly id?: string | undefined;
  /** In which order the windows of a backfill are handed out; `oldest-first` if left out. */
  readonly order?: 'oldest-first' | 'newest-first' | undefined;
  /** Most attempts that work on a backfill at once. */
  readonly maxConcurrent?: number | undefined;
}

/** A page of backfills. */
export interface BackfillPage {
  /** By their ids. */
  readonly backfills: readonly BackfillView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** A page of the steps of a plan. */
export function plan(of: PlanOf, { from = 0, limit = 0 }: { from?: number; limit?: number } = {}): Operation<Plan> {
  const val = { of: planOf(of), from: uint32(from, '`from`'), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'plan', val }, 'plan', (page) => page as Plan);
}

/** Carries out a plan that somebody has seen. */
export function applyPlan(of: PlanOf, basis: string, how: ApplyOptions = {}): Operation<PlanApplied> {
  const { reason, actor, id, order, maxConcurrent } = options(how, 'the options');
  const val = {
    of: planOf(of),
    basis: text(basis, 'the basis of the plan'),
    id: optionalText(id, 'the id'),
    order: oneOf(order ?? 'oldest-first', 'the order', ['oldest-first', 'newest-first'] as const),
    maxConcurrent: uint32(maxConcurrent ?? 0, '`maxConcurrent`'),
    reason: text(reason ?? '', 'the reason'),
    actor: optionalText(actor, 'the actor'),
  };
  return operation({ tag: 'apply-plan', val }, 'plan-applied', (applied) => applied as PlanApplied);
}

/** A page of backfills, or one of them. */
export function listBackfills(
  wanted: { backfill?: string; cursor?: string; limit?: number } = {},
): Operation<BackfillPage> {
  const { backfill, cursor, limit } = wanted;
  const val = {
    backfill: optionalText(backfill, 'the id of the backfill'),
    cursor: optionalText(cursor, 'the cursor'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-backfills', val }, 'backfills', ({ backfills, next }) => {
    return { backfills: backfills.map(backfillView), next };
  });
}

/** Pauses, resumes, cancels or deletes a backfill. */
export function changeBackfill(
  backfill: string,
  action: 'pause' | 'resume' | 'cancel' | 'delete',
  how: ByHand,
): Operation<Done> {
  const val = {
    backfill: text(backfill, 'the id of the backfill'),
    action: oneOf(action, 'the action', ['pause', 'resume', 'cancel', 'delete'] as const),
    ...byHand(how),
  };
  return operation({ tag: 'change-backfill', val }, 'done', same<Done>);
}

function planOf(of: PlanOf): commands.PlanOf {
  if (of === 'run') return { tag: 'run' };
  const given = options(of as Extract<PlanOf, object>, 'what the plan is of');
  if ('resume' in given) return { tag: 'resume', val: text(given.resume, 'the run') };
  if ('retryFailed' in given) return { tag: 'retry-failed', val: text(given.retryFailed, 'the run') };
  if ('restatement' in given) return { tag: 'restatement', val: range(given.restatement) };
  return { tag: 'backfill', val: range(given.backfill) };
}

function range(given: PlanRange): commands.PlanRange {
  const { interval, nodes, downstream, partition } = options(given, 'the range');
  return {
    nodes: list(nodes ?? [], 'the nodes').map((node) => text(node, 'the name of a node')),
    downstream: flag(downstream, '`downstream`'),
    partition: optionalText(partition, 'the partition'),
    interval: intervalToWire(interval),
  };
}
