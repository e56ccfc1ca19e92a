/** The ids that `package.json` and the code share. A test compares the two. */

export const EXTENSION_ID = 'cloudsessions.cloud-sessions';

export const Command = {
  create: 'cloudSessions.create',
  refresh: 'cloudSessions.refresh',
  userRefresh: 'cloudSessions.user.refresh',
  openRemote: 'cloudSessions.openRemote',
  copyRemoteUrl: 'cloudSessions.copyRemoteUrl',
  showLog: 'cloudSessions.showLog',
  send: 'cloudSessions.send',
  sendFromLog: 'cloudSessions.sendFromLog',
  composePrompt: 'cloudSessions.composePrompt',
  composeFromLog: 'cloudSessions.composeFromLog',
  sendComposed: 'cloudSessions.sendComposed',
  openTranscript: 'cloudSessions.openTranscript',
  exportTranscript: 'cloudSessions.exportTranscript',
  searchTranscripts: 'cloudSessions.searchTranscripts',
  stop: 'cloudSessions.stop',
  connect: 'cloudSessions.connect',
  disconnect: 'cloudSessions.disconnect',
  delete: 'cloudSessions.delete',
  restartRuntime: 'cloudSessions.restartRuntime',
  userRestartRuntime: 'cloudSessions.user.restartRuntime',
  showRuntimeLog: 'cloudSessions.showRuntimeLog',
  userShowRuntimeLog: 'cloudSessions.user.showRuntimeLog',
  diagnose: 'cloudSessions.diagnose',
  userDiagnose: 'cloudSessions.user.diagnose',
  signIn: 'cloudSessions.signIn',
  setServerToken: 'cloudSessions.setServerToken',
  installRuntime: 'cloudSessions.installRuntime',
  updateRuntime: 'cloudSessions.updateRuntime',
  removeRuntime: 'cloudSessions.removeRuntime',
  retryCreate: 'cloudSessions.retryCreate',
  changeCreate: 'cloudSessions.changeCreate',
  dismiss: 'cloudSessions.dismiss',
  pendingPrompts: 'cloudSessions.pendingPrompts',
  copySessionId: 'cloudSessions.copySessionId',
  rename: 'cloudSessions.rename',
  revealRepository: 'cloudSessions.revealRepository',
  filter: 'cloudSessions.filter',
  clearFilter: 'cloudSessions.clearFilter',
  groupBy: 'cloudSessions.groupBy',
  sortBy: 'cloudSessions.sortBy',
  questions: 'cloudSessions.questions',
  answer: 'cloudSessions.answer',
  reviewChanges: 'cloudSessions.reviewChanges',
  openChangedFile: 'cloudSessions.openChangedFile',
  checkOut: 'cloudSessions.checkOut',
  checkOutInWorktree: 'cloudSessions.checkOutInWorktree',
  createPullRequest: 'cloudSessions.createPullRequest',
  createDescribed: 'cloudSessions.createDescribed',
  fixChecks: 'cloudSessions.fixChecks',
  openPullRequest: 'cloudSessions.openPullRequest',
  applyChanges: 'cloudSessions.applyChanges',
  undoApply: 'cloudSessions.undoApply',
  sendReview: 'cloudSessions.sendReview',
  sendThreadsReview: 'cloudSessions.sendThreadsReview',
  addComment: 'cloudSessions.addComment',
  editComment: 'cloudSessions.editComment',
  saveComment: 'cloudSessions.saveComment',
  cancelComment: 'cloudSessions.cancelComment',
  deleteComment: 'cloudSessions.deleteComment',
  resolveThread: 'cloudSessions.resolveThread',
  reopenThread: 'cloudSessions.reopenThread',
} as const;

/** Commands of the contract without an argument, and their twins for people: see `src/ui/commands/registerCommand.ts`. */
export const USER_TWINS: readonly (readonly [command: string, twin: string])[] = [
  [Command.refresh, Command.userRefresh],
  [Command.restartRuntime, Command.userRestartRuntime],
  [Command.showRuntimeLog, Command.userShowRuntimeLog],
  [Command.diagnose, Command.userDiagnose],
];

export const View = { sessions: 'cloudSessions.sessions' } as const;
export const ViewContainer = { cloudSessions: 'cloudSessions' } as const;

export const Setting = {
  auth: 'cloudSessions.auth',
  runtimePath: 'cloudSessions.runtime.path',
  runtimeArgs: 'cloudSessions.runtime.args',
  runtimeEnv: 'cloudSessions.runtime.env',
  runtimeServer: 'cloudSessions.runtime.server',
  notifications: 'cloudSessions.notifications',
  transcriptsMaxAgeDays: 'cloudSessions.transcripts.maxAgeDays',
  transcriptsMaxSizeMB: 'cloudSessions.transcripts.maxSizeMB',
} as const;

/** Keys of `when` clauses. */
export const ContextKey = {
  /** Why the list is empty: see `EmptyReason` in `src/ui/runtime/situation.ts`. */
  empty: 'cloudSessions.empty',
  /** The list of sessions is filtered. */
  filtered: 'cloudSessions.filtered',
  /** The log of a session is visible. */
  logInView: 'cloudSessions.logInView',
  /** The addresses of the editors in which descriptions of pull requests are written. */
  descriptions: 'cloudSessions.descriptions',
  /** Something that was applied to a working tree that is open here can be undone. */
  applied: 'cloudSessions.applied',
} as const;

/** Words of a tree item's context value; `when` clauses test each of them. */
export const RowFlag = {
  session: 'session',
  creation: 'creation',
  cloud: 'cloud',
  local: 'local',
  open: 'open',
  linked: 'linked',
  busy: 'busy',
  asks: 'asks',
  prompts: 'prompts',
  repository: 'repository',
  /** It has comments that were not sent. */
  comments: 'comments',
  /** It has changed files. */
  changed: 'changed',
  /** Its agent has pushed a branch, and no open pull request of it is known. */
  branch: 'branch',
  /** It has a pull request. */
  pull: 'pull',
  /** Checks of its pull request have failed. */
  checks: 'checks',
  /** Its changes were applied here, and that can be undone. */
  applied: 'applied',
  /** A changed file of a session. */
  file: 'file',
  /** The repository of a changed file is open in this window. */
  here: 'here',
} as const;

/** Context values of comment threads and of the comments in them. */
export const ThreadFlag = { open: 'open', resolved: 'resolved', draft: 'draft', sent: 'sent' } as const;

export const LOG_LANGUAGE = 'cloud-session-log';
/** The language of documents in which prompts are written. */
export const PROMPT_LANGUAGE = 'cloud-session-prompt';
