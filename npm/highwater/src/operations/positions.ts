import { list, options, text } from '../check.js';
import type { answers } from '../engine.js';
import { toWire, type ValueInput } from '../values/value.js';
import { type HwmSpec, specToWire } from '../views/position.js';
import type { Done } from '../views/shared.js';
import { type Operation, operation, same } from './operation.js';

/** What a source has. */
export interface SourceBounds {
  /** The least value that it still has. */
  readonly earliest?: ValueInput | undefined;
  /** The greatest value that it has. */
  readonly latest?: ValueInput | undefined;
}

/** Declares how an HWM is kept and read; the same declaration again changes nothing. */
export function declareHwm(name: string, spec: HwmSpec): Operation<Done> {
  return operation({ tag: 'declare-hwm', val: specToWire(name, spec) }, 'done', same<Done>);
}

/** Says what a source has, so that positions tell when it has forgotten rows. */
export function observeSource(name: string, bounds: SourceBounds): Operation<Done> {
  const { earliest, latest } = options(bounds, 'what the source has');
  const val = {
    name: text(name, 'the name of an HWM'),
    earliest: earliest === undefined ? undefined : toWire(earliest, '`earliest`'),
    latest: latest === undefined ? undefined : toWire(latest, '`latest`'),
  };
  return operation({ tag: 'observe-source', val }, 'done', same<Done>);
}

/** Positions in the words of the engine. @internal */
export function positionsOnWire(names: readonly string[]): Operation<answers.Position[]> {
  const val = { names: list(names, 'the names').map((name) => text(name, 'the name of an HWM')) };
  return operation({ tag: 'get-positions', val }, 'positions', same<answers.Position[]>);
}
