import type * as vscode from 'vscode';
import { defined } from '../core/common/defined';
import type { CloudSession as ApiSession, CloudSessionsApi, RuntimeState, SessionInfo } from '../api';
import { checkToken, readSessionId } from '../core/arguments/callArguments';
import { readCreateOptions } from '../core/arguments/createOptions';
import type { PullRequest } from '../core/github/pullRequest';
import type { CloudSession } from '../core/session/session';
import type { SessionRow } from '../core/store/sessionRow';
import type { SessionStore } from '../core/store/sessionStore';
import { notOpenHere } from '../core/store/storeErrors';
import type { FoundChanges } from './changes/changeSources';
import type { SessionChangesService } from './changes/sessionChangesService';
import type { PullRequestWatcher } from './pullRequests/pullRequestWatcher';
import type { RuntimeController } from './runtime/runtimeController';
import { toVSCodeDisposable, toVSCodeEvent } from './common/vscodeEvents';

/** One object for each session, so that callers can compare them. */
const facades = new WeakMap<CloudSession, ApiSession>();

/** Reads what a session has changed: see `SessionChangesService.read`. */
type ReadChanges = (session: CloudSession) => Promise<FoundChanges>;

function sessionFacade(session: CloudSession, readChanges: ReadChanges): ApiSession {
  const known = facades.get(session);
  if (known !== undefined) {
    return known;
  }
  const facade: ApiSession = Object.freeze({
    sessionId: session.sessionId,
    get remoteUrl() {
      return session.remoteUrl;
    },
    onDidChangeRemoteUrl: toVSCodeEvent(session.onDidChangeRemoteUrl),
    onEvent: (listener: Parameters<ApiSession['onEvent']>[0]) => toVSCodeDisposable(session.onEvent(listener)),
    get model() {
      return session.choices.agentModel;
    },
    get modelChoice() {
      return session.choices.state;
    },
    get routing() {
      return session.routing;
    },
    send: (prompt: string, mode?: 'enqueue' | 'immediate') => session.send(prompt, mode),
    abort: () => session.abort(),
    getChanges: async () => (await readChanges(session)).set.changes,
  });
  facades.set(session, facade);
  return facade;
}

function sessionInfo(row: SessionRow & { readonly sessionId: string }, found: PullRequest | undefined): SessionInfo {
  const model = row.session?.choices.agentModel;
  const pullRequest = found && { url: found.url, number: found.number, state: found.state };
  return {
    sessionId: row.sessionId,
    ...defined({ taskId: row.taskId }),
    isRemote: row.isRemote,
    title: row.title,
    state: row.status,
    ...defined({ repository: row.repository, branch: row.branch, remoteUrl: row.remoteUrl, model, pullRequest }),
    startTime: row.startTime,
    modifiedTime: row.modifiedTime,
  };
}

export function createApi(
  controller: Pick<RuntimeController, 'state' | 'onDidChangeState' | 'ready'>,
  store: SessionStore,
  changes: Pick<SessionChangesService, 'read'>,
  pullRequests: Pick<PullRequestWatcher, 'get'>,
): CloudSessionsApi {
  const readChanges: ReadChanges = async (session) => {
    const row = store.find(session.sessionId);
    if (row?.session !== session) {
      throw notOpenHere(session.sessionId);
    }
    return changes.read(row, { fetches: true });
  };
  return Object.freeze({
    version: 1 as const,
    get runtimeState(): RuntimeState {
      return controller.state;
    },
    onDidChangeRuntimeState: controller.onDidChangeState,
    onDidChangeSessions: toVSCodeEvent((listener: (event: undefined) => unknown) =>
      store.onDidChange(() => void listener(undefined)),
    ),
    async listSessions() {
      await controller.ready();
      await store.refresh();
      return store.rows
        .filter((row): row is SessionRow & { sessionId: string } => row.sessionId !== undefined)
        .map((row) => sessionInfo(row, pullRequests.get(row)));
    },
    async createCloudSession(
      options: Parameters<CloudSessionsApi['createCloudSession']>[0],
      token?: vscode.CancellationToken,
    ) {
      const checked = readCreateOptions(options);
      checkToken(token);
      await controller.ready();
      return sessionFacade(await store.create(checked, token), readChanges);
    },
    async connect(sessionId: string) {
      const id = readSessionId(sessionId, 'connect');
      await controller.ready();
      return sessionFacade(await store.connect(id), readChanges);
    },
    getSession(sessionId: string) {
      const session = store.getSession(readSessionId(sessionId, 'getSession'));
      return session && sessionFacade(session, readChanges);
    },
  });
}
