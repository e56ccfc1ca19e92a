import { isTooOld, OLDEST_RUNTIME } from '../../core/rpc/compatibility';
import type { RuntimeStateDetail } from '../../runtime/supervisor';
import { Actions, describeError, showError, showMessage } from '../common/errors';
import type { RuntimeLog } from '../common/runtimeLog';

/** What the log and the user are told of the runtime's state and version. */
export class RuntimeNotifications {
  /** The user was told that the server is away. */
  private isAwayShown = false;

  constructor(private readonly log: RuntimeLog) {}

  onState({ state, error, restartDelayMs, isAway }: RuntimeStateDetail): void {
    const again = restartDelayMs === undefined ? '' : `, in ${restartDelayMs / 1_000} s`;
    this.log.info(
      isAway === true ? 'The server is away; it is tried again until it answers.' : `Runtime: ${state}${again}.`,
    );
    if (error !== undefined) {
      this.log.error([describeError(error), error.details].filter(Boolean).join('\n'));
    }
    // A runtime that is not there is explained by the welcome view, on every start of the editor; a message for that
    // would only be in the way. What breaks while it is used needs one.
    if (state === 'failed' && error !== undefined && error.code !== 'runtime-not-found') {
      void showError(error);
    }
    if (isAway !== true) {
      this.isAwayShown = false;
    } else if (error !== undefined && restartDelayMs !== 0 && !this.isAwayShown) {
      // Not for a connection that was lost and is there again at once.
      this.isAwayShown = true;
      void showError(error);
    }
  }

  /** A version that is too old may work all the same, so it is used; but nobody has tried. */
  onVersion(version: string | undefined): void {
    this.log.info(`The runtime is version ${version ?? 'unknown'}.`);
    if (version !== undefined && isTooOld(version)) {
      const text = `The Copilot runtime ${version} is too old: ${OLDEST_RUNTIME} is the oldest that works. Update it.`;
      this.log.warn(text);
      void showMessage('warning', text, Actions.updateRuntime, Actions.choosePath);
    }
  }
}
