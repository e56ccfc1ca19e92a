import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSend } from '../../../../src/core/arguments/callArguments';
import { readCreateArgument, readCreateOptions } from '../../../../src/core/arguments/createOptions';
import { branchNameProblem } from '../../../../src/core/github/branchName';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { parsePersistedState } from '../../../../src/core/store/persistedState';
import { rowOfCreation } from '../../../../src/core/store/sessionRow';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { presentRow } from '../../../../src/ui/rows/rowPresentation';
import { ManualTimers } from '../../../support/manualTimers';
import { createdSession, MemoryRuntime } from '../../../support/memoryRuntime';
import { anyArgument, built, hostile } from '../../../support/anyArgument';

const REPOSITORY = { owner: 'octo', name: 'app' };
const KEYS = [
  'cloud',
  'repository',
  'owner',
  'name',
  'branch',
  'prompt',
  'model',
  'reasoningEffort',
  'sessionId',
  'mode',
];

function refused(read: () => unknown): CloudSessionsError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof CloudSessionsError, `it threw ${String(error)}`);
    assert.equal(error.code, 'invalid-argument');
    assert.ok(error.message.length > 10 && (error.nextStep ?? '') !== '');
    return error;
  }
}

/** Asserts that the options are plain data of exactly the declared type. */
function assertOptions(options: unknown): void {
  const copy = JSON.parse(JSON.stringify(options)) as Record<string, unknown>;
  assert.deepEqual(options, copy);
  const known = (value: unknown, ...names: string[]): Record<string, unknown> => {
    assert.deepEqual(
      Object.keys(value as object).filter((key) => !names.includes(key)),
      [],
    );
    return value as Record<string, unknown>;
  };
  const { cloud, ...rest } = known(options, 'cloud', 'prompt', 'model', 'reasoningEffort');
  Object.values(rest).forEach((value) => assert.equal(typeof value, 'string'));
  const { repository } = known(cloud, 'repository');
  if (repository !== undefined) {
    const { owner, name, branch } = known(repository, 'owner', 'name', 'branch');
    assert.match(owner as string, /^[A-Za-z\d][\w-]*$/);
    assert.match(name as string, /^[\w.-]+$/);
    assert.ok(branch === undefined || branchNameProblem(branch as string) === undefined);
  }
}

