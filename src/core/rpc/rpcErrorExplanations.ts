import * as l10n from '@vscode/l10n';
import type { ErrorCode } from '../errors/cloudSessionsError';
import type { RequestContext, RequestSubject } from './requestSubject';
import { kindOf, type CallKind, type Reason } from './rpcErrorReasons';

/** A reason for people. */
export interface Explanation {
  readonly code: ErrorCode;
  /** A clause that follows a colon: no capital, no full stop. */
  readonly reason: string;
  /** What to do now, in a sentence. */
  readonly nextStep: string;
}

/** Why a call failed, and what to do, with the names of what the call was about. */
export function explain(
  reason: Reason | 'invalid-params' | 'withdrawn',
  { method, about = {} }: RequestContext,
): Explanation {
  const kind = kindOf(method);
  const { account, repository, model } = about;
  switch (reason) {
    case 'signed-out':
      return {
        code: 'not-signed-in',
        reason: l10n.t('nobody is signed in to GitHub Copilot'),
        nextStep: l10n.t('Sign in, then try again.'),
      };
    case 'refused':
      return {
        code: 'not-signed-in',
        reason:
          account === undefined
            ? l10n.t('GitHub does not accept the sign-in: it has expired, was revoked, or is wrong')
            : l10n.t('GitHub does not accept the sign-in of {0}: it has expired, was revoked, or is wrong', account),
        nextStep: l10n.t('Sign in again.'),
      };
    case 'no-access':
      return {
        code: 'forbidden',
        reason: noAccess(kind, about),
        nextStep: l10n.t(
          'Use an account that has access, or authorize this one for the organization’s single sign-on.',
        ),
      };
    case 'no-entitlement':
      return {
        code: 'forbidden',
        reason:
          account === undefined
            ? l10n.t('this account has no Copilot plan that includes cloud sessions')
            : l10n.t('the account {0} has no Copilot plan that includes cloud sessions', account),
        nextStep: l10n.t('See the account’s Copilot settings, or use another account.'),
      };
    case 'policy':
      return repository === undefined
        ? {
            code: 'forbidden',
            reason: l10n.t('your organization or plan does not allow cloud sessions'),
            nextStep: l10n.t('Ask the owner of the organization to enable the Copilot cloud agent.'),
          }
        : {
            code: 'forbidden',
            reason: l10n.t('your organization or plan does not allow cloud sessions for {0}', repository),
            nextStep: l10n.t(
              'Ask the owner of the organization to enable the Copilot cloud agent for this repository.',
            ),
          };
    case 'limit':
      return limitOf(kind);
    case 'repository':
      return repositoryNotFound(about);
    case 'branch':
      return {
        code: 'branch-not-found',
        reason: branchNotFound(about),
        nextStep: l10n.t('Choose a branch that has been pushed, or leave it out for the default branch.'),
      };
    case 'model':
      return {
        code: 'invalid-argument',
        reason:
          model === undefined ? l10n.t('the model cannot be used') : l10n.t('the model {0} cannot be used', model),
        nextStep: l10n.t('Choose another model, or none.'),
      };
    case 'session-gone':
      return {
        code: 'session-not-found',
        reason:
          account === undefined
            ? l10n.t('the session no longer exists, or this account has no access to it')
            : l10n.t('the session no longer exists, or the account {0} has no access to it', account),
        nextStep: l10n.t('Refresh the list of sessions, or look for the session on the web.'),
      };
    case 'not-started':
      return {
        code: 'session-not-ready',
        reason: l10n.t('its agent has not started yet'),
        nextStep: l10n.t('Try again in a moment.'),
      };
    case 'sandbox-late':
      return {
        code: 'session-not-ready',
        reason: l10n.t('the session was created, but its agent did not start in time'),
        nextStep: l10n.t('Refresh the list of sessions first: the session may be there by now.'),
      };
    case 'agent-silent':
      return {
        code: 'timeout',
        reason: l10n.t('the agent’s machine did not answer in time'),
        nextStep: l10n.t('Try again in a moment. The session’s page on the web shows whether the agent still works.'),
      };
    case 'unreachable':
      return {
        code: 'service-unavailable',
        reason: l10n.t('the Copilot service cannot be reached'),
        nextStep: l10n.t('Check the network and https://www.githubstatus.com, then try again.'),
      };
    case 'slow':
      return {
        code: 'service-unavailable',
        reason: l10n.t('the Copilot service did not answer in time'),
        nextStep: l10n.t('Check the network and https://www.githubstatus.com, then try again.'),
      };
    case 'unreadable':
      return {
        code: 'response-invalid',
        reason: l10n.t('the Copilot runtime cannot read what the service answered'),
        nextStep: l10n.t('Try again. If the problem persists, update the Copilot runtime.'),
      };
    case 'not-supported':
      return {
        code: 'not-supported',
        reason: l10n.t('this version of the Copilot runtime does not support it'),
        nextStep: l10n.t('Update the Copilot runtime, then restart it.'),
      };
    case 'invalid-params':
      return {
        code: 'invalid-argument',
        reason: l10n.t('the Copilot runtime does not accept what it was given'),
        nextStep: l10n.t('Correct the value that the message names. If it names none, update the Copilot runtime.'),
      };
    case 'withdrawn':
      // With a next step: nobody here cancelled it, so the user is told.
      return {
        code: 'cancelled',
        reason: l10n.t('the Copilot runtime cancelled it'),
        nextStep: l10n.t('Try again.'),
      };
  }
}

