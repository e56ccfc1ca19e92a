import { readdirSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { CountingReporter } from '../support/countingReporter';

/**
 * What VS Code calls in its extension host, with the extension under test installed: runs all suites beside this file
 * (in its bundled form), and rejects if a test failed.
 *
 * `CLOUD_SESSIONS_TEST_GREP` chooses tests by name, `CLOUD_SESSIONS_TEST_FILES` their files: names with commas between. `CLOUD_SESSIONS_TEST_LINE` is a mark for the lines that are ours,
 * where they must be told from all else that the extension host prints.
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

/** Not by replacing `console.log`, which the extension host does not allow: what suites print goes with all the rest. */
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
