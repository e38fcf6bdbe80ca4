import { StoreError } from '../error.js';
import type { SqlDatabase, Statement } from './database.js';
import { statementsOf } from './statements.js';

/** What the tables look like in this version. @internal */
export const SCHEMA_NUMBER = 1;

/** Brings the tables to {@link SCHEMA_NUMBER}. @internal */
export async function prepare(database: SqlDatabase): Promise<void> {
  // Whoever may read and write rows need not have the right to make tables, once they are there.
  const number = await numberOf(database).catch(() => 0);
  if (number > 0) return check(database, number);
  await database.run([...lock(database), plain(database, 'schema')]);
  const known = await numberOf(database);
  check(database, known);
  for (let to = known + 1; to <= SCHEMA_NUMBER; to++) await take(database, to);
}

function plain({ dialect }: SqlDatabase, name: string): Statement {
  return { name, sql: statementsOf(dialect).get(name)!, values: [] };
}

function lock({ lock }: SqlDatabase): Statement[] {
  return lock === undefined ? [] : [{ name: 'lock', sql: lock, values: [] }];
}

/** Takes one step, unless somebody else did in the meantime. */
async function take(database: SqlDatabase, to: number): Promise<void> {
  // First the number: it is there once, so a second process gets no further.
  const note = { ...plain(database, 'schema.note'), values: [BigInt(to)] };
  const names = [...statementsOf(database.dialect).keys()].filter((name) => name.startsWith(`schema.${to}.`));
  try {
    await database.run([...lock(database), note, ...names.map((name) => plain(database, name))]);
  } catch (error) {
    const number = await numberOf(database).catch(() => 0);
    if (number < to) throw error;
  }
}

async function numberOf(database: SqlDatabase): Promise<number> {
  const [outcome] = await database.run([plain(database, 'schema.number')]);
  return Number(outcome?.rows[0]?.[0] ?? 0);
}

function check({ place }: SqlDatabase, number: number): void {
  if (number <= SCHEMA_NUMBER) return;
  throw new StoreError(
    'unsupported',
    `the tables of ${place} have number ${number}, and this version knows them up to ${SCHEMA_NUMBER}: ` +
      'a later version of Highwater has been here; use that one',
  );
}
