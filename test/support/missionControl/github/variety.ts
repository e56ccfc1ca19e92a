import type { AgentMachine, FileContent } from './agentMachine';

const lines = (count: number, name: string): string =>
  Array.from({ length: count }, (_, index) => `${name} ${index + 1}\n`).join('');
const bytes = (count: number, seed: number): FileContent => ({
  base64: Buffer.from(Array.from({ length: count }, (_, index) => (index * seed) % 256)).toString('base64'),
});

/** More than any diff may have, in lines. */
const HUGE = 'x'.repeat(99).concat('\n').repeat(53_000);

const BEFORE: Readonly<Record<string, FileContent>> = {
  'binary.bin': bytes(3_000, 7),
  'blank.txt': 'a\n\n\n',
  'crlf.txt': 'one\r\ntwo\r\nthree\r\n',
  'deleted.txt': lines(20, 'deleted'),
  'emptied.txt': 'z\n',
  link: { link: 'modified.txt' },
  'mode.sh': lines(3, 'mode'),
  'modified.txt': lines(30, 'modified'),
  'moved.txt': lines(20, 'moved'),
  'moved and edited.txt': lines(20, 'edited'),
  'no newline.txt': 'no newline',
  'quoted "name".txt': 'a\n',
  'type.txt': 'a\n',
  'white space.txt': 'a b\n',
  'ümlaut.txt': 'a\n',
};

const COMMITTED: Readonly<Record<string, FileContent>> = {
  'added.txt': 'added\n',
  'binary.bin': bytes(3_000, 11),
  'blank.txt': 'b\n\n\n',
  'crlf.txt': 'one\r\nTWO\r\nthree\r\n',
  'deleted.txt': null,
  'emptied.txt': '',
  'empty.txt': '',
  link: { link: 'mode.sh' },
  'mode.sh': { text: lines(3, 'mode'), executable: true },
  'modified.txt': lines(30, 'modified').replace('modified 10\n', 'MODIFIED\n'),
  'moved and edited.txt': lines(20, 'edited').replace('edited 3\n', 'EDITED\n'),
  'new link': { link: 'added.txt' },
  'no newline.txt': 'no newline still',
  'quoted "name".txt': 'b\n',
  'type.txt': { link: 'mode.sh' },
  'white space.txt': 'a  b\n',
  'ümlaut.txt': 'b\n',
};

const UNCOMMITTED: Readonly<Record<string, FileContent>> = {
  'modified.txt': lines(30, 'modified').replace('modified 10\n', 'MODIFIED\n').concat('last\n'),
  'folder/untracked.txt': 'u\nv',
  'untracked.bin': bytes(100, 3),
  'untracked crlf.txt': 'x\r\ny\r\n',
  'untracked empty.txt': '',
  'untracked huge.txt': HUGE,
  'untracked link': { link: 'added.txt' },
  'untracked dangling': { link: 'nowhere' },
  'untracked.sh': { text: 'exit\n', executable: true },
  'untracked ü".txt': 'ü\n\n',
};

/** The commit of a submodule that nobody has fetched. */
const SUBMODULE = '5c3ad1ad2b0f18d977d4caaf7ec53607d47630fd';

/**
 * Has an agent make changes of every kind: some committed, some staged, some only on its disk. Their base is a commit of
 * its own on the default branch.
 */
export async function makeVariety(agent: AgentMachine): Promise<void> {
  const { defaultBranch } = agent.repository;
  await agent.edit(BEFORE);
  await agent.commit('Begin with files of all kinds');
  await agent.run(['push', '--quiet', 'origin', `HEAD:refs/heads/${defaultBranch}`]);

  await agent.edit(COMMITTED);
  await agent.rename('moved.txt', 'moved to.txt');
  await agent.rename('moved and edited.txt', 'folder/moved.txt');
  await agent.run(['add', '--all']);
  await agent.run(['update-index', '--add', '--cacheinfo', `160000,${SUBMODULE},submodule`]);
  await agent.run(['commit', '--quiet', '--message', 'Change files of all kinds']);
  await agent.push();

  await agent.edit({ 'staged.txt': 'staged\n', 'added.txt': 'added\nline\n' });
  await agent.rename('mode.sh', 'staged mode.sh');
  await agent.run(['add', '--', 'staged.txt', 'added.txt', 'mode.sh', 'staged mode.sh']);
  await agent.edit(UNCOMMITTED);
  await agent.edit({ 'emptied.txt': null });
  // What is left is the empty folder of the submodule.
  await agent.edit({ 'submodule/file': '' });
  await agent.edit({ 'submodule/file': null });
}
