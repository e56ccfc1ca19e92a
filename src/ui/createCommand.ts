import * as vscode from 'vscode';
import { asCloudSessionsError, CloudSessionsError } from '../core/errors';
import { isRecord, readRecord, readText } from '../core/json';
import type { CreateCloudSessionOptions } from '../core/sessionOpener';
import type { CloudSession } from '../core/session';
import type { SessionRow } from '../core/sessionRow';
import type { SessionStore } from '../core/sessionStore';
import { Command } from '../manifest';
import type { CreateSessionWizard } from './createSession';
import type { CreateTarget } from './createSessionModel';
import { showError, showMessage, type Action } from './errors';

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
    private readonly ready: () => Promise<void>,
    private readonly wizard: () => CreateSessionWizard,
  ) {}

  async run(argument: unknown): Promise<CreateResult | undefined> {
    if (argument !== undefined) {
      await this.ready();
      return resultOf(await this.store.create(optionsOfArgument(argument)));
    }
    const target = await this.wizard().run();
    if (target === undefined) {
      return undefined;
    }
    return this.createVisibly({
      cloud: target.repository === undefined ? {} : { repository: target.repository },
      ...(target.prompt === undefined ? {} : { prompt: target.prompt }),
    });
  }

  /** Creates again what failed; its old row goes. */
  async retry(row: SessionRow): Promise<CreateResult | undefined> {
    if (row.creation === undefined) {
      return undefined;
    }
    this.store.dismiss(row.key);
    return this.createVisibly(row.creation.options);
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
      ...(target.prompt === undefined ? {} : { prompt: target.prompt }),
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
          await this.ready();
          return this.store.create(options, token);
        },
      );
      void this.announce(session, where);
      return resultOf(session);
    } catch (error) {
      // Not awaited: the message stays for as long as the user likes, and the command has ended.
      void showError(error, ...this.waysOut(options, error), ...this.rescue(options));
      return undefined;
    }
  }

  /** What helps a create that failed: other answers, where these were the reason, or the same ones again. */
  private waysOut(options: CreateCloudSessionOptions, error: unknown): Action[] {
    // Without a runtime there is no row.
    const row = this.store.rows.find(({ creation }) => creation?.options === options);
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

/** The answers to the wizard's questions, as far as they are some: the API's callers may pass anything. */
function targetOfOptions(options: CreateCloudSessionOptions): CreateTarget {
  const given = readRecord(readRecord(options, 'cloud'), 'repository');
  const [owner, name, branch] = [readText(given, 'owner'), readText(given, 'name'), readText(given, 'branch')];
  const prompt = readText(options, 'prompt');
  return {
    ...(owner === undefined || name === undefined
      ? {}
      : { repository: { owner, name, ...(branch === undefined ? {} : { branch }) } }),
    ...(prompt === undefined ? {} : { prompt }),
  };
}

/** With another repository, or another branch, it may work. */
function blamesTarget(error: unknown): boolean {
  const { code, refusal } = asCloudSessionsError(error);
  return (
    code === 'repository-not-found' || code === 'branch-not-found' || refusal === 'no-access' || refusal === 'policy'
  );
}

function nextRemoteUrl(session: CloudSession): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (url: string | undefined): void => {
      subscription.dispose();
      clearTimeout(timer);
      resolve(url);
    };
    const subscription = session.onDidChangeRemoteUrl(end);
    const timer = setTimeout(() => end(undefined), LINK_WAIT_MS);
  });
}

function resultOf(session: CloudSession): CreateResult {
  return {
    sessionId: session.sessionId,
    ...(session.remoteUrl === undefined ? {} : { remoteUrl: session.remoteUrl }),
  };
}

function optionsOfArgument(argument: unknown): CreateCloudSessionOptions {
  if (!isRecord(argument)) {
    throw new CloudSessionsError('invalid-argument', 'cloudSessions.create takes an object.', {
      nextStep: 'Pass { repository?: { owner, name, branch? }, prompt?, model? }.',
    });
  }
  const { repository, ...rest } = argument;
  // The client validates it: these may hold anything, and what must not be there has to be seen to be refused.
  return { ...rest, cloud: repository === undefined ? {} : { repository } } as unknown as CreateCloudSessionOptions;
}