function noAccess(kind: CallKind, { account, repository }: RequestSubject): string {
  if (kind === 'create' && repository !== undefined) {
    return account === undefined
      ? l10n.t('this account has no access to {0}', repository)
      : l10n.t('the account {0} has no access to {1}', account, repository);
  }
  if (kind === 'session' || kind === 'connect') {
    return account === undefined
      ? l10n.t('this account has no access to this session')
      : l10n.t('the account {0} has no access to this session', account);
  }
  return account === undefined
    ? l10n.t('this account has no access to cloud sessions')
    : l10n.t('the account {0} has no access to cloud sessions', account);
}

function limitOf(kind: CallKind): Explanation {
  const code = 'rate-limited';
  switch (kind) {
    case 'create':
      return {
        code,
        reason: l10n.t('GitHub limits how many sessions may be started now'),
        nextStep: l10n.t('Wait a few minutes and try again, or see your Copilot plan’s limits.'),
      };
    case 'list':
      return {
        code,
        reason: l10n.t('GitHub limits how often the sessions may be read'),
        nextStep: l10n.t('Wait a few minutes, then refresh the list.'),
      };
    default:
      return {
        code,
        reason: l10n.t('GitHub limits how many requests may be made now'),
        nextStep: l10n.t('Wait a few minutes, then try again.'),
      };
  }
}

function branchNotFound({ repository, branch }: RequestSubject): string {
  if (branch === undefined) {
    return repository === undefined
      ? l10n.t('the branch was not found')
      : l10n.t('the branch was not found in {0}', repository);
  }
  return repository === undefined
    ? l10n.t('the branch {0} was not found', branch)
    : l10n.t('the branch {0} was not found in {1}', branch, repository);
}

/** GitHub gives the same answer for what is not there and for what the account may not see. */
function repositoryNotFound({ account, host = 'github.com', repository }: RequestSubject): Explanation {
  const code = 'repository-not-found';
  if (repository === undefined) {
    return {
      code,
      reason:
        account === undefined
          ? l10n.t('the repository was not found, or this account has no access to it')
          : l10n.t('the repository was not found, or the account {0} has no access to it', account),
      nextStep: l10n.t('Check owner and name, and that your account can read the repository.'),
    };
  }
  const where = host === 'github.com' ? 'GitHub' : host;
  return {
    code,
    reason:
      account === undefined
        ? l10n.t('{0} has no repository {1} that this account can read', where, repository)
        : l10n.t('{0} has no repository {1} that the account {2} can read', where, repository, account),
    nextStep: l10n.t(
      'Check owner and name. A private repository that the account may not read looks as if it were missing: use an account that can read it, or choose another repository.',
    ),
  };
}
