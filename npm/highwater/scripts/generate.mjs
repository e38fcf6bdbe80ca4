// Makes generated/: builds the component from the Rust sources, lets jco write its JavaScript glue and types, and takes
// jco's debug log out of the glue. With HIGHWATER_COMPONENT=FILE that component is used instead of building one.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpile } from '@bytecodealliance/jco';
import { transform } from 'esbuild';

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(packageFolder, 'generated');

const { files, imports } = await transpile(await component(), {
  name: 'highwater',
  // Synchronous, and as often as wanted: values are made without waiting, and an engine that broke down is made anew.
  instantiation: 'sync',
  validLiftingOptimization: true,
});
if (imports.length > 0) throw new Error(`the component must import nothing, but imports ${imports.join(', ')}`);

await rm(folder, { recursive: true, force: true });
for (const [name, content] of Object.entries(files)) {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, name.endsWith('.js') ? await quiet(Buffer.from(content).toString()) : content);
}

await writeZones(join(folder, 'zones.json'));
await copyFile(join(packageFolder, '../../crates/store-sql/sql/statements.sql'), join(folder, 'statements.sql'));

function cargo(bin, file) {
  const args = ['run', '-q', '-p', 'highwater-component-builder', '--bin', bin, file];
  execFileSync('cargo', args, { cwd: join(packageFolder, '../..'), stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The rules of all zones, from the same crate as those of the Rust API. With HIGHWATER_ZONES=FILE they are taken from there. */
async function writeZones(file) {
  const given = process.env.HIGHWATER_ZONES;
  if (given === undefined) cargo('write-zones', file);
  else await writeFile(file, await readFile(given));
}

async function component() {
  const given = process.env.HIGHWATER_COMPONENT;
  if (given !== undefined) return readFile(given);
  const temporary = await mkdtemp(join(tmpdir(), 'highwater-component-'));
  try {
    const file = join(temporary, 'highwater.wasm');
    cargo('build-component', file);
    return await readFile(file);
  } finally {
    await rm(temporary, { recursive: true });
  }
}

/** jco asks the environment for JCO_DEBUG several times a call, which takes longer than everything else it does. */
async function quiet(source) {
  const variable = 'JCO_DEBUG';
  if (!source.includes(variable))
    throw new Error(`jco no longer reads ${variable}: measure again, then delete this step`);
  const { code } = await transform(source, {
    define: { [`globalThis.process.env.${variable}`]: 'undefined' },
    format: 'esm',
    target: 'node20',
    minify: true,
    legalComments: 'none',
  });
  if (code.includes(variable))
    throw new Error(`jco reads ${variable} in a new way, which makes each call slow: adapt the define`);
  return code;
}
