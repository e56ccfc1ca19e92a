import assert from 'node:assert/strict';
import { execute, onMessage, resetVscode, shown, vscodeStub } from '../../../support/vscodeStub';
import { CloudSessionsError, type ErrorCode } from '../../../../src/core/errors/cloudSessionsError';
import type { AccessDenial } from '../../../../src/core/errors/accessDenial';
import { Command } from '../../../../src/manifest';
import {
  Actions,
  describeError,
  remediesFor,
  runAndReport,
  showError,
  showMessage,
} from '../../../../src/ui/common/errors';
import { registerCommand } from '../../../../src/ui/commands/registerCommand';

const REFUSALS: readonly AccessDenial[] = ['signed-out', 'refused', 'no-access', 'no-entitlement', 'policy'];
/** The button or page that a next step mentions. */
const HELP: Readonly<Partial<Record<ErrorCode, RegExp>>> = {
  'connection-closed': /Restart/,
  'not-signed-in': /Sign In/,
  'not-supported': /Update/,
  'response-invalid': /Update/,
  'repository-not-found': /Another Account/,
  'runtime-not-found': /Install/,
  'service-unavailable': /GitHub Status/,
  'session-not-found': /Refresh/,
  'session-not-ready': /Refresh/,
  timeout: /Restart/,
};

describe('messages', () => {
  beforeEach(resetVscode);

  const failure = (code: ErrorCode = 'timeout') => new CloudSessionsError(code, 'Too late.', { nextStep: 'Again.' });

  it('report what their buttons fail with, whether they throw or reject, and never reject', async () => {
    const fails = [
      () => {
        throw failure();
      },
      () => Promise.reject(failure()),
    ];
    for (const run of fails) {
      for (const level of ['info', 'warning', 'error'] as const) {
        shown.length = 0;
        onMessage(({ text }) => (text === 'It is done.' ? 'More' : undefined));
        await showMessage(level, 'It is done.', { title: 'Less', run: () => assert.fail() }, { title: 'More', run });
        assert.deepEqual(
          shown.map((message) => [message.level, message.text]),
          [
            [level, 'It is done.'],
            ['error', 'Too late. Again.'],
          ],
        );
      }
    }
  });

  it('show what a name hides, wherever it comes from', async () => {
    await showMessage('error', 'The local branch a\u202e\u2066b\u0007 has [commits](command:evil).');
    assert.equal(shown[0]?.text, 'The local branch a‹U+202E›‹U+2066›b‹BEL› has [commits] (command:evil).');
  });

  it('report a button of a failure that fails, too', async () => {
    onMessage(({ text }) => (text.startsWith('Too late') ? 'First' : undefined));
    await showError(failure(), { title: 'First', run: () => Promise.reject(new Error('The first failed.')) });
    assert.deepEqual(
      shown.map(({ text }) => text),
      ['Too late. Again.', 'The first failed.'],
    );
  });

  it('tell a failure once, though a state and a command end with it', async () => {
    const one = failure();
    await Promise.all([showError(one), showError(one), runAndReport(() => Promise.reject(one))]);
    assert.equal(shown.length, 1);
    await showError(failure());
    assert.equal(shown.length, 2, 'another failure of the same words is another one');
  });

  it('say nothing of what the user cancelled, and tell what the runtime cancelled', async () => {
    await showError(new CloudSessionsError('cancelled', 'Creating the session was cancelled.'));
    const canceled = Object.assign(new Error('Canceled'), { name: 'Canceled' });
    await runAndReport(() => Promise.reject(canceled));
    assert.equal(shown.length, 0);
    await showError(failure('cancelled'));
    assert.equal(shown.length, 1);
  });

  it('have buttons that run commands which exist', async () => {
    const ids = new Set<string>([...Object.values(Command), 'workbench.action.openSettings']);
    const run: string[] = [];
    const disposables = [...ids].map((id) => registerCommand(id, () => run.push(id)));
    const { commands } = vscodeStub as { commands: { executeCommand: (id: string) => Promise<unknown> } };
    await assert.rejects(execute('cloudSessions.nothing'), /not found/);
    assert.equal(await commands.executeCommand('cloudSessions.nothing'), undefined);
    const codes = [...Object.keys(HELP), 'request-failed', 'forbidden', 'install-failed'] as ErrorCode[];
    const errors = [
      ...codes.map((code) => failure(code)),
      ...REFUSALS.map((refusal) => new CloudSessionsError('forbidden', 'x', { refusal })),
    ];
    for (const action of [...Object.values(Actions), ...errors.flatMap((error) => remediesFor(error))]) {
      run.length = 0;
      const isPage = /Copilot Settings|About Policies|GitHub Status/.test(action.title);
      await action.run();
      assert.equal(run.length, isPage ? 0 : 1, action.title);
    }
    for (const one of disposables) {
      one.dispose();
    }
  });

  it('have the button that the next step speaks of', () => {
    for (const [code, title] of Object.entries(HELP)) {
      const titles = remediesFor(failure(code as ErrorCode)).map((action) => action.title);
      assert.match(titles.join(), title, code);
    }
    for (const refusal of REFUSALS) {
      assert.ok(remediesFor(new CloudSessionsError('forbidden', 'x', { refusal })).length > 0, refusal);
    }
  });

  it('end what the service said with a full stop, before the next step', () => {
    assert.equal(
      describeError(new CloudSessionsError('timeout', 'It broke', { nextStep: 'Again.' })),
      'It broke. Again.',
    );
    assert.equal(describeError(new CloudSessionsError('timeout', 'It broke')), 'It broke');
  });
});
