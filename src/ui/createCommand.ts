import * as vscode from 'vscode';
import { readCreateArgument } from '../core/createOptions';
import type { CreateCloudSessionOptions } from '../core/sessionOpener';
import type { CloudSession } from '../core/session';
import type { SessionRow } from '../core/sessionRow';
import type { SessionStore } from '../core/sessionStore';
import { Command } from '../manifest';
import { byHand } from './commandArguments';
import type { CreateSessionWizard } from './createSession';
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
    if (!byHand(argument)) {
      const options = readCreateArgument(argument);
      await this.ready();
      return resultOf(await this.store.create(options));
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
      void showError(error, ...this.rescue(options));
      return undefined;
    }
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
