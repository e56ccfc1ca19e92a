import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { defined } from '../../core/common/defined';
import { readCreateArgument, type CreateCloudSessionOptions } from '../../core/arguments/createOptions';
import { asCloudSessionsError, CloudSessionsError, isOwnCancellation } from '../../core/errors/cloudSessionsError';
import { nextSignal, whenCancelled } from '../../core/common/async';
import { readRecord, readText } from '../../core/common/json';
import { sanitizeLine } from '../../core/common/sanitize';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import { byHand } from '../commands/commandArguments';
import type { CreateSessionWizard } from './createSessionWizard';
import type { CreateTarget } from './createSessionModel';
import { showError, showMessage, type Action } from '../common/errors';
import { plainLabel } from '../common/plainMessage';
import type { RuntimeController } from '../runtime/runtimeController';

export interface CreateResult {
  readonly sessionId: string;
  readonly remoteUrl?: string;
}

/** How long the notification waits for the link, which arrives as an event after the session, in milliseconds. */
const LINK_WAIT_MS = 5_000;

/** `cloudSessions.create`: with an argument it asks nothing and rejects on failure; without one it runs the wizard. */
export class CreateCommand {
  constructor(
    private readonly store: SessionStore,
    private readonly controller: Pick<RuntimeController, 'ready'>,
    private readonly wizard: () => CreateSessionWizard,
  ) {}

  async run(argument: unknown): Promise<CreateResult | undefined> {
    if (!byHand(argument)) {
      const options = readCreateArgument(argument);
      await this.controller.ready();
      return resultOf(await this.store.create(options));
    }
    const target = await this.wizard().run();
    if (target === undefined) {
      return undefined;
    }
    return this.createWithProgress({
      cloud: target.repository === undefined ? {} : { repository: target.repository },
      ...defined({ prompt: target.prompt }),
    });
  }

  /** Repeats a failed create and removes its row. If the session may exist, the list is read first. */
  async retry(row: SessionRow): Promise<CreateResult | undefined> {
    const { creation } = row;
    if (creation === undefined) {
      return undefined;
    }
    if (creation.mayExist === true) {
      const choice = await this.chooseExisting(row);
      if (choice === undefined) {
        return undefined;
      }
      if (choice !== 'create') {
        return resultOf(await this.store.resolveCreation(row.key, choice.taskId ?? choice.sessionId ?? choice.key));
      }
    }
    this.store.dismiss(row.key);
    return this.createWithProgress(creation.options);
  }

