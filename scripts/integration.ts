import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { createDemoWorkspace } from '../test/support/demoWorkspace';
import { FAILURES, REPOSITORY } from '../test/support/vscode/paths';
import { ensureVSCode, type Age } from '../test/support/vscode/provision';
import { QUIET, writeSettings } from '../test/support/vscode/settings';
import { start } from './lib/main';

/** Runs the suites of `dist-test/integration` in the newest or oldest VS Code: `newest|oldest [FILE...] [--grep X]`. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { grep: { type: 'string' } } });
  const [first, ...files] = positionals;
  const age: Age = first === 'oldest' ? 'oldest' : 'newest';
  const vscode = await ensureVSCode(age, (line) => console.log(line));
  const served = vscode.kind === 'served';
  const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-'));
  const dataDir = path.join(folder, 'data');
  const workspace = path.join(folder, 'harbor');
  try {
    await mkdir(workspace);
    await createDemoWorkspace(workspace);
    if (!served) {
      await writeSettings(path.join(dataDir, 'User'), QUIET);
    }
    return await runTests({
      vscodeExecutablePath: served ? path.join(REPOSITORY, 'test/support/vscode/launcher.mjs') : vscode.executable,
      extensionDevelopmentPath: REPOSITORY,
      extensionTestsPath: path.join(REPOSITORY, 'dist-test/integration/index.js'),
      extensionTestsEnv: {
        CLOUD_SESSIONS_REPOSITORY: REPOSITORY,
        CLOUD_SESSIONS_TEST_FILES: files.join(),
        ...(values.grep === undefined ? {} : { CLOUD_SESSIONS_TEST_GREP: values.grep }),
      },
      launchArgs: [
        workspace,
        `--user-data-dir=${dataDir}`,
        `--extensions-dir=${path.join(folder, 'extensions')}`,
        ...(served ? [`--vscode=${age}`] : []),
      ],
    });
  } catch (error) {
    await keepLogs(age, dataDir);
    if (error instanceof TestRunFailedError) {
      return error.code ?? 1;
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Copies the logs of the workbench and the extension host of a failed run to where they can be inspected. */
async function keepLogs(age: Age, dataDir: string): Promise<void> {
  const kept = path.join(FAILURES, `integration-${age}`);
  await rm(kept, { recursive: true, force: true });
  await mkdir(kept, { recursive: true });
  for (const name of ['workbench.log', 'data/logs', 'logs']) {
    await cp(path.join(dataDir, name), path.join(kept, name), { recursive: true }).catch(() => undefined);
  }
  console.log(`The logs of this run are in ${kept}`);
}

start(main);
