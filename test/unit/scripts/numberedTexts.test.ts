import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { shippedBundles } from '../../../scripts/lib/bundles';
import { numberedL10n } from '../../../scripts/lib/size/numberedL10n';
import {
  numberedTexts,
  publishedBundle,
  withNumbers,
  type NumberedTexts,
} from '../../../scripts/lib/size/numberedTexts';
import { textCalls } from '../../../scripts/lib/size/textCalls';
import { sourceTexts } from '../../../scripts/lib/sourceTexts';
import { readBundle, translations } from '../../support/packageManifest';

const IMPORT = "import * as l10n from '@vscode/l10n';\n";

describe('the texts by number', () => {
  let texts: NumberedTexts;
  let bundled: string;

  before(async () => {
    texts = await numberedTexts();
    const built = await Promise.all(
      shippedBundles(true).map((bundle) => build({ ...bundle, minify: false, write: false })),
    );
    bundled = built.flatMap(({ outputFiles }) => outputFiles.map((file) => file.text)).join('\n');
  });

  it('are those that the translators get', async () => {
    const known = await sourceTexts();
    assert.deepEqual(new Map(texts.keys.map((key, number) => [key, texts.english[number]])), known);
  });

  it('are all that the published code asks for, and each is in each published translation', () => {
    const asked = Array.from(bundled.matchAll(/\btextOfNumber\(\s*([^,)]*)/g), ([, number = '']) => number.trim());
    assert.ok(asked.length > 1_500, `only ${asked.length} calls were found`);
    for (const language of translations()) {
      const bundle = readBundle(language);
      const [identity, ...published] = publishedBundle(texts, bundle);
      assert.equal(identity, texts.identity);
      for (const number of asked) {
        assert.match(number, /^\d+(e\d)?$/, 'esbuild writes a thousand as 1e3');
        const key = texts.keys[Number(number)] ?? '';
        assert.ok(published[Number(number)], `${language} lacks ${number}: ${key}`);
        assert.equal(published[Number(number)], bundle[key]);
      }
    }
  });

  it('stand in the sources where their texts were', async () => {
    assert.ok(texts.sources.size > 100);
    for (const [file, numbered] of texts.sources) {
      const calls = textCalls(file, await readFile(file, 'utf8'));
      const numbers = Array.from(numbered.matchAll(/\bl10n\.t\(\s*(\d+)/g), ([, number]) => Number(number));
      assert.deepEqual(
        numbers.map((number) => texts.keys[number]),
        calls.map(({ key }) => key),
        file,
      );
    }
  });

  it('are null where a translation lacks them', () => {
    const [, ...published] = publishedBundle(texts, { [texts.keys[1] ?? '']: 'Leuchte' });
    assert.deepEqual(published.slice(0, 3), [null, 'Leuchte', null]);
    assert.equal(published.length, texts.keys.length);
  });

  it('are not asked for by @vscode/l10n, which does not know the numbers', () => {
    assert.ok(bundled.includes(`"${texts.identity}"`));
    assert.doesNotMatch(bundled, /node_modules\/@vscode\/l10n|l10n\d*\.t\(/);
  });
});

describe('a source with numbers', () => {
  const numbers = new Map([
    ['Lamp', 0],
    ['Lamp/The verb', 1],
    ['{0} of {1}', 2],
    ['{0} of {1}/A place, and its port', 3],
  ]);

  function numbered(code: string): string {
    const source = `${IMPORT}${code}`;
    return withNumbers(source, textCalls('lamp.ts', source), numbers).slice(IMPORT.length);
  }

  for (const [code, expected] of [
    ["l10n.t('Lamp')", 'l10n.t(0)'],
    ["l10n.t({ message: 'Lamp', comment: ['The verb'] })", 'l10n.t(1)'],
    ["l10n.t('{0} of {1}', a.b, f(1, 2))", 'l10n.t(2, a.b, f(1, 2))'],
    ["l10n.t('{0} of {1}', ...list)", 'l10n.t(2, ...list)'],
    ["l10n.t({ message: 'Lamp', args: [], comment: ['The verb'] })", 'l10n.t(1)'],
    [
      "l10n.t({\n message: '{0} of {1}', args: [a, l10n.t('Lamp'),], comment: ['A place, ', 'and its port'],\n})",
      'l10n.t(3, a, l10n.t(0))',
    ],
    ["l10n.t('{0} of {1}', l10n.t({ message: 'Lamp', comment: ['The verb'] }), 1)", 'l10n.t(2, l10n.t(1), 1)'],
    ['l10n.config({ contents: vscode.l10n.bundle })', 'l10n.config({ contents: vscode.l10n.bundle })'],
  ] as const) {
    it(`is ${expected}`, () => assert.equal(numbered(code), expected));
  }

  for (const code of [
    'l10n.t(text)',
    'l10n.t(`${1}`)',
    'l10n.t(on ? "Lamp" : "Light")',
    "l10n.t({ message: text, comment: ['The verb'] })",
    "l10n.t({ message: 'Lamp', args: values })",
    "l10n.t({ message: 'Lamp', ...more })",
    'const { t } = l10n',
    'say(l10n.t)',
    'say(l10n)',
    'say({ l10n })',
  ]) {
    it(`is refused for ${code}`, () => assert.throws(() => numbered(code), /^Error: lamp\.ts:2: this use of l10n/));
  }

  it('is refused where l10n has another name', () => {
    assert.throws(
      () => textCalls('lamp.ts', "import * as texts from '@vscode/l10n';\ntexts.t('Lamp');"),
      /another name/,
    );
    assert.throws(() => textCalls('lamp.ts', "import { t } from '@vscode/l10n';\nt('Lamp');"), /another name/);
  });
});

describe('l10n of the published bundle', () => {
  const english = ['Lamp', '{0} of {1}', '{name} is {what} {2}'];
  const translation = ['id', 'Leuchte', null, '{what} ist {name}'];

  function texts(contents: unknown): readonly string[] {
    const l10n = numberedL10n(english, 'id');
    l10n.config({ contents });
    return [l10n.t(0), l10n.t(1, 0, '{0}'), l10n.t(1, 'a'), l10n.t(2, { name: 'b', what: true })];
  }

  it('takes the translation, and English where it lacks a text', () => {
    assert.deepEqual(texts(translation), ['Leuchte', '0 of {0}', 'a of {1}', 'true ist b']);
  });

  for (const [what, contents] of [
    ['no translation', undefined],
    ['a translation of other texts', ['other', ...translation.slice(1)]],
    ['the file of the repository', { Lamp: 'Leuchte' }],
    ['an empty one', []],
  ] as const) {
    it(`is English with ${what}`, () => {
      assert.deepEqual(texts(contents), ['Lamp', '0 of {0}', 'a of {1}', 'b is true {2}']);
    });
  }

  it('is English before it is given a translation', () => {
    assert.equal(numberedL10n(english, 'id').t(0), 'Lamp');
  });
});
