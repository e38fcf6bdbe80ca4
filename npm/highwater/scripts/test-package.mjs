// Packs the package, installs the tarball into an empty project, and uses it there: types and packaging are checked, the
// examples of the README run, in JavaScript and in TypeScript, on this Node and on Node 24.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './node24.mjs';

/** The Nodes to try: this one, and 24. */
const nodes = [process.execPath, node24()].filter((node) => node !== undefined);
const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(packageFolder, 'node_modules/.bin', name);
const run = (program, args, cwd) =>
  execFileSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
const step = (text) => console.log(`package: ${text}`);

if (!existsSync(join(packageFolder, 'dist/index.js'))) throw new Error('run `npm run build` first');
const folder = await mkdtemp(join(tmpdir(), 'highwater-package-'));
try {
  const tarball = await pack();
  checkTarball(tarball);
  const project = await install(tarball);
  await useJavaScript(project);
  await useTypeScript(project);
  step('all is well');
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function pack() {
  const [{ filename, size, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], packageFolder),
  );
  const stray = files
    .map(({ path }) => path)
    .filter((path) => !/^(dist\/|generated\/|package\.json$|README\.md$|LICENSE$)/.test(path));
  if (stray.length > 0) throw new Error(`the tarball contains ${stray.join(', ')}`);
  step(`packed ${files.length} files, ${Math.round(size / 1024)} KiB`);
  return join(folder, filename);
}

function checkTarball(tarball) {
  run(bin('publint'), ['run', tarball, '--strict'], packageFolder);
  run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], packageFolder);
  step('publint and attw have nothing to say');
}

async function install(tarball) {
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  const { devDependencies } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  const others = [`typescript@${devDependencies.typescript}`, `@types/node@${devDependencies['@types/node']}`];
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--no-package-lock', tarball, ...others], project);
  step('installed into an empty project');
  return project;
}

async function useJavaScript(project) {
  const examples = await examplesOf('js');
  for (const [index, source] of examples.entries()) await writeFile(join(project, `example-${index}.js`), source);
  for (const node of nodes) {
    for (const state of ['state', 'state-encrypted']) await rm(join(project, state), { recursive: true, force: true });
    for (const index of examples.keys()) run(node, [`example-${index}.js`], project);
    step(`${examples.length} JavaScript examples ran on ${run(node, ['--version'], project).trim()}`);
  }
}

async function useTypeScript(project) {
  const examples = [
    ...(await examplesOf('ts')),
    await readFile(join(packageFolder, 'test/package/consumer.ts'), 'utf8'),
  ];
  await mkdir(join(project, 'src'));
  for (const [index, source] of examples.entries()) await writeFile(join(project, `src/typed-${index}.ts`), source);
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023'],
    module: 'NodeNext',
    types: ['node'],
    rootDir: 'src',
    outDir: 'out',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The declarations must stand by themselves.
    skipLibCheck: false,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  run(join(project, 'node_modules/.bin/tsc'), ['-p', '.'], project);
  for (const node of nodes) {
    for (const index of examples.keys()) run(node, [`out/typed-${index}.js`], project);
    step(`${examples.length} TypeScript programs ran on ${run(node, ['--version'], project).trim()}`);
  }
}

async function examplesOf(language) {
  const readme = await readFile(join(packageFolder, 'README.md'), 'utf8');
  const found = [...readme.matchAll(new RegExp(`^\`\`\`${language} example\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, source]) => source,
  );
  if (found.length === 0) throw new Error(`the README has no ${language} examples`);
  return found;
}
