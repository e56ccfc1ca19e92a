import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { keyOf, readManifestFile, readTexts, translations } from '../support/packageManifest';
import { REPOSITORY } from '../support/vscode/paths';

/** The place of a string in `package.json`: property names, without array indexes. */
type Path = readonly string[];

/**
 * Parts of `package.json` that VS Code shows to people; the rest is for npm, the Marketplace's search and the build.
 */
const SHOWN = new Set(['displayName', 'description', 'capabilities', 'contributes']);

/** Subparts without texts. */
const NO_TEXTS: readonly RegExp[] = [
  /^contributes\.(configurationDefaults|grammars|resourceLabelFormatters)\./,
  /^capabilities\.untrustedWorkspaces\.restrictedConfigurations$/,
];

/** Properties of contributions with ids, conditions, files and values. All others are texts. */
const TECHNICAL = new Set([
  ...['id', 'command', 'view', 'when', 'group', 'icon', 'key', 'mac', 'configuration'],
  ...['type', 'scope', 'default', 'enum', 'supported'],
]);

/** Names, which are the same in every language: this product and its diagnosis. */
const NAMES = new Set(['Cloud Sessions', 'Cloud Sessions for GitHub Copilot', 'Diagnose']);

function* strings(value: unknown, path: Path = []): Generator<readonly [path: Path, text: string]> {
  if (typeof value === 'string') {
    yield [path, value];
  } else if (Array.isArray(value)) {
    for (const item of value) {
      yield* strings(item, path);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      yield* strings(item, [...path, name]);
    }
  }
}

function isShown(path: Path): boolean {
  const where = path.join('.');
  return (
    SHOWN.has(path[0] ?? '') && !TECHNICAL.has(path.at(-1) ?? '') && !NO_TEXTS.some((excluded) => excluded.test(where))
  );
}

/** Parts that a translation must not change, in any order: link targets, code, settings, placeholders. */
function fixedParts(text: string): readonly string[] {
  return Array.from(text.matchAll(/\]\([^)]*\)|`[^`]*`|\{\d+\}/g), ([part]) => part).sort();
}

/** Whether each line is only a link, which VS Code shows as a button. */
function buttonLines(text: string): readonly boolean[] {
  return text.split('\n').map((line) => /^\[[^\]]+\]\([^)]*\)$/.test(line));
}

describe('the texts of the manifest', () => {
  const shown = [...strings(readManifestFile())].filter(([path]) => isShown(path));
  const english = readTexts();

  it('are in package.nls.json, none in package.json', () => {
    const plain = shown.filter(([, text]) => keyOf(text) === undefined);
    assert.deepEqual(
      plain.map(([path, text]) => `${path.join('.')}: ${text}`),
      [],
    );
  });

  it('have the keys that the manifest uses, and no others', () => {
    const used = new Set([...strings(readManifestFile())].flatMap(([, text]) => keyOf(text) ?? []));
    assert.deepEqual(Object.keys(english).sort(), [...used].sort());
  });

  it('have keys that are named after what they belong to', () => {
    for (const [path, text] of shown) {
      const key = keyOf(text) ?? '';
      const place = path.filter((name) => name !== 'contributes');
      const [first = '', ...rest] = key.split('.');
      assert.equal(first, place.length === 1 ? 'extension' : place[0], key);
      // The last word is the property, with exceptions: `markdownDescription`, `enumDescriptions`, and `aliases` of a
      // language.
      const property = { markdownDescription: 'description', aliases: 'name' }[path.at(-1) ?? ''] ?? path.at(-1);
      assert.ok(property === 'enumDescriptions' ? rest.at(-2) === 'enum' : rest.at(-1) === property, key);
    }
  });

  for (const language of translations()) {
    describe(`in the language ${language}`, () => {
      const translated = readTexts(language);

      it('have the same keys in the same order', () => {
        assert.deepEqual(Object.keys(translated), Object.keys(english));
      });

      it('have the same links, buttons, code and placeholders', () => {
        for (const [key, text] of Object.entries(english)) {
          const translation = translated[key] ?? '';
          assert.deepEqual(fixedParts(translation), fixedParts(text), key);
          assert.deepEqual(buttonLines(translation), buttonLines(text), key);
          assert.equal(translation.endsWith('…'), text.endsWith('…'), key);
        }
      });

      it('are translated, but names', () => {
        const same = Object.entries(english).filter(([key, text]) => translated[key] === text && !NAMES.has(text));
        assert.deepEqual(same, []);
      });
    });
  }

  it('are the titles by which messages name commands', () => {
    const titles = Object.entries(english).flatMap(([key, text]) => (/^commands\..*title$/.test(key) ? text : []));
    const folder = path.join(REPOSITORY, 'src');
    const files = readdirSync(folder, { recursive: true }).map((file) => path.join(folder, String(file)));
    const named = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        Array.from(readFileSync(file, 'utf8').matchAll(/“Cloud Sessions: ([^”]+)”/g), ([, title]) => title),
      );
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((title) => !titles.includes(title ?? '')),
      [],
    );
  });

  it('are translated into German', () => {
    assert.ok(translations().includes('de'));
  });
});
