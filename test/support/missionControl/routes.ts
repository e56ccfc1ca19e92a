import type { DeviceSignIn } from './deviceSignIn';
import type { RouteName } from './faults';
import type { Answer } from './httpAnswer';
import type { Service } from './service';

export interface ServiceRequest {
  /** The groups that the path's pattern matched. */
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Route {
  readonly name: RouteName;
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  /** Whether a token is required. */
  readonly secured: boolean;
  readonly handle: (request: ServiceRequest) => Answer | Promise<Answer>;
}

export interface Account {
  readonly login: string;
  /** The service's own address. */
  readonly url: () => string;
  readonly deviceSignIn: DeviceSignIn;
}

/** All routes. Their order does not matter, because no two patterns match the same path. */
export function routesOf(service: Service, account: Account): readonly Route[] {
  const route = (
    name: RouteName,
    method: Route['method'],
    path: string,
    handle: Route['handle'],
    secured = true,
  ): Route => ({
    name,
    method,
    path: new RegExp(`^${path.replaceAll('{id}', '([^/]+)')}$`),
    secured,
    handle,
  });
  const task = '/agents/tasks/{id}';
  return [
    route('user', 'GET', '/copilot_internal/user', () => ({ status: 200, body: user(account, service) })),
    // Newer runtimes ask for them; this account has none.
    route('managedSettings', 'GET', '/copilot_internal/managed_settings', () => ({
      status: 404,
      body: { message: 'Not Found' },
    })),
    route('models', 'GET', '/models', () => ({ status: 200, body: { data: [] } })),
    route('repository', 'GET', '/repositories/{id}', ({ ids: [id] }) => service.repository(Number(id))),
    route('createTask', 'POST', '/agents/tasks', ({ body }) => service.createFromRequest(body)),
    route('listTasks', 'GET', '/agents/tasks', ({ query }) =>
      service.list(query.get('is_archived') === 'true', Number(query.get('per_page') ?? 30)),
    ),
    route('getTask', 'GET', task, ({ ids: [id = ''] }) => service.get(id)),
    route('getEvents', 'GET', `${task}/events`, ({ ids: [id = ''] }) => service.events(id)),
    route('steer', 'POST', `${task}/steer`, ({ ids: [id = ''], body }) => service.steer(id, body)),
    route('rpc', 'POST', `${task}/rpc`, ({ ids: [id = ''], body }) => service.rpc(id, body)),
    route('rpcResult', 'GET', `${task}/rpc/{id}`, ({ ids: [id = '', rpcId = ''] }) => service.rpcResult(id, rpcId)),
    // VS Code's requests to an enterprise server during sign-in.
    route('deviceCode', 'POST', '/login/device/code', () => account.deviceSignIn.begin(), false),
    route('accessToken', 'POST', '/login/oauth/access_token', ({ query }) => account.deviceSignIn.poll(query), false),
    route('account', 'GET', '/api/v3/user', () => ({ status: 200, body: { id: 583231, login: account.login } })),
  ];
}

/** Premium requests of a month. */
const INCLUDED = 300;

function user({ login, url }: Account, { tasks }: Service): unknown {
  const prompts = tasks.flatMap(({ steers }) => steers.filter(({ type }) => type === 'user_message'));
  const left = INCLUDED - 41.5 - prompts.length;
  const now = new Date();
  const unlimited = { entitlement: 0, percent_remaining: 100, quota_remaining: 0, remaining: 0, unlimited: true };
  const quota = (quota_id: string, amounts: object): object => ({
    quota_id,
    overage_count: 0,
    overage_permitted: false,
    timestamp_utc: now.toISOString(),
    ...amounts,
  });
  return {
    login,
    copilot_plan: 'individual_pro',
    chat_enabled: true,
    is_mcp_enabled: true,
    cli_remote_control_enabled: true,
    // Nothing listens on the port for telemetry.
    endpoints: { api: url(), telemetry: 'http://127.0.0.1:1/telemetry' },
    analytics_tracking_id: 'mission-control-emulator',
    quota_reset_date_utc: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString(),
    quota_snapshots: {
      chat: quota('chat', unlimited),
      completions: quota('completions', unlimited),
      premium_interactions: quota('premium_interactions', {
        entitlement: INCLUDED,
        percent_remaining: (100 * left) / INCLUDED,
        quota_remaining: left,
        remaining: Math.floor(left),
        unlimited: false,
      }),
    },
  };
}
