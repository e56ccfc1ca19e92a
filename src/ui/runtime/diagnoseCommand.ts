import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { secrets } from '../../core/redaction/secrets';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { RuntimeClient } from '../../core/client/runtimeClient';
import { sanitizeText } from '../../core/common/sanitize';
import { secretsOf } from '../../runtime/platform/secretSources';
import { probeNetwork } from '../../runtime/network/networkProbe';
import type { RuntimeState } from '../../api';
import type { ListState } from '../../core/store/sessionList';
import { checksOf, type Check, type Verdict } from './diagnosis';
import { Deadline } from '../../core/common/async';
import { describeError, showMessage } from '../common/errors';
import { STATUS_NAMES } from '../rows/statusNames';
import { repositoryFindings, type RepositoryList } from '../git/gitRepositories';
import { networkChecks, type NetworkFacts } from './networkDiagnosis';
import { readRuntimeSettings } from '../common/settings';
import type { RuntimeLocation } from '../../runtime/runtimeProgram';
import type { LaunchConfiguration } from './launchConfiguration';
import type { RuntimeServices } from './runtimeServices';

/** Time limit for the service and for Git, in milliseconds; the result of what has not answered by then is unknown. */
const TIMEOUT_MS = 10_000;

const DIAGNOSIS_SCHEME = 'cloud-sessions-diagnosis';

// eslint-disable-next-line texts/localized -- part of the document's address, the same in every language
const DOCUMENT_NAME = 'Cloud Sessions Diagnosis.md';

/** The services that a diagnosis reads. */
type DiagnosisServices = Pick<RuntimeServices, 'controller' | 'launch' | 'account' | 'gitHub' | 'store' | 'viewState'>;

export type Repositories = () => Promise<RepositoryList>;

/** `cloudSessions.diagnose`: reports what works, what does not and what helps, as one document without secrets. */
export class Diagnosis implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly provider: vscode.Disposable;
  private report = '';

  readonly onDidChange = this.changes.event;

  constructor(
    private readonly services: DiagnosisServices,
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

  /**
   * @param show whether to open the report as a document
   * @returns the report
   */
  async run(show: boolean): Promise<string> {
    const create = async (): Promise<string> => secrets.redact(await this.create());
    const report = await (show
      ? vscode.window.withProgress(
          { location: vscode.ProgressLocation.Window, title: l10n.t('Diagnosing cloud sessions') },
          create,
        )
      : create());
    if (show) {
      this.report = report;
      await this.open();
    }
    return report;
  }

  private async open(): Promise<void> {
    const uri = vscode.Uri.from({ scheme: DIAGNOSIS_SCHEME, path: DOCUMENT_NAME });
    this.changes.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
    // Not awaited: the message stays until the user closes it.
    void showMessage('info', l10n.t('The diagnosis contains no secrets and can be shared.'), {
      title: l10n.t('Copy Report'),
      run: () => vscode.env.clipboard.writeText(this.report),
    });
  }

  private async create(): Promise<string> {
    const { controller, launch, gitHub, store, viewState } = this.services;
    const deadline = new Deadline(TIMEOUT_MS);
    try {
      const [signInText, repositories, network] = await Promise.all([
        deadline.race(describeSignIn(controller.client)),
        deadline.race(this.repositories().catch(() => undefined)),
        deadline.race(examineNetwork(launch)),
        // The list is read again, since an old result may be outdated. A failure becomes the list's state.
        deadline.race(controller.client === undefined ? Promise.resolve() : store.refresh().catch(() => undefined)),
      ]);
      const settings = readRuntimeSettings();
      const { location } = launch;
      const checks = checksOf({
        ...viewState.situation,
        runtime:
          settings.server === ''
            ? location && describeLocation(location)
            : l10n.t('The running server at `{0}`.', settings.server),
        handshake: controller.handshake,
        signInText: signInText ?? l10n.t('Unknown, because the runtime has not answered.'),
        repositories: repositories && repositoryFindings(repositories, gitHub.current),
      });
      return this.format([...checks, ...networkChecks(network ?? { notes: [], report: undefined })]);
    } finally {
      deadline.dispose();
    }
  }

  private format(checks: readonly Check[]): string {
    const lines = [
      `# ${l10n.t('Cloud Sessions: Diagnosis')}`,
      '',
      summaryOf(checks),
      '',
      ...checks.flatMap(({ name, verdict, finding, remedy }) => [
        `- ${MARKS[verdict]} ${name}: ${oneLine(finding)}`,
        ...(remedy === undefined ? [] : [`  - ${l10n.t('What to do: {0}', oneLine(remedy))}`]),
      ]),
      '',
      `## ${l10n.t({ message: 'Details', comment: ['A heading of the diagnosis'] })}`,
      '',
      ...this.details(),
    ];
    return `${lines.join('\n')}\n`;
  }

  private details(): readonly string[] {
    const { controller, account, gitHub, store } = this.services;
    const { error, state, pid } = controller;
    const { auth, server } = readRuntimeSettings();
    const system = `${process.platform}-${process.arch}`;
    return [
      `- ${l10n.t('Extension: {0}; VS Code {1}; {2}; Node {3}', versionOf(this.extension), vscode.version, system, process.versions.node)}`,
      `- ${pid === undefined ? l10n.t('Runtime state: {0}', STATES[state]) : l10n.t('Runtime state: {0} (process {1})', STATES[state], pid)}`,
      `- ${
        account.isVSCodeAccount
          ? l10n.t('Sign-in used: VS Code’s GitHub account (`cloudSessions.auth`: `{0}`)', auth)
          : l10n.t('Sign-in used: the runtime’s own (`cloudSessions.auth`: `{0}`)', auth)
      }`,
      ...(auth === 'vscode' && server !== ''
        ? [`  - ${l10n.t('The running server has its own sign-in. `cloudSessions.auth` does not apply to it.')}`]
        : []),
      `- GitHub: ${gitHub.text}`,
      `- ${describeList(store.list, store.rows.length)}`,
      ...(error === undefined
        ? []
        : [
            `- ${l10n.t('Last failure: {0}', oneLine(describeError(error)))}`,
            ...(error.details === undefined ? [] : ['', '```', sanitizeText(error.details), '```', '']),
          ]),
      `- ${l10n.t('Sessions open in this window: {0}', store.openSessions.length)}`,
      ...store.openSessions.map(({ sessionId, status, events, outbox, routing }) => {
        const { buffered, dropped, rejected } = routing;
        const counts = [events.length, outbox.pending.length, buffered, dropped, rejected] as const;
        return `  - ${sessionId}: ${STATUS_NAMES[status]}; ${l10n.t('events: {0}; undelivered prompts: {1}; messages before the registration: {2} held, {3} dropped, {4} rejected', ...counts)}`;
      }),
    ];
  }
}

