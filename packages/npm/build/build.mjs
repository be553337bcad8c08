// Transpiles the components of a folder (argument, or HIBOB_COMPONENTS) into components/ of the package, and the hostile one
// of the tests into test/hostile/. Needs `npm ci` in this folder.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const from = resolve(process.argv[2] ?? process.env.HIBOB_COMPONENTS ?? '.');
const jco = process.env.HIBOB_JCO ?? join(here, 'node_modules/.bin/jco');
const out = join(here, '../components');
rmSync(out, { recursive: true, force: true });
for (const [name, folder] of [['connector', out], ['guard', out], ['hostile', join(here, '../test/hostile')]]) {
  mkdirSync(join(folder, name), { recursive: true });
  execFileSync(jco, ['transpile', join(from, `${name}.wasm`), '-o', join(folder, name), '--name', name,
    '--instantiation', 'sync', '--no-nodejs-compat', '--no-typescript', '--quiet'], { stdio: 'inherit' });
}
copyFileSync(join(from, 'manifest.json'), join(out, 'manifest.json'));
