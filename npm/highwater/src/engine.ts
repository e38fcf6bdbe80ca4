// The only file that knows the generated code: the component, instantiated as often as wanted.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { instantiate, type Root } from '../generated/highwater.js';
import type { Output as EngineOutput } from '../generated/interfaces/highwater-engine-engine.js';
import type { Input as EngineInput, Options } from '../generated/interfaces/highwater-engine-engine.js';
import { type ErrorKind, errorOf, InternalError } from './errors.js';

export type { Answer } from '../generated/interfaces/highwater-engine-answers.js';
export type * as answers from '../generated/interfaces/highwater-engine-answers.js';
export type { Command } from '../generated/interfaces/highwater-engine-commands.js';
export type * as commands from '../generated/interfaces/highwater-engine-commands.js';
export type {
  ConflictPolicy,
  Freshness,
  Input,
  Notice,
  Options as EngineOptions,
  Output,
} from '../generated/interfaces/highwater-engine-engine.js';
export type { Claim, FrameHeader } from '../generated/interfaces/highwater-engine-frames.js';
export type { Completion, Inspection, Outcome, Request } from '../generated/interfaces/highwater-engine-storage.js';
export type { Moment } from '../generated/interfaces/highwater-engine-types.js';
export type * as types from '../generated/interfaces/highwater-engine-types.js';

/** What came of a submission. */
export type ReplyResult = EngineOutput['replies'][number]['result'];

/** The byte format of journals. Its functions throw a `HighwaterError`. */
export type Frames = Omit<Root['frames'], 'Hasher'>;
/** A BLAKE3 digest of bytes that come piece by piece. */
export type Hasher = InstanceType<Root['frames']['Hasher']>;
/** Checks, text forms and order of values. Its functions throw a `HighwaterError`. */
export type Values = Root['values'];

/** An engine, wherever it runs. After an error it must not be used again. */
export interface Stepper {
  /** Takes the inputs in order at this time (milliseconds since the Unix epoch) and says what comes of them. */
  step(nowMs: bigint, inputs: EngineInput[]): EngineOutput;
}

const modules = new Map<string, WebAssembly.Module>();

function coreModule(name: string): WebAssembly.Module {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(new URL(`../generated/${name}`, import.meta.url)));
    modules.set(name, module);
  }
  return module;
}

/** Calls into an instance; what comes out of it as an error becomes one of ours. */
function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const payload = error instanceof Error && 'payload' in error ? error.payload : undefined;
    if (isErrorRecord(payload)) throw errorOf(payload.kind, payload.message, { cause: error });
    const message = error instanceof Error ? error.message : String(error);
    throw new InternalError(`the engine failed: ${message}`, { cause: error });
  }
}

function isErrorRecord(payload: unknown): payload is { kind: ErrorKind; message: string } {
  return typeof payload === 'object' && payload !== null && 'kind' in payload && 'message' in payload;
}

/** A new engine that knows nothing yet, with a writer id of its own, unless a test needs the same one again. */
export function makeStepper(options: Omit<Options, 'seed'> & Partial<Pick<Options, 'seed'>>): Stepper {
  const random = randomBytes(16);
  const seed: [bigint, bigint] = [random.readBigUInt64LE(0), random.readBigUInt64LE(8)];
  const engine = guarded(() => new (instantiate(coreModule, {}).engine.Engine)({ seed, ...options }));
  return { step: (nowMs, inputs) => guarded(() => engine.step(nowMs, inputs)) };
}

/**
 * The same for tests, which make hundreds: all in one instance, because making one takes far longer than what a test does with it. Should one
 * break down, it takes the others with it.
 */
export function makeSharedStepper(options: Options): Stepper {
  const engine = useTools((tool) => new tool.engine.Engine(options));
  return { step: (nowMs, inputs) => useTools(() => engine.step(nowMs, inputs)) };
}

/** The memory of an instance never shrinks, so one that was given more than this at once is let go. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** The instance that frames, values and the engines of tests share. It is made anew should it ever break down. */
let tools: Root | undefined;

function useTools<T>(call: (instance: Root) => T, bytes = 0): T {
  try {
    return guarded(() => call((tools ??= instantiate(coreModule, {}))));
  } catch (error) {
    if (error instanceof InternalError) tools = undefined;
    throw error;
  } finally {
    if (bytes > LARGE_BYTES) tools = undefined;
  }
}

/** The instance that digests of artifacts are made in: they take long, and the one of {@link frames} may be let go meanwhile. */
let hashing: Root | undefined;

/** A digest of nothing yet. */
export function makeHasher(): Hasher {
  return guarded(() => new (hashing ??= instantiate(coreModule, {})).frames.Hasher());
}

/** See {@link Frames}. */
export const frames: Frames = {
  scan: (bytes, offset, next) => useTools((tool) => tool.frames.scan(bytes, offset, next), bytes.length),
  salvage: (bytes, limit) => useTools((tool) => tool.frames.salvage(bytes, limit), bytes.length),
  decodeHeader: (frame) => useTools((tool) => tool.frames.decodeHeader(frame)),
  digest: (frame) => useTools((tool) => tool.frames.digest(frame)),
  segmentHeader: (first, kind) => useTools((tool) => tool.frames.segmentHeader(first, kind)),
  decodeSegmentHeader: (segment) => useTools((tool) => tool.frames.decodeSegmentHeader(segment)),
  seal: (stamp) => useTools((tool) => tool.frames.seal(stamp)),
  verifySnapshot: (bytes) => useTools((tool) => tool.frames.verifySnapshot(bytes), bytes.length),
  encodeFrame: (kind, stamp, body) => useTools((tool) => tool.frames.encodeFrame(kind, stamp, body)),
};

/** See {@link Values}. */
export const values: Values = {
  parse: (type, text) => useTools((tool) => tool.values.parse(type, text)),
  toText: (value) => useTools((tool) => tool.values.toText(value)),
  compare: (left, right) => useTools((tool) => tool.values.compare(left, right)),
  convert: (value, to) => useTools((tool) => tool.values.convert(value, to)),
};
