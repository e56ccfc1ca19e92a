import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Git, gitEnvironment } from '../../../src/git/git';
import { thisPlatform } from '../../../src/runtime/platform/platform';
import { useRealGit, type RealGit } from '../../support/realGit';

describe('Git in a working tree', function () {
  let real: RealGit;
  let marker: string;

  useRealGit((found) => {
    real = found;
    marker = path.join(path.dirname(real.root), 'ran');
    real.run(['init', '--quiet']);
    real.write('a', 'a\n');
    real.commit();
  });

  const open = (root = real.root, more: { command?: string; strangers?: readonly string[] } = {}): Git | undefined =>
    Git.open(root, { command: real.command, strangers: [], host: real.host, ...more });
  const git = (root = real.root): Git => {
    const opened = open(root);
    assert.ok(opened !== undefined);
    return opened;
  };

  it('is opened only as a program that may be run, in a folder with an absolute path', () => {
    assert.equal(open()?.root, real.root);
    assert.ok(open(real.root, { command: 'git' }) !== undefined, 'from the PATH');
    assert.equal(open('relative'), undefined);
    assert.equal(open(real.root, { command: 'bin/git' }), undefined);
    assert.equal(open(real.root, { strangers: [path.dirname(real.command)] }), undefined);
    assert.equal(open(real.root, { command: 'git', strangers: ['/'] }), undefined);
  });

  it('has output, exit code and errors of each call', async () => {
    assert.equal(await git().text({ args: ['rev-parse', '--show-toplevel'] }), real.root);
    const end = await git().run({ args: ['rev-parse', '--verify', 'nowhere'] });
    assert.ok(end.kind === 'exited');
    assert.equal(end.code, 128);
    assert.match(end.errors, /^fatal: Needed a single revision/);
    assert.equal(await git().text({ args: ['rev-parse', '--verify', 'nowhere'] }), undefined);
    assert.equal(
      await git().text({ args: ['hash-object', '--stdin'], input: 'a\n' }),
      real.run(['rev-parse', ':a']).trim(),
    );
  });

  it('has text without its last line end only', async () => {
    real.write('lines', 'one\n\n');
    real.commit();
    assert.equal(await git().text({ args: ['show', 'HEAD:lines'] }), 'one\n');
  });

  it('is killed when a call is cancelled, and has no more output than was asked for', async () => {
    const cancelled = AbortSignal.abort();
    assert.deepEqual(await git().run({ args: ['status'], signal: cancelled }), { kind: 'cancelled' });
    assert.deepEqual(await git().run({ args: ['show', 'HEAD:a'], maxBytes: 1 }), { kind: 'wrote-too-much' });
    assert.deepEqual(await git().run({ args: ['show', 'HEAD:a\0'] }), { kind: 'not-started' });
  });

  it('does not take a folder for one of the repository around it', async () => {
    mkdirSync(path.join(real.root, 'inner'), { recursive: true });
    assert.equal(await git(path.join(real.root, 'inner')).text({ args: ['rev-parse', 'HEAD'] }), undefined);
    const other = git().at(path.join(real.root, 'inner'));
    assert.equal(await other.text({ args: ['rev-parse', 'HEAD'] }), undefined);
  });

  it('has paths as they are, without colours', async () => {
    real.write('ä', 'x\n');
    real.commit();
    real.run(['config', 'color.ui', 'always']);
    assert.match((await git().text({ args: ['ls-files'] })) ?? '', /^ä$/m);
    const log = await git().text({ args: ['log', '--oneline'] });
    assert.ok(log?.includes('A change') === true && !log.includes('\u001b'));
    real.run(['config', '--unset', 'color.ui']);
  });

  const script = (file: string, text: string): string => {
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  it('runs hooks of the repository only in calls that may change it', async () => {
    script(path.join(real.root, '.git/hooks/reference-transaction'), `echo "$1" >> ${marker}`);
    const update = ['update-ref', 'refs/heads/topic', 'HEAD'];
    assert.equal(await git().text({ args: update }), '');
    assert.ok(!existsSync(marker));
    assert.equal(await git().text({ args: [...update.slice(0, 1), 'refs/heads/other', 'HEAD'], changes: true }), '');
    assert.match(readFileSync(marker, 'utf8'), /committed/);
  });

  it('does not reach out: neither over the network nor to other folders', async () => {
    const url = `file://${real.root}`;
    const end = await git().run({ args: ['ls-remote', url] });
    assert.ok(end.kind === 'exited' && end.code !== 0);
    assert.match(end.errors, /transport 'file' not allowed/);
    assert.ok(await git().text({ args: ['ls-remote', url], changes: true }));
  });

  it('leaves the index as it is when it only reads', async () => {
    const index = path.join(real.root, '.git/index');
    const before = readFileSync(index);
    real.write('a', 'a\n');
    assert.equal(await git().text({ args: ['status', '--porcelain'] }), '');
    assert.deepEqual(readFileSync(index), before);
  });

  it('is told nothing about repositories and programs by the environment, but the configuration', () => {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/home/octo',
      ...{ GIT_DIR: '/x', GIT_WORK_TREE: '/x', GIT_INDEX_FILE: '/x', GIT_SSH_COMMAND: 'x', GIT_EXTERNAL_DIFF: 'x' },
      ...{ GIT_CONFIG_GLOBAL: '/c', GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'a.b', GIT_CONFIG_VALUE_0: 'c' },
      ...{ GIT_CONFIG_PARAMETERS: "'a.b=c'", GH_TOKEN: 'secret', COPILOT_SDK_AUTH_TOKEN: 'secret' },
    };
    const names = Object.keys(gitEnvironment({ ...thisPlatform(), env })).filter((name) => /GIT|TOKEN/.test(name));
    assert.deepEqual(names.sort(), [
      ...['GIT_CONFIG_COUNT', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0'],
    ]);
  });
});
