import assert from 'node:assert/strict';
import { TOKEN } from '../../../support/missionControl/environment';
import type { WorkspaceDiff } from '../../../support/missionControl/github/workspaceDiff';
import type { MissionControl } from '../../../support/missionControl/missionControl';
import type { Task } from '../../../support/missionControl/task';

export interface Reply<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export type Json = Readonly<Record<string, unknown>>;

/** The answer to `GET .../rpc/ID`. */
export interface RpcReply {
  readonly state: 'completed' | 'failed' | 'pending';
  readonly result?: unknown;
  readonly error?: string;
}

/** Sends requests to an emulator, as the runtime and the extension do. */
export class Client {
  constructor(readonly service: MissionControl) {}

  async send<Body = Json>(
    method: string,
    route: string,
    { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Reply<Body>> {
    const response = await fetch(`${this.service.url}${route}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as Body,
    };
  }

  async get<Body = Json>(route: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply<Body>> {
    return await this.send<Body>('GET', route, { headers });
  }

  /** The result of a call to the agent's machine, as the runtime fetches it. */
  async rpc(task: Task, method: string, params: Readonly<Record<string, unknown>>): Promise<RpcReply> {
    const route = `/agents/tasks/${task.id}/rpc`;
    const { status, body } = await this.send<{ id: string }>('POST', route, { body: { rpc_method: method, params } });
    assert.equal(status, 202);
    return (await this.get<RpcReply>(`${route}/${body.id}`)).body;
  }

  async diff(task: Task, mode = 'branch', ignoreWhitespace?: boolean): Promise<WorkspaceDiff> {
    const { state, result } = await this.rpc(task, 'session.workspaces.diff', {
      mode,
      ...(ignoreWhitespace === undefined ? {} : { ignoreWhitespace }),
    });
    assert.equal(state, 'completed');
    return result as WorkspaceDiff;
  }
}
