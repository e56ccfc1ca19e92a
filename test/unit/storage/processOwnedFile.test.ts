import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionStore } from '../../../src/core/store/sessionStore';
import { newFileName, ownershipOf, parseFileName } from '../../../src/storage/processOwnedFile';
import { SessionPersistence } from '../../../src/storage/sessionPersistence';

const PLATFORM = process.platform;

/** What systems know of a process. `elsewhere`: each window is in a container of its own. */
const SYSTEMS = [
  { name: 'the start of a process is known', platform: PLATFORM, elsewhere: false, length: 0 },
  { name: 'it is not known', platform: 'darwin', elsewhere: false, length: 0 },
  { name: 'it is not known, and the path is too long for a socket', platform: 'darwin', elsewhere: false, length: 90 },
  { name: 'the window is in another container', platform: PLATFORM, elsewhere: true, length: 0 },
  { name: 'the window is in another container, and the path is long', platform: PLATFORM, elsewhere: true, length: 90 },
] as const;

/** Opens the next window of the workspace, and returns what it finds. */
async function openWindow(folder: string): Promise<{ prompts: string[] | undefined; close: () => Promise<void> }> {
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
  const persistence = new SessionPersistence(store, {
    folder,
    workspace: 'harbor',
    bounds: () => ({ maxAgeDays: 30, maxSizeMB: 200 }),
    disk: { failed: () => undefined, recovered: () => undefined },
    warn: () => undefined,
  });
  await persistence.restore();
  const prompts = store.getSession('s1')?.outbox.pending.map(({ text, state }) => `${text}: ${state}`);
  const close = async (): Promise<void> => {
    await persistence.close();
    store.dispose();
  };
  return { prompts, close };
}

async function look(folder: string): Promise<string[] | undefined> {
  const { prompts, close } = await openWindow(folder);
  await close();
  return prompts;
}

describe('files of windows', function () {
  before(function () {
    if (PLATFORM === 'win32') {
      this.skip();
    }
  });

  for (const { name, platform, elsewhere, length } of SYSTEMS) {
    describe(`where ${name}`, () => {
      let root: string;
      let folder: string;
      let stranger: ChildProcess;
      const children: ChildProcess[] = [];

      beforeEach(async () => {
        Object.defineProperty(process, 'platform', { value: platform });
        root = await mkdtemp(path.join(tmpdir(), 'owned-'));
        folder = path.join(root, 'x'.repeat(length));
        await mkdir(folder, { recursive: true });
        stranger = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
        children.push(stranger);
      });

      afterEach(async () => {
        Object.defineProperty(process, 'platform', { value: PLATFORM });
        for (const child of children.splice(0)) {
          const exited = once(child, 'exit');
          if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) {
            await exited;
          }
        }
        await rm(root, { recursive: true, force: true, maxRetries: 5 });
      });

      const said = (child: ChildProcess, word: string): Promise<void> =>
        new Promise((resolve, reject) => {
          child.stdout?.on('data', (chunk: Buffer) => chunk.toString().includes(word) && resolve());
          child.once('exit', () => reject(new Error(`It ended before it said ${word}.`)));
        });

      async function startWindow(): Promise<ChildProcess> {
        const script = path.resolve(__dirname, '../../support/windowOwner.ts');
        // Linux gives the start of a process in units of 10 ms. Real processes with the same id never share one.
        await delay(50);
        const child = spawn(process.execPath, ['--require', 'tsx/cjs', script, platform, folder], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        children.push(child);
        await said(child, 'ready');
        if (elsewhere) {
          await renameAll(/^(.*?\.\d+-[0-9a-z]+)-[0-9a-f]{8}-/, '$1-00000000-');
        }
        return child;
      }

      async function renameAll(pattern: RegExp, to: string): Promise<void> {
        for (const part of ['windows', 'transcripts']) {
          for (const file of await readdir(path.join(folder, part)).catch(() => [])) {
            await rename(path.join(folder, part, file), path.join(folder, part, file.replace(pattern, to)));
          }
        }
      }

      async function killAndReuse(child: ChildProcess): Promise<void> {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
        await renameAll(new RegExp(`\\.${child.pid}-`), `.${stranger.pid}-`);
      }

      it('are left to a window that lives, also while it is suspended', async () => {
        const child = await startWindow();
        assert.equal(await look(folder), undefined);
        child.kill('SIGSTOP');
        assert.equal(await look(folder), undefined);
        assert.equal(await look(folder), undefined, 'however often it is asked');
        child.kill('SIGCONT');
        assert.equal(await look(folder), undefined);
      });

      it('are taken over from one that was killed, though another process has its number, by one window only', async () => {
        await killAndReuse(await startWindow());
        const windows = await Promise.all([openWindow(folder), openWindow(folder), openWindow(folder)]);
        const found = windows.flatMap(({ prompts }) => prompts ?? []);
        await Promise.all(windows.map(({ close }) => close()));
        assert.deepEqual(found, ['Paint the ship: queued']);
        assert.deepEqual(await look(folder), ['Paint the ship: queued'], 'and from it by the next');
      });

      it('are taken over at once from one that has closed them and still runs', async () => {
        const child = await startWindow();
        const closed = said(child, 'closed');
        child.stdin?.write('close\n');
        await closed;
        assert.deepEqual(await look(folder), ['Paint the ship: queued']);
        assert.equal(child.exitCode, null);
      });
    });
  }

  it('of which nothing can be known are taken over, and nothing of them is sent by itself', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'owned-'));
    const first = await openWindow(folder);
    await first.close();
    const prompt = { id: 'p1', text: 'Paint the ship', mode: 'enqueue', state: 'queued' };
    const content = {
      version: 1,
      sessions: [{ sessionId: 's1', details: { isRemote: true }, openedAt: new Date(), open: true, prompts: [prompt] }],
      creations: [],
      reviews: [],
    };
    const stranger = String(process.ppid);
    const current = newFileName('harbor', 'json');
    const names = [
      // The name that 0.1.0 used where the start of a process is not known.
      `harbor.${stranger}-0-01234567.json`,
      // The name of another machine's file.
      current.replace(
        /\.\d+-[0-9a-z]+-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{16}-/,
        `.${stranger}-abc-00000000-00000000-0123456789abcdef-`,
      ),
    ];
    for (const name of names) {
      await mkdir(path.join(folder, 'windows'), { recursive: true });
      await writeFile(path.join(folder, 'windows', name), JSON.stringify(content));
      assert.deepEqual(await look(folder), ['Paint the ship: undelivered'], name);
      await rm(path.join(folder, 'windows'), { recursive: true });
    }
    await rm(folder, { recursive: true });
  });

  it('of this process are its own as long as they are claimed, and an earlier process of its number is another', async () => {
    const own = parseFileName(newFileName('s1', 'json'));
    assert.ok(own?.owner);
    assert.equal(await ownershipOf('/nowhere/windows', own), 'gone');
    const earlier = { ...own, owner: { ...own.owner, token: '0123456789abcdef' } };
    assert.equal(await ownershipOf('/nowhere/windows', earlier), 'gone');
  });
});
