import * as l10n from '@vscode/l10n';
import type { Event } from 'vscode-jsonrpc/node';
import { MAX_PROMPT } from '../arguments/createOptions';
import { hashOf } from '../common/textHash';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import type { Prompt, SendMode } from '../prompts/prompt';
import { reviewPrompt } from '../review/reviewPrompt';
import { draftsOf, type LineRange, type ReviewThread } from '../review/reviewThread';
import type { ReviewedSession, ReviewThreads } from '../review/reviewThreads';
import type { CloudSession } from '../session/session';

export interface SentReview {
  readonly messageId: string;
  /** How many comments were sent. */
  readonly comments: number;
}

/**
 * Sends all drafts on a session's changes as one prompt. In one step the prompt is in the outbox and the drafts count as
 * sent; both are persisted in one file before anything is given to the runtime, so that a crash neither loses a comment
 * nor sends one twice.
 *
 * @param placeOf where the lines of a thread are now
 * @throws `invalid-argument` without drafts, and if they are too long for a prompt
 */
export async function sendReview(
  reviews: ReviewThreads,
  session: CloudSession,
  placeOf: (thread: ReviewThread) => LineRange | undefined,
  mode: SendMode,
): Promise<SentReview> {
  const subject = subjectOf(session);
  const threads = reviews.of(subject).filter((thread) => draftsOf(thread).length > 0);
  const comments = reviews.draftCount(subject);
  if (comments === 0) {
    throw new CloudSessionsError('invalid-argument', l10n.t('There is no comment to send.'), {
      nextStep: l10n.t('Write comments in the diff editors of “Review Changes” first.'),
    });
  }
  const text = reviewPrompt(threads.map((thread) => ({ thread, place: placeOf(thread) })));
  if (text.length > MAX_PROMPT) {
    throw new CloudSessionsError('invalid-argument', l10n.t('The comments are too long for one prompt.'), {
      nextStep: l10n.t('Resolve some of them, send the others, and then reopen and send those.'),
    });
  }
  const before = session.outbox.pending.length;
  const accepted = session.send(text, mode);
  const prompt = session.outbox.pending[before];
  if (prompt !== undefined) {
    reviews.markSent(subject, hashOf(prompt.text));
  }
  return { messageId: await accepted, comments };
}

interface ReviewedStore {
  readonly reviews: ReviewThreads;
  readonly onDidChangePrompt: Event<{ readonly sessionId: string; readonly prompt: Prompt }>;
  outboxOf(id: string): { readonly pending: readonly Prompt[] } | undefined;
  find(id: string): ({ readonly key: string } & ReviewedSession) | undefined;
}

/** Keeps the rows up to date, and takes the comments of a prompt that was discarded for drafts again. */
export function followReviews(store: ReviewedStore, rows: { touch(key: string): void }): void {
  store.reviews.onDidChange(({ sessionId }) => rows.touch(store.find(sessionId)?.key ?? sessionId));
  store.onDidChangePrompt(({ sessionId: id, prompt }) => {
    const isThere = store.outboxOf(id)?.pending.some((other) => other.id === prompt.id) === true;
    if (!isThere && prompt.state !== 'delivered') {
      const { sessionId = id, taskId } = store.find(id) ?? {};
      store.reviews.unmarkSent({ sessionId, taskId }, hashOf(prompt.text));
    }
  });
}

function subjectOf({ sessionId, details: { taskId } }: CloudSession): ReviewedSession {
  return { sessionId, taskId };
}
