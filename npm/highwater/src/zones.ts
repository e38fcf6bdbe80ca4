import { readFileSync } from 'node:fs';
import { InvalidError } from './errors.js';

interface Zones {
  /** Places among the rules, by the names of the zones. */
  readonly zones: Readonly<Record<string, number>>;
  /** In base64. */
  readonly rules: readonly string[];
}

let known: Zones | undefined;

/** The rules of a zone by its name; none for UTC, which needs none. @internal */
export function zoneRules(name: string | undefined): Uint8Array | undefined {
  if (name === undefined || name === 'UTC') return undefined;
  known ??= JSON.parse(readFileSync(new URL('../generated/zones.json', import.meta.url), 'utf8')) as Zones;
  const { zones, rules } = known;
  const at = Object.hasOwn(zones, name) ? zones[name] : undefined;
  const found = at === undefined ? undefined : rules[at];
  if (found === undefined) {
    const how = 'write its name in the IANA database, as in `Europe/Berlin` or `UTC`';
    throw new InvalidError(`there is no zone \`${name}\`; ${how}`);
  }
  return Buffer.from(found, 'base64');
}
