import { readdirSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { CountingReporter } from '../support/countingReporter';

/**
 * The entry point in VS Code's extension host, with the extension under test installed: runs all bundled suites beside
 * this file.
 *
 * `CLOUD_SESSIONS_TEST_GREP` selects tests by name, `CLOUD_SESSIONS_TEST_FILES` their files (names separated by
 * commas). `CLOUD_SESSIONS_TEST_LINE` marks the output of the tests, to tell it from other output of the extension
 * host.
 *
 * @throws {Error} if a test failed
 */
export async function run(): Promise<void> {
  process.setSourceMapsEnabled(true);
  markOutput(process.env['CLOUD_SESSIONS_TEST_LINE']);
  const grep = process.env['CLOUD_SESSIONS_TEST_GREP'];
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 120_000,
    reporter: CountingReporter,
    ...(grep === undefined ? {} : { grep }),
  });
  const chosen = (process.env['CLOUD_SESSIONS_TEST_FILES'] ?? '').split(',').filter((file) => file !== '');
  for (const file of readdirSync(__dirname).sort()) {
    if (file.endsWith('.test.js') && (chosen.length === 0 || chosen.includes(file))) {
      mocha.addFile(path.join(__dirname, file));
    }
  }
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) {
    throw new Error(`${failures} failed.`);
  }
}

/**
 * Marks only Mocha's output: the extension host does not allow replacing `console.log`, so what suites print is
 * unmarked.
 */
function markOutput(mark: string | undefined): void {
  if (mark !== undefined) {
    Mocha.reporters.Base.consoleLog = (...values: readonly unknown[]) =>
      console.log(
        format(...values)
          .split('\n')
          .map((line) => mark + line)
          .join('\n'),
      );
  }
}
