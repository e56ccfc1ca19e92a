import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runToEnd, runTool, type ToolRun } from '../../../../src/runtime/platform/tool';
import { eventually } from '../../../support/eventually';
import { isRunning } from '../../../support/processes';

const LONG = 60_000;

describe('a program that is run to its end', function () {
  let folder: string;

  before(function () {
    if (process.platform === 'win32') {
      console.log('      skipped: there is no POSIX shell');
      this.skip();
    }
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tool-')));
  });

  after(() => folder && rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  /** Runs a script of the shell. */
  const sh = (script: string, more: Partial<ToolRun> = {}): ToolRun => ({
    command: '/bin/sh',
    args: ['-c', script],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: folder,
    patience: LONG,
    maxBytes: 1024 * 1024,
    ...more,
  });
  /** The processes that were started by the test. */
  const started: (() => number)[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) {
      if (child() !== 0 && isRunning(child())) {
        process.kill(child(), 'SIGKILL');
      }
    }
  });

  /** A script that starts a child, and then does this. `child` is its process, 0 before it runs. */
  let files = 0;
  const withChild = (after: string): { readonly script: string; readonly child: () => number } => {
    const file = path.join(folder, `child-${++files}`);
    const child = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
    started.push(child);
    return { script: `sleep 600 & echo $! > ${file}.new; mv ${file}.new ${file}; ${after}`, child };
  };
  const isGone = (child: () => number) => eventually('its child is gone', () => !isRunning(child()), Boolean);

  it('has its output, its exit code and the end of its errors', async () => {
    const end = await runToEnd(sh('printf "a\\000b"; echo wrong >&2; exit 3'));
    assert.ok(end.kind === 'exited');
    assert.deepEqual([end.code, end.output.toString('latin1'), end.errors], [3, 'a\0b', 'wrong\n']);

    const much = await runToEnd(sh('i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 1'));
    assert.ok(much.kind === 'exited');
    assert.ok(much.errors.endsWith('line 2999\n') && much.errors.length <= 16 * 1024);
  });

  it('gets its arguments, its folder and its environment, and no others', async () => {
    const run = sh('', {
      args: ['-c', 'printf "%s|" "$@"; pwd; env', 'sh', 'a b', '$HOME', '*'],
      env: { ONLY: 'this' },
    });
    const output = (await runTool(run)) ?? '';
    assert.ok(output.startsWith(`a b|$HOME|*|${folder}\n`), output);
    assert.match(output, /^ONLY=this$/m);
    assert.doesNotMatch(output, /^HOME=/m);
  });

  it('gets its input, also more than fits into a pipe, as text or bytes', async () => {
    const text = 'ä\n'.repeat(300_000);
    assert.equal(await runTool(sh('cat', { input: text, maxBytes: 10_000_000 })), text);
    assert.equal(await runTool(sh('cat', { input: Buffer.from('bytes') })), 'bytes');
    assert.equal(await runTool(sh('cat; echo end')), 'end\n', 'without input, it reads nothing');
  });

  it('may end without having read its input', async () => {
    assert.equal(await runTool(sh('exec 0<&-; echo done', { input: 'x'.repeat(1_000_000) })), 'done\n');
  });

  it('that fails has no text', async () => {
    assert.equal(await runTool(sh('echo output; exit 1')), undefined);
  });

  it('that cannot be started says so, and rejects nothing', async () => {
    const missing = { command: path.join(folder, 'missing') };
    const impossible: readonly Partial<ToolRun>[] = [
      missing,
      { command: folder },
      { cwd: path.join(folder, 'missing') },
      { args: ['a\0b'] },
      { args: ['x'.repeat(3_000_000)] },
      { ...missing, input: 'x'.repeat(1_000_000) },
      { ...missing, signal: new AbortController().signal },
    ];
    for (const more of impossible) {
      assert.deepEqual(await runToEnd(sh('', more)), { kind: 'not-started' }, Object.keys(more).join());
    }
  });

  it('that writes too much is killed with its children', async () => {
    const { script, child } = withChild('while :; do echo more; done');
    assert.deepEqual(await runToEnd(sh(script, { maxBytes: 10_000 })), { kind: 'wrote-too-much' });
    await isGone(child);
    const exact = await runToEnd(sh('printf 12345', { maxBytes: 5 }));
    assert.equal(exact.kind, 'exited', 'as much as is allowed is not too much');
  });

  it('that takes too long is killed with its children', async () => {
    const { script, child } = withChild('wait');
    // The child is there when the time is up, however slow this machine is.
    const run = async (patience: number): Promise<void> => {
      assert.deepEqual(await runToEnd(sh(script, { patience })), { kind: 'took-too-long' });
      if (child() === 0) {
        await run(2 * patience);
      }
    };
    await run(500);
    await isGone(child);
  });

  it('that is cancelled is killed with its children, and is not even started if that was before', async () => {
    const { script, child } = withChild('wait');
    const cancellation = new AbortController();
    const end = runToEnd(sh(script, { signal: cancellation.signal }));
    await eventually('it runs', () => child() !== 0, Boolean);
    cancellation.abort();
    assert.deepEqual(await end, { kind: 'cancelled' });
    await isGone(child);

    const marker = path.join(folder, 'started');
    const later = sh(`touch ${marker}`, { signal: cancellation.signal });
    assert.deepEqual(await runToEnd(later), { kind: 'cancelled' });
    assert.ok(!existsSync(marker));
  });

  it('leaves nothing at the signal when it has ended', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counting = {
      aborted: false,
      addEventListener: (...args: Parameters<AbortSignal['addEventListener']>) => {
        listeners++;
        signal.addEventListener(...args);
      },
      removeEventListener: (...args: Parameters<AbortSignal['removeEventListener']>) => {
        listeners--;
        signal.removeEventListener(...args);
      },
    } as unknown as AbortSignal;
    for (const more of [{}, { command: path.join(folder, 'missing') }, { maxBytes: 0 }]) {
      await runToEnd(sh('echo x', { ...more, signal: counting }));
      assert.equal(listeners, 0);
    }
  });

  it('that somebody else has killed has no exit code', async () => {
    const end = await runToEnd(sh('kill -9 $$'));
    assert.ok(end.kind === 'exited');
    assert.equal(end.code, null);
  });

  describe('whose child holds its output open', () => {
    it('and that failed, is over without the child', async () => {
      const { script } = withChild('echo last words >&2; exit 7');
      const end = await runToEnd(sh(script));
      assert.ok(end.kind === 'exited');
      assert.deepEqual([end.code, end.errors], [7, 'last words\n']);
    });

    it('and that succeeded, is waited for: the child may write the rest', async () => {
      const go = path.join(folder, 'go');
      const script = `(while [ ! -e ${go} ]; do sleep 0.02; done; echo rest) & echo first; touch ${go}.ready`;
      const end = runTool(sh(script));
      await eventually('it has ended', () => existsSync(`${go}.ready`), Boolean);
      await runTool(sh(`touch ${go}`));
      assert.equal(await end, 'first\nrest\n');
    });

    it('and that succeeded, but whose child goes on, takes too long', async () => {
      const { script } = withChild('exit 0');
      assert.deepEqual(await runToEnd(sh(script, { patience: 1_000 })), { kind: 'took-too-long' });
    });
  });
});
