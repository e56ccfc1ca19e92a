import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ESLint } from 'eslint';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const RULE = 'local/no-foreign-text';

/** Ways in which the text of a foreign error is used unredacted. */
const REFUSED: Readonly<Record<string, string>> = {
  'its message': 'export const f = (error: Error): string => error.message;',
  'its stack': 'export const f = (error: Error): unknown => error.stack;',
  'its message, by name': "export const f = (error: Error): string => error['message'];",
  'its message, if there is one': 'export const f = (error?: Error): unknown => error?.message;',
  'its message, taken apart':
    'export const f = (error: Error): string => { const { message } = error; return message; };',
  'its message, taken apart in the parameters': 'export const f = ({ message }: Error): string => message;',
  'an error of Node’s': 'export const f = (error: NodeJS.ErrnoException): string => error.message;',
  'a kind of error': 'export const f = (error: TypeError): string => error.message;',
  'an error of another library':
    "import type { ResponseError } from 'vscode-jsonrpc/node';\nexport const f = (error: ResponseError<void>): string => error.message;",
  'what extends one': 'export const f = <E extends Error>(error: E): string => error.message;',
  'one with more to it': 'export const f = (error: Error & { readonly code: string }): string => error.message;',
  'what may be one':
    "import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';\nexport const f = (error: CloudSessionsError | TypeError): string => error.message;",
  'what was caught': 'export const f = (): string => { try { return ""; } catch (error) { return String(error); } };',
  'what was caught, in a template':
    'export const f = (): string => { try { return ""; } catch (error) { return `no: ${error}`; } };',
  'the text of one': 'export const f = (error: Error): string => error.toString();',
  'one in a template': 'export const f = (error: Error): string => `no: ${error}`;',
  'one that was narrowed':
    'export const f = (value: unknown): unknown => (value instanceof Error ? value.message : 0);',
};

const ALLOWED: Readonly<Record<string, string>> = {
  'an error of ours':
    "import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';\nexport const f = (error: CloudSessionsError): string => error.message;",
  'one that was looked at':
    "import { textOf } from '../../core/redaction/secrets';\nexport const f = (error: unknown): string => `no: ${textOf(error)}`;",
  'a message of something else': 'export const f = (event: { readonly message: string }): string => event.message;',
  'a number': 'export const f = (count: number): string => `${count} ${String(count)}`;',
  'its code': 'export const f = (error: NodeJS.ErrnoException): unknown => error.code;',
};

describe('the lint rule that keeps the text of others out', function () {
  this.timeout(120_000);
  // A file of the project, so that types are available; the text is that of the test.
  const file = path.join(ROOT, 'src/ui/common/plainMessage.ts');
  // Only that file and its imports: reading the types of the whole repository takes ten times as long.
  const parserOptions = {
    projectService: false,
    project: path.join(import.meta.dirname, 'tsconfig.plainMessage.json'),
    // With the variable CI, the parser would otherwise use the types of the file on disk instead of the given text's.
    disallowAutomaticSingleRunInference: true,
  };
  const eslint = new ESLint({ cwd: ROOT, overrideConfig: { languageOptions: { parserOptions } } });

  const complaints = async (code: string): Promise<number> => {
    const messages = (await eslint.lintText(code, { filePath: file })).flatMap((result) => result.messages);
    assert.deepEqual(
      messages.filter(({ fatal }) => fatal === true),
      [],
    );
    return messages.filter(({ ruleId }) => ruleId === RULE).length;
  };

  for (const [name, code] of Object.entries(REFUSED)) {
    it(`refuses ${name}`, async () => {
      assert.equal(await complaints(code), 1);
    });
  }

  for (const [name, code] of Object.entries(ALLOWED)) {
    it(`allows ${name}`, async () => {
      assert.equal(await complaints(code), 0);
    });
  }

  it('holds for all of the sources but those that redact', async () => {
    const severity = async (name: string): Promise<unknown> => {
      const config = (await eslint.calculateConfigForFile(path.join(ROOT, name))) as {
        rules?: Record<string, readonly unknown[]>;
      };
      return config.rules?.[RULE]?.[0];
    };
    assert.equal(await severity('src/extension.ts'), 2);
    assert.equal(await severity('src/core/rpc/rpcErrors.ts'), 2);
    assert.equal(await severity('src/core/redaction/secrets.ts'), undefined);
    assert.ok(readFileSync(path.join(ROOT, 'src/core/redaction/secrets.ts'), 'utf8').includes('textOf'));
  });
});
