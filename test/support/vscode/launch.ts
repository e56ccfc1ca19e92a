import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium } from './chromium';
import { ensureServedVSCode } from './provision';
import { VSCodeServer } from './server';

/** Prefix of the lines of the test report, which distinguishes them from other output of the workbench. */
export const TEST_LINE = '\u2063';

const DRIVER_MS = 15 * 60_000;

/**
 * Runs extension tests like the desktop VS Code with the same arguments, in a served VS Code and a Chromium without a
 * window. Resolves with the tests' exit code.
 *
 * In addition to `--extensionDevelopmentPath`, `--extensionTestsPath`, `--user-data-dir` and a folder to open, it
 * accepts `--vscode=newest` or `--vscode=oldest`. It ignores other arguments of the desktop VS Code.
 */
export async function launch(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: 'string' },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      vscode: { type: 'string' },
    },
  });
  const development = String(values.extensionDevelopmentPath);
  const tests = String(values.extensionTestsPath);
  const dataDir = String(values['user-data-dir']);
  const say = (line: string) => console.log(line);
  const logFile = path.join(dataDir, 'workbench.log');
  mkdirSync(dataDir, { recursive: true });

  const vscode = await ensureServedVSCode(values.vscode === 'oldest' ? 'oldest' : 'newest', say);
  const browser = await launchChromium(say);
  try {
    const server = await VSCodeServer.start({
      vscode,
      dataDir,
      // The caller's choice: `runTests` adds the variables of the tests to its own environment.
      baseEnv: { ...process.env, CLOUD_SESSIONS_TEST_LINE: TEST_LINE },
      testDriver: true,
      onLine: (line) => appendFileSync(logFile, `server: ${line}\n`),
    });
    const end = (signal: NodeJS.Signals) =>
      void server.stop().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
    process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end);
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const exitCode = new Promise<number>((resolve, reject) => {
        const fail = (reason: string) => reject(new Error(`${reason} before the tests ended; see ${logFile}`));
        page.on('crash', () => fail('The page crashed'));
        browser.on('disconnected', () => fail('Chromium ended'));
        void server.exited.then(() => fail('The server ended'));
        setTimeout(() => fail(`${DRIVER_MS / 60_000} minutes passed`), DRIVER_MS).unref();
        void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
      });
      await page.exposeFunction('codeAutomationLog', (type: string, values: readonly unknown[]) => {
        for (const line of values.map(String).join(' ').split('\n')) {
          if (line.startsWith(TEST_LINE)) {
            say(line.slice(TEST_LINE.length));
          } else {
            appendFileSync(logFile, `${type}: ${line}\n`);
          }
        }
      });
      const remote = (file: string) => `vscode-remote://${server.authority}${file}`;
      await page.goto(
        server.url(positionals.at(-1) ?? dataDir, [
          ['extensionDevelopmentPath', remote(development)],
          ['extensionTestsPath', remote(tests)],
          ['skipWelcome', 'true'],
        ]),
      );
      return await exitCode;
    } finally {
      await server.stop();
    }
  } finally {
    await browser.close();
  }
}
