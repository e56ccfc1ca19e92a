import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ApiBase } from '../../src/core/github/apiBase';
import { LoopbackServer } from './missionControl/loopbackServer';

export interface GitHubRequest {
  readonly method: string;
  /** With its query, as it was sent. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface GitHubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is text or bytes. */
  readonly body?: unknown;
}

/** An answer, or a function that writes one itself: it may hang, or break off. */
export type GitHubScript = (
  request: GitHubRequest,
) => GitHubAnswer | ((response: ServerResponse, message: IncomingMessage) => void);

/** A server on this machine that answers as a test says, and knows what it was asked. */
export class ScriptedGitHub {
  readonly requests: GitHubRequest[] = [];
  /** What it answers: replaced by each test. */
  script: GitHubScript = () => ({ status: 404, body: { message: 'Not Found' } });

  private constructor(private readonly server: LoopbackServer) {}

  static async start(): Promise<ScriptedGitHub> {
    const server = await LoopbackServer.start(
      (message, response) => void github.answer(message, response),
      0,
      () => undefined,
    );
    const github: ScriptedGitHub = new ScriptedGitHub(server);
    return github;
  }

  get url(): string {
    return this.server.url;
  }

  get base(): ApiBase {
    return { url: this.server.url, webHost: 'github.com' };
  }

  /** The paths that were asked for, without their queries. */
  get paths(): readonly string[] {
    return this.requests.map(({ url }) => url.replace(/\?.*/, ''));
  }

  async down(): Promise<void> {
    await this.server.down();
  }

  async dispose(): Promise<void> {
    await this.server.dispose();
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = {
      method: message.method ?? '',
      url: message.url ?? '',
      headers: message.headers,
      body: await text(message),
    };
    this.requests.push(request);
    const answer = this.script(request);
    if (typeof answer === 'function') {
      answer(response, message);
      return;
    }
    const { status = 200, headers = {}, body } = answer;
    const isPlain = typeof body === 'string' || body instanceof Uint8Array;
    response.writeHead(status, {
      ...(isPlain ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...headers,
    });
    response.end(body === undefined ? undefined : isPlain ? body : JSON.stringify(body));
  }
}
