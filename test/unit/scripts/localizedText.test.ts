import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Linter, type Rule } from 'eslint';
import tseslint from 'typescript-eslint';

/** Plain JavaScript, because ESLint's configuration requires it. */
const FILE = path.resolve(import.meta.dirname, '../../../scripts/lint/localizedText.mjs');

/** Texts that would stay English in every language. */
const REFUSED: Readonly<Record<string, string>> = {
  'a sentence': "show('The session is gone.');",
  'a sentence with values': 'show(`The session ${name} is gone.`);',
  'a sentence that is put together': "show('The session ' + name);",
  'the word of a button': "show(text, 'Retry');",
  'a word with dots': "show('Searching…');",
  'a member of an object': "const item = { label: 'Open', run };",
  'a choice': "show(isOpen ? 'is open' : 'is not open');",
  'the message of an error of ours': "throw new CloudSessionsError('gone', 'The session is gone.');",
  'a value within a translation': "l10n.t('It is {0}.', 'not there');",
  'a value within a translation, by name': "l10n.t({ message: 'It is {what}.', args: { what: 'not there' } });",
};

/** Translations that the extractor would skip or abort at. */
const UNSEEN: Readonly<Record<string, string>> = {
  'a template': 'l10n.t(`It is ${state}.`);',
  'a concatenation': "l10n.t('It is' + state);",
  'a choice': "l10n.t(isOpen ? 'It is open.' : 'It is closed.');",
  'a variable': 'l10n.t(message);',
  'an object with another message': 'l10n.t({ message, comment: [] });',
};

const ALLOWED: Readonly<Record<string, string>> = {
  'a translation': "show(l10n.t('The session {0} is gone.', name));",
  'a translation with a comment': "l10n.t({ message: 'Open', args: [], comment: ['A button: opens the session'] });",
  'a line of a log': "log.info('The session is gone.'); this.log.warn(`The session ${name} is gone.`);",
  'a word of a protocol': "const method = 'session.create'; const kind = 'idle';",
  'what a text is compared with': "if (text === 'Session not found') { stop(); }",
  'what is searched for': "text.includes('not found');",
  'a type': "type Word = 'Not Found';",
  'a name': "const words = { 'Not Found': 404 };",
  'a case': "switch (text) { case 'Not Found': break; }",
  'a directive': "'use strict';",
};

describe('the lint rule for texts of users', () => {
  const linter = new Linter();
  let localizedText: Rule.RuleModule;

  before(async () => {
    ({ localizedText } = (await import(pathToFileURL(FILE).href)) as { localizedText: Rule.RuleModule });
  });

  const complaints = (code: string): readonly (string | undefined)[] => {
    const messages = linter.verify(code, {
      languageOptions: { parser: tseslint.parser },
      plugins: { texts: { rules: { localized: localizedText } } },
      rules: { 'texts/localized': 'error' },
    });
    assert.ok(messages.every(({ fatal }) => fatal !== true));
    return messages.map(({ messageId }) => messageId);
  };

  for (const [name, code] of Object.entries(REFUSED)) {
    it(`refuses ${name}`, () => {
      assert.ok(complaints(code).includes('plain'));
    });
  }

  for (const [name, code] of Object.entries(UNSEEN)) {
    it(`refuses to translate ${name}`, () => {
      assert.ok(complaints(code).includes('literal'));
    });
  }

  for (const [name, code] of Object.entries(ALLOWED)) {
    it(`allows ${name}`, () => {
      assert.deepEqual(complaints(code), []);
    });
  }
});
