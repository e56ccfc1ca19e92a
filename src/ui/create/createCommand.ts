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

/** How long the notification waits for the link, which comes as an event after the session, in milliseconds. */
const LINK_WAIT_MS = 5_000;

/** `cloudSessions.create`: with an argument it asks nothing and rejects on failure; without one it asks, and explains. */
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
    return this.createVisibly({
      cloud: target.repository === undefined ? {} : { repository: target.repository },
      ...defined({ prompt: target.prompt }),
    });
  }

  /** Creates again what failed; its old row goes. What may exist is looked up first. */
  async retry(row: SessionRow): Promise<CreateResult | undefined> {
    const { creation } = row;
    if (creation === undefined) {
      return undefined;
    }
    if (creation.mayExist === true) {
      const choice = await this.askWhatExists(row);
      if (choice === undefined) {
        return undefined;
      }
      if (choice !== 'create') {
        return resultOf(await this.store.resolveCreation(row.key, choice.taskId ?? choice.sessionId ?? choice.key));
      }
    }
    this.store.dismiss(row.key);
    return this.createVisibly(creation.options);
  }

  /** @returns the session that it became, `create` for another one, `undefined` if the user decided nothing */
  private async askWhatExists({ key, title }: SessionRow): Promise<SessionRow | 'create' | undefined> {
    let candidates: readonly SessionRow[] = [];
    let doubt = 'The list has no session that it could have become; one that was created a moment ago may be missing.';
    try {
      candidates = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: 'Looking for the session' },
        async () => {
          await this.controller.ready();
          return this.store.lookUpCreation(key);
        },
      );
    } catch (error) {
      doubt = `Whether it exists could not be looked up: ${asCloudSessionsError(error).message}`;
    }
    if (candidates.length === 0) {
      const create = 'Create Another';
      const answer = await vscode.window.showWarningMessage(
        'The session may exist already. Create another one?',
        { modal: true, detail: doubt },
        create,
      );
      return answer === create ? 'create' : undefined;
    }
    const chosen = await vscode.window.showQuickPick(
      [
        ...candidates.map((row) => ({
          label: `$(cloud) ${plainLabel(sanitizeLine(row.title))}`,
          description: plainLabel(sanitizeLine(row.repository ?? '')),
          detail: `Started ${row.startTime.toLocaleString(vscode.env.language)}. Watch it here and send it the prompt.`,
          choice: row,
        })),
        {
          label: '$(add) Create another session',
          description: '',
          detail: 'It is none of these.',
          choice: 'create' as const,
        },
      ],
      {
        title: `Which session did “${sanitizeLine(title, 60)}” become?`,
        placeHolder: 'The service has these since then',
      },
    );
    return chosen?.choice;
  }

  /** Asks again, with the answers as they were, and creates with the new ones; the old row goes only then. */
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
    return this.createVisibly({
      ...Object.fromEntries(others),
      cloud: target.repository === undefined ? {} : { repository: target.repository },
      ...defined({ prompt: target.prompt }),
    });
  }

  private async createVisibly(options: CreateCloudSessionOptions): Promise<CreateResult | undefined> {
    const { repository } = options.cloud;
    const where = repository === undefined ? '' : ` for ${repository.owner}/${repository.name}`;
    try {
      const session = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: `Creating a cloud session${where}`,
          cancellable: true,
        },
        async (_progress, token) => {
          await unlessCancelled(this.controller.ready(), token);
          return this.store.create(options, token);
        },
      );
      void this.announce(session, where);
      return resultOf(session);
    } catch (error) {
      // Not awaited: the message stays for as long as the user likes, and the command has ended.
      if (isOwnCancellation(asCloudSessionsError(error))) {
        void showMessage(
          'info',
          'Creating the session was cancelled. Should the service have created it already, the list shows it.',
          ...this.rescue(options),
        );
        return undefined;
      }
      void showError(error, ...this.waysOut(options, error), ...this.rescue(options));
      return undefined;
    }
  }

  /** What helps a create that failed: other answers, where these were the reason, or the same ones again. */
  private waysOut(options: CreateCloudSessionOptions, error: unknown): Action[] {
    // Without a runtime there is no row.
    const row = this.store.rows.find(({ creation }) => creation !== undefined && creation.error === error);
    const again: Action = {
      title: 'Try Again',
      run: () => (row === undefined ? this.createVisibly(options) : this.retry(row)),
    };
    const change: Action = { title: 'Change…', run: () => this.askAgain(options, row) };
    return blamesTarget(error) ? [change, again] : [again];
  }

  /** The prompt that was written for a session that could not be created is not lost with it. */
  private rescue({ prompt }: CreateCloudSessionOptions): Action[] {
    return prompt === undefined ? [] : [{ title: 'Copy Prompt', run: () => vscode.env.clipboard.writeText(prompt) }];
  }

  private async announce(session: CloudSession, where: string): Promise<void> {
    const url = session.remoteUrl ?? (await nextRemoteUrl(session));
    const id = session.sessionId;
    const log: Action = { title: 'Show Log', run: () => vscode.commands.executeCommand(Command.showLog, id) };
    const link: Action[] =
      url === undefined
        ? []
        : [
            { title: 'Open', run: () => vscode.commands.executeCommand(Command.openRemote, id) },
            { title: 'Copy Link', run: () => vscode.commands.executeCommand(Command.copyRemoteUrl, id) },
          ];
    await showMessage('info', `Cloud session created${where}.`, ...link, log);
  }
}

/** Waits for the runtime's start no longer than the user does. @throws `cancelled` */
async function unlessCancelled<T>(work: Promise<T>, token: vscode.CancellationToken): Promise<T> {
  const withdrawn = whenCancelled(
    token,
    () => new CloudSessionsError('cancelled', 'Creating the session was cancelled.'),
  );
  try {
    return await Promise.race([work, withdrawn.promise]);
  } finally {
    withdrawn.dispose();
  }
}

/** The answers to the wizard's questions, as far as they are some: the API's callers may pass anything. */
function targetOfOptions(options: CreateCloudSessionOptions): CreateTarget {
  const given = readRecord(readRecord(options, 'cloud'), 'repository');
  const [owner, name, branch] = [readText(given, 'owner'), readText(given, 'name'), readText(given, 'branch')];
  const prompt = readText(options, 'prompt');
  return {
    ...(owner === undefined || name === undefined ? {} : { repository: { owner, name, ...defined({ branch }) } }),
    ...defined({ prompt }),
  };
}

/** With another repository, or another branch, it may work. */
function blamesTarget(error: unknown): boolean {
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
