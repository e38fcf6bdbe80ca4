import { list, uint32, uint64 } from '../check.js';
import {
  type LogRecord,
  logRecord,
  type NodeSpec,
  nodeSpecToWire,
  type PipelineView,
  pipelineView,
} from '../views/pipeline.js';
import type { Done } from '../views/shared.js';
import { type Operation, operation, same } from './operation.js';

/** A page of the journal. */
export interface LogPage {
  /** Records in order. */
  readonly records: readonly LogRecord[];
  /** First version of the next page; absent at the end. */
  readonly next: bigint | undefined;
  /** Oldest version that the store still holds, if older ones were asked for and are gone. */
  readonly floor: bigint | undefined;
}

/** A summary of the pipeline. */
export function describePipeline(): Operation<PipelineView> {
  return operation({ tag: 'describe-pipeline' }, 'pipeline', pipelineView);
}

/** Declares the graph of the pipeline; the same graph again changes nothing. */
export function declareGraph(nodes: readonly NodeSpec[]): Operation<Done> {
  const specs = list(nodes, 'the nodes') as readonly NodeSpec[];
  return operation({ tag: 'declare-graph', val: { nodes: specs.map(nodeSpecToWire) } }, 'done', same<Done>);
}

/** A page of the journal, from a version on. */
export function readLog(from: bigint | number = 1n, limit = 0): Operation<LogPage> {
  const val = { fromVersion: uint64(from, 'the version'), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'read-log', val }, 'log', ({ records, next, floor }) => ({
    records: records.map(logRecord),
    next,
    floor,
  }));
}
