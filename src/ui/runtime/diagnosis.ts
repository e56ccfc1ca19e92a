import * as l10n from '@vscode/l10n';
import { defined } from '../../core/common/defined';
import type { RuntimeState } from '../../api';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { AccessDenial } from '../../core/errors/accessDenial';
import { isTooOld, listsCloudSessions, OLDEST_RUNTIME } from '../../core/rpc/compatibility';
import type { Handshake } from '../../core/rpc/methods';
import type { ListState } from '../../core/store/sessionList';
import { signInProblem, type SignIn } from '../../core/store/authStatus';
import type { RepositoryFindings } from '../git/gitRepositories';
import { SIGN_IN_TEXTS } from './situation';

export type Verdict = 'works' | 'fails' | 'unknown';

/** One line of the report: the subject, what was found, and what to do about a failure. All texts are for the user. */
export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  readonly finding: string;
  readonly remedy?: string;
}

/** What the checks are made from. */
export interface Facts {
  readonly state: RuntimeState;
  readonly error: CloudSessionsError | undefined;
  /** The program that is started as the runtime, or the address of a running server. */
  readonly runtime: string | undefined;
  readonly handshake: Handshake | undefined;
  readonly signIn: SignIn;
  /** The account and the authentication type that the runtime reports, as a sentence. */
  readonly signInText: string;
  readonly list: ListState;
  /** The repositories in the workspace; `undefined` if Git did not answer. */
  readonly repositories: RepositoryFindings | undefined;
}

const SIGN_IN = l10n.t('Run “Cloud Sessions: Sign In to Copilot”.');
const RESTART = l10n.t('Run “Cloud Sessions: Restart Runtime”.');

const ACCESS_REMEDIES: Readonly<Record<Exclude<AccessDenial, 'signed-out' | 'refused'>, string>> = {
  'no-access': l10n.t('Use another account, or authorize this one for the organization’s single sign-on.'),
  'no-entitlement': l10n.t('See https://github.com/settings/copilot, or use another account.'),
  policy: l10n.t('Ask the owners of the organization to enable the Copilot cloud agent.'),
};

/** Checks what cloud sessions need, in the order of dependence. */
export function checksOf(all: Facts): readonly Check[] {
  // A runtime that cannot list cloud sessions reports an empty list, which proves nothing.
  const isProof = listsCloudSessions(all.handshake?.version) || all.list.kind !== 'loaded';
  const facts: Facts = isProof ? all : { ...all, list: { kind: 'unknown' } };
  return [
    found(facts),
    version(facts),
    handshake(facts),
    signedIn(facts),
    service(facts),
    policy(facts),
    repository(facts),
  ];
}

function check(name: string, verdict: Verdict, finding: string, remedy?: string): Check {
  return { name, verdict, finding, ...defined({ remedy }) };
}

const NOT_RUNNING = l10n.t('Unknown, because the runtime is not running.');

function found({ runtime, error }: Facts): Check {
  const name = l10n.t('Runtime found');
  if (runtime !== undefined) {
    return check(name, 'works', runtime);
  }
  return error === undefined
    ? check(name, 'unknown', l10n.t('The runtime has not been searched for yet.'), RESTART)
    : check(name, 'fails', error.message, error.nextStep ?? l10n.t('Run “Cloud Sessions: Install Copilot Runtime”.'));
}

function version({ handshake: answer }: Facts): Check {
  const name = l10n.t('Runtime version');
  const current = answer?.version;
  if (current === undefined) {
    return check(
      name,
      'unknown',
      answer === undefined ? NOT_RUNNING : l10n.t('The runtime does not report its version.'),
    );
  }
  return isTooOld(current)
    ? check(
        name,
        'fails',
        l10n.t('{0} is too old: {1} is the oldest supported version.', current, OLDEST_RUNTIME),
        l10n.t('Run “Cloud Sessions: Update Copilot Runtime”, or npm install -g @github/copilot.'),
      )
    : check(name, 'works', l10n.t('{0} ({1} or newer is required)', current, OLDEST_RUNTIME));
}

function handshake({ state, error, handshake: answer }: Facts): Check {
  const name = l10n.t({
    message: 'Handshake',
    comment: ['The name of a check in the diagnosis: the first exchange of messages with the Copilot runtime'],
  });
  if (state === 'running' && answer !== undefined) {
    return check(
      name,
      'works',
      answer.protocolVersion === undefined
        ? l10n.t('The runtime does not report its protocol version.')
        : l10n.t('Protocol version {0}.', answer.protocolVersion),
    );
  }
  return error === undefined
    ? check(name, 'unknown', stateSentence(state), RESTART)
    : check(name, 'fails', error.message, error.nextStep ?? l10n.t('Run “Cloud Sessions: Show Runtime Log”.'));
}

