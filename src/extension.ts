import type * as vscode from 'vscode';
import type { CloudSessionsApi } from './api';
import { createApi } from './ui/apiFacade';
import { ArrangementCommands } from './ui/list/arrangementCommands';
import { ArrangementMemory } from './ui/list/arrangementMemory';
import { SessionCommands } from './ui/sessionCommands';
import { CreateSessionWizard } from './ui/create/createSessionWizard';
import { Diagnosis } from './ui/runtime/diagnoseCommand';
import { GitRepositories } from './ui/git/gitExtension';
import { RuntimeInstaller } from './ui/runtime/installRuntime';
import { PersistedSessions } from './ui/transcripts/persistedSessions';
import { watchPrompts } from './ui/prompts/pendingPrompts';
import { PromptEditors } from './ui/prompts/promptEditors';
import { PromptTargets } from './ui/prompts/promptTargets';
import { Questions } from './ui/questions/questions';
import { RowCommands } from './ui/list/rowCommands';
import { RuntimeHost } from './ui/runtime/runtimeHost';
import { SendPrompt } from './ui/prompts/sendPrompt';
import { SessionNotifications } from './ui/list/sessionNotifications';
import { SessionOutputs } from './ui/transcripts/sessionOutput';
import { SessionsTree } from './ui/list/sessionsTree';
import { StatusBar } from './ui/list/statusBar';
import { TranscriptCommands } from './ui/transcripts/transcriptCommands';
import { TranscriptSources } from './ui/transcripts/transcriptSources';
import { SituationView } from './ui/list/situationView';

let host: RuntimeHost | undefined;
let kept: PersistedSessions | undefined;

/** Composes the extension; the runtime starts in the background, and nothing here waits for it. */
export function activate(context: vscode.ExtensionContext): CloudSessionsApi {
  host = new RuntimeHost(context);
  const outputs = new SessionOutputs();
  const arrangement = new ArrangementMemory(context.workspaceState);
  const tree = new SessionsTree(host.store, arrangement);
  const statusBar = new StatusBar();
  const git = new GitRepositories();
  const editors = new PromptEditors(host, new PromptTargets(context.workspaceState));
  context.subscriptions.push(
    outputs,
    arrangement,
    tree,
    statusBar,
    new SituationView(host, tree, statusBar),
    new SessionNotifications(host.store),
    new RowCommands(host, tree, git, context.globalState).register(),
    new Questions(host, tree).register(),
    new ArrangementCommands(host.store, arrangement).register(),
    new SessionCommands(
      host,
      outputs,
      () => new CreateSessionWizard(git, host?.gitHub),
      new Diagnosis(host, () => git.listRepositories()),
    ).register(),
    new RuntimeInstaller(host).register(),
    editors.register(),
    new SendPrompt(host.store, (sessionId, text) => editors.open(sessionId, text)).register(),
    new TranscriptCommands(new TranscriptSources(host, () => kept?.persistence.transcripts)).register(),
    watchPrompts(host.store),
    host.store.onDidOpen((session) => {
      outputs.open(session);
    }),
    host.store.onDidClose((session) => outputs.close(session)),
  );
  const start = setImmediate(startInBackground, context, host);
  context.subscriptions.push({ dispose: () => clearImmediate(start) });
  return createApi(host);
}

/**
 * In a turn of its own, as other extensions wait for this one to be activated; and after those that want to know of every
 * session that is opened.
 */
function startInBackground(context: vscode.ExtensionContext, runtime: RuntimeHost): void {
  kept = new PersistedSessions(context, runtime);
  kept.restoreInBackground();
  runtime.startInBackground();
}

/** VS Code waits for this before it ends the extension host: no process is left behind. */
export async function deactivate(): Promise<void> {
  await host?.stop();
  await kept?.close();
  host?.dispose();
  kept = undefined;
  host = undefined;
}
