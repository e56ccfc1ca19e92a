import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { Rpc } from '../../../../src/core/rpc/methods';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { Git } from '../../../../src/git/git';
import { ChangeSources, type FoundChanges } from '../../../../src/ui/changes/changeSources';
import { eventually } from '../../../support/eventually';
import { ManualTimers } from '../../../support/manualTimers';
import { useRealGit, type RealGit } from '../../../support/realGit';
import { sessionRow } from '../../../support/sessionRows';

const AGENT_PATIENCE_MS = 5_000;
const START = Date.parse('2026-03-04T12:00:00Z');
const NO_CLONE = 'The changes of “Session s1” cannot be read.';
const NOT_WATCHED = 'The agent’s machine can be asked while the session is watched.';

const added = (...paths: readonly string[]) =>
  paths.map((path) => ({ path, changeType: 'added', diff: '@@ -0,0 +1 @@\n+a\n' }));

const noGitHub = (): Promise<never> => Promise.reject(new CloudSessionsError('service-unavailable', 'No GitHub'));

describe('the sources of a session’s changes', function () {
  let real: RealGit;
  let timers: ManualTimers;
  let now: number;
  /** What the agent's machine answers; an error is thrown. */
  let agent: () => Promise<unknown>;
  let asked: number;
  /** The branches that were fetched, in order. */
  let fetched: string[];
  /** What happens when a branch is fetched. */
  let fetch: (branch: string) => string | undefined;
  let hasClone: boolean;
  let version: string | undefined;
  let sources: ChangeSources;

  useRealGit((found) => {
    real = found;
    real.run(['init', '--quiet']);
    real.write('start', 'start\n');
    real.commit();
    real.run(['tag', 'start']);
    real.write('of others', 'x\n');
    real.commit();
    real.run(['tag', 'main-now']);
    real.write('pushed', 'a\n');
    real.commit();
    real.run(['tag', 'topic-now']);
  });

  const push = (branch: string, commit: string): void => {
    real.run(['update-ref', `refs/remotes/origin/${branch}`, commit]);
  };

  beforeEach(() => {
    for (const ref of real.run(['for-each-ref', '--format=%(refname)', 'refs/remotes']).split('\n').filter(Boolean)) {
      real.run(['update-ref', '--no-deref', '-d', ref]);
    }
    push('main', 'main-now');
    push('topic', 'topic-now');
    real.run(['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main']);
    timers = new ManualTimers();
    now = START;
    agent = () => Promise.resolve({ changes: added('pushed', 'unpushed'), isFallback: false, baseBranch: 'main' });
    asked = 0;
    fetched = [];
    fetch = () => undefined;
    hasClone = true;
    version = '1.0.102';
    const git = Git.open(real.root, { command: real.command, strangers: [], host: real.host });
    assert.ok(git !== undefined);
    const clone = {
      ...{ git, remote: 'origin', root: { toString: () => 'file:///work' } as never },
      fetch: (branch: string) => (fetched.push(branch), Promise.resolve(fetch(branch))),
      isCurrent: true,
      refresh: () => Promise.resolve(),
    };
    sources = new ChangeSources(
      {
        cloneOf: () =>
          hasClone
            ? Promise.resolve(clone)
            : Promise.reject(new CloudSessionsError('invalid-argument', 'It is not open here.')),
      },
      { current: {} as never },
      // GitHub does not answer here: what it knows is tested beside its client.
      { repository: noGitHub, compare: noGitHub, readFile: noGitHub },
      timers.create,
      () => new Date(now),
    );
  });

  afterEach(() => assert.equal(timers.pending, 0));

  const watched = (more: Partial<SessionRow> = {}): SessionRow =>
    sessionRow('s1', {
      pushedBranch: 'topic',
      session: {
        ...{ sessionId: 's1', isAttached: true, runtimeVersion: version },
        request: async (method: { read(value: unknown): unknown }) => {
          asked++;
          assert.equal(method, Rpc.workspaceDiff);
          return method.read(await agent());
        },
      } as never,
      ...more,
    });
  const unwatched = (more: Partial<SessionRow> = {}) => watched({ session: undefined, ...more });
  const read = (row: SessionRow, fetches = false): Promise<FoundChanges> => sources.read(row, { fetches });
  const brief = ({ set: { changes } }: FoundChanges) =>
    `${changes.source} ${changes.base}..${changes.head ?? ''}: ${changes.files.map(({ path }) => path).join(' ')}`;
  const refusal = async (row: SessionRow, fetches = false): Promise<CloudSessionsError> => {
    const error = await read(row, fetches).then(
      (found) => brief(found),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof CloudSessionsError, String(error));
    assert.equal(error.code, 'session-not-ready');
    return error;
  };

  describe('are chosen', () => {
    it('by what the agent has beyond what it pushed', async () => {
      const found = await read(watched());
      assert.equal(brief(found), 'agent main..topic: pushed unpushed');
      assert.equal(found.root?.toString(), 'file:///work');
      assert.equal(found.set.changes.readAt.getTime(), START);
      agent = () => Promise.resolve({ changes: added('pushed'), isFallback: false });
      assert.equal(brief(await read(watched())), 'git main..topic: pushed');
    });

    it('without the agent where the session is not watched', async () => {
      assert.equal(brief(await read(unwatched())), 'git main..topic: pushed');
    });

    it('without Git where no clone is open', async () => {
      hasClone = false;
      const found = await read(watched());
      assert.equal(brief(found), 'agent main..topic: pushed unpushed');
      assert.equal(found.root, undefined);
    });

    it('without a clone for a row that names no repository', async () => {
      const found = await read(watched({ repository: undefined }));
      assert.deepEqual([brief(found), found.root], ['agent main..topic: pushed unpushed', undefined]);
    });

    it('without Git where the agent has not pushed a branch of its own', async () => {
      for (const pushedBranch of [undefined, 'main', 'nowhere', '--upload-pack=x', 'a..b']) {
        const found = await read(watched({ pushedBranch }), true);
        assert.equal(found.set.changes.source, 'agent', pushedBranch);
      }
      assert.deepEqual(fetched, ['main', 'nowhere'], 'nothing is fetched that is no branch');
    });

    it('with the branch that was chosen as the base, else the default one', async () => {
      push('release', 'start');
      assert.equal(brief(await read(unwatched({ startBranch: 'release' }))), 'git release..topic: of others pushed');
      // It continues the branch that it was started from.
      assert.equal(brief(await read(unwatched({ startBranch: 'topic' }))), 'git main..topic: pushed');
    });

    it('with the base that only the agent knows', async () => {
      real.run(['symbolic-ref', '--delete', 'refs/remotes/origin/HEAD']);
      agent = () => Promise.resolve({ changes: added('pushed'), isFallback: false, baseBranch: 'main' });
      assert.equal(brief(await read(watched())), 'git main..topic: pushed');
    });
  });

  describe('without the agent', () => {
    for (const failure of ['error', 'fallback', 'no answer of its type'] as const) {
      it(`are Git alone: ${failure}`, async () => {
        agent = () =>
          failure === 'error'
            ? Promise.reject(new Error('It sleeps'))
            : Promise.resolve(failure === 'fallback' ? { changes: added('of here'), isFallback: true } : {});
        assert.equal(brief(await read(watched())), 'git main..topic: pushed');
      });
    }

    it('are not of a runtime that answers about this machine', async () => {
      version = '1.0.55';
      agent = () => Promise.resolve({ changes: added('of here'), isFallback: false });
      assert.equal(brief(await read(watched())), 'git main..topic: pushed');
      hasClone = false;
      assert.match((await refusal(watched())).message, /\(Copilot runtime 1\.0\.55\)\.$/);
      assert.equal(asked, 0);
    });

    it('are Git alone after five seconds, and the agent is waited for where there is nothing else', async () => {
      let answer: (value: unknown) => void = () => undefined;
      agent = () => new Promise((resolve) => (answer = resolve));
      const found = read(watched());
      await eventually('it waits', () => timers.nextAt === AGENT_PATIENCE_MS, Boolean);
      timers.advance(AGENT_PATIENCE_MS);
      assert.equal(brief(await found), 'git main..topic: pushed');
      answer({ changes: [], isFallback: false });

      hasClone = false;
      const alone = read(watched());
      await eventually('it is asked', () => asked === 2, Boolean);
      assert.equal(timers.pending, 0);
      answer({ changes: added('late'), isFallback: false, baseBranch: 'main' });
      assert.equal(brief(await alone), 'agent main..topic: late');
    });
  });

  describe('are fetched', () => {
    it('only on request, base and branch, each at most once a minute', async () => {
      await read(unwatched());
      assert.deepEqual(fetched, []);
      await read(unwatched(), true);
      assert.deepEqual(fetched, ['main', 'topic']);
      now += 59_000;
      await read(unwatched(), true);
      assert.deepEqual(fetched, ['main', 'topic']);
      now += 1_000;
      await read(unwatched(), true);
      assert.deepEqual(fetched, ['main', 'topic', 'main', 'topic']);
      // The clock was set back.
      now -= 3_600_000;
      await read(unwatched(), true);
      assert.equal(fetched.length, 6);
    });

    it('with the base, so that what others have merged is not the session’s', async () => {
      push('main', 'start');
      push('topic', 'start');
      fetch = (branch) => (push(branch, `${branch}-now`), undefined);
      assert.equal(brief(await read(unwatched(), true)), 'git main..topic: pushed');
    });

    it('and are as of then', async () => {
      const commitTime = Date.parse('2026-03-04T10:00:00Z');
      assert.equal((await read(unwatched())).set.changes.readAt.getTime(), commitTime);
      now += 1_000;
      assert.equal((await read(unwatched(), true)).set.changes.readAt.getTime(), now);
      const then = now;
      now += 3_600_000;
      assert.equal((await read(unwatched())).set.changes.readAt.getTime(), then);
      fetch = () => 'fatal: unable to access';
      assert.equal((await read(unwatched(), true)).set.changes.readAt.getTime(), then, 'a fetch that fails is none');
    });

    it('again after a fetch that failed', async () => {
      fetch = () => 'fatal: unable to access';
      assert.equal(brief(await read(unwatched(), true)), 'git main..topic: pushed');
      await read(unwatched(), true);
      assert.deepEqual(fetched, ['main', 'topic', 'main', 'topic']);
    });
  });

  describe('where none has an answer', () => {
    const messages: readonly (readonly [string, () => Promise<CloudSessionsError>, string, RegExp])[] = [
      [
        'not watched, no clone',
        () => ((hasClone = false), refusal(unwatched())),
        `${NO_CLONE} It is not open here. ${NOT_WATCHED}`,
        /^Watch the session, or open a clone/,
      ],
      [
        'the agent fails, no clone',
        () => {
          hasClone = false;
          agent = () => Promise.reject(new Error('It sleeps'));
          return refusal(watched());
        },
        `${NO_CLONE} It is not open here. The agent’s machine could not be asked what it has changed: It sleeps.`,
        /^Open a clone of its repository/,
      ],
      [
        'nothing fetched, nothing pushed',
        () => {
          agent = () => Promise.reject(new Error('It sleeps'));
          fetch = (branch) => (branch === 'main' ? undefined : 'fatal: could not find remote ref');
          return refusal(watched({ pushedBranch: 'nowhere' }), true);
        },
        `${NO_CLONE} The agent’s machine could not be asked what it has changed: It sleeps. Git could not fetch the branch “nowhere”: fatal: could not find remote ref. ` +
          'The branch “nowhere” is not in the clone on this machine. No GitHub.',
        /^Try again once the agent has pushed/,
      ],
      [
        'no branch known',
        () => refusal(unwatched({ pushedBranch: undefined })),
        `${NO_CLONE} ${NOT_WATCHED} It is not known which branch the agent pushes to.`,
        /^Watch the session/,
      ],
      [
        'no branch of its own',
        () => refusal(unwatched({ pushedBranch: 'main' })),
        `${NO_CLONE} ${NOT_WATCHED} The agent has pushed no branch of its own yet.`,
        /^Watch the session/,
      ],
      [
        'no base known',
        () => (real.run(['symbolic-ref', '--delete', 'refs/remotes/origin/HEAD']), refusal(unwatched())),
        `${NO_CLONE} ${NOT_WATCHED} It is not known which branch “topic” is compared with.`,
        /^Watch the session/,
      ],
    ];
    for (const [name, run, message, nextStep] of messages) {
      it(`each says why, once: ${name}`, async () => {
        const error = await run();
        const sentencesOf = (text: string) => text.replace(/\.$/, '').split('. ').sort();
        const sentences = sentencesOf(error.message);
        assert.equal(new Set(sentences).size, sentences.length, 'each reason once');
        assert.deepEqual(sentences, sentencesOf(message));
        assert.match(error.nextStep ?? '', nextStep);
      });
    }
  });
});