function summaryOf(checks: readonly Check[]): string {
  const failing = checks.filter(({ verdict }) => verdict === 'fails').length;
  if (failing === 0) {
    return l10n.t('No problems were found.');
  }
  return failing === 1
    ? l10n.t('1 of {0} checks fails.', checks.length)
    : l10n.t('{0} of {1} checks fail.', failing, checks.length);
}

function describeLocation({ command, args, source }: RuntimeLocation): string {
  const line = [command, ...args].join(' ');
  return source === 'this extension'
    ? l10n.t('`{0}` (installed by this extension)', line)
    : l10n.t('`{0}` (from `{1}`)', line, source);
}

function describeList(list: ListState, rows: number): string {
  switch (list.kind) {
    case 'unknown':
      return l10n.t('List of sessions: not loaded yet; rows: {0}', rows);
    case 'loading':
      return l10n.t('List of sessions: loading; rows: {0}', rows);
    case 'loaded':
      return l10n.t('List of sessions: loaded; rows: {0}', rows);
    case 'failed':
      return l10n.t('List of sessions: {0}', oneLine(describeError(list.error)));
  }
}

/** Probes the network with the variables that a runtime would get. */
async function examineNetwork({ network }: Pick<LaunchConfiguration, 'network'>): Promise<NetworkFacts> {
  if (readRuntimeSettings().server !== '') {
    const reason = l10n.t('Not probed: the running server has its own network settings.');
    return { notes: [], report: undefined, reason };
  }
  const { environment, notes } = network.now;
  secrets.add(...secretsOf(environment));
  return { notes, report: await probeNetwork(environment) };
}

const STATES: Readonly<Record<RuntimeState, string>> = {
  stopped: l10n.t({ message: 'stopped', comment: ['The state of the Copilot runtime'] }),
  starting: l10n.t({ message: 'starting', comment: ['The state of the Copilot runtime'] }),
  running: l10n.t({ message: 'running', comment: ['The state of the Copilot runtime'] }),
  restarting: l10n.t({ message: 'restarting', comment: ['The state of the Copilot runtime'] }),
  failed: l10n.t({ message: 'failed', comment: ['The state of the Copilot runtime'] }),
};

const MARKS: Readonly<Record<Verdict, string>> = { works: '✓', fails: '✗', unknown: '?' };

/** Foreign text must not add lines to the report. */
function oneLine(text: string): string {
  return sanitizeText(text.replaceAll(/\s*[\r\n]+\s*/g, ' '));
}

async function describeSignIn(client: Pick<RuntimeClient, 'getAuthStatus'> | undefined): Promise<string> {
  if (client === undefined) {
    return l10n.t('Unknown, because the runtime is not running.');
  }
  try {
    const { isAuthenticated, login = '', host = 'github.com', authType } = await client.getAuthStatus();
    if (!isAuthenticated) {
      return l10n.t('Nobody is signed in.');
    }
    const account =
      login === '' ? l10n.t('Signed in at `{0}`.', host) : l10n.t('Signed in as `{0}` at `{1}`.', login, host);
    return authType === undefined ? account : `${account} ${l10n.t('Authentication type: `{0}`.', authType)}`;
  } catch (error) {
    return l10n.t('Unknown: {0}', describeError(asCloudSessionsError(error)));
  }
}

function versionOf({ packageJSON }: Pick<vscode.Extension<unknown>, 'packageJSON'>): string {
  const { version } = packageJSON as { version?: unknown };
  return typeof version === 'string' ? version : '?';
}
