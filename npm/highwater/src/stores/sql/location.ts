import type { SqlDatabase } from './database.js';
import { connectPostgres } from './postgres.js';
import { openSqlite } from './sqlite.js';

/** Schemes of databases, with what each opens. */
const SCHEMES: Readonly<Record<string, (location: string) => Promise<SqlDatabase>>> = {
  sqlite: (location) => openSqlite(pathOf(location)),
  postgres: connectPostgres,
  postgresql: connectPostgres,
};

/** What opens the database at a location, if it names one. @internal */
export function databaseAt(location: string): (() => Promise<SqlDatabase>) | undefined {
  const scheme = location.slice(0, Math.max(location.indexOf(':'), 0));
  const connect = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  return connect === undefined ? undefined : () => connect(location);
}

function pathOf(location: string): string {
  const path = location.slice('sqlite:'.length);
  return path.startsWith('//') ? path.slice(2) : path;
}
