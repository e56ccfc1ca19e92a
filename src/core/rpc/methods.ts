import type { CopilotClient, CopilotSession, GetAuthStatusResponse, SessionEvent } from '@github/copilot-sdk';
import * as l10n from '@vscode/l10n';
import { ResponseError } from 'vscode-jsonrpc/node';
import { readWorkspaceDiff, type WorkspaceDiff } from '../changes/workspaceDiff';
import { defined } from '../common/defined';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { isRecord, readArray, readRecord, readString, readText } from '../common/json';
import { readAccountQuota, type AccountQuota } from './accountQuota';
import { RpcErrorCode } from './inboundRequest';

type ServerRpc = CopilotClient['rpc'];

/** The version of the protocol that this client speaks; the runtime names its own in the handshake. */
export const PROTOCOL_VERSION = 3;

/**
 * A method of the runtime, declared once: its name on the wire, the type of its params, and the reader that checks its
 * result. Readers throw `response-invalid` for what cannot be used, and keep unknown members.
 */
export interface RpcMethod<Params, Result> {
  readonly method: string;
  readonly read: (value: unknown) => Result;
  /** Time limit of the answer, in milliseconds; without, it is awaited as long as the runtime answers pings. */
  readonly deadlineMs?: number;
  /** Only a type: no value has it. */
  readonly params?: Params;
}

function rpc<Params, Result>(
  method: string,
  read: (value: unknown) => Result,
  deadlineMs?: number,
): RpcMethod<Params, Result> {
  return { method, read, ...defined({ deadlineMs }) };
}

/** Time limit of methods that only read: nothing is lost. */
const READ_MS = 60_000;
/**
 * Time limit of methods that change something, which may have happened nevertheless: the state is read again. Creating and
 * sending have limits of their own (`SessionFactory`, `Outbox`), because a late answer to those still counts.
 */
const CHANGE_MS = 60_000;
/** An attachment takes 10 to 20 s for a task without events (measured on 1.0.102); after this it is retried. */
const CONNECT_MS = 180_000;

/** The service's own limit for calls that it forwards to the agent's machine is 30 s. */
const FORWARDED_MS = 35_000;

/** For methods whose result says nothing. */
const ignoreResult = (): undefined => undefined;

export interface Handshake {
  readonly protocolVersion: number | undefined;
  readonly version: string | undefined;
}

export interface CreatedSession {
  readonly sessionId: string;
  readonly remoteUrl: unknown;
}

export interface HistoryAnswer {
  readonly events: readonly SessionEvent[];
  /** The runtime says that these are not all. */
  readonly truncated: boolean;
}

type SessionRpc = CopilotSession['rpc'];
/** The params of a session's method: the SDK adds the session's id itself. */
type Of<Method extends (params: never) => unknown> = { readonly sessionId: string } & Parameters<Method>[0];

/** One entry of `sessions.list`; only the id is certain. */
export type ListedSession = Partial<Awaited<ReturnType<ServerRpc['sessions']['list']>>['sessions'][number]> & {
  readonly sessionId: string;
};

