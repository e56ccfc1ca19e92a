import './ui/common/localization';
import type * as vscode from 'vscode';
import type { CloudSessionsApi } from './api';
import { createApi } from './ui/apiFacade';
import { gitHubApi, requestAccess } from './ui/account/gitHubApi';
import { ArrangementCommands } from './ui/list/arrangementCommands';
import { ArrangementMemory } from './ui/list/arrangementMemory';
import { AppliedHere } from './ui/changes/appliedHere';
import { ApplyCommand } from './ui/changes/applyCommand';
import { ChangeFiles } from './ui/changes/changeFiles';
import { ChangeSources } from './ui/changes/changeSources';
import { CheckOutCommands } from './ui/changes/checkOutCommands';
import { ChangeDecorations } from './ui/changes/fileItems';
import { ReviewCommentCommands } from './ui/changes/reviewCommentCommands';
import { ReviewComments } from './ui/changes/reviewComments';
import { ReviewCommands } from './ui/changes/reviewCommands';
import { SessionClones } from './ui/changes/sessionClone';
import { SessionChangesService } from './ui/changes/sessionChangesService';
import { UndoApply } from './ui/changes/undoApply';
import { SessionCommands } from './ui/sessionCommands';
import { CreateSessionWizard } from './ui/create/createSessionWizard';
import { Diagnosis } from './ui/runtime/diagnoseCommand';
import { GitRepositories } from './ui/git/gitExtension';
import { watchWorkingTrees } from './ui/git/workingTrees';
import { RuntimeInstaller } from './ui/runtime/installRuntime';
import { PersistedSessions } from './ui/transcripts/persistedSessions';
import { DescriptionEditors } from './ui/pullRequests/descriptionEditors';
import { CreatePullRequest } from './ui/pullRequests/createPullRequest';
import { PullRequestCommands } from './ui/pullRequests/pullRequestCommands';
import { PullRequestWatcher } from './ui/pullRequests/pullRequestWatcher';
import { watchPrompts } from './ui/prompts/pendingPrompts';
import { PromptEditors } from './ui/prompts/promptEditors';
import { DocumentTargets } from './ui/common/documentTargets';
import { Questions } from './ui/questions/questions';
import { RowCommands } from './ui/list/rowCommands';
import { createRuntimeServices, type RuntimeServices } from './ui/runtime/runtimeServices';
import { RuntimeCommands } from './ui/runtimeCommands';
import { SendPrompt } from './ui/prompts/sendPrompt';
import { SessionNotifications } from './ui/list/sessionNotifications';
import { SessionOutputs } from './ui/transcripts/sessionOutput';
import { SessionsTree } from './ui/list/sessionsTree';
import { StatusBar } from './ui/list/statusBar';
import { TranscriptCommands } from './ui/transcripts/transcriptCommands';
import { TranscriptSources } from './ui/transcripts/transcriptSources';
import { SignInCommand } from './ui/runtime/signIn';
import { SituationView } from './ui/list/situationView';

/** Stopped by `deactivate`. */
let active: { readonly runtime: RuntimeServices; readonly persisted: PersistedSessions } | undefined;

/** Composes the extension. The runtime starts in the background; activation does not wait for it. */
export function activate(context: vscode.ExtensionContext): CloudSessionsApi {
  const runtime = createRuntimeServices(context);
  const { log, store, questionService, gitHub, vscodeAccount, serverTokens, launch, controller, viewState } = runtime;
  const persisted = new PersistedSessions(context.globalStorageUri, store, log);
  active = { runtime, persisted };
  const sessions = { store, ready: () => controller.ready() };
  const outputs = new SessionOutputs();
  const arrangement = new ArrangementMemory(context.workspaceState);
  const git = new GitRepositories();
  const { version } = context.extension.packageJSON as { readonly version: string };
  const api = gitHubApi(gitHub, vscodeAccount, log, version);
  const changes: SessionChangesService = new SessionChangesService(
    store,
    new ChangeSources(git, gitHub, api),
    () => tree.view.visible,
  );
  const pullRequests: PullRequestWatcher = new PullRequestWatcher(
    store,
    () => tree.inView,
    gitHubApi(gitHub, vscodeAccount, log, version),
    gitHub,
    log,
  );
  const applied = new AppliedHere(watchWorkingTrees);
  const tree: SessionsTree = new SessionsTree(store, arrangement, changes, pullRequests, applied);
  const undoing = new UndoApply(store, applied, git);
  const onPullRequests = { store, watcher: pullRequests, gitHub, selected: () => tree.selected() };
  const files = new ChangeFiles(sessions, changes);
  const comments = new ReviewComments(store, changes, files);
  const clones = new SessionClones(git, gitHub);
  const checkOuts = new CheckOutCommands(store, clones, () => tree.selected());
  const statusBar = new StatusBar();
  const editors = new PromptEditors(sessions, new DocumentTargets(context.workspaceState, 'promptTargets'));
  const signIn = new SignInCommand(vscodeAccount, launch, controller, log);
  const diagnosis = new Diagnosis(runtime, context.extension, () => git.listRepositories());
  context.subscriptions.push(
    outputs,
    arrangement,
    changes,
    applied,
    tree,
    pullRequests,
    files,
    comments,
    new ChangeDecorations(changes),
    new ReviewCommentCommands(store, comments).register(),
    new ReviewCommands(store, changes, () => tree.selected()).register(),
    checkOuts.register(),
    new ApplyCommand(store, clones, changes, checkOuts, undoing, applied, () => tree.selected()).register(),
    undoing.register(),
    new PullRequestCommands({
      ...onPullRequests,
      git,
      compose: (sessionId, text) => editors.open(sessionId, text),
    }).register(),
    new CreatePullRequest({
      ...onPullRequests,
      client: api,
      changes,
      requestAccess: () => requestAccess(gitHub, vscodeAccount),
      descriptions: new DescriptionEditors(store, new DocumentTargets(context.workspaceState, 'descriptionTargets')),
    }).register(),
    statusBar,
    signIn,
    diagnosis,
    new SituationView(viewState, store, tree, statusBar),
    new SessionNotifications(store),
    new RowCommands({ store, gitHub }, tree, git, context.globalState).register(),
    new Questions({ store, questionService }, tree).register(),
    new ArrangementCommands(store, arrangement).register(),
    new SessionCommands(
      store,
      controller,
      outputs,
      () => new CreateSessionWizard(git, gitHub.current),
      () => pullRequests.renew(),
    ).register(),
    new RuntimeCommands(controller, log, serverTokens, signIn, diagnosis).register(),
    new RuntimeInstaller(controller, launch).register(),
    editors.register(),
    new SendPrompt(store, (sessionId, text) => editors.open(sessionId, text)).register(),
    new TranscriptCommands(new TranscriptSources(sessions, persisted.transcripts)).register(),
    watchPrompts(store),
    store.onDidOpen((session) => {
      outputs.open(session);
    }),
    store.onDidClose((session) => outputs.close(session)),
  );
  // In a separate turn, since other extensions wait for this activation; and after all listeners for opened sessions are
  // registered.
  const start = setImmediate(() => {
    persisted.restoreInBackground();
    controller.startInBackground();
  });
  context.subscriptions.push({ dispose: () => clearImmediate(start) });
  return createApi(controller, store, changes, pullRequests);
}

/** VS Code waits for this before it ends the extension host, so that no process is left. */
export async function deactivate(): Promise<void> {
  await active?.runtime.controller.stop();
  await active?.persisted.close();
  active?.runtime.dispose();
  active = undefined;
}
