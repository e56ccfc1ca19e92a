import { defined } from '../../core/common/defined';
import type { RuntimeState } from '../../api';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { AccessDenial } from '../../core/errors/accessDenial';
import { isTooOld, listsCloudSessions, OLDEST_RUNTIME } from '../../core/rpc/compatibility';
import type { Handshake } from '../../core/rpc/methods';
import type { ListState } from '../../core/store/sessionList';
import { signInProblem, type SignIn } from '../../core/store/authStatus';
import type { RepositoryFindings } from '../git/gitRepositories';

export type Verdict = 'works' | 'fails' | 'unknown';

/** One line of the page: what was looked at, what was found, and what helps if it fails. */
export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  readonly finding: string;
  readonly remedy?: string;
}

/** What was found out, before it is judged. */
export interface Facts {
  readonly state: RuntimeState;
  readonly error: CloudSessionsError | undefined;
  /** Where the runtime is: a program, or the address of one that runs. */
  readonly runtime: string | undefined;
  readonly handshake: Handshake | undefined;
  readonly signIn: SignIn;
  /** Who that is and in which way, as the runtime says it. */
  readonly signInText: string;
  readonly list: ListState;
  /** The repositories in the workspace; `undefined` if nobody could say. */
  readonly repositories: RepositoryFindings | undefined;
}

const SIGN_IN = 'Run “Cloud Sessions: Sign In to Copilot”.';

const ACCESS_REMEDIES: Readonly<Record<Exclude<AccessDenial, 'signed-out' | 'refused'>, string>> = {
  'no-access': 'Use another account, or authorize this one for the organization’s single sign-on.',
  'no-entitlement': 'See https://github.com/settings/copilot, or use another account.',
  policy: 'Ask the owners of the organization to enable the Copilot cloud agent.',
};

/** Judges all that cloud sessions need, in the order in which one needs the other. */
export function checksOf(all: Facts): readonly Check[] {
  // An empty list that nobody was asked for proves nothing.
  const proves = listsCloudSessions(all.handshake?.version) || all.list.kind !== 'loaded';
  const facts: Facts = proves ? all : { ...all, list: { kind: 'unknown' } };
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

const NOT_RUNNING = 'not known, as the runtime is not running';

function found({ runtime, error }: Facts): Check {
  const name = 'Runtime found';
  if (runtime !== undefined) {
    return check(name, 'works', runtime);
  }
  return error === undefined
    ? check(name, 'unknown', 'it has not been looked for yet', 'Run “Cloud Sessions: Restart Runtime”.')
    : check(name, 'fails', error.message, error.nextStep ?? 'Run “Cloud Sessions: Install Copilot Runtime”.');
}

function version({ handshake: greeting }: Facts): Check {
  const name = 'Runtime version';
  const theirs = greeting?.version;
  if (theirs === undefined) {
    return check(name, 'unknown', greeting === undefined ? NOT_RUNNING : 'the runtime does not say it');
  }
  return isTooOld(theirs)
    ? check(
        name,
        'fails',
        `${theirs} is too old: ${OLDEST_RUNTIME} is the oldest that works`,
        'Run “Cloud Sessions: Update Copilot Runtime”, or npm install -g @github/copilot.',
      )
    : check(name, 'works', `${theirs} (${OLDEST_RUNTIME} or newer is needed)`);
}

function handshake({ state, error, handshake: greeting }: Facts): Check {
  const name = 'Handshake';
  if (state === 'running' && greeting !== undefined) {
    return check(name, 'works', `protocol ${greeting.protocolVersion ?? 'unknown'}`);
  }
  return error === undefined
    ? check(name, 'unknown', `the runtime is ${state}`, 'Run “Cloud Sessions: Restart Runtime”.')
    : check(name, 'fails', error.message, error.nextStep ?? 'Run “Cloud Sessions: Show Runtime Log”.');
}

function signedIn({ state, signIn, signInText, list }: Facts): Check {
  const name = 'Sign-in';
  if (state !== 'running') {
    return check(name, 'unknown', NOT_RUNNING);
  }
  const problem = signInProblem(signIn, list);
  if (problem === 'signed-out') {
    return check(name, 'fails', 'nobody is signed in', SIGN_IN);
  }
  if (problem === 'refused') {
    return check(name, 'fails', 'GitHub does not accept it: it has expired, was revoked, or is wrong', SIGN_IN);
  }
  switch (signIn.kind) {
    case 'doubtful':
      return check(name, 'unknown', 'GitHub has not said whose it is; it may have expired or been refused', SIGN_IN);
    case 'unknown':
      return check(name, 'unknown', signInText);
    default:
      return list.kind === 'loaded' || problem !== undefined
        ? check(name, 'works', signInText)
        : check(name, 'unknown', `${signInText}; the service has not confirmed it`);
  }
}

function service({ state, list, handshake: greeting }: Facts): Check {
  const name = 'Copilot service reachable';
  if (state !== 'running') {
    return check(name, 'unknown', NOT_RUNNING);
  }
  if (!listsCloudSessions(greeting?.version)) {
    return check(
      name,
      'unknown',
      `runtime ${greeting?.version ?? ''} cannot list cloud sessions`,
      'Run “Cloud Sessions: Update Copilot Runtime”.',
    );
  }
  if (list.kind === 'loaded') {
    return check(name, 'works', 'the list of sessions was read');
  }
  if (list.kind !== 'failed') {
    return check(name, 'unknown', 'the list of sessions has not been read yet');
  }
  if (list.error.refusal === 'signed-out') {
    return check(name, 'unknown', 'nothing is asked without a sign-in');
  }
  return list.error.refusal !== undefined || list.error.code === 'rate-limited'
    ? check(name, 'works', 'it answers')
    : check(name, 'fails', list.error.message, list.error.nextStep);
}

function policy({ state, signIn, list }: Facts): Check {
  const name = 'Allowed by plan and policy';
  const problem = state === 'running' ? signInProblem(signIn, list) : undefined;
  if (problem !== undefined && problem !== 'signed-out' && problem !== 'refused' && list.kind === 'failed') {
    return check(name, 'fails', list.error.message, ACCESS_REMEDIES[problem]);
  }
  return state === 'running' && list.kind === 'loaded'
    ? check(name, 'works', 'sessions may be listed; whether a repository allows new ones shows when one is created')
    : check(name, 'unknown', 'the service has not answered for this account');
}

function repository({ repositories }: Facts): Check {
  const name = 'Repository found';
  if (repositories === undefined) {
    return check(name, 'unknown', 'VS Code’s Git extension does not answer', 'Enable the built-in Git extension.');
  }
  const { usable, others } = repositories;
  const beside = others.length === 0 ? '' : `; also ${others.join(', ')}`;
  return usable.length > 0
    ? check(name, 'works', `${usable.join(', ')}${beside}`)
    : check(
        name,
        'unknown',
        others.length === 0
          ? 'none of this workspace is on GitHub'
          : `none of this workspace is one that the runtime can work on: ${others.join(', ')}`,
        'Open a clone of one, or name it as owner/name when you create a session.',
      );
}
