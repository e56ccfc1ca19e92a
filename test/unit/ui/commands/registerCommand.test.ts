import assert from 'node:assert/strict';
import {
  anything,
  aUri,
  commandIds,
  execute,
  FAILURE,
  failEverything,
  resetVscode,
  shown,
} from '../../../support/vscodeStub';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { Command, USER_TWINS } from '../../../../src/manifest';
import { ArrangementCommands } from '../../../../src/ui/list/arrangementCommands';
import { ApplyCommand } from '../../../../src/ui/changes/applyCommand';
import { UndoApply } from '../../../../src/ui/changes/undoApply';
import { CheckOutCommands } from '../../../../src/ui/changes/checkOutCommands';
import { CreatePullRequest } from '../../../../src/ui/pullRequests/createPullRequest';
import { PullRequestCommands } from '../../../../src/ui/pullRequests/pullRequestCommands';
import { ReviewCommands } from '../../../../src/ui/changes/reviewCommands';
import { ReviewCommentCommands } from '../../../../src/ui/changes/reviewCommentCommands';
import { SessionCommands } from '../../../../src/ui/sessionCommands';
import { RuntimeCommands } from '../../../../src/ui/runtimeCommands';
import { RuntimeInstaller } from '../../../../src/ui/runtime/installRuntime';
import { PromptEditors } from '../../../../src/ui/prompts/promptEditors';
import { Questions } from '../../../../src/ui/questions/questions';
import { always, never, registerCommand } from '../../../../src/ui/commands/registerCommand';
import { RowCommands } from '../../../../src/ui/list/rowCommands';
import { SendPrompt } from '../../../../src/ui/prompts/sendPrompt';
import { TranscriptCommands } from '../../../../src/ui/transcripts/transcriptCommands';
import { readManifest } from '../../../support/packageManifest';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly keybindings: readonly { readonly command: string }[];
    readonly viewsWelcome: readonly { readonly contents: string }[];
  };
}

const { contributes } = readManifest() as Manifest;

/** Arguments of a command that a person uses: palette, a row VS Code has just forgotten, a row, a key, a document. */
const BY_PERSON: Readonly<Record<string, readonly unknown[]>> = {
  'the palette': [],
  'the palette, over the wire': [null],
  'a row that is being fetched': [undefined, undefined],
  'a row': [{ key: 'a' }],
  'a key': [{ selected: true }],
  'a document': [aUri],
};
/** Arguments of a command that code calls. */
const BY_CODE: Readonly<Record<string, readonly unknown[]>> = {
  'an id': ['an-id'],
  'an id and more': ['an-id', 'a name'],
  'an object': [{ sessionId: 'an-id', prompt: 'x', answer: {} }],
  'something else': [42],
};

