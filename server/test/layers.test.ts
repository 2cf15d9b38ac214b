/**
 * The one rule of ARCHITECTURE.md: arrows point to `service/` and `domain/` only, and the domain
 * is pure. What every file imports is read and compared with what its layer may import.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import test from 'node:test';
import { isTest, repository, type SourceFile, sourceFiles } from './source-files.ts';

interface Layer {
  /** Layers, or single files without their ending, that this one may import. */
  readonly mayImport: readonly string[];
  /** Packages that this layer may use; absent where any dependency will do. */
  readonly packages?: readonly string[];
  /** Node's own modules that this layer may use; absent where any will do. */
  readonly builtins?: readonly string[];
  /** The layer's folders are adapters that must not know each other, but for these shared ones. */
  readonly adaptersBut?: readonly string[];
}

const ports = [
  'service/ports',
  'service/records',
  'service/provider-port',
  'service/event-port',
  'service/sandbox-port',
];

const layers: Readonly<Record<string, Layer>> = {
  domain: {
    mayImport: ['domain'],
    packages: ['libphonenumber-js/max', 'libphonenumber-js/max/metadata', 'liquidjs'],
    builtins: ['node:url'],
  },
  service: { mayImport: ['service', 'domain'], packages: [] },
  // The rules of counting and ending are the same for every storage: they stand in `steps`.
  storage: { mayImport: ['storage', 'domain', ...ports], adaptersBut: ['steps'] },
  // Every provider that calls out does it through the guard in `egress`.
  providers: { mayImport: ['providers', 'domain', ...ports], adaptersBut: ['egress'] },
  api: { mayImport: ['api', 'service', 'domain'] },
  compat: { mayImport: ['compat', 'service', 'domain'], adaptersBut: [] },
  kafka: { mayImport: ['kafka', 'service', 'domain'] },
  jobs: { mayImport: ['jobs', 'service', 'domain'], packages: [] },
  cli: {
    mayImport: ['cli', 'service', 'domain', 'config', 'setting-readers', 'data-folder'],
    packages: [],
  },
};

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

/** Static imports and re-exports at the start of a line, and dynamic imports anywhere. */
function importsOf({ text }: SourceFile): readonly Import[] {
  const fixed = /^(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]/g;
  return [
    ...[...text.matchAll(fixed)].map(([, type, specifier = '']) => ({
      specifier,
      isTypeOnly: type !== undefined,
    })),
    ...[...text.matchAll(dynamic)].map(([, specifier = '']) => ({ specifier, isTypeOnly: false })),
  ];
}

const root = 'server/src/';

/** The path below `src` that a specifier leads to; null for packages and Node's own modules. */
function targetOf(file: SourceFile, specifier: string): string | null {
  if (specifier.startsWith('#src/')) return specifier.slice('#src/'.length);
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return null;
  return posix.join(posix.dirname(file.path), specifier).slice(root.length);
}

const program = sourceFiles('server/src', ['.ts']).filter(({ path }) => !isTest(path));
const layered = program.filter(({ path }) => path.slice(root.length).includes('/'));

function layerOf(path: string): Layer {
  const name = path.slice(root.length).split('/')[0] ?? '';
  const layer = layers[name];
  assert.ok(layer, `${path} lies in no layer that this test knows`);
  return layer;
}

/** What is wrong with one import, or null. */
function complaint(file: SourceFile, specifier: string): string | null {
  const layer = layerOf(file.path);
  const target = targetOf(file, specifier);
  if (target === null) {
    if (isBuiltin(specifier))
      return layer.builtins?.includes(specifier) === false ? 'built-in' : null;
    return layer.packages?.includes(specifier) === false ? 'package' : null;
  }
  const allowed = layer.mayImport.some(
    (one) => target.startsWith(`${one}/`) || target === `${one}.ts`,
  );
  if (!allowed) return 'layer';
  return isOtherAdapter(file.path.slice(root.length), target, layer) ? 'other adapter' : null;
}

function isOtherAdapter(from: string, to: string, layer: Layer): boolean {
  if (layer.adaptersBut === undefined) return false;
  const [fromLayer, fromAdapter, ...fromRest] = from.split('/');
  const [toLayer, toAdapter = '', ...toRest] = to.split('/');
  // Files at the root of the layer list the adapters, or are there for all of them.
  if (fromLayer !== toLayer || fromRest.length === 0 || toRest.length === 0) return false;
  return fromAdapter !== toAdapter && !layer.adaptersBut.includes(toAdapter);
}