  /** @returns the session that the create led to, `create` for another one, `undefined` if the user cancelled */
  private async chooseExisting({ key, title }: SessionRow): Promise<SessionRow | 'create' | undefined> {
    let candidates: readonly SessionRow[] = [];
    let detail = l10n.t(
      'No session in the list matches it. A session that was created a moment ago may be missing from the list.',
    );
    try {
      candidates = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: l10n.t('Looking for the session') },
        async () => {
          await this.controller.ready();
          return this.store.lookUpCreation(key);
        },
      );
    } catch (error) {
      detail = l10n.t('The list of sessions could not be read: {0}', asCloudSessionsError(error).message);
    }
    if (candidates.length === 0) {
      const create = l10n.t({ message: 'Create Another', comment: ['A button: creates another session'] });
      const answer = await vscode.window.showWarningMessage(
        l10n.t('The session may exist already. Create another one?'),
        { modal: true, detail },
        create,
      );
      return answer === create ? 'create' : undefined;
    }
    const chosen = await vscode.window.showQuickPick(
      [
        ...candidates.map((row) => ({
          label: `$(cloud) ${plainLabel(sanitizeLine(row.title))}`,
          description: plainLabel(sanitizeLine(row.repository ?? '')),
          detail: l10n.t(
            'Started {0}. Watches this session and sends the prompt to it.',
            row.startTime.toLocaleString(vscode.env.language),
          ),
          choice: row,
        })),
        {
          label: `$(add) ${l10n.t('Create another session')}`,
          description: '',
          detail: l10n.t('It is none of these.'),
          choice: 'create' as const,
        },
      ],
      {
        title: l10n.t('Which session did “{0}” become?', sanitizeLine(title, 60)),
        placeHolder: l10n.t('Sessions created since then'),
      },
    );
    return chosen?.choice;
  }

  /** Runs the wizard again, filled with the previous answers. The old row is removed only when it is finished. */
  async change(row: SessionRow): Promise<CreateResult | undefined> {
    return row.creation === undefined ? undefined : this.askAgain(row.creation.options, row);
  }

  private async askAgain(options: CreateCloudSessionOptions, row?: SessionRow): Promise<CreateResult | undefined> {
    const target = await this.wizard().run(targetOfOptions(options));
    if (target === undefined) {
      return undefined;
    }
    if (row !== undefined) {
      this.store.dismiss(row.key);
    }
    const others = Object.entries(options).filter(([key]) => key !== 'cloud' && key !== 'prompt');
    return this.createWithProgress({
      ...Object.fromEntries(others),
      cloud: target.repository === undefined ? {} : { repository: target.repository },
      ...defined({ prompt: target.prompt }),
    });
  }

  private async createWithProgress(options: CreateCloudSessionOptions): Promise<CreateResult | undefined> {
    const { repository } = options.cloud;
    const name = repository && `${repository.owner}/${repository.name}`;
    try {
      const session = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title:
            name === undefined ? l10n.t('Creating a cloud session') : l10n.t('Creating a cloud session for {0}', name),
          cancellable: true,
        },
        async (_progress, token) => {
          await unlessCancelled(this.controller.ready(), token);
          return this.store.create(options, token);
        },
      );
      void this.announce(session, name);
      return resultOf(session);
    } catch (error) {
      // Not awaited: the message stays for as long as the user likes, and the command has ended.
      if (isOwnCancellation(asCloudSessionsError(error))) {
        void showMessage(
          'info',
          l10n.t('Creating the session was cancelled. If the service has created it already, the list will show it.'),
          ...this.promptActions(options),
        );
        return undefined;
      }
      void showError(error, ...this.retryActions(options, error), ...this.promptActions(options));
      return undefined;
    }
  }

  /** Buttons for a failed create: change the answers if they were the reason, or try again with the same ones. */
  private retryActions(options: CreateCloudSessionOptions, error: unknown): Action[] {
    // A create that fails without a runtime has no row.
    const row = this.store.rows.find(({ creation }) => creation !== undefined && creation.error === error);
    const again: Action = {
      title: l10n.t('Try Again'),
      run: () => (row === undefined ? this.createWithProgress(options) : this.retry(row)),
    };
    const change: Action = {
      title: l10n.t({ message: 'Change…', comment: ['A button: changes what the session was to be created with'] }),
      run: () => this.askAgain(options, row),
    };
    return isTargetProblem(error) ? [change, again] : [again];
  }

  /** A button that saves the prompt of a session that could not be created. */
  private promptActions({ prompt }: CreateCloudSessionOptions): Action[] {
    return prompt === undefined
      ? []
      : [{ title: l10n.t('Copy Prompt'), run: () => vscode.env.clipboard.writeText(prompt) }];
  }

  private async announce(session: CloudSession, repository: string | undefined): Promise<void> {
    const url = session.remoteUrl ?? (await nextRemoteUrl(session));
    const id = session.sessionId;
    const log: Action = { title: l10n.t('Show Log'), run: () => vscode.commands.executeCommand(Command.showLog, id) };
    const link: Action[] =
      url === undefined
        ? []
        : [
            {
              title: l10n.t({ message: 'Open', comment: ['A button: opens the session on the web'] }),
              run: () => vscode.commands.executeCommand(Command.openRemote, id),
            },
            { title: l10n.t('Copy Link'), run: () => vscode.commands.executeCommand(Command.copyRemoteUrl, id) },
          ];
    const text =
      repository === undefined
        ? l10n.t('Cloud session created.')
        : l10n.t('Cloud session created for {0}.', repository);
    await showMessage('info', text, ...link, log);
  }
}

/** Waits for the runtime's start until the user cancels. @throws `cancelled` */
async function unlessCancelled<T>(work: Promise<T>, token: vscode.CancellationToken): Promise<T> {
  const cancellation = whenCancelled(
    token,
    () => new CloudSessionsError('cancelled', l10n.t('Creating the session was cancelled.')),
  );
  try {
    return await Promise.race([work, cancellation.promise]);
  } finally {
    cancellation.dispose();
  }
}

/** The wizard's answers in the options of a create; callers of the API may pass anything, so unusable ones are left out. */
function targetOfOptions(options: CreateCloudSessionOptions): CreateTarget {
  const given = readRecord(readRecord(options, 'cloud'), 'repository');
  const [owner, name, branch] = [readText(given, 'owner'), readText(given, 'name'), readText(given, 'branch')];
  const prompt = readText(options, 'prompt');
  return {
    ...(owner === undefined || name === undefined ? {} : { repository: { owner, name, ...defined({ branch }) } }),
    ...defined({ prompt }),
  };
}

/** Whether another repository or branch may help. */
function isTargetProblem(error: unknown): boolean {
  const { code, refusal } = asCloudSessionsError(error);
  return (
    code === 'repository-not-found' || code === 'branch-not-found' || refusal === 'no-access' || refusal === 'policy'
  );
}

async function nextRemoteUrl(session: CloudSession): Promise<string | undefined> {
  return (await nextSignal(session.onDidChangeRemoteUrl, LINK_WAIT_MS)) ? session.remoteUrl : undefined;
}

function resultOf(session: CloudSession): CreateResult {
  return {
    sessionId: session.sessionId,
    ...defined({ remoteUrl: session.remoteUrl }),
  };
}
