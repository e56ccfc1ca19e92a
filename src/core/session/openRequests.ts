import { countQuestions } from '../activity/questionIdentity';
import type { OpenQuestion } from '../activity/activity';
import { textOf } from '../redaction/secrets';
import { RpcErrorCode, type InboundRequest } from '../rpc/inboundRequest';

/** Requests that ask a person a question, with the kind of the event that asks the same. */
export const QUESTION_REQUESTS: ReadonlyMap<string, OpenQuestion['kind']> = new Map([
  ['userInput.request', 'input'],
  ['exitPlanMode.request', 'plan'],
  ['autoModeSwitch.request', 'autoMode'],
]);

/* eslint-disable texts/localized -- answers to the runtime */
const RELEASES = {
  reconnected: 'The session has another connection now.',
  detached: 'The session is no longer attached.',
  closed: 'The session is closed.',
} as const;
/* eslint-enable texts/localized */

/**
 * The runtime's requests that were accepted here and are not answered yet. The session owns them: each is answered on the
 * wire at the latest when the session is detached.
 */
export class OpenRequests {
  private readonly open = new Set<InboundRequest>();
  private listed = 0;
  private counted: { readonly questions: ReadonlyMap<string, OpenQuestion>; readonly count: number } | undefined;

  /** @param changed called when `waitsForPerson` or the number of questions changed */
  constructor(private readonly changed: () => void) {}

  /** A request, or a question that only the runtime's list has, waits for a person. */
  get waitsForPerson(): boolean {
    return this.listed > 0 || this.questions().length > 0;
  }

  /**
   * Accepts a request, or refuses it if nobody here can answer it. It is never ignored, and never approved by default.
   * @param handle true if somebody will answer it
   * @param isOpen whether the session is still attached
   */
  accept(request: InboundRequest, handle: () => boolean, isOpen: () => boolean, warn: (message: string) => void): void {
    try {
      if (handle()) {
        this.track(request);
        if (!isOpen()) {
          // The handler has closed the session.
          this.rejectAll('closed');
        }
      } else {
        // eslint-disable-next-line texts/localized -- an answer to the runtime
        request.reject(RpcErrorCode.methodNotFound, `Unhandled method ${request.method}`);
      }
    } catch (error) {
      // eslint-disable-next-line texts/localized -- a line of the log
      warn(`The handler of ${request.method} failed: ${textOf(error)}`);
      // eslint-disable-next-line texts/localized -- an answer to the runtime
      request.reject(RpcErrorCode.internalError, `The client failed to handle ${request.method}`);
    }
  }

  private track(request: InboundRequest): void {
    if (request.isAnswered) {
      return;
    }
    this.open.add(request);
    request.onDidSettle(() => {
      this.open.delete(request);
      this.update(request);
    });
    this.update(request);
  }

  /** Sets how many questions are open that only the runtime's list has. */
  setListed(count: number): void {
    if (count !== this.listed) {
      this.listed = count;
      this.counted = undefined;
      this.changed();
    }
  }

  /** Counts all open questions, each once. @param questions those of the session's events */
  countWith(questions: ReadonlyMap<string, OpenQuestion>): number {
    if (this.counted?.questions !== questions) {
      this.counted = { questions, count: countQuestions(questions, this.questions()) + this.listed };
    }
    return this.counted.count;
  }

  /** The session is detached. Requests of a connection that is gone are abandoned already. */
  rejectAll(release: keyof typeof RELEASES): void {
    for (const request of [...this.open]) {
      const { method } = request;
      // eslint-disable-next-line texts/localized -- an answer to the runtime
      request.reject(RpcErrorCode.internalError, `${RELEASES[release]} ${method} is not answered by this client.`);
    }
    this.setListed(0);
  }

  private questions(): { kind: OpenQuestion['kind']; params: unknown }[] {
    const questions: { kind: OpenQuestion['kind']; params: unknown }[] = [];
    for (const { method, params } of this.open) {
      const kind = QUESTION_REQUESTS.get(method);
      if (kind !== undefined) {
        questions.push({ kind, params });
      }
    }
    return questions;
  }

  private update({ method }: InboundRequest): void {
    if (QUESTION_REQUESTS.has(method)) {
      this.counted = undefined;
      this.changed();
    }
  }
}
