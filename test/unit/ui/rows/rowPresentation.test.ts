import assert from 'node:assert/strict';
import type { SessionUsage } from '../../../../src/core/usage/usageTotals';
import type { CloudSession } from '../../../../src/core/session/session';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { presentRow } from '../../../../src/ui/rows/rowPresentation';
import { SESSION_STATUSES } from '../../../../src/core/activity/activity';

const NOW = new Date('2026-03-04T10:00:00Z');
const ROW: SessionRow = {
  key: 'a',
  sessionId: 'a',
  taskId: 't',
  isRemote: true,
  title: 'Fix the test',
  status: 'idle',
  lastStatus: undefined,
  seenAt: undefined,
  serviceState: undefined,
  repository: 'octo/app',
  branch: 'main',
  remoteUrl: undefined,
  startTime: new Date('2026-03-04T09:00:00Z'),
  modifiedTime: new Date('2026-03-04T09:55:00Z'),
  detail: undefined,
  workingSince: undefined,
  stop: 'none',
  pendingPrompts: 0,
  waitingPrompts: 0,
  failedPrompts: 0,
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
    const rows = SESSION_STATUSES.map((status) => present({ status }));
    assert.equal(new Set(rows.map(({ icon }) => icon)).size, SESSION_STATUSES.length);
    assert.equal(new Set(rows.map(({ accessibilityLabel }) => accessibilityLabel)).size, SESSION_STATUSES.length);
  });

  it('says what the agent is doing while it works, and only then', () => {
    assert.equal(
      present({ status: 'working', detail: 'Running the tests' }).description,
      'working · Running the tests · octo/app @ main',
    );
    assert.doesNotMatch(present({ status: 'done', detail: 'Running the tests' }).description, /Running/);
  });

  it('says for how long it works, and nothing if the clocks do not agree', () => {
    const working = (since: string) => present({ status: 'working', workingSince: new Date(since) });
    assert.match(working('2026-03-04T09:57:00Z').description, /^working 3 min · octo/);
    assert.match(working('2026-03-04T09:57:00Z').accessibilityLabel, /, Working, for 3 min, /);
    assert.match(working('2026-03-04T07:57:00Z').description, /^working 2 hr · /);
    assert.match(working('2026-03-04T09:59:30Z').description, /^working · /);
    assert.match(working('2026-03-04T11:00:00Z').description, /^working · /);
    assert.match(present({ status: 'needs input', workingSince: NOW }).description, /^needs input · /);
  });

  it('says that a change lies in the future only as “now”', () => {
    assert.match(present({ modifiedTime: new Date('2026-03-05T10:00:00Z') }).description, / · now$/);
  });

  it('says of a session that is not connected what it was, and when it was last seen', () => {
    const seenAt = new Date('2026-03-04T09:55:00Z');
    const { description, accessibilityLabel } = present({ status: 'disconnected', lastStatus: 'working', seenAt });
    assert.equal(description, 'disconnected, was working · last seen 5 min. ago · octo/app @ main');
    assert.match(accessibilityLabel, /Disconnected: .*, before that: Working, .*last seen 5 min\. ago$/);
    assert.match(present({ status: 'disconnected' }).description, /^disconnected · /);
  });

  it('says of an old list that what may have passed was only seen then', () => {
    const at = (seenAt: string, more: Partial<SessionRow>) =>
      present({ seenAt: new Date(seenAt), ...more }).description;
    for (const status of ['working', 'queued', 'needs input'] as const) {
      assert.match(at('2026-03-04T09:57:00Z', { status }), /last seen 3 min\. ago/);
      assert.doesNotMatch(at('2026-03-04T09:59:00Z', { status }), /last seen/);
    }
    for (const status of ['idle', 'done', 'failed'] as const) {
      assert.doesNotMatch(at('2026-03-04T09:00:00Z', { status }), /last seen/);
    }
    assert.doesNotMatch(at('2026-03-04T09:00:00Z', { status: 'working', isRemote: false }), /last seen/);
  });

  it('says that the agent was asked to stop, and that nothing has confirmed it', () => {
    assert.match(present({ status: 'stopping', stop: 'stopping' }).description, /^stopping · /);
    const unconfirmed = present({ status: 'working', stop: 'unconfirmed' });
    assert.match(unconfirmed.description, /^stop not confirmed · working · /);
    assert.match(unconfirmed.accessibilityLabel, /has not confirmed that the agent has stopped/);
  });

  it('can be stopped while it works, also when it is not watched', () => {
    const canStop = (change: Partial<SessionRow>) => /\bbusy\b/.test(present(change).contextValue);
    assert.deepEqual(
      SESSION_STATUSES.filter((status) => canStop({ status })),
      ['needs input', 'queued', 'working'],
    );
    assert.equal(canStop({ status: 'working', isRemote: false }), false);
  });

  it('tells local sessions from those in the cloud', () => {
    assert.match(present({ isRemote: false }).description, /^local · /);
    assert.match(present({ isRemote: false }).contextValue, /\blocal\b/);
    assert.match(present({}).contextValue, /\bcloud\b/);
  });

  it('calls a session on a machine so, and not a cloud session', () => {
    const machine = present({ runsOn: 'machine' });
    assert.match(machine.description, /^on a machine · /);
    assert.match(machine.accessibilityLabel, /session on a machine/);
    assert.doesNotMatch(machine.accessibilityLabel, /cloud/);
    assert.match(new Map(machine.tooltip()).get('Runs on') ?? '', /not a cloud agent/);
  });

  it('says of a stale session since when nothing was heard, and not that it works', () => {
    const staleSince = new Date('2026-03-04T09:00:00Z');
    const stale = present({ runsOn: 'machine', status: 'disconnected', lastStatus: 'working', staleSince });
    assert.match(stale.description, /^stale · not heard of since .* · on a machine · octo/);
    assert.match(stale.accessibilityLabel, /Stale: .*, before that: Working, .*not heard of since/);
    assert.doesNotMatch(stale.contextValue, /busy/);
  });

  it('can be deleted exactly if there is a copy on this machine', () => {
    const flagsOf = (change: Partial<SessionRow>) => present(change).contextValue;
    assert.match(flagsOf({ localIds: ['S'] }), /\bcloud local\b/);
    assert.doesNotMatch(flagsOf({ localIds: [] }), /\blocal\b/);
    assert.doesNotMatch(flagsOf({}), /\blocal\b/);
  });

  it('says which branch was chosen, if the agent has another one', () => {
    const chosen = (change: Partial<SessionRow>) => new Map(present(change).tooltip()).get('Branch that was chosen');
    assert.match(chosen({ chosenBranch: 'wanted' }) ?? '', /^wanted: /);
    assert.equal(chosen({}), undefined);
  });

  it('says which branch was pushed, if the agent works on another one', () => {
    const pushed = (change: Partial<SessionRow>) => new Map(present(change).tooltip()).get('Pushed branch');
    assert.equal(pushed({ branch: 'main', listedBranch: 'copilot/x' }), 'copilot/x');
    assert.equal(pushed({ branch: 'copilot/x', listedBranch: 'copilot/x' }), undefined);
    assert.equal(pushed({ branch: 'main', listedBranch: undefined }), undefined);
  });

  it('offers the link only where there is one', () => {
    assert.doesNotMatch(present({}).contextValue, /linked/);
    assert.match(present({ remoteUrl: 'https://github.com/copilot/tasks/t' }).contextValue, /\blinked\b/);
  });

  it('does not say the repository twice when it is the title', () => {
    assert.equal(present({ title: 'octo/app @ main' }).description, '5 min. ago');
  });

  it('says in its tooltip what the row has no place for', () => {
    const tooltip = new Map(
      present({ openQuestions: 2, pendingPrompts: 1, stop: 'unconfirmed', serviceState: 'in_progress' }).tooltip(),
    );
    assert.equal(tooltip.get('Questions'), '2');
    assert.equal(tooltip.get('Prompts'), '1 not delivered yet');
    assert.match(tooltip.get('Stop') ?? '', /Not confirmed/);
    assert.equal(tooltip.get('Service says'), 'in_progress');
  });

  it('says how many prompts the agent does not have, but not of those that are on their way', () => {
    assert.doesNotMatch(present({ pendingPrompts: 2 }).description, /prompt/);
    const { description, accessibilityLabel } = present({ pendingPrompts: 3, failedPrompts: 1, waitingPrompts: 2 });
    assert.match(description, /1 prompt not delivered · 2 prompts waiting/);
    assert.match(accessibilityLabel, /1 prompt not delivered, 2 prompts waiting/);
  });

  it('makes hostile text visible and keeps it on one line', () => {
    const { label, accessibilityLabel } = present({ title: 'evil\u001b[31m\nrow\u202e' });
    for (const text of [label, accessibilityLabel]) {
      // eslint-disable-next-line no-control-regex -- the test is that these are absent
      assert.doesNotMatch(text, /[\u0000-\u001f\u202a-\u202e]/);
    }
  });

  it('has in its tooltip what is known of its costs, and says where more may have been used', () => {
    const lines = (usage: Partial<SessionUsage> | undefined, locale = 'en') =>
      presentRow({ ...ROW, session: { usage } as CloudSession }, NOW, locale)
        .tooltip()
        .filter(([name]) => /tokens|credits|requests/.test(name));
    const total = (value: number) => ({ value, isTotal: true });
    assert.deepEqual(lines(undefined), []);
    assert.deepEqual(lines({}), []);
    assert.deepEqual(lines({ inputTokens: total(1_234_567), outputTokens: { value: 1_000, isTotal: false } }), [
      ['Input tokens', '1,234,567'],
      ['Output tokens', 'at least 1,000'],
    ]);
    assert.deepEqual(lines({ credits: total(12.3456), premiumRequests: total(0.33) }, 'de'), [
      ['AI credits', '12,346'],
      ['Premium requests', '0,33'],
    ]);
    assert.deepEqual(lines({ credits: total(0.0004) }), [], 'not written as 0');
  });

  it('shows what the session has changed, once that is known and is anything', () => {
    const file = { path: 'a', status: 'modified', additions: 12, deletions: 3 } as const;
    const changes = { source: 'git', base: 'main', files: [file], readAt: new Date('2026-03-04T09:55:00Z') } as const;
    const row = presentRow(ROW, NOW, 'en', { changes });
    assert.equal(row.description, '+12 −3 · octo/app @ main · 5 min. ago');
    assert.match(row.accessibilityLabel, /, 1 file changed, 12 lines added, 3 lines deleted, repository /);
    assert.match(row.contextValue, /\bchanged\b/);
    const line = new Map(row.tooltip()).get('Changes');
    assert.equal(line, '1 file, +12 −3 · pushed branch, in the clone here, 5 min. ago');
    for (const none of [undefined, { ...changes, files: [] }]) {
      const plain = presentRow(ROW, NOW, 'en', { changes: none });
      assert.equal(plain.description, 'octo/app @ main · 5 min. ago');
      assert.equal(plain.accessibilityLabel, present({}).accessibilityLabel);
      assert.doesNotMatch(plain.contextValue, /\bchanged\b/);
    }
  });
});
