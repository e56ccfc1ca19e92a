import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AgentChangeSet } from '../../../../src/core/changes/agentChanges';
import { UnpushedError, wholeFiles } from '../../../../src/core/changes/agentFiles';
import { readWorkspaceDiff } from '../../../../src/core/changes/workspaceDiff';
import { applyChanges, type ApplyResult } from '../../../../src/git/apply/applyChanges';
import { commitChange } from '../../../../src/git/apply/commitChange';
import { baseFilesOf } from '../../../../src/git/gitChanges';
import { truncate, workspaceDiff, type WorkspaceDiff } from '../../../support/missionControl/github/workspaceDiff';
import { skipWithoutGit, TestRepository } from '../../../support/testRepository';

const lines = (count: number, word: string): string =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join('');

/** The files that are changed, in an order in which no file is like another one. */
const BEFORE = {
  'README.md': lines(20, 'harbor'),
  'blank.txt': 'a\n\nb\n',
  'crlf.txt': 'one\r\ntwo\r\n',
  'gone crlf.txt': 'old\r\nfile\r\n',
  'src/moved.ts': lines(30, 'moved'),
  'src/stays.ts': 'stays\n',
  'tool.sh': 'run\n',
};

describe('the whole files of a change on the agent’s machine', function () {
  let repository: TestRepository;
  let agent: TestRepository;

  skipWithoutGit();

  beforeEach(() => {
    repository = TestRepository.create();
    repository.fetched('main', repository.commit(BEFORE));
    const folder = path.join(repository.around, 'agent');
    repository.run('clone', '--quiet', repository.root, folder);
    agent = repository.at(folder);
  });

  afterEach(() => repository.dispose());

  /** Applies what the agent has changed, as its machine answers; `distort` changes the answer on its way. */
  const apply = async (distort: (diff: WorkspaceDiff) => WorkspaceDiff = (diff) => diff): Promise<ApplyResult> => {
    const diff = readWorkspaceDiff(distort(await workspaceDiff(agent.root, 'branch', false)));
    assert(diff !== undefined);
    const { git } = repository;
    const files = baseFilesOf(git, { remote: 'origin', base: 'main', head: 'main' });
    const set = new AgentChangeSet(diff, { base: 'main', head: 'topic' }, files, new Date(0));
    return applyChanges(git, await commitChange(git, await wholeFiles(set)));
  };

  const expectRefused = async (text: RegExp, distort?: (diff: WorkspaceDiff) => WorkspaceDiff): Promise<void> => {
    const before = repository.snapshot();
    const error: unknown = await apply(distort).catch((thrown: unknown) => thrown);
    assert(error instanceof UnpushedError, String(error));
    assert.match(error.message, text);
    assert.match(error.nextStep ?? '', /Ask the agent to push/);
    assert.deepEqual(repository.snapshot(), before);
  };

  const replaced = (from: string, to: string) => (diff: WorkspaceDiff) => ({
    ...diff,
    changes: diff.changes.map((change) => ({ ...change, diff: change.diff.replaceAll(from, to) })),
  });

  it('are applied byte for byte, committed ones and others: added, changed, deleted, renamed, modes and links', async () => {
    agent.write('README.md', BEFORE['README.md'].replace('harbor 7', 'HARBOR 7'));
    agent.write('blank.txt', 'A\n\nb');
    agent.write('tool.sh', 'run\n', 0o755);
    agent.remove('tool.sh');
    agent.write('tool.sh', 'run\n', 0o755);
    agent.remove('gone crlf.txt');
    agent.write('new/empty.txt', '');
    agent.link('link', 'README.md');
    agent.write('lib/.keep', '');
    renameSync(agent.path('src/moved.ts'), agent.path('lib/moved.ts'));
    agent.run('add', '--all');
    agent.run('commit', '--quiet', '--message', 'Work');
    agent.write('untracked.txt', 'new\n\n');
    agent.write('README.md', `${agent.read('README.md')}last\n`);
    const before = repository.snapshot();

    const { files, conflicts, undo } = await apply();
    assert.deepEqual(conflicts, []);
    assert.ok(undo !== undefined);
    assert.deepEqual(repository.files(), agent.files());
    assert.deepEqual([...files].sort(), [
      'README.md',
      'blank.txt',
      'gone crlf.txt',
      'lib/.keep',
      'lib/moved.ts',
      'link',
      'new/empty.txt',
      'src/moved.ts',
      'tool.sh',
      'untracked.txt',
    ]);
    // Neither the index nor a ref is touched.
    const after = repository.snapshot();
    assert.deepEqual([after['(refs)'], after['(index)']], [before['(refs)'], before['(index)']]);
  });

  it('are merged with what was committed here since, and leave all other files alone', async () => {
    agent.write('README.md', BEFORE['README.md'].replace('harbor 15', 'HARBOR 15'));
    renameSync(agent.path('src'), agent.path('lib'));
    agent.run('add', '--all');
    repository.commit({ 'README.md': `mine\n${BEFORE['README.md']}`, 'src/mine.ts': 'mine\n' });
    assert.deepEqual((await apply()).conflicts, []);
    assert.equal(repository.read('README.md'), `mine\n${BEFORE['README.md'].replace('harbor 15', 'HARBOR 15')}`);
    assert.equal(repository.read('src/mine.ts'), 'mine\n');
    assert.equal(repository.read('lib/stays.ts'), 'stays\n');
  });

  it('are a conflict where both sides have changed the same', async () => {
    agent.write('blank.txt', 'theirs\n');
    repository.commit({ 'blank.txt': 'ours\n' });
    const before = repository.files();
    const { files, conflicts } = await apply();
    assert.deepEqual([files, conflicts], [[], ['blank.txt']]);
    assert.deepEqual(repository.files(), before);
  });

  it('are refused where a secret was removed, by the names of the files', async () => {
    agent.write('key.txt', 'the key is ghp_secret\n');
    agent.write('README.md', 'no secret\n');
    await expectRefused(/secret was removed.*: key\.txt$/, replaced('ghp_secret', '[redacted]'));
  });

  it('are refused if they are other bytes than the agent has', async () => {
    agent.write('README.md', BEFORE['README.md'].replace('harbor 3', 'wharf'));
    await expectRefused(/not sent all of these files.*: README\.md$/, replaced('+wharf', '+whale'));
  });

  it('are refused if the machine leaves them out, or reads them as text that they are not', async () => {
    agent.write('blank.txt', 'B\n');
    await expectRefused(/: blank\.txt$/, (diff) => truncate(diff, ['blank.txt']));
    agent.run('checkout', '--quiet', 'blank.txt');
    agent.write('binary.bin', Buffer.from([1, 0, 2]));
    await expectRefused(/: binary\.bin$/);
    agent.write('binary.bin', Buffer.from([0xe4, 0x0a]));
    await expectRefused(/: binary\.bin$/);
    agent.run('add', 'binary.bin');
    await expectRefused(/: binary\.bin$/);
    agent.run('rm', '--quiet', '--force', 'binary.bin');
  });

  it('have the carriage returns that the machine removes: the ids of the blobs tell them', async () => {
    agent.write('crlf.txt', 'one\r\nTWO\r\n');
    agent.write('new crlf.txt', 'new\r\n');
    agent.run('add', '--all');
    assert.deepEqual((await apply()).files, ['crlf.txt', 'new crlf.txt']);
    assert.equal(readFileSync(path.join(repository.root, 'crlf.txt'), 'utf8'), 'one\r\nTWO\r\n');
    assert.equal(readFileSync(path.join(repository.root, 'new crlf.txt'), 'utf8'), 'new\r\n');
  });

  it('are refused if the clone lacks what they were before', async () => {
    agent.write('README.md', 'new\n');
    agent.remove('tool.sh');
    const unknown = (diff: string): string => diff.replace(/^index [0-9a-f]+/m, 'index 0123abc');
    await expectRefused(/: tool\.sh$/, (answer) => ({
      ...answer,
      changes: answer.changes.map((change) =>
        change.path === 'tool.sh' ? { ...change, diff: unknown(change.diff) } : change,
      ),
    }));
  });
});