describe('commands', () => {
  let disposables: { dispose(): unknown }[] = [];

  beforeEach(() => {
    resetVscode();
    disposables = [];
  });

  afterEach(() => {
    failEverything(false);
    disposables.forEach((one) => one.dispose());
  });

  describe('of the manifest, when everything that they need fails', () => {
    const rejecting = new Set(USER_TWINS.map(([command]) => command));
    /** Commands that only people use, with any argument. */
    const onlyByPeople = new Set<string>([
      ...USER_TWINS.map(([, twin]) => twin),
      Command.signIn,
      Command.sendFromLog,
      Command.composeFromLog,
      Command.sendComposed,
      Command.createDescribed,
      Command.addComment,
      Command.editComment,
      Command.saveComment,
      Command.cancelComment,
      Command.deleteComment,
      Command.resolveThread,
      Command.reopenThread,
      Command.sendThreadsReview,
    ]);

    beforeEach(() => {
      disposables = [
        new SessionCommands(anything, anything, anything, () => anything, anything).register(),
        new RuntimeCommands(anything, anything, anything, anything, anything).register(),
        new RowCommands(anything, anything, anything, anything).register(),
        new Questions(anything, anything).register(),
        new ArrangementCommands(anything, anything).register(),
        new RuntimeInstaller(anything, anything).register(),
        new PromptEditors(anything, anything).register(),
        new SendPrompt(anything, anything).register(),
        new TranscriptCommands(anything).register(),
        new ReviewCommands(anything, anything, anything).register(),
        new CheckOutCommands(anything, anything, anything).register(),
        new ApplyCommand(anything, anything, anything, anything, anything, anything, anything).register(),
        new UndoApply(anything, anything, anything).register(),
        new ReviewCommentCommands(anything, anything).register(),
        new PullRequestCommands(anything).register(),
        new CreatePullRequest(anything).register(),
      ];
      shown.length = 0;
      failEverything(true);
    });

    it('are all registered', () => {
      const contributed = contributes.commands.map(({ command }) => command);
      // Those with an underscore are run by rows only.
      const ids = [...commandIds()].filter((id) => !id.startsWith('_'));
      assert.deepEqual(ids.sort(), contributed.sort());
    });

    for (const { command } of contributes.commands) {
      it(`${command} shows one message of ours to a person, and rejects for code`, async () => {
        for (const [how, args] of Object.entries(BY_PERSON)) {
          shown.length = 0;
          if (rejecting.has(command)) {
            await assert.rejects(execute(command, ...args), new RegExp(`${FAILURE}|${command}: `), how);
            assert.deepEqual(shown, [], how);
            continue;
          }
          await execute(command, ...args);
          await settle();
          assert.equal(shown.length, 1, `${how}: ${JSON.stringify(shown)}`);
          const [message] = shown;
          assert.equal(message!.level, 'error', how);
          // An argument that a command does not take is refused by its schema before anything fails.
          assert.match(
            message!.text,
            new RegExp(`${FAILURE}|^${command}: |^[A-Z][^:]*: \`|^This command is for `),
            how,
          );
          assert.ok(message!.buttons.length > 0, how);
        }
        for (const [how, args] of Object.entries(BY_CODE)) {
          shown.length = 0;
          if (onlyByPeople.has(command)) {
            await execute(command, ...args);
            await settle();
            assert.equal(shown.length, 1, how);
            continue;
          }
          await assert.rejects(async () => {
            await execute(command, ...args);
          }, how);
          await settle();
          assert.deepEqual(shown, [], how);
        }
      });
    }
  });

  describe('that take no argument', () => {
    const ids = new Set(USER_TWINS.map(([command]) => command));

    it('are used by people through their twins only, which have the same titles', () => {
      const { menus, keybindings, viewsWelcome, commands } = contributes;
      for (const [place, items] of Object.entries(menus)) {
        for (const { command, when } of items) {
          assert.ok(!ids.has(command) || (place === 'commandPalette' && when === 'false'), `${command} in ${place}`);
        }
      }
      for (const [command, twin] of USER_TWINS) {
        assert.ok(menus['commandPalette']?.some((item) => item.command === command && item.when === 'false'));
        assert.ok(!menus['commandPalette']?.some((item) => item.command === twin));
        const titleOf = (id: string) => commands.find((item) => item.command === id)?.title;
        assert.equal(titleOf(twin), titleOf(command));
        assert.ok(!keybindings.some((item) => item.command === command));
        assert.ok(!viewsWelcome.some(({ contents }) => new RegExp(`command:${command}[)?]`).test(contents)));
      }
    });
  });

  it('give code what they return, and people too', async () => {
    disposables.push(registerCommand('test', (argument) => Promise.resolve(argument ?? 'nothing')));
    assert.equal(await execute('test', 'id'), 'id');
    assert.equal(await execute('test'), 'nothing');
  });

  it('fail alike, whether they throw or reject', async () => {
    const failure = () => new CloudSessionsError('timeout', 'Too late.', { nextStep: 'Again.' });
    const handlers = [
      () => {
        throw failure();
      },
      () => Promise.reject(failure()),
    ];
    for (const handler of handlers) {
      disposables.push(registerCommand('test', handler), registerCommand('always', handler, always));
      disposables.push(registerCommand('never', handler, never));
      await assert.rejects(async () => execute('test', 'id'), { code: 'timeout' });
      await assert.rejects(async () => execute('always'), { code: 'timeout' });
      assert.deepEqual(shown, []);
      assert.equal(await execute('test'), undefined);
      assert.equal(await execute('never', 'id'), undefined);
      assert.deepEqual(
        shown.map(({ text }) => text),
        ['Too late. Again.', 'Too late. Again.'],
      );
      shown.length = 0;
    }
  });
});

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
