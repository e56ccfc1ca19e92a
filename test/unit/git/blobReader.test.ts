import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { MAX_FILE_BYTES, type FileContent } from '../../../src/core/changes/changeSet';
import { BlobReader } from '../../../src/git/blobReader';
import { Git, type GitCall } from '../../../src/git/git';
import { useRealGit, type RealGit } from '../../support/realGit';

function shown(content: FileContent): string {
  return content.kind === 'bytes'
    ? `=${Buffer.from(content.bytes).toString('latin1')}`
    : content.kind === 'omitted'
      ? content.reason
      : content.kind;
}

describe('the blobs of a clone', function () {
  let real: RealGit;
  let git: Git;
  let calls: string[];

  useRealGit((found) => {
    real = found;
    real.run(['init', '--quiet']);
  });

  beforeEach(() => {
    const opened = Git.open(real.root, { command: real.command, strangers: [], host: real.host });
    assert.ok(opened !== undefined);
    calls = [];
    git = Object.assign(Object.create(opened) as Git, {
      run: (call: GitCall) => {
        calls.push(call.args.slice(0, 2).join(' '));
        return opened.run(call);
      },
    });
  });

  const write = (content: string | Uint8Array): string => {
    real.write('file', content);
    return real.run(['hash-object', '-w', 'file']).trim();
  };
  const readAll = async (ids: readonly string[]): Promise<string[]> => {
    const reader = new BlobReader(git);
    return (await Promise.all(ids.map((id) => reader.read(id)))).map(shown);
  };

  it('are read together: two calls for those that are asked for at once, whatever is in them', async () => {
    const contents = ['', '\n', 'a', 'a\n', '\0\r\n\xff', `${'f'.repeat(40)} blob 3\nabc\n`, 'x'.repeat(100_000)];
    const ids = contents.map((content) => write(Buffer.from(content, 'latin1')));
    assert.deepEqual(
      await readAll([...ids, ...ids]),
      [...contents, ...contents].map((content) => `=${content}`),
    );
    assert.deepEqual(calls, ['cat-file --batch-check', 'cat-file --batch']);
  });

  it('are read by one call, if it is one alone', async () => {
    assert.deepEqual(await readAll([write('alone')]), ['=alone']);
    assert.deepEqual(calls, ['cat-file blob']);
  });

  it('are read also if they are asked for while others are', async () => {
    const [first, second] = [write('first'), write('second')];
    const reader = new BlobReader(git);
    const one = reader.read(first);
    await new Promise((resolve) => setImmediate(resolve));
    const other = reader.read(second);
    assert.deepEqual([shown(await one), shown(await other)], ['=first', '=second']);
    assert.equal(shown(await reader.read(first)), '=first');
  });

  it('say each for itself why they are not there', async () => {
    const small = write('small');
    const large = write('y'.repeat(MAX_FILE_BYTES + 1));
    const damaged = write('damaged');
    const after = write('behind it');
    rmSync(path.join(real.root, '.git/objects', damaged.slice(0, 2), damaged.slice(2)));
    assert.deepEqual(await readAll([small, large, damaged, '1'.repeat(40), after]), [
      '=small',
      'This file is too large to be shown here: it has 21 MB.',
      'The clone on this machine does not have this file: it is a partial one.',
      'The clone on this machine does not have this file: it is a partial one.',
      '=behind it',
    ]);
  });

  it('are more than one call gives', async () => {
    const contents = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(15_000_000));
    const read = await readAll(contents.map(write));
    assert.ok(read.every((content, index) => content === `=${contents[index]}`));
    assert.deepEqual(calls, ['cat-file --batch-check', ...Array<string>(3).fill('cat-file --batch')]);
  });
});
