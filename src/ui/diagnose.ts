import * as vscode from 'vscode';
import { asCloudSessionsError } from '../core/errors';
import type { RuntimeHost } from './runtimeHost';
import { describeError } from './errors';

/** `cloudSessions.diagnose`: what works and what does not, as text without secrets; shown when a person asks. */
export async function diagnose(host: RuntimeHost, show: boolean): Promise<string> {
  const report = host.redactor.redact(await writeReport(host));
  if (show) {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: report });
    await vscode.window.showTextDocument(document, { preview: true });
  }
  return report;
}

async function writeReport(host: RuntimeHost): Promise<string> {
  const { settings, location, handshake, error, store } = host;
  const lines = [
    '# Cloud Sessions: Diagnosis',
    '',
    `- Extension: ${host.version}; VS Code ${vscode.version}; ${process.platform}-${process.arch}; Node ${process.versions.node}`,
    `- Runtime state: ${host.state}${host.pid === undefined ? '' : ` (process ${host.pid})`}`,
    settings.server === ''
      ? `- Runtime: ${location === undefined ? 'not found' : `${location.command} ${location.args.join(' ')}`.trim()} (from ${location?.source ?? 'nowhere'})`
      : `- Runtime: the one that runs at ${settings.server}`,
    `- Handshake: ${handshake === undefined ? 'none' : `protocol ${handshake.protocolVersion ?? 'unknown'}, version ${handshake.version ?? 'unknown'}`}`,
    ...(error === undefined
      ? []
      : [
          `- Last failure: ${describeError(error)}`,
          ...(error.details === undefined ? [] : ['', '```', error.details, '```', '']),
        ]),
    `- Signed in: ${await describeSignIn(host)}`,
    `- List of sessions: ${store.list.kind === 'failed' ? describeError(store.list.error) : `${store.list.kind}, ${store.rows.length} rows`}`,
    `- Open here: ${store.openSessions.length}`,
  ];
  for (const session of store.openSessions) {
    const { buffered, dropped, rejected } = session.routing;
    lines.push(
      `  - ${session.sessionId}: ${session.status}, ${session.events.length} events, ${session.outbox.pending.length} prompts not delivered, held ${buffered}, dropped ${dropped}, rejected ${rejected}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

async function describeSignIn(host: RuntimeHost): Promise<string> {
  if (host.client === undefined) {
    return 'unknown, as the runtime is not running';
  }
  try {
    const { isAuthenticated, login, host: server, authType, statusMessage } = await host.client.getAuthStatus();
    return isAuthenticated
      ? `yes, as ${login ?? 'somebody'} at ${server ?? 'GitHub'} (${authType ?? 'unknown way'})`
      : `no${statusMessage === undefined ? '' : ` (${statusMessage})`}. Run “Cloud Sessions: Sign In to Copilot”.`;
  } catch (error) {
    return `unknown: ${describeError(asCloudSessionsError(error))}`;
  }
}
