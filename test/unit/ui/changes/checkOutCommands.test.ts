import assert from 'node:assert/strict';
import path from 'node:path';
import { execute, fileUri, onMessage, replaceMembers, resetVscode, shown } from '../../../support/vscodeStub';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { Command } from '../../../../src/manifest';
import { CheckOutCommands } from '../../../../src/ui/changes/checkOutCommands';
import { SessionClones } from '../../../../src/ui/changes/sessionClone';
import type { Clone } from '../../../../src/ui/git/clone';
import { NoCloneError } from '../../../../src/ui/git/noClone';
import { eventually } from '../../../support/eventually';
import { sessionRow } from '../../../support/sessionRows';
import { skipWithoutGit, TestRepository } from '../../../support/testRepository';

const BRANCH = 'copilot/add-ships';

describe('checking out a session', function () {
  let repository: TestRepository;
  let row: SessionRow;
  let clones: readonly Clone[];
  let problem: string | undefined;
  /** The branch in the list of sessions once it is read again. */
  let listed: string | undefined;
  let refreshed: number;
  let fetched: string[];
  /** The commands of VS Code that were run, with their arguments. */
  let executed: string[];
  let disposables: { dispose(): unknown }[];

  skipWithoutGit();

  const cloneAt = (isCurrent: boolean, root = repository.root): Clone => ({
    ...{ git: repository.git.at(root), remote: 'origin', root: fileUri(root), isCurrent },
    refresh: () => Promise.resolve(),
    fetch: (branch) => {
      fetched.push(branch);
      return Promise.resolve(problem);
    },
  });

  beforeEach(() => {
    repository = TestRepository.create();
    const base = repository.commit({ 'README.md': 'Harbor\n' });
    repository.run('switch', '--quiet', '--detach');
    const target = repository.commit({ 'README.md': 'Harbor of ships\n' });
    repository.fetched('main', base);
    repository.fetched(BRANCH, target);
    repository.run('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    repository.run('switch', '--quiet', 'main');
    row = sessionRow('a', { repository: 'octo-org/harbor', pushedBranch: BRANCH });
    clones = [cloneAt(true)];
    [problem, listed, refreshed] = [undefined, undefined, 0];
    fetched = [];
    executed = [];
    resetVscode();
    const restore = replaceMembers({
      api: { env: { language: 'en' } },
      commands: {
        executeCommand: (id: string, argument: string | { readonly path: string }) =>
          Promise.resolve(executed.push(`${id} ${typeof argument === 'string' ? argument : argument.path}`)),
      },
    });
    const store = {
      ...{ rows: [row], find: (id: string) => (id === 'a' ? row : undefined) },
      refresh: () => {
        refreshed++;
        row = { ...row, ...(listed === undefined ? {} : { pushedBranch: listed }) };
        return Promise.resolve();
      },
    } as unknown as SessionStore;
    const git = {
      clonesOf: () =>
        clones[0] === undefined
          ? Promise.reject(new NoCloneError('not-open', { owner: 'octo-org', name: 'harbor' }))
          : Promise.resolve(clones as [Clone, ...Clone[]]),
    };
    const found = new SessionClones(git, { current: { host: GitHubHost.dotCom } });
    const commands = new CheckOutCommands(store, found, () => Promise.resolve(undefined));
    disposables = [commands.register(), { dispose: restore }];
  });

  afterEach(() => {
    disposables.forEach((one) => one.dispose());
    resetVscode();
    repository.dispose();
  });

  const branch = (root = repository.root): string => repository.at(root).run('branch', '--show-current');
  const byPerson = async (command: string = Command.checkOut): Promise<void> => {
    await execute(command, { key: 'a' });
    await new Promise((resolve) => setImmediate(resolve));
  };
  const fails = (expected: object, argument: unknown = 'a') =>
    assert.rejects(async () => execute(Command.checkOut, argument), expected);

  it('fetches the branch, and answers with branch and folder', async () => {
    assert.deepEqual(await execute(Command.checkOut, { sessionId: 'a' }), { branch: BRANCH, folder: repository.root });
    assert.deepEqual(fetched, [BRANCH]);
    assert.equal(branch(), BRANCH);
    assert.deepEqual(shown, []);
    assert.deepEqual(executed, []);
  });

  it('makes a worktree for code, and opens it only for a person', async () => {
    const folder = path.join(repository.around, 'harbor-copilot-add-ships');
    const expected = { branch: BRANCH, folder };
    assert.deepEqual(await execute(Command.checkOut, { sessionId: 'a', worktree: true }), expected);
    assert.deepEqual(executed, []);
    assert.deepEqual(await execute(Command.checkOutInWorktree, 'a'), expected);
    await byPerson(Command.checkOutInWorktree);
    assert.deepEqual(executed, [`vscode.openFolder ${folder}`]);
    assert.equal(branch(), 'main');
    assert.equal(branch(folder), BRANCH);
  });

  it('is refused with uncommitted work: code gets the next step, a person the worktree', async () => {
    repository.write('README.md', 'Mine\n');
    const before = repository.snapshot();
    await fails({ obstacle: 'uncommitted', paths: ['README.md'], nextStep: /worktree/ });
    onMessage(({ buttons }) => buttons.find((button) => button === 'Use a Worktree'));
    await byPerson();
    await eventually(
      'the worktree to be opened',
      () => executed.length,
      (count) => count > 0,
    );
    assert.deepEqual(shown[0]?.buttons, ['Use a Worktree', 'Show Changes']);
    assert.match(executed[0] ?? '', /^vscode\.openFolder .*harbor-copilot-add-ships$/);
    assert.deepEqual(repository.files(), { 'README.md': before['README.md'] });
    assert.equal(branch(), 'main');
  });

  it('says so while the agent has pushed nothing, and fetches nothing', async () => {
    for (const pushedBranch of [undefined, 'main', '--force']) {
      row = { ...row, pushedBranch };
      await fails({ code: 'branch-not-found', message: /has pushed no branch/, nextStep: /once the agent/ });
    }
    assert.deepEqual(fetched, []);
  });

  it('reads the list again for a branch that was just pushed, also from a message that is old', async () => {
    row = { ...row, pushedBranch: undefined };
    onMessage(({ buttons, text }) => {
      row = { ...row, pushedBranch: BRANCH };
      return shown.length === 1 && text.includes('no branch')
        ? buttons.find((button) => button === 'Try Again')
        : undefined;
    });
    await byPerson();
    assert.match(shown[0]?.text ?? '', /has pushed no branch/);
    await eventually(
      'it to be checked out',
      () => branch(),
      (now) => now === BRANCH,
    );
    assert.equal(refreshed, 1);
    repository.run('switch', '--quiet', 'main');
    [row, listed] = [{ ...row, pushedBranch: undefined }, BRANCH];
    await execute(Command.checkOut, 'a');
    assert.deepEqual([branch(), refreshed], [BRANCH, 2]);
  });

  it('tells a branch that is not on GitHub from a fetch that failed', async () => {
    problem = `fatal: couldn't find remote ref refs/heads/${BRANCH}`;
    await fails({ code: 'branch-not-found', message: /not on GitHub/ });
    problem = 'fatal: could not read from remote repository';
    await fails({ code: 'request-failed', message: /could not read from remote/, nextStep: /network/ });
    await byPerson();
    assert.deepEqual(shown[0]?.buttons, ['Try Again']);
    assert.equal(branch(), 'main');
  });

  it('offers to clone the repository where it is not open', async () => {
    clones = [];
    await fails({ code: 'repository-not-found', nextStep: /Clone it/ });
    onMessage(() => 'Clone Repository');
    await byPerson();
    assert.deepEqual(shown[0]?.buttons, ['Clone Repository', 'Open on the Web']);
    assert.deepEqual(executed, ['git.clone https://github.com/octo-org/harbor.git']);
  });

  it('lets a person choose between clones of which the user is in none', async () => {
    const other = path.join(repository.around, 'other');
    repository.run('clone', '--quiet', repository.root, other);
    clones = [cloneAt(false, other), cloneAt(false)];
    await fails({ code: 'invalid-argument', message: /Several clones/, nextStep: /Open a file/ });
    const asked: string[] = [];
    replaceMembers({
      window: {
        showQuickPick: (items: readonly { readonly description: string }[]) => {
          asked.push(...items.map(({ description }) => description));
          return Promise.resolve(asked.length === 2 ? items[1] : undefined);
        },
      },
    });
    await byPerson();
    assert.deepEqual(asked, [other, repository.root]);
    assert.equal(branch(), BRANCH);
    repository.run('switch', '--quiet', 'main');
    await byPerson();
    assert.equal(branch(), 'main');
    clones = [cloneAt(false, other), cloneAt(true)];
    await execute(Command.checkOut, 'a');
    assert.equal(branch(), BRANCH);
  });

  it('refuses arguments that are none, and sessions that are none', async () => {
    await fails({ code: 'invalid-argument' }, { sessionId: 'a', worktree: 'yes' });
    await fails({ code: 'session-not-found' }, { sessionId: 'b' });
    row = { ...row, repository: undefined };
    await fails({ code: 'session-not-ready', message: /which repository/ });
  });
});
