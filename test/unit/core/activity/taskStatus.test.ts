import assert from 'node:assert/strict';
import fc from 'fast-check';
import { statusOfListed, statusOfTask } from '../../../../src/core/activity/taskStatus';
import type { SessionStatus } from '../../../../src/core/activity/activity';

const WORDS: Readonly<Record<string, SessionStatus>> = {
  queued: 'queued',
  pending: 'queued',
  provisioning: 'queued',
  requested: 'queued',
  in_progress: 'working',
  running: 'working',
  working: 'working',
  stopping: 'stopping',
  waiting_for_user: 'needs input',
  waiting: 'needs input',
  'input-needed': 'needs input',
  idle: 'idle',
  completed: 'done',
  done: 'done',
  succeeded: 'done',
  archived: 'done',
  stopped: 'done',
  skipped: 'done',
  neutral: 'done',
  deleted: 'done',
  failed: 'failed',
  error: 'failed',
  errored: 'failed',
  timed_out: 'failed',
  cancelled: 'failed',
  canceled: 'failed',
  startup_failure: 'failed',
  session_expired: 'failed',
};
const READ_AT = new Date('2026-03-04T10:00:00Z');

/** Spellings of the same word in other programs. */
const spellings = (word: string): fc.Arbitrary<string> => {
  const parts = word.split(/[_-]/);
  const camel = parts.map((part, index) => (index === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1)));
  return fc.oneof(
    fc.constantFrom('_', '-', ' ', '').map((separator) => parts.join(separator)),
    fc.constantFrom('_', '-', ' ').map((separator) => parts.join(separator).toUpperCase()),
    fc.constant(camel.join('')),
    fc.constant(` ${word} `),
  );
};

describe('statusOfTask', () => {
  it('knows each word in each spelling', () => {
    for (const [word, status] of Object.entries(WORDS)) {
      fc.assert(fc.property(spellings(word), (spelling) => assert.equal(statusOfTask(spelling), status, spelling)));
    }
  });

  it('is working for a word that is not known, and idle without one', () => {
    for (const word of ['a word of tomorrow', 'constructor', '__proto__', 'недоступно']) {
      assert.equal(statusOfTask(word), 'working', word);
    }
    for (const word of [undefined, '', ' _ ']) {
      assert.equal(statusOfTask(word), 'idle');
    }
  });
});

describe('statusOfListed', () => {
  const status = (serviceState?: string, hostStatus?: string) =>
    statusOfListed({ serviceState, hostStatus }, READ_AT).status;

  it('takes the machine’s word before the service’s, but never for a task that has ended', () => {
    for (const [serviceState, hostStatus, expected] of [
      ['in_progress', 'idle', 'idle'],
      ['in_progress', 'input-needed', 'needs input'],
      ['idle', 'working', 'working'],
      ['in_progress', 'error', 'failed'],
      ['waiting_for_user', 'idle', 'needs input'],
      ['completed', 'working', 'done'],
      ['cancelled', 'input-needed', 'failed'],
      ['idle', 'a word of tomorrow', 'idle'],
      [undefined, 'a word of tomorrow', 'working'],
      [undefined, 'working', 'working'],
      [undefined, undefined, 'idle'],
    ] as const) {
      assert.equal(status(serviceState, hostStatus), expected, `${serviceState} ${hostStatus}`);
    }
  });

  it('never claims that a session goes on of which nothing was heard in time', () => {
    fc.assert(
      fc.property(
        fc.option(fc.constantFrom(...Object.keys(WORDS), 'new'), { nil: undefined }),
        fc.option(fc.constantFrom('idle', 'working', 'input-needed', 'error'), { nil: undefined }),
        fc.integer({ min: -100_000, max: 100_000 }),
        (serviceState, hostStatus, offset) => {
          const staleAt = new Date(READ_AT.getTime() + offset);
          const fresh = statusOfListed({ serviceState, hostStatus }, READ_AT).status;
          const isStale = offset <= 0 && fresh !== 'done' && fresh !== 'failed';
          assert.deepEqual(
            statusOfListed({ serviceState, hostStatus, staleAt }, READ_AT),
            isStale
              ? { status: 'disconnected', lastStatus: fresh, staleSince: staleAt }
              : { status: fresh, lastStatus: undefined, staleSince: undefined },
          );
        },
      ),
    );
  });
});
