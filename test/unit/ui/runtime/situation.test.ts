import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import type { AccessDenial } from '../../../../src/core/errors/accessDenial';
import {
  emptyReason,
  listMessage,
  quotaLines,
  SIGN_IN_TEXTS,
  type Situation,
} from '../../../../src/ui/runtime/situation';
import { readManifest, readTexts } from '../../../support/packageManifest';

const RUNNING: Situation = {
  state: 'running',
  error: undefined,
  signIn: { kind: 'signed-in', login: 'octocat' },
  list: { kind: 'loaded' },
  cannotList: undefined,
};
const REFUSALS = [
  ['signed-out', 'notSignedIn'],
  ['refused', 'signInRefused'],
  ['no-access', 'noAccess'],
  ['no-entitlement', 'noEntitlement'],
  ['policy', 'forbiddenByPolicy'],
] as const;
const refused = (refusal: AccessDenial): Situation => ({
  ...RUNNING,
  list: { kind: 'failed', error: new CloudSessionsError('forbidden', 'No.', { refusal }) },
});
const failed = (code: ConstructorParameters<typeof CloudSessionsError>[0]) => new CloudSessionsError(code, 'It broke.');

describe('what an empty list is about', () => {
  const table: readonly (readonly [string, Situation, ReturnType<typeof emptyReason>])[] = [
    ['starting', { ...RUNNING, state: 'starting' }, 'starting'],
    ['restarting', { ...RUNNING, state: 'restarting' }, 'starting'],
    ['server away', { ...RUNNING, state: 'restarting', error: failed('server-unreachable') }, 'serverAway'],
    ['stopped', { ...RUNNING, state: 'stopped' }, 'stopped'],
    ['nothing found', { ...RUNNING, state: 'failed', error: failed('runtime-not-found') }, 'noRuntime'],
    ['crashed', { ...RUNNING, state: 'failed', error: failed('runtime-exited') }, 'failed'],
    ['not signed in', { ...RUNNING, signIn: { kind: 'signed-out' } }, 'notSignedIn'],
    ['nobody knows yet who is signed in', { ...RUNNING, signIn: { kind: 'unknown' } }, 'noSessions'],
    ['a sign-in without a name, and nothing listed', { ...RUNNING, signIn: { kind: 'doubtful' } }, 'signInDoubtful'],
    ...REFUSALS.map(([refusal, reason]) => [`list refused: ${refusal}`, refused(refusal), reason] as const),
    ['list failed', { ...RUNNING, list: { kind: 'failed', error: failed('service-unavailable') } }, 'listFailed'],
    ['not listed yet', { ...RUNNING, list: { kind: 'loading' } }, 'starting'],
    ['nothing there', RUNNING, 'noSessions'],
    ['nothing there for a runtime that lists nothing', { ...RUNNING, cannotList: '1.0.55' }, 'cannotList'],
  ];
  for (const [name, situation, reason] of table) {
    it(`${name}: ${reason}`, () => assert.equal(emptyReason(situation), reason));
  }

  it('says of rows that may be old that they may be, and of others nothing', () => {
    assert.equal(listMessage(RUNNING), undefined);
    assert.match(
      listMessage({ ...RUNNING, state: 'failed', error: failed('runtime-exited') }) ?? '',
      /out of date.*It broke\./,
    );
    assert.match(
      listMessage({ ...RUNNING, list: { kind: 'failed', error: failed('timeout') } }) ?? '',
      /out of date.*It broke\./,
    );
    assert.match(listMessage({ ...RUNNING, signIn: { kind: 'signed-out' } }) ?? '', /not signed in/);
    const away = listMessage({ ...RUNNING, state: 'restarting', error: failed('server-unreachable') }) ?? '';
    assert.match(away, /It broke\. The extension retries at least every 30 seconds\..*out of date/);
    assert.doesNotMatch(away, /crash|restart/i, 'it is not ours to restart');
  });

  it('says each refusal in words of its own, above rows that were listed before', () => {
    const lines = REFUSALS.map(([refusal]) => listMessage(refused(refusal)));
    assert.ok(lines.every((line) => line !== undefined && line.length > 0));
    assert.equal(new Set(lines).size, REFUSALS.length);
    // The rows prove that an account has access.
    assert.equal(listMessage({ ...RUNNING, signIn: { kind: 'doubtful' } }), undefined);
    // Until it is known who is signed in, the message must not say that nobody is.
    const undecided = { ...refused('signed-out'), signIn: { kind: 'doubtful' } } as const;
    assert.equal(emptyReason(undecided), 'signInDoubtful');
    assert.match(listMessage(undecided) ?? '', /did not confirm who is signed in/);
  });

  it('has a welcome view with a button for each reason', () => {
    const { contributes } = readManifest() as {
      contributes: { viewsWelcome: readonly { when: string; contents: string }[] };
    };
    for (const [, reason] of [...REFUSALS, ['', 'signInDoubtful'] as const]) {
      const view = contributes.viewsWelcome.find(({ when }) => when === `cloudSessions.empty == ${reason}`);
      assert.match(view?.contents ?? '', /^\[[^\]]+\]\((command:cloudSessions\.\S+|https:\S+)\)$/m, reason);
    }
  });

  it('is told by the line above the list in the words of the welcome view', () => {
    const texts = readTexts();
    for (const [reason, text] of Object.entries(SIGN_IN_TEXTS)) {
      // The welcome view says what to do, the line above the list what is missing.
      if (reason !== 'notSignedIn') {
        assert.ok(texts[`viewsWelcome.${reason}.contents`]?.startsWith(text), reason);
      }
    }
  });
});

describe('the line on the quota', () => {
  const quota = { isInCredits: false, included: 1_500, left: 258.5, at: new Date(2026, 10, 27, 9, 5) };

  it('says what is left, of what and when, in the language of the numbers, and nothing while it is unknown', () => {
    // Newer versions of ICU write a narrow space before “AM”.
    assert.deepEqual(
      quotaLines({ quota }, 'en').map((line) => line.replace(/\s/g, ' ')),
      ['Premium requests: 258.5 of 1,500 left, as of 11/27/26, 9:05 AM'],
    );
    assert.deepEqual(quotaLines({ quota: { ...quota, isInCredits: true } }, 'de'), [
      'AI credits: 258,5 of 1.500 left, as of 27.11.26, 09:05',
    ]);
    assert.deepEqual(quotaLines({ quota: undefined }, 'en'), []);
  });
});
