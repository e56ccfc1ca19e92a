import * as vscode from 'vscode';
import { secrets } from '../../core/redaction/secrets';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { RuntimeClient } from '../../core/client/runtimeClient';
import { sanitizeText } from '../../core/common/sanitize';
import { secretsOf } from '../../runtime/platform/secretSources';
import { probeNetwork } from '../../runtime/network/networkProbe';
import { checksOf, type Check, type Verdict } from './diagnosis';
import { Deadline } from '../../core/common/async';
import { describeError, showMessage } from '../common/errors';
import { repositoryFindings, type RepositoryList } from '../git/gitRepositories';
import { networkChecks, type NetworkFacts } from './networkDiagnosis';
import { readRuntimeSettings } from '../common/settings';
import type { LaunchConfiguration } from './launchConfiguration';
import type { RuntimeServices } from './runtimeServices';

/** How long the page waits for the service and for Git, in milliseconds; what has not answered by then is unknown. */
const PATIENCE_MS = 10_000;

const DIAGNOSIS_SCHEME = 'cloud-sessions-diagnosis';

/** What a diagnosis reads. */
type Diagnosed = Pick<RuntimeServices, 'controller' | 'launch' | 'account' | 'gitHub' | 'store' | 'viewState'>;

export type Repositories = () => Promise<RepositoryList>;

/** `cloudSessions.diagnose`: what works, what does not and what helps, as one page without secrets. */
export class Diagnosis implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly provider: vscode.Disposable;
  private report = '';

  readonly onDidChange = this.changes.event;

  constructor(
    private readonly diagnosed: Diagnosed,
    private readonly extension: Pick<vscode.Extension<unknown>, 'packageJSON'>,
    private readonly repositories: Repositories,
  ) {
    this.provider = vscode.workspace.registerTextDocumentContentProvider(DIAGNOSIS_SCHEME, this);
  }

  dispose(): void {
    this.provider.dispose();
    this.changes.dispose();
  }

  provideTextDocumentContent(): string {
    return this.report;
  }

  /** @param show whether a person asked for it, who then sees the page */
  async run(show: boolean): Promise<string> {
    const write = async (): Promise<string> => secrets.redact(await this.write());
    const report = await (show
      ? vscode.window.withProgress(
          { location: vscode.ProgressLocation.Window, title: 'Diagnosing cloud sessions' },
          write,
        )
      : write());
    if (show) {
      this.report = report;
      await this.open();
    }
    return report;
  }

  private async open(): Promise<void> {
    const uri = vscode.Uri.from({ scheme: DIAGNOSIS_SCHEME, path: 'Cloud Sessions Diagnosis.md' });
    this.changes.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
    // Not awaited: it is closed whenever the user likes.
    void showMessage('info', 'The diagnosis has no secrets in it, and can be passed on.', {
      title: 'Copy Report',
      run: () => vscode.env.clipboard.writeText(this.report),
    });
  }

  private async write(): Promise<string> {
    const { controller, launch, gitHub, store, viewState } = this.diagnosed;
    const deadline = new Deadline(PATIENCE_MS);
    try {
      const [signInText, repositories, network] = await Promise.all([
        deadline.race(describeSignIn(controller.client)),
        deadline.race(this.repositories().catch(() => undefined)),
        deadline.race(examineNetwork(launch)),
        // Asked anew: an old answer would not be true. Its failure is the list's state.
        deadline.race(controller.client === undefined ? Promise.resolve() : store.refresh().catch(() => undefined)),
      ]);
      const settings = readRuntimeSettings();
      const { location } = launch;
      const checks = checksOf({
        ...viewState.situation,
        runtime:
          settings.server !== ''
            ? `the one that runs at ${settings.server}`
            : location && `${[location.command, ...location.args].join(' ')} (from ${location.source})`,
        handshake: controller.handshake,
        signInText: signInText ?? 'unknown: the runtime has not answered',
        repositories: repositories && repositoryFindings(repositories, gitHub.current),
      });
      return this.page([...checks, ...networkChecks(network ?? { notes: [], report: undefined })]);
    } finally {
      deadline.dispose();
    }
  }

  private page(checks: readonly Check[]): string {
    const { controller, account, gitHub, store } = this.diagnosed;
    const { error } = controller;
    const settings = readRuntimeSettings();
    const failing = checks.filter(({ verdict }) => verdict === 'fails').length;
    const lines = [
      '# Cloud Sessions: Diagnosis',
      '',
      failing === 0 ? 'Nothing is known to fail.' : `${failing} of ${checks.length} checks fail.`,
      '',
      ...checks.flatMap(({ name, verdict, finding, remedy }) => [
        `- ${MARKS[verdict]} ${name}: ${oneLine(finding)}`,
        ...(remedy === undefined ? [] : [`  - What to do: ${oneLine(remedy)}`]),
      ]),
      '',
      '## Details',
      '',
      `- Extension: ${versionOf(this.extension)}; VS Code ${vscode.version}; ${process.platform}-${process.arch}; Node ${process.versions.node}`,
      `- Runtime state: ${controller.state}${controller.pid === undefined ? '' : ` (process ${controller.pid})`}`,
      `- Signs in with: ${account.isVSCodeAccount ? 'VS Code’s GitHub account' : 'the runtime’s own sign-in'} (cloudSessions.auth: ${settings.auth})`,
      ...(settings.auth === 'vscode' && settings.server !== ''
        ? ['  - The runtime that runs already has its own sign-in: cloudSessions.auth does not reach it.']
        : []),
      `- GitHub: ${gitHub.text}`,
      `- List of sessions: ${store.list.kind === 'failed' ? oneLine(describeError(store.list.error)) : `${store.list.kind}, ${store.rows.length} rows`}`,
      ...(error === undefined
        ? []
        : [
            `- Last failure: ${oneLine(describeError(error))}`,
            ...(error.details === undefined ? [] : ['', '```', sanitizeText(error.details), '```', '']),
          ]),
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
}

/** As the runtime would reach it, with the variables that it has. */
async function examineNetwork({ network }: Pick<LaunchConfiguration, 'network'>): Promise<NetworkFacts> {
  if (readRuntimeSettings().server !== '') {
    const reason = 'the runtime that runs already reaches it by itself, in its own way';
    return { notes: [], report: undefined, reason };
  }
  const { environment, notes } = network.now;
  secrets.add(...secretsOf(environment));
  return { notes, report: await probeNetwork(environment) };
}

const MARKS: Readonly<Record<Verdict, string>> = { works: '✓', fails: '✗', unknown: '?' };

/** What others wrote must not make lines of its own. */
function oneLine(text: string): string {
  return sanitizeText(text.replaceAll(/\s*[\r\n]+\s*/g, ' '));
}

async function describeSignIn(client: Pick<RuntimeClient, 'getAuthStatus'> | undefined): Promise<string> {
  if (client === undefined) {
    return 'unknown, as the runtime is not running';
  }
  try {
    const { isAuthenticated, login, host: server, authType } = await client.getAuthStatus();
    if (!isAuthenticated) {
      return 'nobody is signed in';
    }
    const who = login === undefined || login === '' ? 'signed in' : `signed in as ${login}`;
    return `${who} at ${server ?? 'GitHub'} (${authType ?? 'unknown way'})`;
  } catch (error) {
    return `unknown: ${describeError(asCloudSessionsError(error))}`;
  }
}

function versionOf({ packageJSON }: Pick<vscode.Extension<unknown>, 'packageJSON'>): string {
  const { version } = packageJSON as { version?: unknown };
  return typeof version === 'string' ? version : 'unknown';
}
