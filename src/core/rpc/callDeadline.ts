import * as l10n from '@vscode/l10n';
import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { isCancelled, withTimeout } from '../common/async';
import { joinSentences } from '../common/sentence';
import type { Timers } from '../common/timers';

export interface DeadlineOptions<T> {
  /** The caller's token, which cancels the call before its deadline. */
  readonly token?: CancellationToken | undefined;
  /** What may have happened to the answer, in a sentence; called at the deadline. */
  readonly hint?: () => string | undefined;
  /** Called with an answer that comes after the deadline: the runtime has done what was asked. */
  readonly onLate?: ((answer: T) => void) | undefined;
}

/**
 * A call with a deadline. After it, a cancellation is sent to the runtime, which may ignore it.
 *
 * @throws `timeout`
 */
export async function withinDeadline<T>(
  method: string,
  deadlineMs: number,
  timers: Timers,
  send: (token: CancellationToken) => Promise<T>,
  { token, hint, onLate }: DeadlineOptions<T> = {},
): Promise<T> {
  const source = new CancellationTokenSource();
  const forwarding = token?.onCancellationRequested(() => source.cancel());
  if (isCancelled(token)) {
    source.cancel();
  }
  let answer: Promise<T> | undefined;
  let timeout: CloudSessionsError | undefined;
  const late = (): CloudSessionsError => {
    answer?.then(onLate).catch(() => undefined);
    timeout = new CloudSessionsError(
      'timeout',
      joinSentences(
        l10n.t('The Copilot runtime did not answer {0} within {1} s.', method, deadlineMs / 1_000),
        hint?.(),
      ),
      { nextStep: l10n.t('Try again. If the problem persists, restart the runtime.') },
    );
    return timeout;
  };
  try {
    answer = send(source.token);
    return await withTimeout(answer, deadlineMs, late, timers);
  } catch (error) {
    if (error === timeout) {
      source.cancel();
    }
    throw error;
  } finally {
    forwarding?.dispose();
    source.dispose();
  }
}
