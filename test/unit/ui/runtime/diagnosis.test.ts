import assert from 'node:assert/strict';
import { CloudSessionsError, type ErrorCode } from '../../../../src/core/errors/cloudSessionsError';
import type { AccessDenial } from '../../../../src/core/errors/accessDenial';
import { checksOf, type Facts, type Verdict } from '../../../../src/ui/runtime/diagnosis';

const FINE: Facts = {
  state: 'running',
  error: undefined,
  runtime: '/usr/bin/copilot (from PATH)',
  handshake: { protocolVersion: 3, version: '1.0.102' },
  signIn: { kind: 'signed-in', login: 'octocat' },
  signInText: 'Signed in as octocat at github.com.',
  list: { kind: 'loaded' },
  repositories: { usable: ['octo-org/harbor'], others: [] },
};
const listFailed = (code: ErrorCode, refusal?: AccessDenial): Facts => ({
  ...FINE,
  list: {
    kind: 'failed',
    error: new CloudSessionsError(code, 'It broke.', { nextStep: 'Mend it.', ...(refusal && { refusal }) }),
  },
});
const notFound = new CloudSessionsError('runtime-not-found', 'No Copilot runtime was found.', {
  nextStep: 'Install it.',
});

/** One letter each for: found, version, handshake, sign-in, service, policy, repository. */
const LETTERS: Readonly<Record<Verdict, string>> = { works: '+', fails: '-', unknown: '?' };

describe('the diagnosis', () => {
  const table: readonly (readonly [string, Facts, string])[] = [
    ['all is well', FINE, '+++++++'],
    ['no runtime', { ...FINE, state: 'failed', error: notFound, runtime: undefined, handshake: undefined }, '-?-???+'],
    ['stopped', { ...FINE, state: 'stopped', handshake: undefined }, '+?????+'],
    ['too old', { ...FINE, handshake: { protocolVersion: 3, version: '1.0.54' } }, '+-+???+'],
    ['lists nothing', { ...FINE, handshake: { protocolVersion: 3, version: '1.0.55' } }, '+++???+'],
    ['nobody signed in', { ...listFailed('not-signed-in', 'signed-out'), signIn: { kind: 'signed-out' } }, '+++-??+'],
    ['sign-in refused', listFailed('not-signed-in', 'refused'), '+++-+?+'],
    ['a sign-in without a name', { ...FINE, signIn: { kind: 'doubtful' } }, '+++?+++'],
    ['no access', listFailed('forbidden', 'no-access'), '+++++-+'],
    ['no plan', listFailed('forbidden', 'no-entitlement'), '+++++-+'],
    ['forbidden by policy', listFailed('forbidden', 'policy'), '+++++-+'],
    ['the service is down', listFailed('service-unavailable'), '+++?-?+'],
    ['too many requests', listFailed('rate-limited'), '+++?+?+'],
    ['not read yet', { ...FINE, list: { kind: 'loading' } }, '+++???+'],
    ['no repository', { ...FINE, repositories: { usable: [], others: [] } }, '++++++?'],
    ['none of the runtime’s host', { ...FINE, repositories: { usable: [], others: ['o/r on x (y)'] } }, '++++++?'],
    ['no Git', { ...FINE, repositories: undefined }, '++++++?'],
  ];
  for (const [name, facts, expected] of table) {
    it(`${name}: ${expected}`, () => {
      const checks = checksOf(facts);
      assert.equal(checks.map(({ verdict }) => LETTERS[verdict]).join(''), expected);
      for (const { verdict, name: what, remedy } of checks) {
        assert.ok(verdict !== 'fails' || (remedy ?? '') !== '', `${what} fails, and says what to do`);
      }
    });
  }

  it('lists the repositories of the runtime’s host, and says of the others what they are', () => {
    const finding = (usable: string[], others: string[]) =>
      checksOf({ ...FINE, repositories: { usable, others } }).at(-1)?.finding;
    assert.equal(finding(['o/r', 'o/s'], []), 'o/r, o/s');
    assert.equal(finding(['o/r'], ['o/a on evil.example (why)']), 'o/r; not usable: o/a on evil.example (why)');
    assert.match(
      finding([], ['o/a on evil.example (why)']) ?? '',
      /repositories of this workspace: o\/a on evil\.example/,
    );
    assert.match(finding([], []) ?? '', /No repository of this workspace is on GitHub/);
  });

  it('names a runtime that is too old, and the remedy', () => {
    const [, version] = checksOf({ ...FINE, handshake: { protocolVersion: 3, version: '1.0.40' } });
    assert.match(version?.finding ?? '', /1\.0\.40 is too old.*1\.0\.55/);
    assert.match(version?.remedy ?? '', /Update/);
  });
});
