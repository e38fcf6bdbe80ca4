// Moments of the past. Each of these operations is carried out alone, without others and without a dedupe key.
import { text, uint32 } from '../check.js';
import { type Diff, diffView, type Forked, reverted, type Reverted } from '../views/history.js';
import { type Moment, momentToWire } from '../views/moment.js';
import { byHand, type ByHand } from './hwms.js';
import { plannedByHand, type PlannedByHand } from './maintenance.js';
import { type Operation, operation, same } from './operation.js';

/** What differs between two moments. `limit` 0 means the default. */
export function diff(from: Moment, to: Moment = 'head', limit = 0): Operation<Diff> {
  const val = { from: momentToWire(from), to: momentToWire(to), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'diff', val }, 'diff', diffView);
}

/** Puts the state back as it was at a moment, in one record. To the moment of a backup, it restores that. */
export function revert(to: Moment, how: PlannedByHand): Operation<Reverted> {
  return operation({ tag: 'revert', val: { to: momentToWire(to), ...plannedByHand(how) } }, 'reverted', reverted);
}

/** Starts this pipeline, which must be empty, with the state of another one. */
export function fork(source: string, at: Moment, how: ByHand): Operation<Forked> {
  const val = { source: text(source, 'the id of the source'), at: momentToWire(at), ...byHand(how) };
  return operation({ tag: 'fork', val }, 'forked', same<Forked>);
}
