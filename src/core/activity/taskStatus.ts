import type { SessionStatus } from './activity';

/* eslint-disable texts/localized -- words of the protocol */
/**
 * The words for the state of a task or a session, folded (see `fold`), by the status of a row. Sources: the states that
 * runtime 1.0.102 accepts from the service (queued, in_progress, waiting_for_user, idle, completed, failed,
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
/* eslint-enable texts/localized */

const STATUS_OF_WORD: ReadonlyMap<string, SessionStatus> = new Map(
  Object.entries(WORDS).flatMap(([status, words]) =>
    words.split(' ').map((word) => [word, status as SessionStatus] as const),
  ),
);

/** `IN_PROGRESS`, `in-progress`, `In progress` and `inProgress` are one word. */
function fold(word: string): string {
  return word.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '');
}

/** The status for a word of the service or of a machine; `undefined` for an unknown word. */
function statusOfWord(word: string): SessionStatus | undefined {
  return STATUS_OF_WORD.get(fold(word));
}

/**
 * The status for the service's word for a task's state (source: `GET /agents/tasks`, passed on unchanged). An unknown
 * word is `working`: the task exists and is not known to have ended; the tooltip has the word. No word is `idle`.
 */
export function statusOfTask(state: string | undefined): SessionStatus {
  return state === undefined || fold(state) === '' ? 'idle' : (statusOfWord(state) ?? 'working');
}

/** The work is over, successful or not. */
export function isFinal(status: SessionStatus): status is 'done' | 'failed' {
  return status === 'done' || status === 'failed';
}

/** A session in this status may end, or ask, at any time. */
export function mayPass(status: SessionStatus): boolean {
  return status === 'working' || status === 'needs input' || status === 'stopping' || status === 'queued';
}

/** The state of a session in the list. */
export interface ListedState {
  /** The service's word for the state of the task. */
  readonly serviceState: string | undefined;
  /** The state that the machine of the session reports; machines in the cloud report none. */
  readonly hostStatus?: string | undefined;
  /** Until when the machine was expected to report again. */
  readonly staleAt?: Date | undefined;
}

/** The state of a session that nobody watches. */
export interface UnwatchedState {
  readonly status: SessionStatus;
  /** The status in the list of a session that has not been heard of since `staleSince`. */
  readonly lastStatus: SessionStatus | undefined;
  readonly staleSince: Date | undefined;
}

/**
 * The status of a session in the list, at the moment when the list was read. In this order:
 * 1. The end of the task: its machine may have reported `working` last and never again.
 * 2. `disconnected`, if the machine should have reported and has not: its last state is not known to be true any more.
 * 3. The machine's own word: it is nearer to the agent than the service, for which a mirrored session is `in_progress`
 *    as long as it is open. But a task that waits for its user is not shown as idle.
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
