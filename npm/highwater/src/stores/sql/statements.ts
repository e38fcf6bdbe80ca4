import { readFileSync } from 'node:fs';

/** Which words a database has for the same thing. @internal */
export type Dialect = 'sqlite' | 'postgres';

const sources = new Map<Dialect, ReadonlyMap<string, string>>();

/**
 * The statements of all stores in databases, by name, in the words of one. They stand in one file, which the Rust store reads too.
 * @internal
 */
export function statementsOf(dialect: Dialect): ReadonlyMap<string, string> {
  let known = sources.get(dialect);
  if (known === undefined) {
    const text = readFileSync(new URL('../../../generated/statements.sql', import.meta.url), 'utf8');
    const sections = text.split('\n--- ').slice(1);
    known = new Map(
      sections.map((section) => {
        const end = section.indexOf('\n');
        return [section.slice(0, end), translate(withoutComments(section.slice(end)), dialect)];
      }),
    );
    sources.set(dialect, known);
  }
  return known;
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .trim();
}

function translate(sql: string, dialect: Dialect): string {
  if (dialect === 'postgres') return sql.replaceAll('{bytes}', 'bytea').replaceAll('{text}', 'text collate "C"');
  return sql.replaceAll('$', '?').replaceAll('{bytes}', 'blob').replaceAll('{text}', 'text');
}
