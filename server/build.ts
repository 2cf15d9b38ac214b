/**
 * Makes the npm package in `server/dist`: compiled code, the files that it reads, and a manifest of
 * its own. `npm pack` there gives a package that runs without type stripping, which Node refuses
 * below node_modules.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const server = dirname(fileURLToPath(import.meta.url));
const repository = dirname(server);
const dist = join(server, 'dist');

/** What `package.json` of the package takes over from that of the workspace. */
const keptFields = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin'];

/**
 * Types were checked before; the compiler only takes them out and names the `.js` files. It begins
 * at the program and its worker, so tests and what they need stay behind.
 */
function compile(): void {
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(server, 'tsconfig.build.json')];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

/** Migrations, manifests and the pages: whatever lies among the code and is no TypeScript. */
function copyFiles(): void {
  const found = globSync('src/**/*.*', { cwd: server, exclude: ['**/*.ts', '**/exchanges/**'] });
  for (const file of found) cpSync(join(server, file), join(dist, file));
  cpSync(join(server, 'bin'), join(dist, 'bin'), { recursive: true });
  for (const file of ['LICENSE', 'CHANGELOG.md']) cpSync(join(repository, file), join(dist, file));
}

function writeManifest(): void {
  const manifest: Record<string, unknown> = JSON.parse(
    readFileSync(join(server, 'package.json'), 'utf8'),
  );
  const layers = Object.keys(Object(manifest['imports']));
  const packed = {
    ...Object.fromEntries(keptFields.map((field) => [field, manifest[field]])),
    // Imports keep their `.ts` names in the compiled code; here they lead to the `.js` files.
    imports: Object.fromEntries(
      layers.map((layer) => {
        const folder = layer === '#src/*' ? '' : `${layer.slice(1, -2)}/`;
        return [`${layer}.ts`, `./src/${folder}*.js`];
      }),
    ),
    dependencies: manifest['dependencies'],
  };
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
compile();
copyFiles();
writeManifest();
