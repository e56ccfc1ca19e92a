import assert from 'node:assert/strict';
import { onMessage, resetVscode, shown } from '../../../support/vscodeStub';
import { CloudSessionsError, type ErrorCode } from '../../../../src/core/errors/cloudSessionsError';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { CreateCommand } from '../../../../src/ui/create/createCommand';
import type { CreateTarget } from '../../../../src/ui/create/createSessionModel';
import { ManualTimers } from '../../../support/manualTimers';
import { MemoryRuntime } from '../../../support/memoryRuntime';
import type { CreateCloudSessionOptions } from '../../../../src/core/arguments/createOptions';

const GONE = { repository: { owner: 'octo', name: 'gone', branch: 'topic' }, prompt: 'Mend the lamp' };
const APP = { repository: { owner: 'octo', name: 'app' }, prompt: 'Mend the lamp' };

describe('a create that failed', () => {
  let runtime: MemoryRuntime;
  let store: SessionStore;
  let presets: (CreateTarget | undefined)[];
  let answers: (CreateTarget | undefined)[];
  let command: CreateCommand;

  beforeEach(() => {
    resetVscode();
    runtime = new MemoryRuntime();
    store = new SessionStore(
      { get: () => undefined, set: () => undefined },
      () => undefined,
      new ManualTimers().create,
    );
    runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
    store.setClient(runtime.client);
    presets = [];
    answers = [];
    const wizard = {
      run: (preset?: CreateTarget) => {
        presets.push(preset);
        return Promise.resolve(answers.shift());
      },
    };
    command = new CreateCommand(store, { ready: () => Promise.resolve() }, () => wizard as never);
  });

  afterEach(() => runtime.client.dispose());

  const refuse = (text: string) =>
    runtime.onCreate(({ id, params }) => {
      const { repository } = params['cloud'] as CreateCloudSessionOptions['cloud'];
      if (repository?.name === 'app') {
        runtime.respond(id, { sessionId: 's1' });
      } else {
        runtime.fail(id, -32603, `Request session.create failed with message: ${text}`);
      }
    });
  const repositories = () =>
    runtime
      .requestsOf('session.create')
      .map(({ params }) => (params['cloud'] as CreateCloudSessionOptions['cloud']).repository?.name);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await runtime.settle();
    }
  };

  const texts: Readonly<Record<string, ErrorCode>> = {
    'Not Found': 'repository-not-found',
    'Branch topic not found': 'branch-not-found',
    'Resource protected by organization SAML enforcement': 'forbidden',
  };
  for (const [text, code] of Object.entries(texts)) {
    it(`for its repository or branch (${code}) can be changed, with the answers as they were`, async () => {
      refuse(text);
      answers = [GONE, APP];
      onMessage(({ level }) => (level === 'error' ? 'Change…' : undefined));
      assert.equal(await command.run(undefined), undefined);
      await settle();
      assert.deepEqual(shown[0]?.buttons.slice(0, 2), ['Change…', 'Try Again']);
      assert.match(shown[0].text, /octo\/gone/);
      assert.deepEqual(presets, [undefined, GONE]);
      assert.deepEqual(repositories(), ['gone', 'app']);
      assert.deepEqual(
        store.rows.map(({ sessionId, creation }) => [sessionId, creation]),
        [['s1', undefined]],
      );
    });
  }

  it('stays, with its prompt, when the new answers are not given', async () => {
    refuse('Not Found');
    answers = [GONE, undefined];
    onMessage(({ level }) => (level === 'error' ? 'Change…' : undefined));
    await command.run(undefined);
    await settle();
    assert.deepEqual(repositories(), ['gone']);
    const [row] = store.rows;
    assert.deepEqual([row?.status, row?.creation?.options.prompt], ['failed', GONE.prompt]);
    // The row can also be changed later.
    answers = [APP];
    await command.change(row!);
    assert.deepEqual([presets.at(-1), repositories()], [GONE, ['gone', 'app']]);
  });

  it('for another reason can be tried again', async () => {
    refuse('HTTP 503');
    answers = [GONE];
    await command.run(undefined);
    await settle();
    assert.equal(shown[0]?.buttons[0], 'Try Again');
    assert.ok(!shown[0].buttons.includes('Change…'));
  });

  it('before there was a row can be tried again, with the same answers', async () => {
    refuse('');
    answers = [APP];
    let attempts = 0;
    const late = new CreateCommand(
      store,
      {
        ready: () =>
          attempts++ === 0 ? Promise.reject(new CloudSessionsError('runtime-exited', 'It ended.')) : Promise.resolve(),
      },
      () => ({ run: () => Promise.resolve(answers.shift()) }) as never,
    );
    onMessage(({ level }) => (level === 'error' ? 'Try Again' : undefined));
    await late.run(undefined);
    await settle();
    assert.deepEqual(repositories(), ['app']);
  });

  it('by the API, with what is no repository, is asked for without an error', async () => {
    const options = { cloud: { repository: { owner: 7 } }, prompt: ['x'] } as unknown as CreateCloudSessionOptions;
    await command.change({ key: 'creating-1', creation: { options } } as never);
    assert.deepEqual(presets, [{}]);
  });
});
