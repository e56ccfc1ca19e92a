import { CallError, type ScriptedRuntime } from './scriptedRuntime';
import type { RuntimeSession } from './runtimeSession';
import type { Task } from './scriptedService';

type Params = Readonly<Record<string, unknown>>;

/** The runtime's handling of each call: a result, or a `CallError`. */
export class RuntimeCalls {
  constructor(private readonly runtime: ScriptedRuntime) {}

  run(method: string, params: Params): unknown {
    const { service } = this.runtime;
    switch (method) {
      case 'connect':
        return { ok: true, protocolVersion: 3, version: '1.0.102' };
      case 'ping':
        return { protocolVersion: 3, timestamp: 0 };
      case 'sessions.list':
        return this.list(params['source']);
      case 'session.create':
        return this.create();
      case 'sessions.connect':
        return this.connect(String(params['sessionId']));
      case 'session.delete':
        return this.delete(String(params['sessionId']));
      case 'session.destroy': {
        const session = this.runtime.sessions.get(String(params['sessionId']));
        if (session !== undefined) {
          this.runtime.letGo(session);
        }
        return { success: true };
      }
      case 'session.getMessages':
        return this.history(this.session(params));
      case 'session.metadata.snapshot': {
        const { task } = this.session(params);
        return { remoteMetadata: { resourceId: task.taskId, ...repositoryOf(task) } };
      }
      case 'session.send':
        return this.send(this.session(params), String(params['prompt']));
      case 'session.abort':
        return this.abort(this.session(params).task);
      case 'session.permissions.handlePendingPermissionRequest':
        return this.answer(this.session(params).task, String(params['requestId']), 'permission');
      case 'session.ui.handlePendingUserInput':
        return this.answer(this.session(params).task, String(params['requestId']), 'user_input');
      case 'session.permissions.pendingRequests': {
        const { task } = this.session(params);
        const open = [...task.questions.values()].filter(({ kind }) => kind === 'permission');
        return {
          items: open.map(({ requestId, text }) => ({
            requestId,
            request: { kind: 'commands', fullCommandText: text },
          })),
        };
      }
      default:
        if (!service.up) {
          throw unreachable(method);
        }
        throw new CallError(`Unhandled method ${method}`, undefined, -32601);
    }
  }

  private session(params: Params): RuntimeSession {
    const id = String(params['sessionId']);
    const session = this.runtime.sessions.get(id);
    if (session === undefined) {
      throw new CallError(`Session not found: ${id}`);
    }
    return session;
  }

  private create(): unknown {
    const { runtime } = this;
    if (!runtime.service.up) {
      throw unreachable('session.create');
    }
    const { birth } = runtime.weather;
    const task = runtime.service.create('octo/harbor');
    const session = runtime.add(task, false);
    session.losesBatch = birth.losesBatch;
    // A new session has no old events.
    session.isAnswered = true;
    runtime.notify('session.lifecycle', { sessionId: task.sessionId, type: 'session.created' });
    if (birth.startsAtOnce) {
      task.start();
    }
    // Events can come before the answer that names their session.
    if (birth.eventsFirst) {
      session.sync();
    } else {
      setImmediate(() => session.sync());
    }
    return { sessionId: task.sessionId, capabilities: {} };
  }

  private connect(taskId: string): unknown {
    const { runtime } = this;
    if (!runtime.service.up) {
      throw unreachable('sessions.connect');
    }
    const task = runtime.service.find(taskId);
    if (task === undefined) {
      throw new CallError(`Request sessions.connect failed with message: No events found for task ${taskId}`);
    }
    const known = runtime.sessionOf(task);
    if (known === undefined) {
      if (runtime.weather.takeRenaming()) {
        task.sessionIds.unshift(`${task.sessionIds.at(-1)!}-${task.sessionIds.length}`);
      }
      const session = runtime.add(task, !runtime.weather.takeReplay());
      session.sync();
    }
    return {
      sessionId: (known ?? runtime.sessionOf(task))?.sessionId,
      metadata: { resourceId: taskId, ...repositoryOf(task) },
    };
  }

  private history(session: RuntimeSession): unknown {
    const { log } = session;
    session.wasRead = true;
    const cut = this.runtime.weather.takeCut();
    session.wasCut = cut !== undefined;
    switch (cut) {
      case undefined:
        session.isMissing = false;
        return { events: [...log] };
      case 'half':
        return { events: log.slice(0, Math.floor(log.length / 2)) };
      case 'end':
        return { events: log.slice(Math.floor(log.length / 2)), truncated: true };
      case 'empty':
        return { events: [] };
    }
  }

  private send(session: RuntimeSession, text: string): unknown {
    const { service, weather } = this.runtime;
    if (!service.up) {
      throw unreachable('session.send');
    }
    if (service.swallows || !session.task.started) {
      if (service.swallows && weather.showsSwallowed) {
        session.showCopy(text);
        session.isTainted = true;
      }
    } else {
      session.showCopy(text);
      session.task.prompt(text, weather.isLate);
    }
    return { messageId: `message-${weather.nextMessage++}` };
  }

  private abort(task: Task): unknown {
    if (!this.runtime.service.up) {
      return { success: false, error: 'error sending request for url' };
    }
    const { onAbort } = this.runtime.weather;
    if (onAbort === 'refused') {
      return { success: false, error: 'The service refused.' };
    }
    if (onAbort === 'confirmed') {
      task.abort();
    }
    return { success: true };
  }

  private answer(task: Task, requestId: string, kind: 'permission' | 'user_input'): unknown {
    const { service } = this.runtime;
    if (!service.up) {
      throw unreachable('session.ui');
    }
    return { success: task.answer(requestId, kind) };
  }

  private list(source: unknown): unknown {
    const { service, locals, weather } = this.runtime;
    const sessions: object[] = [];
    const local = { isRemote: false, startTime: date(0), modifiedTime: date(0) };
    if (source !== 'remote') {
      sessions.push(...[...locals].map((sessionId) => ({ ...local, sessionId, name: 'A local session' })));
      if (weather.mirrors) {
        const mirrored = [...this.runtime.sessions.values()];
        sessions.push(...mirrored.map(({ sessionId, task }) => ({ ...local, sessionId, mcTaskId: task.taskId })));
      }
    }
    if (source !== 'local') {
      if (!service.up) {
        throw new CallError('Request sessions.list failed with message: 500', { statusCode: 500, errorKind: 'http' });
      }
      sessions.push(...service.tasks.map(listed));
    }
    return { sessions };
  }

  private delete(sessionId: string): unknown {
    return this.runtime.locals.delete(sessionId)
      ? { success: true }
      : { success: false, error: `Session not found: ${sessionId}` };
  }
}

function listed(task: Task): object {
  return {
    sessionId: task.taskId,
    isRemote: true,
    taskType: 'cca',
    remoteSessionIds: [...task.sessionIds],
    state: task.state,
    name: `Task ${task.taskId}`,
    repository: { ...repositoryOf(task), branch: 'main' },
    startTime: date(0),
    modifiedTime: date(task.modified),
  };
}

function repositoryOf({ repository }: Task): { owner: string; name: string } {
  const [owner = '', name = ''] = repository.split('/');
  return { owner, name };
}

function date(ms: number): string {
  return new Date(ms).toISOString();
}

function unreachable(method: string): CallError {
  return new CallError(`Request ${method} failed with message: error sending request for url`);
}
