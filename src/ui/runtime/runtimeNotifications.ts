import * as l10n from '@vscode/l10n';
import { isTooOld, OLDEST_RUNTIME } from '../../core/rpc/compatibility';
import type { RuntimeStateDetail } from '../../runtime/supervisor';
import { Actions, describeError, showError, showMessage } from '../common/errors';
import type { RuntimeLog } from '../common/runtimeLog';

/** Reports the runtime's state and version in the log and in notifications. */
export class RuntimeNotifications {
  /** The notification that the server is unreachable was shown. */
  private isAwayShown = false;

  constructor(private readonly log: RuntimeLog) {}

  onState({ state, error, restartDelayMs, isAway }: RuntimeStateDetail): void {
    const again = restartDelayMs === undefined ? '' : `, in ${restartDelayMs / 1_000} s`;
    this.log.info(
      isAway === true
        ? 'The server is unreachable; the connection is retried until it answers.'
        : `Runtime: ${state}${again}.`,
    );
    if (error !== undefined) {
      this.log.error([describeError(error), error.details].filter(Boolean).join('\n'));
    }
    // The welcome view explains a missing runtime; a notification at every start of the editor would only disturb. A
    // failure during use needs one.
    if (state === 'failed' && error !== undefined && error.code !== 'runtime-not-found') {
      void showError(error);
    }
    if (isAway !== true) {
      this.isAwayShown = false;
    } else if (error !== undefined && restartDelayMs !== 0 && !this.isAwayShown) {
      // Not for a lost connection that is restored at once.
      this.isAwayShown = true;
      void showError(error);
    }
  }

  /** A version that is too old is used nevertheless, since it may work, but it is untested. */
  onVersion(version: string | undefined): void {
    this.log.info(`The runtime is version ${version ?? 'unknown'}.`);
    if (version !== undefined && isTooOld(version)) {
      this.log.warn(`The runtime ${version} is too old: ${OLDEST_RUNTIME} is the oldest supported version.`);
      const text = l10n.t(
        'The Copilot runtime {0} is too old: {1} is the oldest supported version. Update it.',
        version,
        OLDEST_RUNTIME,
      );
      void showMessage('warning', text, Actions.updateRuntime, Actions.choosePath);
    }
  }
}
