import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter } from 'vscode-jsonrpc/node';
import type { PendingQuestion } from '../../../../src/core/questions/pendingQuestion';
import { QuestionService, type ClosedQuestion } from '../../../../src/core/questions/questionService';
import { CloudSession, type SessionConnection } from '../../../../src/core/session/session';
import { ManualTimers } from '../../../support/manualTimers';
import { InboundRequest } from '../../../../src/core/rpc/inboundRequest';

export interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  answer(value: unknown): void;
  fail(error: unknown): void;
}

const at = new Date('2026-01-02T03:04:05Z').toISOString();
let nextId = 1;

export function asked(type: string, requestId: string, data: object = {}): SessionEvent {
  const id = `e${nextId++}`;
  return { id, type, timestamp: at, parentId: null, data: { requestId, ...data } } as unknown as SessionEvent;
}

export const shell = (requestId: string, command = 'npm test', more: object = {}): SessionEvent =>
  asked('permission.requested', requestId, {
    permissionRequest: { kind: 'shell', fullCommandText: command, ...more },
  });

export const decided = (requestId: string, kind: string): SessionEvent =>
  asked('permission.completed', requestId, { result: { kind } });

/**
 * A question service with one session that is attached and caught up. The test controls the runtime's list of open
 * permissions.
 */
export async function questionService({
  caughtUp = true,
  pending = [] as readonly object[],
  listFailure = undefined as Error | undefined,
} = {}) {
  const timers = new ManualTimers();
  const calls: Call[] = [];
  /** Number of calls that list open permissions, and the error they fail with. */
  const listings = { count: 0, failure: listFailure };
  const warnings: string[] = [];
  const changes = new Emitter<void>();
  const opened = new Emitter<CloudSession>();
  const session = new CloudSession('s', { isRemote: true }, timers.create);
  const connection: SessionConnection = {
    request: async (method, params) => {
      if (method.method === 'session.permissions.pendingRequests') {
        listings.count++;
        if (listings.failure !== undefined) {
          throw listings.failure;
        }
        return method.read({ items: pending });
      }
      return method.read(
        await new Promise((answer, fail) =>
          calls.push({ method: method.method, params: params as Call['params'], answer, fail }),
        ),
      );
    },
    handleRequest: (from, request) => one.handleRequest(from, request),
    warn: (message) => warnings.push(message),
  };
  const open = [session];
  const attach = (): void => session.attach(connection, { items: [], dropped: 0, droppedEvents: [], rejected: 0 });
  attach();
  const one: QuestionService = new QuestionService(
    {
      openSessions: open,
      onDidChange: changes.event,
      onDidOpen: opened.event,
    },
    timers.create,
    (message) => warnings.push(message),
  );
  const told: PendingQuestion[] = [];
  const ends: ClosedQuestion[] = [];
  const stalled: PendingQuestion[] = [];
  one.onDidAsk((entries) => told.push(...entries));
  one.onDidClose((end) => ends.push(end));
  one.onDidStall((entry) => stalled.push(entry));
  const deliver = (...events: readonly SessionEvent[]): void => {
    for (const event of events) {
      session.deliver({
        kind: 'event',
        notification: { method: 'session.event', params: { sessionId: 's', event } },
      });
    }
    changes.fire();
  };
  /** Reads the session's history. */
  const catchUp = async (...events: readonly SessionEvent[]): Promise<void> => {
    const reading = session.readHistory();
    calls.pop()!.answer({ events });
    await reading;
    changes.fire();
    await new Promise((resolve) => setImmediate(resolve));
  };
  let requests = 0;
  const request = (method: string, params: Readonly<Record<string, unknown>>) => {
    const answers: unknown[] = [];
    const inbound = new InboundRequest(++requests, method, { sessionId: 's', ...params }, (_, { result, error }) =>
      answers.push(error ?? result),
    );
    session.deliver({ kind: 'request', request: inbound });
    return { inbound, answers };
  };
  if (caughtUp) {
    await catchUp();
  }
  return {
    one,
    session,
    timers,
    calls,
    listings,
    warnings,
    told,
    ends,
    stalled,
    deliver,
    catchUp,
    request,
    connection,
    attach,
    /** Notifies of a possible change of the sessions, as the store does. */
    changed: (): void => {
      changes.fire();
    },
    unwatch: (): void => {
      open.length = 0;
      session.dispose();
    },
    how: () => ends.map(({ how }) => how),
  };
}
