import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ESLint } from 'eslint';
import { REPOSITORY } from '../test/support/vscode/paths';
import { lintKeys } from './lib/lintKeys';
import { start } from './lib/main';

const HELP = `npm run lint [-- --all]
  lints what changed since it was found clean, and what imports that
  --all   everything`;

/** The keys of the files without findings, by path. */
const RECORD = path.join(REPOSITORY, '.cache/lint.json');
const SOURCE = /\.[cm]?[jt]s$/;
/** Inputs of every file's key, besides its own text and its imports. */
const BASE = ['package-lock.json', 'tsconfig.json', 'eslint.config.mjs', 'scripts/lint'];

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { all: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const eslint = new ESLint({ cwd: REPOSITORY });
  const files = await sources(eslint, REPOSITORY);
  const keys = lintKeys(files, await base());
  const clean = values.all ? {} : await readRecord();
  const nameOf = (file: string): string => path.relative(REPOSITORY, file).replaceAll(path.sep, '/');
  const chosen = files.filter((file) => clean[nameOf(file)] !== keys.get(file));
  console.log(`${chosen.length} of ${files.length} files to lint; the others have not changed since they were clean.`);
  const results = chosen.length === 0 ? [] : await eslint.lintFiles(chosen);
  const dirty = new Set(results.filter(({ messages }) => messages.length > 0).map(({ filePath }) => filePath));
  const record = files.filter((file) => !dirty.has(file)).map((file) => [nameOf(file), keys.get(file)]);
  await mkdir(path.dirname(RECORD), { recursive: true });
  await writeFile(RECORD, JSON.stringify(Object.fromEntries(record)));
  console.log(await (await eslint.loadFormatter('stylish')).format(results));
  return dirty.size > 0 ? 1 : 0;
}

/** All files in a folder that ESLint checks. */
async function sources(eslint: ESLint, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      // ESLint answers only for files, not for folders.
      const isIgnored = await eslint.isPathIgnored(path.join(file, 'any.ts'));
      found.push(...(isIgnored ? [] : await sources(eslint, file)));
    } else if (entry.isFile() && SOURCE.test(entry.name) && !(await eslint.isPathIgnored(file))) {
      found.push(file);
    }
  }
  return found.sort();
}

async function base(): Promise<string> {
  const parts = [process.version];
  for (const name of BASE) {
    const place = path.join(REPOSITORY, name);
    const names =
      path.extname(name) === '' ? (await readdir(place)).sort().map((file) => path.join(place, file)) : [place];
    for (const file of names) {
      parts.push(await readFile(file, 'utf8'));
    }
  }
  return parts.join('\0');
}

async function readRecord(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(RECORD, 'utf8').catch(() => '{}');
  try {
    return JSON.parse(text) as Readonly<Record<string, string>>;
  } catch {
    // An earlier run may have ended while it wrote the record.
    return {};
  }
}

start(main);
