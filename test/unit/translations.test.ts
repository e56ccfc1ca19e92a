import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { sourceTexts } from '../../scripts/lib/sourceTexts';
import { readBundle, readTexts, translations } from '../support/packageManifest';
import { REPOSITORY } from '../support/vscode/paths';

const FOLDER = path.join(REPOSITORY, 'l10n');

/** Parts that a translation must not change, in any order: placeholders, code, links, icons, settings, commands. */
function fixedParts(text: string): readonly string[] {
  const parts = text.matchAll(/\{\w+\}|`[^`]*`|\]\([^)]*\)|\$\([\w-]+\)|\bcloudSessions\.[\w.]*\w|https?:\S+\w/g);
  return Array.from(parts, ([part]) => part).sort();
}

describe('the translations of the texts in src', () => {
  let texts: ReadonlyMap<string, string>;

  before(async () => {
    texts = await sourceTexts();
  });

  it('are there for the same languages as those of the manifest', () => {
    const languages = readdirSync(FOLDER).map((file) => /^bundle\.l10n\.([\w-]+)\.json$/.exec(file)?.[1]);
    assert.deepEqual(languages, translations());
    assert.ok(languages.includes('de'));
  });

  it('are of texts that name no value by a place that they do not have', () => {
    assert.ok(texts.size > 300, `only ${texts.size} texts were found`);
    for (const message of texts.values()) {
      const places = new Set(Array.from(message.matchAll(/\{(\d+)\}/g), ([, place]) => Number(place)));
      assert.deepEqual(
        Array.from(places).sort(),
        Array.from(places.keys(), (_, index) => index),
        message,
      );
    }
  });

  for (const language of translations()) {
    describe(`into ${language}`, () => {
      const bundle = readBundle(language);

      it('have every text of src and no other', () => {
        assert.deepEqual(
          Array.from(texts.keys()).filter((key) => !bundle[key]),
          [],
          'lacking: see npm run translations',
        );
        assert.deepEqual(
          Object.keys(bundle).filter((key) => !texts.has(key)),
          [],
          'in no source',
        );
      });

      it('keep the places of values, code, links, icons and settings', () => {
        for (const [key, message] of texts) {
          assert.deepEqual(fixedParts(bundle[key] ?? ''), fixedParts(message), message);
        }
      });

      it('name commands by the titles that they have in that language', () => {
        const english = readTexts();
        const translated = readTexts(language);
        const titles = Object.keys(english).filter((key) => /^commands\..*\.title$/.test(key));
        assert.ok(titles.length > 10);
        for (const [key, message] of texts) {
          for (const title of titles.filter((title) => message.includes(`Cloud Sessions: ${english[title]!}`))) {
            assert.ok(bundle[key]?.includes(translated[title]!), `${message} names ${translated[title]!}`);
          }
        }
      });
    });
  }
});
