import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import { Emitter } from 'vscode-jsonrpc/node';
import type { SessionStatus } from '../../../../src/core/activity/activity';
import type { AccountQuota } from '../../../../src/core/rpc/accountQuota';
import type { RowsChange } from '../../../../src/core/store/rowCache';
import type { SignIn } from '../../../../src/core/store/authStatus';
import { QUOTA_PAUSE_MS, QuotaWatch } from '../../../../src/ui/account/quotaWatch';
import { toVSCodeEvent } from '../../../../src/ui/common/vscodeEvents';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';

const QUOTA: AccountQuota = { isInCredits: false, included: 300, left: 258.5, at: undefined };
const IN: SignIn = { kind: 'signed-in', login: 'octo' };

/** A runtime that answers with `quota`, or refuses. */
class Runtime {
  asked = 0;
  quota: AccountQuota | undefined | Error = QUOTA;
  /** Answers come only after this. */
  held: Promise<void> | undefined;

  async request(): Promise<never> {
    this.asked++;
    await this.held;
    return this.quota instanceof Error ? Promise.reject(this.quota) : Promise.resolve(this.quota as never);
  }
}

function stage() {
  const signIns = new Emitter<void>();
  const rows = new Emitter<RowsChange>();
  const timers = new ManualTimers();
  const counts = new Map<SessionStatus, number>();
  const state = { signIn: IN, runtime: new Runtime() as Runtime | undefined, changes: 0, now: 1 };
  const watch = new QuotaWatch(
    {
      get signIn() {
        return state.signIn;
      },
      onDidChange: toVSCodeEvent(signIns.event),
    },
    () => state.runtime,
    { counts, onDidChange: rows.event },
    timers.create,
    () => new Date(state.now),
  );
  watch.onDidChange(() => state.changes++);
  return {
    state,
    watch,
    timers,
    signIn: async () => {
      signIns.fire();
      await turn();
    },
    working: (count: number) => {
      counts.set('working', count);
      rows.fire(undefined);
    },
    pass: async (ms: number) => {
      timers.advance(ms);
      await turn();
    },
  };
}

describe('the quota that is watched', () => {
  it('is asked for after the sign-in, and not before or without one', async () => {
    const { state, watch, timers, signIn } = stage();
    const runtime = state.runtime!;
    assert.equal(runtime.asked, 0);
    state.signIn = { kind: 'doubtful' };
    await signIn();
    assert.deepEqual([runtime.asked, watch.current], [0, undefined]);
    state.signIn = IN;
    await signIn();
    assert.deepEqual([runtime.asked, watch.current, state.changes], [1, { ...QUOTA, at: new Date(1) }, 1]);
    watch.dispose();
    assert.equal(timers.pending, 0);
  });

  it('is asked for again a minute after sessions have stopped working, once for all of them', async () => {
    const { state, watch, timers, signIn, working, pass } = stage();
    const runtime = state.runtime!;
    await signIn();
    working(2);
    assert.equal(timers.pending, 0);
    working(1);
    working(2);
    working(0);
    await pass(QUOTA_PAUSE_MS - 1);
    assert.equal(runtime.asked, 1);
    runtime.quota = { ...QUOTA, left: 250 };
    await pass(1);
    assert.deepEqual([runtime.asked, watch.current?.left], [2, 250]);
    await pass(10 * QUOTA_PAUSE_MS);
    assert.equal(runtime.asked, 2);
    watch.dispose();
  });

  it('is as old as the first answer that said it, or as the service says', async () => {
    const { state, watch, signIn, working, pass } = stage();
    const runtime = state.runtime!;
    await signIn();
    const later = async (quota: AccountQuota): Promise<number | undefined> => {
      runtime.quota = quota;
      state.now++;
      working(1);
      working(0);
      await pass(QUOTA_PAUSE_MS);
      return watch.current?.at.getTime();
    };
    assert.equal(await later(QUOTA), 1);
    assert.equal(await later({ ...QUOTA, left: 250 }), 3);
    assert.equal(await later({ ...QUOTA, at: new Date(0) }), 0);
    watch.dispose();
  });

  it('is that of the connected runtime only, and gone with the account', async () => {
    const { state, watch, signIn, working, pass } = stage();
    await signIn();
    const first = state.runtime;
    state.runtime = undefined;
    assert.equal(watch.current, undefined);
    working(1);
    working(0);
    await pass(QUOTA_PAUSE_MS);
    assert.equal(first?.asked, 1, 'nothing is asked while there is no runtime');
    state.runtime = new Runtime();
    assert.equal(watch.current, undefined);
    state.runtime.quota = new Error('Unhandled method account.getQuota');
    await signIn();
    assert.equal(watch.current, undefined);
    watch.dispose();
  });

  it('ignores the answer of a runtime that is gone; a failure keeps what is known', async () => {
    const { state, watch, signIn, working, pass } = stage();
    await signIn();
    state.runtime!.quota = new Error('no');
    working(1);
    working(0);
    await pass(QUOTA_PAUSE_MS);
    assert.equal(state.runtime!.asked, 2);
    assert.equal(watch.current?.left, 258.5);

    const gone = state.runtime!;
    let answer: () => void = () => undefined;
    gone.held = new Promise((resolve) => (answer = resolve));
    gone.quota = { ...QUOTA, left: 1 };
    await signIn();
    state.runtime = new Runtime();
    await signIn();
    answer();
    await turn();
    assert.equal(watch.current.left, 258.5);
    watch.dispose();
  });
});