function stateSentence(state: RuntimeState): string {
  switch (state) {
    case 'stopped':
      return l10n.t('The runtime is stopped.');
    case 'starting':
      return l10n.t('The runtime is starting.');
    case 'running':
      return l10n.t('The runtime is running.');
    case 'restarting':
      return l10n.t('The runtime is restarting.');
    case 'failed':
      return l10n.t('The runtime has failed.');
  }
}

function signedIn({ state, signIn, signInText, list }: Facts): Check {
  const name = l10n.t({
    message: 'Sign-in',
    comment: ['The name of a check in the diagnosis: whether somebody is signed in to GitHub Copilot'],
  });
  if (state !== 'running') {
    return check(name, 'unknown', NOT_RUNNING);
  }
  const problem = signInProblem(signIn, list);
  if (problem === 'signed-out') {
    return check(name, 'fails', l10n.t('Nobody is signed in.'), SIGN_IN);
  }
  if (problem === 'refused') {
    return check(name, 'fails', SIGN_IN_TEXTS.signInRefused, SIGN_IN);
  }
  switch (signIn.kind) {
    case 'doubtful':
      return check(name, 'unknown', SIGN_IN_TEXTS.signInDoubtful, SIGN_IN);
    case 'unknown':
      return check(name, 'unknown', signInText);
    default:
      return list.kind === 'loaded' || problem !== undefined
        ? check(name, 'works', signInText)
        : check(name, 'unknown', `${signInText} ${l10n.t('The service has not confirmed it.')}`);
  }
}

function service({ state, list, handshake: answer }: Facts): Check {
  const name = l10n.t('Copilot service reachable');
  if (state !== 'running') {
    return check(name, 'unknown', NOT_RUNNING);
  }
  if (!listsCloudSessions(answer?.version)) {
    return check(
      name,
      'unknown',
      l10n.t('The runtime {0} cannot list cloud sessions.', answer?.version ?? ''),
      l10n.t('Run “Cloud Sessions: Update Copilot Runtime”.'),
    );
  }
  if (list.kind === 'loaded') {
    return check(name, 'works', l10n.t('The list of sessions was loaded.'));
  }
  if (list.kind !== 'failed') {
    return check(name, 'unknown', l10n.t('The list of sessions has not been loaded yet.'));
  }
  if (list.error.refusal === 'signed-out') {
    return check(name, 'unknown', l10n.t('Unknown, because nobody is signed in.'));
  }
  return list.error.refusal !== undefined || list.error.code === 'rate-limited'
    ? check(name, 'works', l10n.t('The service answers.'))
    : check(name, 'fails', list.error.message, list.error.nextStep);
}

function policy({ state, signIn, list }: Facts): Check {
  const name = l10n.t('Allowed by plan and policy');
  const problem = state === 'running' ? signInProblem(signIn, list) : undefined;
  if (problem !== undefined && problem !== 'signed-out' && problem !== 'refused' && list.kind === 'failed') {
    return check(name, 'fails', list.error.message, ACCESS_REMEDIES[problem]);
  }
  return state === 'running' && list.kind === 'loaded'
    ? check(
        name,
        'works',
        l10n.t('Sessions can be listed. Whether a repository allows new ones is checked when one is created.'),
      )
    : check(name, 'unknown', l10n.t('The service has not answered for this account.'));
}

function repository({ repositories }: Facts): Check {
  const name = l10n.t('Repository found');
  if (repositories === undefined) {
    return check(
      name,
      'unknown',
      l10n.t('VS Code’s Git extension does not answer.'),
      l10n.t('Enable the built-in Git extension.'),
    );
  }
  const { usable, others } = repositories;
  if (usable.length > 0) {
    const found = usable.join(', ');
    return check(name, 'works', others.length === 0 ? found : l10n.t('{0}; not usable: {1}', found, others.join(', ')));
  }
  return check(
    name,
    'unknown',
    others.length === 0
      ? l10n.t('No repository of this workspace is on GitHub.')
      : l10n.t('The runtime cannot work on the repositories of this workspace: {0}', others.join(', ')),
    l10n.t('Open a clone of a repository, or enter it as owner/name when you create a session.'),
  );
}
