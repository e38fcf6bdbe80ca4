import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A port on this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A Postgres server with a folder of its own. Its programs do not run as root. */
export class PostgresServer {
  readonly #folder: string;
  #databases = 0;

  private constructor(readonly port: number) {
    this.#folder = mkdtempSync(join(tmpdir(), 'highwater-postgres-'));
    chmodSync(this.#folder, 0o700);
    if (process.getuid?.() === 0) execFileSync('chown', ['postgres', this.#folder]);
  }

  /** A server that answers. Its disk is not what is tried with it. */
  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort());
    server.#call('initdb', '-U', 'postgres', '-A', 'trust', '-D', server.#data);
    const options = `-p ${server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='${server.#folder}' -c fsync=off`;
    server.#call('pg_ctl', '-w', '-l', join(server.#folder, 'log'), '-D', server.#data, '-o', options, 'start');
    return server;
  }

  /** The location of a new, empty database. */
  database(): string {
    const name = `database_${this.#databases++}`;
    const port = String(this.port);
    execFileSync(program('createdb'), ['-h', '127.0.0.1', '-U', 'postgres', '-p', port, name]);
    return `postgres://postgres@127.0.0.1:${this.port}/${name}`;
  }

  /** Ends it, and removes what it stored. */
  stop(): void {
    this.#call('pg_ctl', '-m', 'immediate', '-D', this.#data, 'stop');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #call(name: string, ...args: string[]): void {
    const [command, ...before] =
      process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', program(name)] : [program(name)];
    execFileSync(command!, [...before, ...args], { stdio: 'ignore' });
  }
}

function program(name: string): string {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder) ? readdirSync(folder).map((version) => join(folder, version, 'bin')) : [];
  const found = [...versions, '/usr/local/bin'].map((each) => join(each, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is missing: install the package postgresql`);
  return found;
}
