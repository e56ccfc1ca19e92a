import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { EMPTY_STATE, type PersistedState } from '../../../src/core/store/persistedState';
import { DiskTrouble } from '../../../src/storage/diskHealth';
import { realFiles, type Files } from '../../../src/storage/files';
import { WindowFile } from '../../../src/storage/windowState';
import type { DamagedState } from '../../../src/storage/windowTakeover';
import { damagedText } from '../../../src/ui/transcripts/damagedText';

const open: Files['open'] = realFiles.open;

function stateOf(...texts: readonly string[]): PersistedState {
  return {
    sessions: texts.map((text, index) => ({
      sessionId: `s${index}`,
      details: { isRemote: true },
      openedAt: new Date(1_000),
      open: true,
      prompts: [{ text, mode: 'enqueue', state: 'queued', transmitted: false, uncertain: false }],
    })),
    creations: [],
    reviews: [],
  };
}

const promptsOf = (state: PersistedState): string[] =>
  state.sessions.flatMap(({ prompts }) => prompts.map(({ text, state: at }) => `${text}: ${at}`));

describe('WindowFile', () => {
  let folder: string;
  let damaged: DamagedState[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'window-'));
    damaged = [];
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const make = (files: Partial<Files> = {}): WindowFile =>
    new WindowFile(
      path.join(folder, 'windows'),
      'harbor',
      { ...realFiles, ...files },
      new DiskTrouble({ failed: () => undefined, recovered: () => undefined }),
      (found) => damaged.push(found),
    );

  /** Opens a window that saves one prompt, then two, and ends. @returns the path of its file */
  async function leave(...states: readonly PersistedState[]): Promise<string> {
    const window = make();
    await window.takeOver();
    for (const state of states) {
      await window.save(state);
    }
    await window.close();
    const name = (await list()).find((found) => found.endsWith('.json'));
    assert.ok(name);
    return path.join(folder, 'windows', name);
  }

  const list = (): Promise<string[]> => readdir(path.join(folder, 'windows'));

  /** Opens the next window, which takes over what it finds and ends. @returns the prompts */
  async function next(files: Partial<Files> = {}): Promise<string[]> {
    const window = make(files);
    const found = await window.takeOver();
    await window.save(found);
    await window.close();
    return promptsOf(found);
  }

  it('is taken over whole, and nothing is said', async () => {
    await leave(stateOf('a'), stateOf('a', 'b'));
    assert.deepEqual(await next(), ['a: queued', 'b: queued']);
    assert.deepEqual(await next(), ['a: queued', 'b: queued']);
    assert.deepEqual(damaged, []);
    assert.equal((await list()).filter((name) => name.endsWith('.json')).length, 1);
  });

  const DAMAGE: readonly (readonly [string, (file: string) => Promise<unknown>, RegExp])[] = [
    ['is empty', (file) => truncate(file, 0), /it is empty/],
    ['is all zero', async (file) => writeFile(file, Buffer.alloc((await readFile(file)).length)), /zeros/],
    ['is cut off', async (file) => truncate(file, (await readFile(file)).length >> 1), /cut off or garbled/],
    [
      'ends in zeros',
      async (file) => writeFile(file, Buffer.concat([(await readFile(file)).subarray(0, 40), Buffer.alloc(99)])),
      /garbled/,
    ],
    ['is no JSON', (file) => writeFile(file, 'Ahoy'), /garbled/],
    ['is other JSON', (file) => writeFile(file, '[]'), /no known version/],
    ['has an impossible version', (file) => writeFile(file, '{"version":"1"}'), /no known version/],
    ['is a folder', async (file) => (await rm(file), mkdir(file)), /it is a folder/],
  ];
  for (const [what, damage, reason] of DAMAGE) {
    it(`that ${what} is told of and kept aside, and what it was before its last change is there, unsent`, async () => {
      await damage(await leave(stateOf('a'), stateOf('a', 'b')));
      assert.deepEqual(await next(), ['a: undelivered']);
      assert.deepEqual(
        damaged.map(({ outcome }) => outcome),
        ['restored'],
      );
      assert.match(damaged[0]?.reason ?? '', reason);
      assert.ok((await list()).includes(path.basename(damaged[0]?.file ?? '')), 'it is where it is said to be');
      assert.match(damagedText(damaged[0]!), reason);
      assert.deepEqual(await next(), ['a: undelivered']);
      assert.equal(damaged.length, 1, 'once');
    });

    it(`that ${what}, and was never changed, is told of as lost`, async () => {
      await damage(await leave(stateOf('a')));
      assert.deepEqual(await next(), []);
      assert.deepEqual(
        damaged.map(({ outcome }) => outcome),
        ['lost'],
      );
      assert.match(damagedText(damaged[0]!), /Send undelivered prompts again/);
      assert.deepEqual(await next(), []);
      assert.equal(damaged.length, 1, 'once');
    });
  }

  it('of which entries cannot be read gives the others, is told of and kept aside', async () => {
    const file = await leave(stateOf('a'), stateOf('a', 'b'));
    const value = JSON.parse(await readFile(file, 'utf8')) as { sessions: { openedAt: unknown }[] };
    value.sessions[0]!.openedAt = 'never';
    await writeFile(file, JSON.stringify(value));
    assert.deepEqual(await next(), ['b: queued']);
    assert.deepEqual(
      damaged.map(({ outcome }) => outcome),
      ['partly'],
    );
    assert.match(await readFile(damaged[0]?.file ?? '', 'utf8'), /never/);
    assert.deepEqual(await next(), ['b: queued']);
    assert.equal(damaged.length, 1);
  });

  it('has what was saved last, in one file, also where that came while the window ended', async () => {
    for (const turns of [0, 1, 2, 3, 5, 8]) {
      const window = make();
      await window.takeOver();
      const saved = [window.save(stateOf('a'))];
      const closing = window.close();
      for (let turn = 0; turn < turns; turn++) {
        await Promise.resolve();
      }
      saved.push(window.save(stateOf('b')), window.save(stateOf('c')));
      await Promise.all([closing, ...saved]);
      const files = (await list()).filter((name) => name.endsWith('.json'));
      assert.deepEqual([files.length, await next()], [1, ['c: queued']], `${turns} turns`);
      await rm(path.join(folder, 'windows'), { recursive: true });
    }
  });

  it('that cannot be read now, or is of a later version, stays where it is, is told of, and is read when it can be', async () => {
    const file = await leave(stateOf('a'), stateOf('a', 'b'));
    const denied = Object.assign(new Error('no'), { code: 'EACCES' });
    const deny = ((name: string, ...rest: []) =>
      name === file ? Promise.reject(denied) : open(name, ...rest)) as typeof open;
    assert.deepEqual(await next({ open: deny }), []);
    assert.deepEqual(
      damaged.map((found) => [found.outcome, found.file]),
      [['left', file]],
    );
    const content = await readFile(file, 'utf8');
    await writeFile(file, content.replace('"version":1', '"version":2'));
    assert.deepEqual(await next(), []);
    assert.match(damaged[1]?.reason ?? '', /later version/);
    await writeFile(file, content);
    assert.deepEqual(await next(), ['a: queued', 'b: queued']);
    assert.equal(damaged.length, 2);
  });

  it('in a folder that cannot be read is told of', async () => {
    await leave(stateOf('a'));
    const readFolder = (): Promise<string[]> => Promise.reject(new Error('EIO: the disk is ill'));
    assert.deepEqual(await next({ readdir: readFolder }), []);
    assert.deepEqual(
      damaged.map(({ outcome, reason }) => `${outcome}: ${reason}`),
      ['left: EIO: the disk is ill'],
    );
    assert.deepEqual(await next(), ['a: queued']);
  });

  it('is whole wherever a window ends while it is written', async () => {
    // From one call on, all calls to the disk stop, as in a power failure.
    for (let lastCall = 0; lastCall < 40; lastCall++) {
      await rm(folder, { recursive: true, force: true });
      damaged = [];
      let calls = 0;
      let isCut = false;
      let tell: () => void = () => undefined;
      const cutOff = new Promise<void>((resolve) => {
        tell = resolve;
      });
      const cut =
        <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
        (...args: A): Promise<R> => {
          isCut ||= calls++ >= lastCall;
          // The call never settles.
          if (isCut) {
            tell();
            return new Promise<R>(() => undefined);
          }
          return call(...args);
        };
      const window = make({
        mkdir: cut(realFiles.mkdir) as Files['mkdir'],
        open: cut(realFiles.open),
        rename: cut(realFiles.rename),
        rm: cut(realFiles.rm),
      });
      let promised: readonly string[] = [];
      const run = async (): Promise<void> => {
        for (const texts of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
          await window.save(stateOf(...texts));
          promised = texts;
        }
      };
      await Promise.race([run(), cutOff]);
      await pass();
      // Rename the files as those of a process that has ended.
      for (const name of await list().catch(() => [])) {
        await rename(
          path.join(folder, 'windows', name),
          path.join(
            folder,
            'windows',
            name.replace(`.${process.pid}-`, '.0-').replace(/-[0-9a-f]{16}-/, '-0123456789abcdef-'),
          ),
        );
      }
      for (const name of await list().catch(() => [])) {
        await rename(
          path.join(folder, 'windows', name),
          path.join(folder, 'windows', name.replace('.0-', '.99999999-')),
        );
      }
      const found = await next();
      for (const text of promised) {
        assert.ok(found.includes(`${text}: queued`), `after ${lastCall} calls: ${promised.join()}; ${found.join()}`);
      }
      assert.deepEqual(damaged, [], `after ${lastCall} calls`);
    }
  });

  it('never loses without a word, whatever bytes are in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(400), async (bytes, at) => {
        damaged = [];
        await rm(folder, { recursive: true, force: true });
        const file = await leave(stateOf('a'), stateOf('a', 'b'));
        const before = await readFile(file);
        const content = Buffer.concat([before.subarray(0, at), bytes]);
        await writeFile(file, content);
        const found = await next();
        const isSame = content.toString().trim() === before.toString().trim();
        assert.ok(isSame || damaged.length === 1, `${found.join()}: ${content.toString()}`);
        assert.ok(found.length > 0);
      }),
      { numRuns: 40 },
    );
  });

  it('writes no file for an empty state', async () => {
    const window = make();
    await window.save(EMPTY_STATE);
    await window.close();
    assert.deepEqual(await list().catch(() => []), []);
  });
});

/** Waits until pending disk operations complete. */
async function pass(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
