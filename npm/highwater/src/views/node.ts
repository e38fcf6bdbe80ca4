import type { answers } from '../engine.js';
import { toDate, toRecord } from './run.js';

/** A node over all runs. */
export interface NodeSummary {
  /** Name. */
  readonly node: string;
  /** Its last success with a fingerprint or artifacts; absent if there is none, or if a later one came without. */
  readonly success: SuccessView | undefined;
}

/** The last success of a node, over all runs. */
export interface SuccessView {
  /** Run that it was in. */
  readonly run: string;
  /** Number of the attempt in that run. */
  readonly attempt: number;
  /** Fencing token of the attempt. */
  readonly token: bigint;
  /** Version of the pipeline that recorded it. */
  readonly version: bigint;
  /** When. */
  readonly at: Date;
  /** What it worked on; absent if nobody said. */
  readonly fingerprint: Fingerprint | undefined;
  /** What it made. */
  readonly artifacts: readonly Artifact[];
  /** Fencing token of an attempt that started since: what the success left may be overwritten, and it stands for nothing. */
  readonly overtakenBy: bigint | undefined;
}

/** What an attempt worked on. */
export interface Fingerprint {
  /** What the application named, by name. */
  readonly parts: Readonly<Record<string, string>>;
  /** The nodes before it, each with the fencing token of its success; 0 of one that did not have to run. */
  readonly upstream: Readonly<Record<string, bigint>>;
}

/** An output of an attempt. What is absent is not compared. */
export interface Artifact {
  /** Where it is. */
  readonly uri: string;
  /** Its bytes, those of a folder all together. */
  readonly sizeBytes?: bigint | undefined;
  /** Digest of its content. */
  readonly digest?: string | undefined;
}

/** @internal */
export function nodeSummary({ node, success }: answers.NodeSummary): NodeSummary {
  return { node, success: success && successView(success) };
}

function successView({ atMs, fingerprint, ...same }: answers.SuccessView): SuccessView {
  const of = (wire: NonNullable<answers.SuccessView['fingerprint']>): Fingerprint => ({
    parts: toRecord(wire.parts),
    upstream: toRecord(wire.upstream),
  });
  return { ...same, at: toDate(atMs), fingerprint: fingerprint && of(fingerprint) } as SuccessView;
}
