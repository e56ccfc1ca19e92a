import * as vscode from 'vscode';
import { realTimers } from '../../core/common/timers';
import { QuestionService } from '../../core/questions/questionService';
import { SessionStore } from '../../core/store/sessionStore';
import { GitHubAccount } from '../account/gitHubAccount';
import { RuntimeAccount } from '../account/runtimeAccount';
import { RuntimeGitHub } from '../account/runtimeGitHub';
import { ServerTokens } from '../account/serverTokens';
import { RuntimeLog } from '../common/runtimeLog';
import { LaunchConfiguration } from './launchConfiguration';
import { RememberedUrls } from './rememberedUrls';
import { RuntimeController } from './runtimeController';
import { RuntimeNotifications } from './runtimeNotifications';
import { ViewState } from './viewState';
import { WindowRuns } from './windowRuns';

/** The runtime and its sessions, by role: each part of the UI takes the roles that it needs. */
export interface RuntimeServices extends vscode.Disposable {
  readonly log: RuntimeLog;
  readonly store: SessionStore;
  /** What the agents ask. */
  readonly questionService: QuestionService;
  readonly gitHub: RuntimeGitHub;
  /** VS Code's account, for those who prefer it to the runtime's own sign-in. */
  readonly vscodeAccount: GitHubAccount;
  readonly account: RuntimeAccount;
  readonly serverTokens: ServerTokens;
  readonly launch: LaunchConfiguration;
  readonly controller: RuntimeController;
  readonly viewState: ViewState;
}

/** Connects the roles with each other; nothing is started. */
export function createRuntimeServices(context: vscode.ExtensionContext): RuntimeServices {
  const log = new RuntimeLog();
  const warn = (message: string): void => log.warn(message);
  const store = new SessionStore(new RememberedUrls(context.globalState), warn);
  const questionService = new QuestionService(store, realTimers, warn);
  const gitHub = new RuntimeGitHub();
  const vscodeAccount = new GitHubAccount(
    {
      getSession: (provider, scopes, options) => vscode.authentication.getSession(provider, [...scopes], options),
      onDidChangeSessions: vscode.authentication.onDidChangeSessions,
      enterpriseUri: () => vscode.workspace.getConfiguration('github-enterprise').get('uri'),
    },
    () => gitHub.ofEnvironment,
    warn,
  );
  const account = new RuntimeAccount(vscodeAccount, gitHub, store, log);
  const serverTokens = new ServerTokens(context.secrets, context.globalState);
  const launch = new LaunchConfiguration(context.globalStorageUri, gitHub, vscodeAccount, log);
  const controller = new RuntimeController({
    launch,
    runs: new WindowRuns(context, log),
    vscodeAccount,
    account,
    serverTokens,
    store,
    questionService,
    notifications: new RuntimeNotifications(log),
    log,
  });
  const viewState = new ViewState(controller, account, store);
  return {
    log,
    store,
    questionService,
    gitHub,
    vscodeAccount,
    account,
    serverTokens,
    launch,
    controller,
    viewState,
    // The controller first: what it ends is still told of in the log.
    dispose: () =>
      [controller, questionService, store, viewState, account, vscodeAccount, log].forEach((part) => part.dispose()),
  };
}
