import * as l10n from '@vscode/l10n';
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

/** Most questions in the list; the newest are shown. */
const MAX_LISTED = 500;
/** How long a session that has just been attached may take to show its questions, in milliseconds. */
const PATIENCE_MS = 5_000;

const STATE_TEXTS: Readonly<Record<QuestionState, string | undefined>> = {
  open: undefined,
  sending: l10n.t('your answer is being sent'),
  answered: l10n.t('answered, not confirmed yet'),
  unconfirmed: l10n.t('your answer is not confirmed: answer again'),
  refused: l10n.t('the runtime no longer has it'),
};

/** A question, as the command gives it to code. */
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

/** The commands and notifications for everything that agents ask. */
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
      title: l10n.t({ message: 'Answer', comment: ['A command: answers what an agent asks'] }),
      isApplicable: (row) => row.status === 'needs input',
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
      // Passed on as they came: a row that is gone is an argument, the palette has none.
      registerCommand(Command.answer, (...args: readonly unknown[]) =>
        namesSession(args[0], Command.answer) ? answerRow(...args) : this.answerByCode(args[0]),
      ),
    );
  }

  /** All open questions of all sessions, or of one. */
  private async choose(session?: CloudSession): Promise<void> {
    const { questionService } = this.services;
    const all = questionService.list(session);
    if (all.length === 0) {
      void vscode.window.showInformationMessage(l10n.t('There are no open questions.'));
      return;
    }
    const shown = all.slice(0, MAX_LISTED);
    const token = new vscode.CancellationTokenSource();
    try {
      const result = await pick(
        { title: l10n.t('Questions'), token: token.token },
        placeholderOf(all.length, shown.length),
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
      STATE_TEXTS[state],
      session.isAttached ? undefined : l10n.t({ message: 'disconnected', comment: ['The state of a session'] }),
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

  /** The service's list may show that a session needs input before its history has the question. */
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

  /** Another extension answers: it has to name the question, and there are no defaults. */
  private async answerByCode(argument: unknown): Promise<AnswerOutcome> {
    const { sessionId, requestId, answer } = readAnswerArgument(argument);
    const entry = this.services.questionService
      .list()
      .find((one) => one.session.sessionId === sessionId && one.requestIds.some((id) => id === requestId));
    if (entry === undefined) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('There is no open question with this session id and request id.'),
        {
          nextStep: l10n.t(
            'It may have been answered. The command “cloudSessions.questions”, with the id of the session, returns the open questions.',
          ),
        },
      );
    }
    return this.answering.answer(entry, parseAnswer(answer));
  }

  private titleOf({ session }: PendingQuestion): string {
    return sanitizeLine(this.services.store.find(session.sessionId)?.title ?? session.sessionId, 60);
  }
}

function placeholderOf(count: number, shown: number): string {
  if (shown < count) {
    return l10n.t('{0} questions are open. The newest {1} are shown.', count, shown);
  }
  return count === 1 ? l10n.t('1 question is open') : l10n.t('{0} questions are open', count);
}
