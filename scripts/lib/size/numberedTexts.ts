import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { l10nJsonFormat } from '@vscode/l10n-dev';
import type { Plugin } from 'esbuild';
import { REPOSITORY } from '../../../test/support/vscode/paths';
import { messageOf } from '../sourceTexts';
import { textCalls, type TextCall } from './textCalls';

/** The texts of `src` as the published extension has them: each by a number, in the order of the files. */
export interface NumberedTexts {
  /** The keys in the bundles of the repository, by number. */
  readonly keys: readonly string[];
  /** By number. */
  readonly english: readonly string[];
  /** Differs when another text has any of the numbers. */
  readonly identity: string;
  /** The sources that have texts, with numbers in place of them, by absolute path. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Numbers the texts. Their neighbours are those of the same file, which deflate needs to find what they share. */
export async function numberedTexts(): Promise<NumberedTexts> {
  const folder = path.join(REPOSITORY, 'src');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts')).toSorted();
  const english = new Map<string, string>();
  const found: { readonly file: string; readonly source: string; readonly calls: readonly TextCall[] }[] = [];
  for (const file of files.map((name) => path.join(folder, name))) {
    const source = await readFile(file, 'utf8');
    const calls = textCalls(path.relative(REPOSITORY, file), source);
    calls.forEach(({ key, message }) => english.set(key, message));
    found.push({ file, source, calls });
  }
  const keys = Array.from(english.keys());
  const numbers = new Map(keys.map((key, number) => [key, number]));
  const withTexts = found.filter(({ calls }) => calls.length > 0);
  return {
    keys,
    english: Array.from(english.values()),
    identity: createHash('sha256').update(JSON.stringify(keys)).digest('hex').slice(0, 8),
    sources: new Map(withTexts.map(({ file, source, calls }) => [file, withNumbers(source, calls, numbers)])),
  };
}

/** A translation as it is published: what it is of, then its texts by number. What it lacks is `null`. */
export function publishedBundle({ keys, identity }: NumberedTexts, bundle: l10nJsonFormat): readonly (string | null)[] {
  return [identity, ...keys.map((key) => messageOf(bundle[key] ?? '') || null)];
}

/** Gives a bundle the numbered texts in place of `@vscode/l10n`. */
export const NUMBERED_TEXTS: Plugin = {
  name: 'numbered-texts',
  setup(builder) {
    const namespace = 'numbered-texts';
    let texts = numberedTexts();
    builder.onStart(async () => {
      texts = numberedTexts();
      await texts;
    });
    builder.onResolve({ filter: /^@vscode\/l10n$/ }, (module) => ({ path: module.path, namespace }));
    builder.onLoad({ filter: /^/, namespace }, async () => {
      const { english, identity } = await texts;
      return {
        contents: [
          "import { numberedL10n } from './numberedL10n';",
          `const numbered = numberedL10n(${JSON.stringify(english)}, ${JSON.stringify(identity)});`,
          'export const config = numbered.config;',
          // Under this name a test finds the calls in the bundle.
          'const textOfNumber = numbered.t;',
          'export { textOfNumber as t };',
        ].join('\n'),
        resolveDir: import.meta.dirname,
      };
    });
    builder.onLoad({ filter: /\.ts$/ }, async (file) => {
      const contents = (await texts).sources.get(path.normalize(file.path));
      return contents === undefined ? undefined : { contents, loader: 'ts' };
    });
  },
};

/** A source whose calls of `l10n.t` have numbers in place of messages and comments. */
export function withNumbers(source: string, calls: readonly TextCall[], numbers: ReadonlyMap<string, number>): string {
  const edits = calls.flatMap(({ key, head, tail }) => [
    { ...head, text: `${numbers.get(key)}${tail === undefined ? '' : ', '}` },
    ...(tail === undefined ? [] : [{ ...tail, text: '' }]),
  ]);
  // From the end, so that the places before it stay right.
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce((rest, { start, end, text }) => rest.slice(0, start) + text + rest.slice(end), source);
}