test('every import follows the arrows of the architecture', () => {
  const wrong = layered.flatMap((file) =>
    importsOf(file)
      .map(({ specifier }) => ({ specifier, why: complaint(file, specifier) }))
      .filter(({ why }) => why !== null)
      .map(({ specifier, why }) => `${file.path} imports ${specifier} (${why})`),
  );
  assert.deepEqual(wrong, []);
  assert.ok(layered.length > 50);
});

test('the reader of imports sees every form, and a wrong arrow is found', () => {
  const file: SourceFile = {
    path: 'server/src/domain/example.ts',
    name: 'example.ts',
    text: [
      "import 'a';",
      "import b, { c } from 'b';",
      "import type { D } from '#service/d.ts';",
      'import {\n  e,\n  type F,\n} from "./e.ts";',
      "export * from 'g';",
      "export type { H } from '../service/h.ts';",
      "const i = await import('node:fs');",
    ].join('\n'),
  };
  assert.deepEqual(
    importsOf(file).map(({ specifier }) => specifier),
    ['a', 'b', '#service/d.ts', './e.ts', 'g', '../service/h.ts', 'node:fs'],
  );
  assert.equal(complaint(file, '#service/d.ts'), 'layer');
  assert.equal(complaint(file, '../service/h.ts'), 'layer');
  assert.equal(complaint(file, './e.ts'), null);
  assert.equal(complaint(file, 'node:fs'), 'built-in');
  assert.equal(complaint(file, 'fastify'), 'package');
  const smtp = { ...file, path: 'server/src/providers/smtp/smtp-provider.ts' };
  assert.equal(complaint(smtp, '../http/manifest.ts'), 'other adapter');
  assert.equal(complaint(smtp, '../egress/egress.ts'), null);
  assert.equal(complaint(smtp, '../price.ts'), null);
  assert.equal(complaint(smtp, '#service/vault.ts'), 'layer');
  assert.equal(complaint(smtp, '#service/ports.ts'), null);
});

test('the domain has no clock, no randomness and no outside', () => {
  const impure =
    /\b(Date\.now|new Date\(\)|Math\.random|crypto\.|process\.|performance\.|setTimeout|fetch)\b/;
  const wrong = layered
    .filter(({ path }) => path.startsWith(`${root}domain/`))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        // What a comment says is no call.
        .filter((line) => !/^\s*(\*|\/[/*])/.test(line) && impure.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
  assert.deepEqual(wrong, []);
});

test('imports across layers go by the name of the layer', () => {
  const wrong = program.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(({ specifier }) => {
        const target = targetOf(file, specifier) ?? '';
        return (
          target.split('/')[0] !== file.path.slice(root.length).split('/')[0] &&
          target.includes('/')
        );
      })
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  );
  assert.deepEqual(wrong, []);
});

test('nothing but start.ts imports main.ts', () => {
  const importing = program.filter((file) =>
    importsOf(file).some(({ specifier }) => targetOf(file, specifier) === 'main.ts'),
  );
  assert.deepEqual(
    importing.map(({ path }) => path),
    ['server/src/start.ts'],
  );
});

test('no files import each other in a circle', () => {
  const arrows = new Map(
    program.map((file) => [
      file.path.slice(root.length),
      importsOf(file)
        // Types are gone before anything runs, so they tie no knot.
        .filter(({ isTypeOnly }) => !isTypeOnly)
        .flatMap(({ specifier }) => targetOf(file, specifier) ?? []),
    ]),
  );
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) circles.push([...trail.slice(at), path].join(' → '));
    if (finished.has(path) || at >= 0) return;
    for (const next of arrows.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of arrows.keys()) visit(path, []);
  assert.deepEqual(circles, []);
});

test('the program uses no package but the dependencies it declares, and each of them', () => {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(repository, 'server/package.json'), 'utf8'),
  );
  const used = new Set(
    program
      .flatMap(importsOf)
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^[.#]/.test(specifier) && !isBuiltin(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier),
  );
  assert.deepEqual([...used].sort(), Object.keys(manifest.dependencies).sort());
});
