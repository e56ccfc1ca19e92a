import type { IncomingHttpHeaders } from 'node:http';
import type { DeviceSignIn } from './deviceSignIn';
import type { RouteName } from './faults';
import type { GitHubApi, RepositoryHandler } from './github/rest/gitHubApi';
import { NOT_FOUND, type Answer } from './httpAnswer';
import type { Service } from './service';

export interface ServiceRequest {
  readonly method: Route['method'];
  /** As it was sent. */
  readonly pathname: string;
  readonly headers: IncomingHttpHeaders;
  /** The groups that the path's pattern matched, decoded. */
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
export function routesOf(service: Service, gitHub: GitHubApi, account: Account): readonly Route[] {
  const route = (
    name: RouteName,
    method: Route['method'],
    path: string,
    handle: Route['handle'],
    secured = true,
  ): Route => ({
    name,
    method,
    path: new RegExp(`^${path.replaceAll('{id}', '([^/]+)').replaceAll('{path}', '(.+)')}$`),
    secured,
    handle,
  });
  /** A route of GitHub's API below a repository; also where a GitHub Enterprise Server has it. */
  const inRepository = (name: RouteName, method: Route['method'], path: string, handle: RepositoryHandler): Route =>
    route(name, method, `(?:/api/v3)?/repos/{id}/{id}${path}`, (request) => gitHub.inRepository(request, handle));
  const task = '/agents/tasks/{id}';
  return [
    route('user', 'GET', '/copilot_internal/user', () => ({ status: 200, body: user(account, service) })),
    // Newer runtimes ask for them; this account has none.
    route('managedSettings', 'GET', '/copilot_internal/managed_settings', () => ({
      status: 404,
      body: { message: 'Not Found' },
    })),
    route('models', 'GET', '/models', () => ({ status: 200, body: { data: [] } })),
    route('repository', 'GET', '/repositories/{id}', ({ ids: [id] }) => {
      const repository = service.github.byId(Number(id));
      return repository === undefined ? NOT_FOUND : gitHub.repository(repository);
    }),
    route('createTask', 'POST', '/agents/tasks', ({ body }) => service.createFromRequest(body)),
    route('listTasks', 'GET', '/agents/tasks', ({ query }) =>
      service.list(query.get('is_archived') === 'true', Number(query.get('per_page') ?? 30)),
    ),
    route('getTask', 'GET', task, ({ ids: [id = ''] }) => service.get(id)),
    route('getEvents', 'GET', `${task}/events`, ({ ids: [id = ''] }) => service.events(id)),
    route('steer', 'POST', `${task}/steer`, ({ ids: [id = ''], body }) => service.steer(id, body)),
    route('rpc', 'POST', `${task}/rpc`, ({ ids: [id = ''], body }) => service.rpc(id, body)),
    route('rpcResult', 'GET', `${task}/rpc/{id}`, ({ ids: [id = '', rpcId = ''] }) => service.rpcResult(id, rpcId)),
    inRepository('getRepository', 'GET', '', (repository) => gitHub.repository(repository)),
    inRepository('compare', 'GET', '/compare/{path}', gitHub.compare),
    inRepository('contents', 'GET', '/contents(?:/(.*))?', gitHub.contents),
    inRepository('blob', 'GET', '/git/blobs/{id}', gitHub.blob),
    inRepository('listPulls', 'GET', '/pulls', gitHub.listPulls),
    inRepository('createPull', 'POST', '/pulls', gitHub.createPull),
    inRepository('getPull', 'GET', '/pulls/{id}', gitHub.pull),
    inRepository('pullFiles', 'GET', '/pulls/{id}/files', gitHub.pullFiles),
    inRepository('pullReviews', 'GET', '/pulls/{id}/reviews', gitHub.pullReviews),
    inRepository('checkRuns', 'GET', '/commits/{path}/check-runs', gitHub.checkRuns),
    inRepository('combinedStatus', 'GET', '/commits/{path}/status', gitHub.combinedStatus),
    inRepository('getIssue', 'GET', '/issues/{id}', gitHub.issue),
    route('searchIssues', 'GET', '(?:/api/v3)?/search/issues', (request) => gitHub.searchIssues(request)),
    route('searchRepositories', 'GET', '(?:/api/v3)?/search/repositories', (request) =>
      gitHub.searchRepositories(request),
    ),
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
