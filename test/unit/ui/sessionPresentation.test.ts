import assert from 'node:assert/strict';
import type { SessionRow } from '../../../src/core/sessionRow';
import type { SessionStatus } from '../../../src/core/sessionState';
import { presentRow } from '../../../src/ui/sessionPresentation';

const NOW = new Date('2026-03-04T10:00:00Z');
const ROW: SessionRow = {
  key: 'a',
  sessionId: 'a',
  taskId: 't',
  isRemote: true,
  title: 'Fix the test',
  status: 'idle',
  serviceState: undefined,
  repository: 'octo/app',
  branch: 'main',
  remoteUrl: undefined,
  startTime: new Date('2026-03-04T09:00:00Z'),
  modifiedTime: new Date('2026-03-04T09:55:00Z'),
  detail: undefined,
  pendingPrompts: 0,
  openQuestions: 0,
  session: undefined,
  creation: undefined,
};
const present = (change: Partial<SessionRow>) => presentRow({ ...ROW, ...change }, NOW, 'en');

describe('a row of the list', () => {
  it('shows repository, branch and age', () => {
    assert.equal(present({}).description, 'octo/app @ main · 5 min. ago');
  });

  it('has an icon of its own for each state, and says each state to a screen reader', () => {
    const states: SessionStatus[] = [
      'queued',
      'starting',
      'working',
      'needs input',
      'idle',
      'done',
      'failed',
      'disconnected',
    ];
    const rows = states.map((status) => present({ status }));
    assert.equal(new Set(rows.map(({ icon }) => icon)).size, states.length);
    assert.equal(new Set(rows.map(({ accessibilityLabel }) => accessibilityLabel)).size, states.length);
  });

  it('says what the agent is doing while it works, and only then', () => {
    assert.match(present({ status: 'working', detail: 'Running the tests' }).description, /^Running the tests · /);
    assert.doesNotMatch(present({ status: 'done', detail: 'Running the tests' }).description, /Running/);
  });

  it('tells local sessions from those in the cloud', () => {
    assert.match(present({ isRemote: false }).description, /^local · /);
    assert.match(present({ isRemote: false }).contextValue, /\blocal\b/);
    assert.match(present({}).contextValue, /\bcloud\b/);
  });

  it('offers the link only where there is one', () => {
    assert.doesNotMatch(present({}).contextValue, /linked/);
    assert.match(present({ remoteUrl: 'https://github.com/copilot/tasks/t' }).contextValue, /\blinked\b/);
  });

  it('does not say the repository twice when it is the title', () => {
    assert.equal(present({ title: 'octo/app @ main' }).description, '5 min. ago');
  });

  it('makes hostile text visible and keeps it on one line', () => {
    const { label, accessibilityLabel } = present({ title: 'evil\u001b[31m\nrow\u202e' });
    for (const text of [label, accessibilityLabel]) {
      // eslint-disable-next-line no-control-regex -- those are what must not be there
      assert.doesNotMatch(text, /[\u0000-\u001f\u202a-\u202e]/);
    }
  });
});