describe('createOptions', () => {
  it('takes what the contract has, by the API and by the command', () => {
    const rest = { prompt: '', model: 'acme/claude-sonnet-4.6', reasoningEffort: 'high' };
    const repository = { owner: 'octo_acme', name: '.github', branch: 'feature/x' };
    assert.deepEqual(readCreateOptions({ cloud: { repository }, ...rest }), { cloud: { repository }, ...rest });
    assert.deepEqual(readCreateArgument({ repository, ...rest }), { cloud: { repository }, ...rest });
    assert.deepEqual(readCreateOptions({ cloud: {} }), { cloud: {} });
    assert.deepEqual(readCreateArgument({}), { cloud: {} });
  });

  it('refuses every other member by its name, before the wire', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [{ cloud: { repository: REPOSITORY } }, /takes no `cloud`/],
      [{ sessionId: 'x' }, /takes no `sessionId`/],
      [{ provider: {} }, /takes no `provider`/],
      [{ mode: 'plan' }, /does not support `mode` yet/],
      [{ attempts: 2 }, /does not support `attempts` yet/],
      [{ uncommitted: true }, /does not support `uncommitted` yet/],
      [{ prompts: 'x' }, /`prompts` is not known/],
      [{ prompt: 42 }, /`prompt` must be a string\. It is the number 42/],
      [{ prompt: 'x'.repeat(1_000_001) }, /`prompt` has 1000001 characters; it may have at most 1000000/],
      [{ model: '' }, /`model` must be a string that is not blank\. It is a blank string/],
      [{ model: 'a\nb' }, /`model` cannot be used/],
      [{ reasoningEffort: true }, /`reasoningEffort` must be a string .* It is the boolean true/],
      [{ repository: 'octo/app' }, /`repository` must be an object\. It is a string/],
      [{ repository: {} }, /`repository.owner` is missing\. .* needs an owner and a name/],
      [{ repository: { owner: 'o/x', name: 'n' } }, /`repository.owner` cannot be used: An owner/],
      [{ repository: { owner: 'o', name: 'n/x' } }, /`repository.name` cannot be used: A repository/],
      [{ repository: { owner: 'o', name: 'n.git' } }, /`repository.name` cannot be used: .*\.git/],
      [{ repository: { ...REPOSITORY, branch: '' } }, /`repository.branch` must be a string .* It is a blank string/],
      [{ repository: { ...REPOSITORY, branch: 7 } }, /`repository.branch` must be a string .* It is the number 7/],
      [{ repository: { ...REPOSITORY, branch: 'a b' } }, /`repository.branch` cannot be used: A branch/],
      [{ repository: { ...REPOSITORY, host: 'x' } }, /`repository.host` is not known/],
    ];
    for (const [argument, message] of cases) {
      assert.match(refused(() => readCreateArgument(argument))?.message ?? '', message);
    }
    assert.match(
      refused(() => readCreateOptions({ cloud: {}, repository: REPOSITORY }))?.message ?? '',
      /`repository`/,
    );
    assert.match(refused(() => readCreateOptions({ cloud: {}, mode: 'plan' }))?.message ?? '', /`mode` is not known/);
  });

  it('gives exactly the typed shape, or refuses, whatever it is given', () => {
    const argument = anyArgument(KEYS, [REPOSITORY, 'main', 'octo', {}, { repository: REPOSITORY }]);
    let taken = 0;
    fc.assert(
      fc.property(argument, (recipe) => {
        const value = built(recipe);
        for (const read of [readCreateOptions, readCreateArgument]) {
          let options: unknown;
          if (refused(() => (options = read(value))) === undefined) {
            taken++;
            assertOptions(options);
          }
        }
      }),
      { numRuns: 2_000 },
    );
    assert.ok(taken > 20, `only ${taken} were taken: nothing was tried of those`);
  });

  it('lets nothing be sent and no row appear for what it refuses', async () => {
    const runtime = new MemoryRuntime();
    runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
    const urls = new Map<string, string>();
    const memory = { get: (id: string) => urls.get(id), set: (id: string, url: string) => urls.set(id, url) };
    const store = new SessionStore(memory, () => undefined, new ManualTimers().create);
    store.setClient(runtime.client);
    await runtime.settle();
    let rows = 0;
    store.onDidChange(() => (rows += store.rows.length));
    const before = runtime.requests.length;
    await fc.assert(
      fc.asyncProperty(anyArgument(KEYS, [REPOSITORY, 7, '', { repository: { owner: 'o/x' } }]), async (recipe) => {
        const value = built(recipe);
        fc.pre(refused(() => readCreateOptions(value)) !== undefined);
        const creating = store.create(value as never);
        assert.deepEqual(store.rows, [], 'not even for a moment');
        await assert.rejects(creating, { code: 'invalid-argument' });
        await assert.rejects(runtime.client.createCloudSession(value as never), { code: 'invalid-argument' });
        assert.deepEqual(store.rows, []);
      }),
      { numRuns: 300 },
    );
    await assert.rejects(runtime.client.createCloudSession({ cloud: {} }, 5 as never), { code: 'invalid-argument' });
    await runtime.settle();
    assert.equal(runtime.requests.length, before);
    assert.equal(rows, 0);
    store.dispose();
    runtime.client.dispose();
  });

  it('makes rows that can be shown, also of what is not checked or was kept by hand', () => {
    fc.assert(
      fc.property(anyArgument(KEYS, [REPOSITORY, 7, { repository: { ...REPOSITORY, branch: 7 } }]), (recipe) => {
        const options = built(recipe);
        const startTime = new Date(0);
        const kept = parsePersistedState({ creations: [{ options, startTime: startTime.toISOString() }] }).creations;
        for (const each of [options, ...kept.map((creation) => creation.options)]) {
          const row = rowOfCreation({ key: 'k', options: each as never, startTime, error: undefined });
          assert.equal(typeof presentRow(row, startTime, 'en').tooltip()[0]?.[1], 'string');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('CloudSession', () => {
  it('takes a prompt, a mode and a listener, and nothing else', async () => {
    const runtime = new MemoryRuntime();
    const session = await createdSession(runtime);
    const before = runtime.requests.length;
    for (const [prompt, mode] of [[42], [undefined], [{}], ['Go', 'now'], ['Go', null], [' ']]) {
      await assert.rejects(session.send(prompt as never, mode as never), { code: 'invalid-argument' });
    }
    assert.throws(() => session.onEvent(5 as never), { code: 'invalid-argument' });
    await runtime.settle();
    assert.deepEqual([session.outbox.pending, runtime.requests.length], [[], before]);
    session.dispose();
    runtime.client.dispose();
  });
});

describe('readSend', () => {
  it('takes a prompt and a mode, and refuses all else', () => {
    assert.deepEqual(readSend('go', undefined), { prompt: 'go' });
    assert.deepEqual(readSend('go', 'immediate'), { prompt: 'go', mode: 'immediate' });
    fc.assert(
      fc.property(fc.oneof(hostile, fc.anything()), fc.oneof(hostile, fc.anything()), (...recipes) => {
        const [prompt, mode] = recipes.map(built);
        const isRight =
          typeof prompt === 'string' && (mode === undefined || mode === 'enqueue' || mode === 'immediate');
        assert.equal(refused(() => readSend(prompt, mode)) === undefined, isRight);
      }),
    );
  });
});
