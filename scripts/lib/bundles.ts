import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, context, type BuildOptions, type Plugin } from 'esbuild';
import { minify } from 'terser';
import { REPOSITORY } from '../../test/support/vscode/paths';
import { bundledPackages, formatNotices, type BundledPackage } from './notices';
import { NUMBERED_TEXTS } from './size/numberedTexts';

/**
 * The licences of the bundled packages, beside `LICENSE`, where people and scanners look for them. Each build writes
 * the file and it is not committed, so it always matches the bundles.
 */
export const NOTICES = path.join(REPOSITORY, 'ThirdPartyNotices.txt');

/** The Node.js in VS Code 1.100, the oldest that `engines.vscode` allows. */
const NODE_TARGET = 'node20';

const COMMON: BuildOptions = {
  absWorkingDir: REPOSITORY,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: NODE_TARGET,
  logLevel: 'warning',
};

/**
 * Evaluates `vscode` once. Otherwise each `import * as vscode` of a bundled file copies the whole API into an object of
 * its own, name by name, while the extension is loaded: a third of the load time. The names are those of
 * `@types/vscode`. A name that nothing imports is left out: that reading it does nothing else, esbuild has to be told.
 */
const VSCODE_ONCE: Plugin = {
  name: 'vscode-once',
  setup(builder) {
    const namespace = 'vscode-once';
    builder.onResolve({ filter: /^vscode$/ }, ({ path, importer }) =>
      importer === '' || importer === 'vscode' ? { path, external: true } : { path, namespace },
    );
    builder.onLoad({ filter: /^vscode$/, namespace }, async () => {
      const types = await readFile(path.join(REPOSITORY, 'node_modules/@types/vscode/index.d.ts'), 'utf8');
      const names = types.matchAll(
        /^(?:\t| {4})(?:export )?(?:abstract )?(?:class|const|enum|function|namespace) (\w+)/gm,
      );
      const lines = Array.from(
        new Set(Array.from(names, ([, name]) => name)),
        (name) => `export const ${name} = /* @__PURE__ */ (() => vscode.${name})();`,
      );
      return { contents: ["const vscode = require('vscode');", ...lines].join('\n') };
    });
  },
};

/** `dist/extension.js`: in production minified and without a source map, otherwise readable in a debugger. */
function extensionBundle(production: boolean): BuildOptions {
  return {
    ...COMMON,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    plugins: production ? [VSCODE_ONCE, NUMBERED_TEXTS] : [VSCODE_ONCE],
    // Refuse a name that `vscode.d.ts` does not declare.
    logOverride: { 'import-is-undefined': 'error' },
    minify: production,
    sourcemap: !production,
  };
}

/** `dist/endRun.js`: a separate program, which the extension starts when it can no longer act itself. */
function endRunBundle(production: boolean): BuildOptions {
  return {
    ...COMMON,
    entryPoints: ['src/runtime/processes/endRun.ts'],
    outfile: 'dist/endRun.js',
    minify: production,
  };
}

/** `dist-test/integration/`: the code that runs inside the extension host. */
async function testBundle(): Promise<BuildOptions> {
  const folder = path.join(REPOSITORY, 'test/integration');
  const files = await readdir(folder, { recursive: true });
  const suites = files.filter((file) => file.endsWith('.test.ts'));
  return {
    ...COMMON,
    entryPoints: ['index.ts', ...suites].map((file) => path.join(folder, file)),
    // Flat, so that the index finds the suites beside itself.
    entryNames: '[name]',
    outdir: 'dist-test/integration',
    external: ['vscode'],
    sourcemap: 'inline',
    // Only Mocha's parallel mode, which is not used here, needs these files.
    logOverride: { 'require-resolve-not-external': 'silent' },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
}

/** All bundles of the package. */
export function shippedBundles(production: boolean): readonly BuildOptions[] {
  return [extensionBundle(production), endRunBundle(production)];
}

/** Builds the bundles, and `ThirdPartyNotices.txt` from what they contain. */
export async function buildExtension(production: boolean): Promise<void> {
  await rm(path.join(REPOSITORY, 'dist/extension.js.map'), { force: true });
  await writeFile(NOTICES, formatNotices(await buildBundles(production, true)));
  if (production) {
    await Promise.all(shippedBundles(true).map(({ outfile = '' }) => compact(path.join(REPOSITORY, outfile))));
  }
}

/** Minifies once more: what esbuild leaves is 4 % of the package. */
async function compact(file: string): Promise<void> {
  const { code } = await minify(await readFile(file, 'utf8'), {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 2 },
  });
  if (code === undefined) {
    throw new Error(`${file} could not be minified.`);
  }
  await writeFile(file, code);
}

/** The packages in the published bundles. Writes nothing. */
export function shippedPackages(): Promise<readonly BundledPackage[]> {
  return buildBundles(true, false);
}

async function buildBundles(production: boolean, write: boolean): Promise<readonly BundledPackage[]> {
  const built = await Promise.all(
    shippedBundles(production).map((bundle) => build({ ...bundle, write, metafile: true as const })),
  );
  const metafiles = built.map(({ metafile }) => metafile);
  return bundledPackages(metafiles, REPOSITORY);
}

export async function buildTests(): Promise<void> {
  await rm(path.join(REPOSITORY, 'dist-test'), { recursive: true, force: true });
  await build(await testBundle());
}

/** Rebuilds after every change, until the process ends. The problem matcher of `tasks.json` reads the two lines. */
export async function watchExtension(): Promise<void> {
  await build(endRunBundle(false));
  const watching = await context({
    ...extensionBundle(false),
    plugins: [
      VSCODE_ONCE,
      {
        name: 'report',
        setup(build) {
          build.onStart(() => console.log('[watch] build started'));
          build.onEnd(() => console.log('[watch] build finished'));
        },
      },
    ],
  });
  await watching.watch();
}
