import type { SessionStatus } from './activity';

/**
 * The words for the state of a task or a session, folded (see `fold`), by what a row shows for them. Sources: the states
 * that runtime 1.0.102 accepts from the service (queued, in_progress, waiting_for_user, idle, completed, failed,
 * cancelled, timed_out), its `hostStatus` (idle, working, input-needed, error), the words that its own list maps
 * (running, done, thinking, attention, needs permission, ...), and the states and conclusions of the GitHub API around it.
 */
const WORDS: Readonly<Partial<Record<SessionStatus, string>>> = {
  queued:
    'queued pending provisioning requested created scheduled submitted assigned accepted enqueued preparing ' +
    'initializing initialising starting booting notstarted waitingtostart',
  working:
    'inprogress running working active processing executing thinking busy started resumed resuming ongoing retrying',
  stopping: 'stopping cancelling canceling aborting',
  'needs input':
    'waitingforuser waiting waitingforinput waitingforuserinput waitingforapproval waitingforpermission inputneeded ' +
    'needsinput inputrequired requiresinput userinputrequired awaitinginput awaitinguser awaitinguserinput ' +
    'awaitingapproval awaitingpermission approvalrequired needsapproval needspermission needsattention attention ' +
    'actionrequired requiresaction blocked',
  idle: 'idle paused ready sleeping inactive',
  done:
    'completed complete done doneunread succeeded success successful finished ended archived stopped closed merged ' +
    'skipped neutral deleted dismissed',
  failed:
    'failed failure errored error timedout timeout cancelled canceled aborted interrupted terminated killed crashed ' +
    'expired rejected startupfailure sessionexpired',
};

const STATUS_OF_WORD: ReadonlyMap<string, SessionStatus> = new Map(
  Object.entries(WORDS).flatMap(([status, words]) =>
    words.split(' ').map((word) => [word, status as SessionStatus] as const),
  ),
);

/** `IN_PROGRESS`, `in-progress`, `In progress` and `inProgress` are one word. */
function fold(word: string): string {
  return word.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '');
}

/** What a word of the service's, or of a host's, means for a row; `undefined` for a word that is not known. */
function statusOfWord(word: string): SessionStatus | undefined {
  return STATUS_OF_WORD.get(fold(word));
}

/**
 * What the service's word for a task's state means for a row (source: `GET /agents/tasks`, passed on as it is). A word
 * that is not known means that the task is there and has not ended as far as anybody knows: working, and the tooltip has
 * the word. Without a word nothing is known to go on: idle.
 */
export function statusOfTask(state: string | undefined): SessionStatus {
  return state === undefined || fold(state) === '' ? 'idle' : (statusOfWord(state) ?? 'working');
}

/** The work is over, well or not. */
export function isFinal(status: SessionStatus): status is 'done' | 'failed' {
  return status === 'done' || status === 'failed';
}

/** Something that may end, or ask, while nobody looks. */
export function mayPass(status: SessionStatus): boolean {
  return status === 'working' || status === 'needs input' || status === 'stopping' || status === 'queued';
}

/** What the list says of a session's state. */
export interface ListedState {
  /** The service's word for the state of the task. */
  readonly serviceState: string | undefined;
  /** What the machine that the session runs on says of it; hosts in the cloud say nothing. */
  readonly hostStatus?: string | undefined;
  /** Until when the machine was expected to be heard of again. */
  readonly staleAt?: Date | undefined;
}

/** The state of a session that nobody watches. */
export interface UnwatchedState {
  readonly status: SessionStatus;
  /** What the list says of a session that has not been heard of since `staleSince`. */
  readonly lastStatus: SessionStatus | undefined;
  readonly staleSince: Date | undefined;
}

/**
 * What the list says of a session, as of the moment that the list was read. In this order:
 * 1. A task that has ended has ended: its machine may have said `working` last and never again.
 * 2. A machine that was to be heard of and was not: nothing that was said of it is known to be so any more.
 * 3. The machine's own word: it is nearer to the agent than the service, for which a mirrored session is `in_progress`
 *    for as long as it is open. Only a task that waits for its user is not called idle: someone has to look.
 * 4. The service's word.
 */
export function statusOfListed({ serviceState, hostStatus, staleAt }: ListedState, readAt: Date): UnwatchedState {
  const task = statusOfTask(serviceState);
  const host = hostStatus === undefined ? undefined : statusOfWord(hostStatus);
  const isWaiting = task === 'needs input' && host === 'idle';
  const said =
    isFinal(task) || isWaiting ? task : (host ?? (serviceState === undefined ? statusOfTask(hostStatus) : task));
  const isStale = !isFinal(said) && staleAt !== undefined && staleAt.getTime() <= readAt.getTime();
  return isStale
    ? { status: 'disconnected', lastStatus: said, staleSince: staleAt }
    : { status: said, lastStatus: undefined, staleSince: undefined };
}
