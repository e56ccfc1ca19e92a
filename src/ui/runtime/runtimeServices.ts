import * as vscode from 'vscode';
import { realTimers } from '../../core/common/timers';
import { QuestionService } from '../../core/questions/questionService';
import { SessionStore } from '../../core/store/sessionStore';
import { GitHubAccount } from '../account/gitHubAccount';
import { QuotaWatch } from '../account/quotaWatch';
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

/** The runtime and its sessions as separate services: each part of the UI takes those that it needs. */
export interface RuntimeServices extends vscode.Disposable {
  readonly log: RuntimeLog;
  readonly store: SessionStore;
  /** The questions of the agents. */
  readonly questionService: QuestionService;
  readonly gitHub: RuntimeGitHub;
  /** VS Code's GitHub account: the alternative to the runtime's own sign-in. */
  readonly vscodeAccount: GitHubAccount;
  readonly account: RuntimeAccount;
  readonly serverTokens: ServerTokens;
  readonly launch: LaunchConfiguration;
  readonly controller: RuntimeController;
  readonly viewState: ViewState;
}

/** Creates the services and connects them; starts nothing. */
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
    gitHub,
    log,
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
  const quota = new QuotaWatch(account, () => controller.client, store);
  const viewState = new ViewState(controller, account, store, quota);
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
    // The controller first: the log still gets the lines about its end.
    dispose: () =>
      [controller, questionService, store, viewState, quota, account, vscodeAccount, log].forEach((part) =>
        part.dispose(),
      ),
  };
}
