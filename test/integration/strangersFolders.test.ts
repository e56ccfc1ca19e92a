import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { Command, Setting } from '../../src/manifest';
import { eventually } from '../support/eventually';
import { useRealRuntime } from '../support/realRuntimeSuite';

/**
 * In this VS Code: its open folder contains a program with the runtime's name, and PATH includes that folder.
 * (`test/e2e/runtime/strangersFolders.test.ts` tests programs of all names: here VS Code's own extensions would start
 * them.)
 */
describe('the folder that is open', () => {
  const suite = useRealRuntime({});
  const inherited = process.env['PATH'] ?? '';
  let opened: string;
  let marks: string;

  before(async function () {
    if (process.platform !== 'linux') {
      // A process's environment is read from /proc.
      this.skip();
    }
    const [workspace] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(workspace);
    opened = path.join(workspace.uri.fsPath, 'hostile');
    marks = path.join(suite.folder, 'marks');
    await mkdir(opened);
    await mkdir(marks);
    await mkdir(path.join(opened, 'bin'));
    const program = `#!/bin/sh\n: > '${path.join(marks, 'copilot')}'\n`;
    await writeFile(path.join(opened, 'bin', 'copilot'), program, { mode: 0o755 });
    await symlink(path.join(opened, 'bin'), path.join(suite.folder, 'link'));
    process.env['PATH'] = [path.join(opened, 'bin'), path.join(suite.folder, 'link'), '.', '', './bin', inherited].join(
      ':',
    );
  });

  after(async () => {
    process.env['PATH'] = inherited;
    await rm(opened, { recursive: true, force: true });
  });

  it('gives no program to the runtime, which runs in a folder of ours', async () => {
    await vscode.commands.executeCommand(Command.restartRuntime);
    const report = await vscode.commands.executeCommand<string>(Command.diagnose, 'silently');
    const [, pid = ''] = /Runtime state: running \(process (\d+)\)/.exec(report) ?? [];
    assert.ok(pid, report);
    const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
    const folders =
      variables
        .find((variable) => variable.startsWith('PATH='))
        ?.slice('PATH='.length)
        .split(':') ?? [];
    assert.ok(folders.length > 0);
    assert.deepEqual(
      folders.filter((folder) => !path.isAbsolute(folder) || folder.startsWith(opened) || folder.includes('/link')),
      [],
    );
    assert.match(await readlink(`/proc/${pid}/cwd`), /\/globalStorage\/cloudsessions\.cloud-sessions\/cwd$/);
    assert.deepEqual(await readdir(marks), []);
  });

  it('gives nothing to the terminal in which the user signs in', async function () {
    if (!hasTerminals()) {
      this.skip();
    }
    const seen = path.join(suite.folder, 'seen');
    const program = path.join(suite.folder, 'login');
    await writeFile(
      program,
      `#!/bin/sh\n[ "$1" = login ] || exit 1\n{ pwd; env; echo "$*"; } > '${seen}.part'\nmv '${seen}.part' '${seen}'\n`,
      {
        mode: 0o755,
      },
    );
    await vscode.workspace.getConfiguration().update(Setting.runtimePath, program, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand(Command.signIn);
    const text = await eventually('what the terminal has', () => readFile(seen, 'utf8').catch(() => ''), Boolean);
    const [cwd = '', ...lines] = text.trim().split('\n');
    assert.match(cwd, /\/globalStorage\/cloudsessions\.cloud-sessions\/cwd$/);
    assert.equal(lines.at(-1), 'login');
    const valueOf = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    const folders = valueOf('PATH')?.split(':') ?? [];
    assert.ok(folders.length > 0);
    assert.deepEqual(
      folders.filter((folder) => !path.isAbsolute(folder) || folder.startsWith(opened)),
      [],
    );
    // The editor and its terminals have the variable; the runtime does not need it.
    assert.ok(process.env['CLOUD_SESSIONS_REPOSITORY']);
    assert.equal(valueOf('CLOUD_SESSIONS_REPOSITORY'), undefined);
  });

  it('is not searched for a runtime', async () => {
    await vscode.workspace.getConfiguration().update(Setting.runtimePath, undefined, vscode.ConfigurationTarget.Global);
    await Promise.resolve(vscode.commands.executeCommand(Command.restartRuntime)).catch(() => undefined);
    const report = await vscode.commands.executeCommand<string>(Command.diagnose, 'silently');
    assert.ok(!report.includes(`${opened}/bin/copilot\` (`), report);
    assert.deepEqual(await readdir(marks), []);
  });
});

/** The oldest served VS Code was published without its native module. */
function hasTerminals(): boolean {
  const module = path.join(vscode.env.appRoot, 'node_modules/node-pty');
  const native = ['build/Release', `prebuilds/${process.platform}-${process.arch}`];
  return !existsSync(module) || native.some((folder) => existsSync(path.join(module, folder, 'pty.node')));
}
