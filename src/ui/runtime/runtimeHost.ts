import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import * as vscode from 'vscode';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { RuntimeState } from '../../api';
import { awaitsRuntime } from '../../core/session/runtimeDemand';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { FrameReader } from '../../core/rpc/frameReader';
import { GitHubHost, gitHubHostOf, pinnedHost, type GitHubHostReading } from '../../core/github/gitHubHost';
import { Watchdog } from '../../core/rpc/watchdog';
import type { Handshake } from '../../core/rpc/methods';
import { QuestionService } from '../../core/questions/questionService';
import { secrets } from '../../core/redaction/secrets';
import { ListOwner } from '../../core/store/listOwner';
import type { RequestAccount } from '../../core/rpc/requestSubject';
import { RestartPolicy } from '../../runtime/restartPolicy';
import { RuntimeClient } from '../../core/client/runtimeClient';
import { isTooOld, OLDEST_RUNTIME, listsCloudSessions } from '../../core/rpc/compatibility';
import { SessionStore } from '../../core/store/sessionStore';
import { askWhoIsSignedIn, readSignIn, type SignIn } from '../../core/store/authStatus';
import { runtimeEnvironment, TOKEN_VARIABLE } from '../../runtime/platform/environment';
import { thisPlatform, type Platform } from '../../runtime/platform/platform';
import { RuntimeStore } from '../../runtime/install/runtimeStore';
import { locateRuntime, type RuntimeLocation } from '../../runtime/locate';
import { endLeftOverRuns } from '../../runtime/processes/leftOverRuns';
import type { RunRecords } from '../../runtime/processes/runtimeRun';
import { serverArguments } from '../../runtime/runtimeProcess';
import { RuntimeSupervisor } from '../../runtime/supervisor';
import { formatServerAddress, isThisMachine, parseServerAddress, type Remote } from '../../runtime/transport';
import { workingFolder } from '../../runtime/platform/workingFolder';
import { Actions, describeError, showError, showMessage } from '../common/errors';
import { GitHubAccount } from '../account/gitHubAccount';
import { NetworkVariables } from './networkVariables';
import { RememberedUrls } from './rememberedUrls';
import { ServerTokens } from '../account/serverTokens';
import { affectsNetwork, affectsRuntime, readRuntimeSettings, type RuntimeSettings } from '../common/settings';
import { toVSCodeDisposable } from '../common/vscodeEvents';
import type { Situation } from './situation';
import { workspaceFolders } from '../common/workspaceFolders';
import type { RuntimeTarget } from '../../runtime/launch';
import { realTimers } from '../../core/common/timers';

const UNKNOWN: SignIn = { kind: 'unknown' };
/** Names of variables have no case there. */
const IGNORE_CASE = process.platform === 'win32';

const SIGN_IN_LOG: Readonly<Record<SignIn['kind'], (login: string | undefined) => string>> = {
  unknown: () => 'Who is signed in is not known.',
  'signed-out': () => 'Nobody is signed in to Copilot.',
  doubtful: () => 'GitHub has not said who is signed in: the sign-in may have expired or been refused.',
  'signed-in': (login) => (login === undefined ? 'A sign-in was handed over.' : `Signed in as ${login}.`),
};

export interface StartGrounds {
  readonly machine: Platform;
  /** Absolute path of a folder of our own. */
  readonly cwd: string;
}