/** One item of `session.permissions.pendingRequests`; `request` has other kinds than the event: `commands` for `shell`. */
export interface PendingPermission {
  readonly requestId: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** An agent's answer to a change of its model. */
export interface ModelSwitch {
  /** The model that it uses now; `undefined` if it does not say. */
  readonly model: string | undefined;
  readonly reasoningEffort: string | undefined;
  /** The change is made later: `model` is the one before. */
  readonly isDeferred: boolean;
  /** Why nothing was changed, as a clause. */
  readonly problem: string | undefined;
}

export const Rpc = {
  connect: rpc<{ token?: string }, Handshake>('connect', readHandshake),
  ping: rpc<{ message?: string }, Handshake>('ping', readHandshake),
  shutdown: rpc<Record<string, never>, undefined>('runtime.shutdown', ignoreResult),
  authStatus: rpc<Record<string, never>, GetAuthStatusResponse>(
    'auth.getStatus',
    (value) => {
      const authenticated = isRecord(value) ? value['isAuthenticated'] : undefined;
      if (typeof authenticated !== 'boolean') {
        throw invalid(
          l10n.t(
            'The runtime’s answer to {0} cannot be used: it does not say whether anybody is signed in.',
            'auth.getStatus',
          ),
        );
      }
      return value as GetAuthStatusResponse;
    },
    READ_MS,
  ),
  accountQuota: rpc<Record<string, never>, AccountQuota | undefined>(
    'account.getQuota',
    (value) => readAccountQuota(value),
    READ_MS,
  ),
  listSessions: rpc<Parameters<ServerRpc['sessions']['list']>[0], readonly ListedSession[]>(
    'sessions.list',
    (value) => {
      if (!isRecord(value) || !Array.isArray(value['sessions'])) {
        throw invalid(
          l10n.t('The runtime’s answer to {0} cannot be used: it has no list of sessions.', 'sessions.list'),
        );
      }
      return readArray(value, 'sessions').filter(
        (entry): entry is ListedSession => readText(entry, 'sessionId') !== undefined,
      );
    },
    READ_MS,
  ),
  connectRemoteSession: rpc<
    Parameters<ServerRpc['sessions']['connect']>[0],
    { sessionId: string; taskId: string | undefined }
  >(
    'sessions.connect',
    (value) => ({
      sessionId: readSessionId('sessions.connect', value),
      taskId: readText(readRecord(value, 'metadata'), 'resourceId'),
    }),
    CONNECT_MS,
  ),
  createSession: rpc<Readonly<Record<string, unknown>>, CreatedSession>('session.create', (value) => ({
    sessionId: readSessionId('session.create', value),
    remoteUrl: isRecord(value) ? value['remoteUrl'] : undefined,
  })),
  getMessages: rpc<{ sessionId: string }, HistoryAnswer>(
    'session.getMessages',
    (value) => {
      if (!isRecord(value) || !Array.isArray(value['events'])) {
        throw invalid(
          l10n.t('The runtime’s answer to {0} cannot be used: it has no list of events.', 'session.getMessages'),
        );
      }
      // An entry that is no object cannot be shown; one without an id or a type can.
      const events = readArray(value, 'events').filter(isRecord) as unknown as readonly SessionEvent[];
      return { events, truncated: value['truncated'] === true };
    },
    READ_MS,
  ),
  send: rpc<{ sessionId: string; prompt: string; mode?: 'enqueue' | 'immediate' }, string>('session.send', (value) => {
    const messageId = readText(value, 'messageId');
    if (messageId === undefined) {
      throw invalid(l10n.t('The runtime’s answer to {0} cannot be used: it has no message id.', 'session.send'));
    }
    return messageId;
  }),
  abort: rpc<{ sessionId: string }, undefined>('session.abort', readSuccess, CHANGE_MS),
  /** On a cloud session the agent's machine answers, from 1.0.85 on; after 30 s the service reports a timeout. */
  switchModel: rpc<{ sessionId: string; modelId: string; reasoningEffort?: string }, ModelSwitch>(
    'session.model.switchTo',
    readModelSwitch,
    FORWARDED_MS,
  ),
  currentModel: rpc<{ sessionId: string }, { readonly model: string } | undefined>(
    'session.model.getCurrent',
    (value) => {
      const model = readText(value, 'modelId');
      return model === undefined ? undefined : { model };
    },
    FORWARDED_MS,
  ),
  /**
   * What the agent's machine has changed, also what is not committed or pushed. `undefined`: the answer is not of this
   * type.
   */
  workspaceDiff: rpc<Of<SessionRpc['workspaces']['diff']>, WorkspaceDiff | undefined>(
    'session.workspaces.diff',
    readWorkspaceDiff,
    FORWARDED_MS,
  ),
  setName: rpc<{ sessionId: string; name: string }, undefined>('session.name.set', readSuccess, CHANGE_MS),
  destroySession: rpc<{ sessionId: string }, undefined>('session.destroy', ignoreResult, CHANGE_MS),
  deleteSession: rpc<{ sessionId: string }, undefined>('session.delete', readSuccess, CHANGE_MS),
  // Answers to what the agent asks. `false`: the runtime does not have such a question, or no longer.
  answerPermission: rpc<Of<SessionRpc['permissions']['handlePendingPermissionRequest']>, boolean>(
    'session.permissions.handlePendingPermissionRequest',
    readAccepted,
    CHANGE_MS,
  ),
  answerUserInput: rpc<Of<SessionRpc['ui']['handlePendingUserInput']>, boolean>(
    'session.ui.handlePendingUserInput',
    readAccepted,
    CHANGE_MS,
  ),
  answerElicitation: rpc<Of<SessionRpc['ui']['handlePendingElicitation']>, boolean>(
    'session.ui.handlePendingElicitation',
    readAccepted,
    CHANGE_MS,
  ),
  answerPlan: rpc<Of<SessionRpc['ui']['handlePendingExitPlanMode']>, boolean>(
    'session.ui.handlePendingExitPlanMode',
    readAccepted,
    CHANGE_MS,
  ),
  answerAutoModeSwitch: rpc<Of<SessionRpc['ui']['handlePendingAutoModeSwitch']>, boolean>(
    'session.ui.handlePendingAutoModeSwitch',
    readAccepted,
    CHANGE_MS,
  ),
  answerLimits: rpc<Of<SessionRpc['ui']['handlePendingSessionLimitsExhausted']>, boolean>(
    'session.ui.handlePendingSessionLimitsExhausted',
    readAccepted,
    CHANGE_MS,
  ),
  /** The open permission requests, as the runtime knows them. */
  pendingPermissions: rpc<{ sessionId: string }, readonly PendingPermission[]>(
    'session.permissions.pendingRequests',
    (value) =>
      readArray(value, 'items').flatMap((item) => {
        const requestId = readText(item, 'requestId');
        const request = readRecord(item, 'request');
        return requestId === undefined || request === undefined ? [] : [{ requestId, request }];
      }),
    READ_MS,
  ),
  metadataSnapshot: rpc<{ sessionId: string }, { taskId?: string; repository?: string }>(
    'session.metadata.snapshot',
    (value) => {
      const remote = readRecord(value, 'remoteMetadata');
      const owner = readText(remote, 'owner');
      const name = readText(remote, 'name');
      const taskId = readText(remote, 'resourceId');
      return {
        ...defined({ taskId }),
        ...(owner === undefined || name === undefined ? {} : { repository: `${owner}/${name}` }),
      };
    },
    READ_MS,
  ),
} as const;

function readHandshake(value: unknown): Handshake {
  const version = isRecord(value) ? value['protocolVersion'] : undefined;
  return {
    protocolVersion: typeof version === 'number' ? version : undefined,
    version: readString(value, 'version'),
  };
}

function readSessionId(method: string, value: unknown): string {
  const sessionId = readText(value, 'sessionId');
  if (sessionId === undefined) {
    throw invalid(l10n.t('The runtime’s answer to {0} cannot be used: it has no session id.', method));
  }
  return sessionId;
}

/** Some methods report a failure as a result, `{success: false, error}`, and not as an RPC error. */
function readSuccess(value: unknown): undefined {
  if (isRecord(value) && value['success'] === false) {
    // Explained like any other refusal: the text is the service's, as in an RPC error.
    throw new ResponseError(RpcErrorCode.internalError, readText(value, 'error') ?? '');
  }
}

function readModelSwitch(value: unknown): ModelSwitch {
  readSuccess(value);
  const state = readRecord(value, 'modelState');
  return {
    model: readText(value, 'modelId') ?? readText(state, 'modelId'),
    reasoningEffort: readText(state, 'reasoningEffort'),
    isDeferred: isRecord(value) && value['deferred'] === true,
    // A question back, which cannot be answered here: without an answer the model stays.
    problem:
      readRecord(value, 'confirmation') === undefined
        ? undefined
        : (readText(value, 'message') ?? l10n.t('the agent asks for a confirmation first')),
  };
}

/** Whether the question was still open; a runtime that does not say has accepted the answer. */
function readAccepted(value: unknown): boolean {
  return !isRecord(value) || value['success'] !== false;
}

function invalid(message: string): CloudSessionsError {
  return new CloudSessionsError('response-invalid', message, {
    nextStep: l10n.t('Update the Copilot runtime, then restart it.'),
  });
}
