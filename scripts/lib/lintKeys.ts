import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { preProcessFile } from 'typescript';

const SOURCE = /\.[cm]?[jt]s$/;
/** A file that declares for all others: with a global declaration, or because it is not a module. */
const IS_GLOBAL = /\.d\.[cm]?ts$/;
const DECLARES_GLOBALLY = /^\s*declare (?:global|module)\b/m;
const IS_MODULE = /^\s*(?:import|export)\b/m;
const ENDINGS = ['', '.ts', '.d.ts', '.mts', '.cts', '/index.ts'];

interface Source {
  readonly hash: string;
  /** Absolute paths of the files it imports, if they are in the repository. */
  readonly imports: readonly string[];
}

/**
 * One hash for each file, over everything that the findings of a typed lint rule depend on: the file's text, the texts
 * of its direct and indirect imports, and `base`. ESLint's own cache covers only the file itself, so it misses what a
 * type changed elsewhere breaks.
 * @param files absolute paths
 * @param base what all files depend on, such as the rules
 */
export function lintKeys(files: readonly string[], base: string): ReadonlyMap<string, string> {
  const sources = new Map<string, Source>();
  const read = (file: string): Source => {
    const known = sources.get(file);
    if (known !== undefined) {
      return known;
    }
    const text = readFileSync(file, 'utf8');
    const source = { hash: hashOf(text), imports: SOURCE.test(file) ? importsOf(file, text) : [] };
    sources.set(file, source);
    return source;
  };
  const shared = hashOf(base, ...files.filter(isGlobal).map((file) => read(file).hash));
  return new Map(
    files.map((file) => {
      const reached = new Set([file]);
      // Iteration includes what is added meanwhile.
      for (const one of reached) {
        read(one).imports.forEach((imported) => reached.add(imported));
      }
      const hashes = [...reached].sort().map((one) => `${one} ${read(one).hash}`);
      return [file, hashOf(shared, file, ...hashes)];
    }),
  );
}

function isGlobal(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return IS_GLOBAL.test(file) || DECLARES_GLOBALLY.test(text) || (file.endsWith('.ts') && !IS_MODULE.test(text));
}

function importsOf(file: string, text: string): readonly string[] {
  const { importedFiles, referencedFiles } = preProcessFile(text, true, true);
  const names = [
    ...importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.')),
    ...referencedFiles.map(({ fileName }) => fileName),
  ];
  return names.flatMap((name) => {
    const target = path.resolve(path.dirname(file), name);
    return ENDINGS.map((ending) => target + ending).filter(isFile);
  });
}

function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile();
}

function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length} ${part}`);
  }
  return hash.digest('hex');
}
