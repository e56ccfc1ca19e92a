import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from './errors';
import type { Timers } from './pendingRouting';

/**
 * A call that is given up when its time is over: the runtime is told that it is cancelled, and need not know how to.
 *
 * @param token the caller's own, which cancels it before that
 * @param hint what may have become of the answer, asked when the time is over
 * @throws `timeout`
 */
export async function withinDeadline<T>(
  method: string,
  deadlineMs: number,
  timers: Timers,
  send: (token: CancellationToken) => Promise<T>,
  token?: CancellationToken,
  hint: () => string | undefined = () => undefined,
): Promise<T> {
  const source = new CancellationTokenSource();
  const forwarding = token?.onCancellationRequested(() => source.cancel());
  if (token?.isCancellationRequested === true) {
    source.cancel();
  }
  let giveUp = (): void => undefined;
  const passed = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(
        new CloudSessionsError(
          'timeout',
          [`The Copilot runtime did not answer ${method} in ${deadlineMs / 1_000} s.`, hint()]
            .filter(Boolean)
            .join(' '),
          { nextStep: 'Try again; if it stays so, restart the runtime.' },
        ),
      );
      source.cancel();
    };
  });
  const timer = timers(() => giveUp(), deadlineMs);
  try {
    return await Promise.race([send(source.token), passed]);
  } finally {
    timer.dispose();
    forwarding?.dispose();
    source.dispose();
  }
}
