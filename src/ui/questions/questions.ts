import * as vscode from 'vscode';
import { nextSignal } from '../../core/common/async';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { PendingQuestion, QuestionState } from '../../core/questions/pendingQuestion';
import type { AnswerOutcome, QuestionService } from '../../core/questions/questionService';
import { parseAnswer } from '../../core/questions/parseAnswer';
import { sanitizeLine } from '../../core/common/sanitize';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import { byHand, namesSession, readAnswerArgument, readSessionArgument } from '../commands/commandArguments';
import { plainLabel } from '../common/plainMessage';
import { registerCommand } from '../commands/registerCommand';
import { relativeTime } from '../common/relativeTime';
import { rowCommand } from '../commands/rowCommand';
import type { SessionsTree } from '../list/sessionsTree';
import { Answering } from './answering';
import { KIND_ICONS } from './choices';
import { EntryTexts } from './entryTexts';
import { pick, type PickItem } from './inputs';
import { QuestionDocuments } from './questionDocuments';
import { QuestionNotifications } from './questionNotifications';

/** More than these nobody scrolls through; the newest are shown. */
const MAX_LISTED = 500;
/** How long a session that is watched only now may take to show what it asks, in milliseconds. */
const PATIENCE_MS = 5_000;

const STATE_WORDS: Readonly<Record<QuestionState, string | undefined>> = {
  open: undefined,
  sending: 'your answer is being sent',
  answered: 'answered, not confirmed yet',
  unconfirmed: 'your answer is not confirmed: answer again',
  refused: 'the runtime no longer knows of it',
};

/** A question as code is told of it. */
interface QuestionInfo {
  readonly sessionId: string;
  readonly requestId: string;
  readonly kind: string;
  readonly text: string;
  readonly state: QuestionState;
}

export interface QuestionsServices {
  readonly store: SessionStore;
  readonly questionService: QuestionService;
}

/** Everything that agents ask, and the ways to answer it. */
export class Questions {
  private readonly documents = new QuestionDocuments();
  private readonly texts: EntryTexts;
  private readonly answering: Answering;

  constructor(
    private readonly services: QuestionsServices,
    private readonly tree: Pick<SessionsTree, 'selected'>,
  ) {
    this.texts = new EntryTexts(services.questionService);
    this.answering = new Answering(services.questionService, this.documents, this.texts, (entry) =>
      this.titleOf(entry),
    );
  }

  register(): vscode.Disposable {
    const { store, questionService } = this.services;
    const answerRow = rowCommand({
      store,
      title: 'Answer',
      suits: (row) => row.status === 'needs input',
      run: (row) => this.answerRow(row),
      selected: () => this.tree.selected(),
    });
    return vscode.Disposable.from(
      this.documents,
      this.texts,
      new QuestionNotifications(questionService, this.answering, this.texts, (entry) => this.titleOf(entry)),
      registerCommand(Command.questions, (argument: unknown) =>
        byHand(argument) ? this.choose() : this.infosOf(argument),
      ),
      registerCommand(Command.answer, (argument: unknown) =>
        namesSession(argument, Command.answer) ? answerRow(argument) : this.answerByCode(argument),
      ),
    );
  }

  /** All open questions of all sessions, or of one. */
  private async choose(session?: CloudSession): Promise<void> {
    const { questionService } = this.services;
    const all = questionService.list(session);
    if (all.length === 0) {
      void vscode.window.showInformationMessage('No agent asks anything now.');
      return;
    }
    const shown = all.slice(0, MAX_LISTED);
    const count = all.length === 1 ? '1 question is open' : `${all.length} questions are open`;
    const placeholder = shown.length < all.length ? `${count}; these are the newest ${shown.length}` : count;
    const token = new vscode.CancellationTokenSource();
    try {
      const result = await pick(
        { title: 'Questions', token: token.token },
        placeholder,
        shown.map((entry) => this.itemOf(entry)),
      );
      const entry = result === undefined || result === 'back' ? undefined : result.value[0];
      if (entry !== undefined) {
        await this.answering.ask(entry);
      }
    } finally {
      token.dispose();
    }
  }

  private itemOf(entry: PendingQuestion): PickItem<PendingQuestion> {
    const { question, session, askedAt, state } = entry;
    const details = [
      this.titleOf(entry),
      session.details.repository && sanitizeLine(session.details.repository),
      askedAt && relativeTime(askedAt, new Date(), vscode.env.language),
      STATE_WORDS[state],
      session.isAttached ? undefined : 'disconnected',
    ];
    return {
      label: `$(${KIND_ICONS[question.kind]}) ${plainLabel(this.texts.sentenceOf(entry))}`,
      detail: plainLabel(details.filter(Boolean).join(' · ')),
      value: entry,
    };
  }

  private async answerRow(row: SessionRow): Promise<void> {
    const session =
      row.session?.isAttached === true
        ? row.session
        : await this.services.store.connect(row.taskId ?? row.sessionId ?? row.key);
    await this.waitForQuestions(session);
    const entries = this.services.questionService.list(session);
    const [entry] = entries;
    if (entry !== undefined && entries.length === 1) {
      await this.answering.ask(entry);
    } else {
      await this.choose(session);
    }
  }

  /** The service's list may say first that a session needs input; what it asks comes with its history. */
  private async waitForQuestions(session: CloudSession): Promise<void> {
    const { questionService } = this.services;
    const isAsked = (): boolean => questionService.list(session).length > 0;
    if (!isAsked()) {
      await nextSignal(questionService.onDidChange, PATIENCE_MS, isAsked);
    }
  }

  private infosOf(argument: unknown): readonly QuestionInfo[] {
    const given = readSessionArgument(argument, Command.questions);
    const sessionId = given.kind === 'id' ? given.id : given.kind === 'row' ? given.key : '';
    return this.services.questionService
      .list()
      .filter((entry) => entry.session.sessionId === sessionId)
      .map((entry) => ({
        sessionId,
        requestId: entry.requestId,
        kind: entry.question.kind,
        text: this.texts.sentenceOf(entry),
        state: entry.state,
      }));
  }

  /** Another extension answers: it has to name the question, and nothing is chosen for it. */
  private async answerByCode(argument: unknown): Promise<AnswerOutcome> {
    const { sessionId, requestId, answer } = readAnswerArgument(argument);
    const entry = this.services.questionService
      .list()
      .find((one) => one.session.sessionId === sessionId && one.requestIds.some((id) => id === requestId));
    if (entry === undefined) {
      throw new CloudSessionsError(
        'invalid-argument',
        'There is no open question with this session id and request id.',
        {
          nextStep:
            'It may have been answered; “cloudSessions.questions” with the session’s id tells those that are open.',
        },
      );
    }
    return this.answering.answer(entry, parseAnswer(answer));
  }

  private titleOf({ session }: PendingQuestion): string {
    return sanitizeLine(this.services.store.find(session.sessionId)?.title ?? session.sessionId, 60);
  }
}
