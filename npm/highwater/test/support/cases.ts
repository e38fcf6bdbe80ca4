import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Text, or text that is written as a repetition. */
export type CaseText = string | { readonly repeat: [string, number] };

/** One step of a case, as the file has it; versions are bigints. */
export interface Step {
  readonly do: string;
  readonly store?: number;
  readonly key?: CaseText;
  readonly version?: bigint;
  readonly writer?: number;
  readonly size?: number;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly up_to?: bigint;
  readonly prefix?: CaseText;
  readonly limit?: number;
  readonly worker?: CaseText;
  readonly text?: CaseText;
  readonly writers?: number;
  readonly readers?: number;
  readonly shared?: boolean;
  readonly name?: CaseText;
  readonly resets?: number;
  readonly backups?: number;
  readonly expect?: unknown;
}

/** A case and where it is from. */
export interface Case {
  readonly file: string;
  readonly name: string;
  readonly steps: readonly Step[];
}

const FIELDS = new Set([
  ...['do', 'store', 'key', 'version', 'writer', 'size', 'from', 'to', 'up_to', 'prefix', 'limit', 'worker', 'text'],
  ...['writers', 'readers', 'shared', 'expect', 'name', 'resets', 'backups'],
]);
const VERSIONS = new Set(['version', 'from', 'to', 'up_to']);
const FOLDER = join(fileURLToPath(import.meta.url), '../../../../../tests/conformance');

/** All cases of all files. */
export function readCases(): Case[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.sort().flatMap((file) => {
    // A number above 2^53 would lose digits in JSON.parse.
    const text = readFileSync(join(FOLDER, file), 'utf8').replace(/:\s*(\d{16,})/g, ': "$1"');
    const { cases } = JSON.parse(text) as { cases: { name: string; steps: Record<string, unknown>[] }[] };
    return cases.map(({ name, steps }) => ({ file, name, steps: steps.map(readStep) }));
  });
}

function readStep(step: Record<string, unknown>): Step {
  for (const field of Object.keys(step))
    if (!FIELDS.has(field)) throw new Error(`a step has the unknown field ${field}`);
  const read = Object.entries(step).map(([field, value]) => [
    field,
    VERSIONS.has(field) && field in step && typeof value !== 'object' ? BigInt(value as string) : value,
  ]);
  return Object.fromEntries(read) as Step;
}

/** The text that a case means. */
export function textOf(text: CaseText | undefined): string {
  if (text === undefined) return '';
  return typeof text === 'string' ? text : text.repeat[0].repeat(text.repeat[1]);
}