/** The runtime, the client that speaks to it and the sessions, as the rest of the UI uses them. */
export class RuntimeHost implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('Cloud Sessions Runtime', { log: true });
  readonly store: SessionStore;
  /** What the agents ask. */
  readonly questionService: QuestionService;
  /** What this extension installed itself. */
  readonly installed: RuntimeStore;
  readonly network = new NetworkVariables();
  /** VS Code's, for those who prefer it to the runtime's own sign-in. */
  readonly account = new GitHubAccount(
    {
      getSession: (provider, scopes, options) => vscode.authentication.getSession(provider, [...scopes], options),
      onDidChangeSessions: vscode.authentication.onDidChangeSessions,
      enterpriseUri: () => vscode.workspace.getConfiguration('github-enterprise').get('uri'),
    },
    () => this.gitHubOfEnvironment,
    (message) => this.warn(message),
  );
  private readonly supervisor: RuntimeSupervisor<RuntimeClient>;
  private readonly states = new vscode.EventEmitter<RuntimeState>();
  private readonly situations = new vscode.EventEmitter<undefined>();
  private readonly owned: vscode.Disposable[] = [this.log, this.states, this.situations, this.account];
  private greeting: Handshake | undefined;
  private found: RuntimeLocation | undefined;
  private signIn: SignIn = UNKNOWN;
  /** The host of the environment that the runtime was started with. */
  private startedFor: GitHubHostReading | undefined;
  /** The host that the runtime has named as its own. */
  private saidHost: string | undefined;
  /** The user was told that the server is away. */
  private toldAway = false;
  private readonly listOwner = new ListOwner();
  private readonly toldDropped = new Set<string>();
  private readonly serverTokens: ServerTokens;
  /** Where the connections lead that are not to a child process. */
  private readonly remotes = new WeakMap<RuntimeClient, Remote>();

  readonly onDidChangeState = this.states.event;
  /** Anything that the welcome views or the status bar show. */
  readonly onDidChangeSituation = this.situations.event;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.store = new SessionStore(new RememberedUrls(context.globalState), (message) => this.warn(message));
    this.questionService = new QuestionService(this.store, realTimers, (message) => this.warn(message));
    this.installed = new RuntimeStore(vscode.Uri.joinPath(context.globalStorageUri, 'runtimes').fsPath, thisPlatform());
    this.serverTokens = new ServerTokens(context.secrets, context.globalState);
    this.supervisor = new RuntimeSupervisor({
      target: () => this.target(),
      open: ({ reader, writer, remote }) => {
        const client = new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer), {
          log: { info: (message) => this.info(message), warn: (message) => this.warn(message) },
          handleRequest: (session, request) => this.questionService.handleRequest(session, request),
          account: () => this.runtimeAccount,
        });
        if (remote !== undefined) {
          this.remotes.set(client, remote);
        }
        return client;
      },
      handshake: async (client) => {
        this.greeting = await client.handshake(await this.serverToken(client));
        this.info(`The runtime is version ${this.greeting.version ?? 'unknown'}.`);
        this.tellOfAge(this.greeting.version);
      },
      watch: (client, onHang) => new Watchdog(client, onHang, realTimers, () => awaitsRuntime(this.store.openSessions)),
      onLine: (line) => this.log.info(`[runtime] ${line}`),
      info: (message) => this.info(message),
      restartPolicy: new RestartPolicy(),
      runs: this.runs(),
    });
    this.owned.push(
      toVSCodeDisposable(this.supervisor.onDidChangeState((state) => this.onState(state))),
      toVSCodeDisposable(this.supervisor.onDidChangeConnection((client) => this.onClient(client))),
      this.account.onDidChange(() => {
        if (this.usesAccount && this.state !== 'stopped') {
          this.info('VS Code has another GitHub account or token: the runtime starts again with it.');
          const { label } = this.account;
          this.noteAccount(label === undefined ? {} : { account: label });
          this.restart().catch(() => undefined);
        }
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        const isElsewhere = this.state === 'stopped' || this.settings.server !== '';
        // The server of VS Code's account decides whether the runtime may have it.
        const affectsAccount = event.affectsConfiguration('github-enterprise.uri') && this.usesAccount;
        const affects = affectsNetwork(event) && !isElsewhere && this.network.hasChanged;
        if (affectsRuntime(event) || affectsAccount || affects) {
          this.restart().catch(() => undefined);
        }
      }),
    );
  }

  get state(): RuntimeState {
    return this.supervisor.state;
  }

  /** Why the runtime has failed. */
  get error(): CloudSessionsError | undefined {
    return this.supervisor.error;
  }

  get client(): RuntimeClient | undefined {
    return this.supervisor.connection;
  }

  /** The runtime's process, if it is a child of ours. */
  get pid(): number | undefined {
    return this.supervisor.pid;
  }

  get handshake(): Handshake | undefined {
    return this.greeting;
  }

  get location(): RuntimeLocation | undefined {
    return this.found;
  }

  get settings(): RuntimeSettings {
    return readRuntimeSettings();
  }

  /** Whether the runtime is signed in with VS Code's account; one that runs already has its own sign-in. */
  get usesAccount(): boolean {
    const { auth, server } = this.settings;
    return auth === 'vscode' && server === '';
  }

  get version(): string {
    const { version } = this.context.extension.packageJSON as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  }

  /** The GitHub that the runtime works with: as it has said itself, else by the environment that it was given. */
  get gitHub(): GitHubHostReading {
    const said = GitHubHost.read(this.saidHost ?? '', 'What the runtime calls its GitHub');
    // What a server's environment is like, only the server knows.
    return said ?? (this.settings.server === '' ? this.gitHubOfEnvironment : { host: GitHubHost.dotCom });
  }

  /** The same for people: its name, or why it has none. */
  get gitHubText(): string {
    const { host, problem } = this.gitHub;
    const isGuess = this.settings.server !== '' && this.saidHost === undefined;
    return `${host?.name ?? `not known: ${problem ?? ''}`}${isGuess ? ', as far as known: the server has not said it' : ''}`;
  }

  private get gitHubOfEnvironment(): GitHubHostReading {
    const { env } = this.settings;
    return this.startedFor ?? gitHubHostOf(runtimeEnvironment(process.env, { extra: env }), IGNORE_CASE);
  }

  get situation(): Situation {
    const version = this.greeting?.version;
    return {
      state: this.state,
      error: this.error ?? (this.supervisor.detail.isAway === true ? this.supervisor.detail.error : undefined),
      signIn: this.signIn,
      list: this.store.list,
      cannotList: listsCloudSessions(version) ? undefined : version,
    };
  }

  startInBackground(): void {
    void this.endLeftOverRuns();
    // A failure is a state, and `onState` tells of it.
    this.supervisor.start().catch(() => undefined);
    void this.installed.clean();
  }

  /** Waits for the runtime; one that is stopped or has failed is started. */
  async ready(): Promise<void> {
    await this.supervisor.start();
  }

  async restart(): Promise<void> {
    await this.supervisor.restart();
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
  }

  /** Disposes it together with this. */
  own(disposable: vscode.Disposable): void {
    this.owned.push(disposable);
  }

  /** Where programs may be taken from, and where they run, with the folders that are open now. */
  get grounds(): StartGrounds {
    const machine = thisPlatform(workspaceFolders());
    return { machine, cwd: workingFolder(this.context.globalStorageUri.fsPath, machine) };
  }

  /** The runtime's program, all of its environment and its folder, to be run in a terminal. */
  loginCommand(): Pick<RuntimeLocation, 'command' | 'args'> & { env: Record<string, string>; cwd: string } {
    const { path, env } = this.settings;
    const { machine, cwd } = this.grounds;
    const { command, args, asNode } = locateRuntime(path, machine, this.installed.programs());
    const options = { extra: env, asNode, grounds: machine };
    const pinned = pinnedHost(runtimeEnvironment(process.env, options), IGNORE_CASE);
    const environment = runtimeEnvironment(process.env, { ...options, extra: { ...env, ...pinned } });
    return {
      command,
      args,
      env: { ...environment, ...this.network.variables },
      cwd,
    };
  }

  /** Asks for the token of the server in `cloudSessions.runtime.server`, keeps it as a secret, and connects again. */
  async askServerToken(): Promise<void> {
    const { server: setting } = this.settings;
    if (setting === '') {
      await showError(
        new CloudSessionsError('server-address', 'cloudSessions.runtime.server is not set, so no token is needed.', {
          nextStep: 'Set it to host:port of a running runtime first.',
        }),
      );
      return;
    }
    const { host, port } = parseServerAddress(setting);
    const server = formatServerAddress({ host, port });
    const token = await vscode.window.showInputBox({
      title: `Token of the Copilot Runtime at ${server}`,
      prompt: 'Kept in the editor’s secret storage. Leave it empty to remove it.',
      password: true,
      ignoreFocusOut: true,
    });
    if (token === undefined) {
      return;
    }
    if (token === '') {
      await this.serverTokens.delete(server);
    } else if (await this.mayHaveToken(server, host)) {
      await this.serverTokens.store(server, token);
    } else {
      return;
    }
    await this.restart();
  }

  /** Whether a token may be sent to a server; to another machine only if the user confirms that. */
  private async mayHaveToken(server: string, host: string): Promise<boolean> {
    if (this.serverTokens.isConfirmed(server) || (await isThisMachine(host))) {
      return true;
    }
    const send = 'Send Unencrypted';
    const chosen = await vscode.window.showWarningMessage(
      `Send the token to ${host} unencrypted?`,
      {
        modal: true,
        detail: `${server} is not this machine, and the connection to it is not encrypted: everybody on the way can read the token, the prompts and the answers. An SSH tunnel to 127.0.0.1 is safer.`,
      },
      send,
    );
    if (chosen !== send) {
      return false;
    }
    await this.serverTokens.confirm(server);
    return true;
  }

  dispose(): void {
    this.supervisor.dispose();
    this.questionService.dispose();
    this.store.dispose();
    vscode.Disposable.from(...this.owned).dispose();
  }

  /** Where the runs of all windows are recorded. */
  private runs(): RunRecords {
    return {
      folder: vscode.Uri.joinPath(this.context.globalStorageUri, 'runs').fsPath,
      watcher: {
        command: process.execPath,
        args: [this.context.asAbsolutePath('dist/endRun.js')],
        env: { ELECTRON_RUN_AS_NODE: '1' },
      },
    };
  }

  /** Those of windows whose extension host was killed; nothing waits for it. */
  private async endLeftOverRuns(): Promise<void> {
    for (const { left } of await endLeftOverRuns(this.runs().folder)) {
      this.info(
        left.length === 0
          ? 'A window had ended without stopping its runtime: nothing of that is left.'
          : `A window had ended without stopping its runtime, and it could not be ended: process ${left.join(', ')}.`,
      );
    }
  }

  private async target(): Promise<RuntimeTarget> {
    // Looking for the program and starting it block for milliseconds: not within `activate()`.
    await new Promise((resolve) => setImmediate(resolve));
    const { path, args, env, server, auth } = this.settings;
    this.found = undefined;
    this.greeting = undefined;
    this.startedFor = undefined;
    if (server !== '') {
      await this.installed.use(undefined);
      return { kind: 'server', address: server };
    }
    const { machine, cwd } = this.grounds;
    this.found = locateRuntime(path, machine, this.installed.programs());
    await this.installed.use(this.found.command);
    const { command, args: before, asNode } = this.found;
    const ownSignIn = auth !== 'vscode';
    const bare = runtimeEnvironment(process.env, { extra: env, asNode, ownSignIn });
    const gitHub = gitHubHostOf(bare, IGNORE_CASE);
    this.startedFor = gitHub;
    if (gitHub.problem !== undefined) {
      this.warn(gitHub.problem);
    }
    const token = ownSignIn ? undefined : await this.account.handOver(gitHub);
    const { environment, notes } = this.network.apply(
      runtimeEnvironment(process.env, {
        extra: { ...env, ...pinnedHost(bare, IGNORE_CASE) },
        asNode,
        ownSignIn,
        grounds: machine,
        onDropped: (what, why) => this.tellDropped(what, why),
        ...(token === undefined ? {} : { token }),
      }),
    );
    notes.forEach(({ subject, finding, remedy }) => this.warn(`${subject}: ${finding}. ${remedy}`));
    return {
      kind: 'process',
      command: {
        command,
        args: [
          ...before,
          ...serverArguments(args, { ownSignIn, ...(token === undefined ? {} : { tokenVariable: TOKEN_VARIABLE }) }),
        ],
        env: environment,
        cwd,
      },
    };
  }

  /** Once, and not at every start. */
  private tellDropped(what: string, why: string): void {
    const text = `The runtime does not get ${what}: ${why}.`;
    if (!this.toldDropped.has(text)) {
      this.toldDropped.add(text);
      this.info(text);
    }
  }

  /** @throws `server-address` when it would leave this machine unencrypted and nobody has confirmed that */
  private async serverToken(client: RuntimeClient): Promise<string | undefined> {
    const remote = this.remotes.get(client);
    const token = remote === undefined ? undefined : await this.serverTokens.forConnection(remote);
    if (token !== undefined) {
      secrets.add(token);
    }
    return token;
  }

  /** It may work all the same, so it is used; but nobody has tried. */
  private tellOfAge(version: string | undefined): void {
    if (version !== undefined && isTooOld(version)) {
      const text = `The Copilot runtime ${version} is too old: ${OLDEST_RUNTIME} is the oldest that works. Update it.`;
      this.warn(text);
      void showMessage('warning', text, Actions.updateRuntime, Actions.choosePath);
    }
  }

  private onClient(client: RuntimeClient | undefined): void {
    this.signIn = UNKNOWN;
    this.saidHost = undefined;
    this.store.setClient(client);
    if (client !== undefined) {
      askWhoIsSignedIn(
        client,
        () => client === this.client,
        (status) => this.onSignIn(status),
      );
    }
  }

  private onSignIn(status: GetAuthStatusResponse): void {
    const signIn = readSignIn(status);
    this.saidHost = status.host;
    // Nothing was handed over because VS Code has not said whether there is an account: so nobody can say.
    const isUndecided = signIn.kind === 'signed-out' && this.usesAccount && this.account.isUnknown;
    this.signIn = isUndecided ? { kind: 'doubtful' } : signIn;
    this.info(SIGN_IN_LOG[this.signIn.kind](signIn.kind === 'signed-in' ? signIn.login : undefined));
    if (this.noteAccount(this.runtimeAccount)) {
      // What is being read may have begun before.
      this.store.refresh().catch(() => undefined);
    }
    this.situations.fire(undefined);
  }

  /** The account that the runtime uses, for errors to name. */
  private get runtimeAccount(): RequestAccount {
    const login =
      this.signIn.kind === 'signed-in'
        ? (this.signIn.login ?? (this.usesAccount ? this.account.label : undefined))
        : undefined;
    const host = this.gitHub.host?.name;
    return { ...(host === undefined ? {} : { host }), ...(login === undefined ? {} : { account: login }) };
  }

  /** What was listed for another account goes at once. */
  private noteAccount(now: RequestAccount): boolean {
    const isOther = this.listOwner.update(now);
    if (isOther) {
      this.info('Another account is signed in: the sessions of the one before are not listed any more.');
      this.store.forgetAccount();
    }
    return isOther;
  }

  private onState(state: RuntimeState): void {
    const { error, restartDelayMs, isAway } = this.supervisor.detail;
    const again = restartDelayMs === undefined ? '' : `, in ${restartDelayMs / 1_000} s`;
    this.info(
      isAway === true ? 'The server is away; it is tried again until it answers.' : `Runtime: ${state}${again}.`,
    );
    if (error !== undefined) {
      this.log.error(secrets.redact([describeError(error), error.details].filter(Boolean).join('\n')));
    }
    if (state === 'failed' && error !== undefined) {
      // A runtime that is not there is explained by the welcome view, on every start of the editor; a message for that
      // would only be in the way. What breaks while it is used needs one.
      if (error.code !== 'runtime-not-found') {
        void showError(error);
      }
    }
    if (isAway !== true) {
      this.toldAway = false;
    } else if (error !== undefined && restartDelayMs !== 0 && !this.toldAway) {
      // Not for a connection that was lost and is there again at once.
      this.toldAway = true;
      void showError(error);
    }
    this.states.fire(state);
    this.situations.fire(undefined);
  }

  private info(message: string): void {
    this.log.info(secrets.redact(message));
  }

  private warn(message: string): void {
    this.log.warn(secrets.redact(message));
  }
}
