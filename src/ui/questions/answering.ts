import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { problemOfAnswer, type Answer } from '../../core/questions/answer';
import type { PendingQuestion, Resolution } from '../../core/questions/pendingQuestion';
import { PLAN_ACTIONS, type PlanAction } from '../../core/questions/question';
import type { AnswerOutcome, QuestionService } from '../../core/questions/questionService';
import { sanitizeLine } from '../../core/common/sanitize';
import { Command } from '../../manifest';
import { showError, showMessage } from '../common/errors';
import { plainLabel, plainMessage } from '../common/plainMessage';
import { choicesOf, type Choice } from './choices';
import type { EntryTexts } from './entryTexts';
import { approvalTitle, describeAnswer, PLAN_TEXTS, sentenceOf } from './questionTexts';
import { fillIn } from './fillIn';
import { pick, write } from './inputs';
import type { InputFrame } from '../common/inputs';
import type { QuestionDocuments } from './questionDocuments';

const CLOSED_TEXTS: Readonly<Record<Resolution, string>> = {
  here: l10n.t('This was already answered here.'),
  contradicted: l10n.t('This was already answered, here and elsewhere. The other answer counts.'),
  elsewhere: l10n.t('This was already answered elsewhere.'),
  withdrawn: l10n.t('The agent no longer waits for this answer.'),
  disconnected: l10n.t(
    'The connection over which this was asked is closed. If the agent still waits for an answer, it asks again.',
  ),
  unwatched: l10n.t('The session is no longer watched here, so this cannot be answered here.'),
};

/** Asks a person for the answer to one question. Whoever closes the inputs answers nothing. */
export class Answering {
  constructor(
    private readonly questionService: QuestionService,
    private readonly documents: QuestionDocuments,
    private readonly texts: EntryTexts,
    private readonly titleOf: (entry: PendingQuestion) => string,
  ) {}

  /** Shows all choices. With a choice, such as that of a button, continues from there. */
  async ask(entry: PendingQuestion, chosen?: Choice): Promise<void> {
    const gone = new vscode.CancellationTokenSource();
    const closing = this.questionService.onDidClose((end) => {
      if (end.entry === entry) {
        gone.cancel();
      }
    });
    let isAnswered = false;
    try {
      if (!this.notifyIfOver(entry)) {
        const frame = { title: titleOfAnswer(plainLabel(this.titleOf(entry))), token: gone.token };
        let choice = chosen;
        do {
          choice ??= await this.choose(frame, entry);
          const answer = choice && (await this.act(frame, entry, choice));
          if (answer === 'again') {
            choice = undefined;
            continue;
          }
          isAnswered = answer !== undefined;
          if (answer !== undefined) {
            await this.submit(entry, answer);
          }
          break;
        } while (!gone.token.isCancellationRequested);
        if (!isAnswered && gone.token.isCancellationRequested) {
          this.notifyIfOver(entry);
        }
      }
    } catch (error) {
      void showError(error, {
        title: l10n.t('Answer Again…'),
        run: () => this.ask(entry),
      });
    } finally {
      closing.dispose();
      gone.dispose();
    }
  }

  /** Sends an answer, and adds it to the session's log. */
  async answer(entry: PendingQuestion, answer: Answer): Promise<AnswerOutcome> {
    const outcome = await this.questionService.answer(entry.key, answer);
    if (outcome === 'sent') {
      entry.session.addNote('info', describeAnswer(entry.question, answer));
    }
    return outcome;
  }

  /**
   * Shows a message if the question can no longer be answered.
   * @returns whether it did
   */
  private notifyIfOver(entry: PendingQuestion): boolean {
    if (this.questionService.get(entry.key) === undefined) {
      void showMessage('info', CLOSED_TEXTS[entry.closed ?? 'withdrawn']);
      return true;
    }
    if (!entry.isAnswerable) {
      void showMessage('info', l10n.t('This was already answered here. The session has not shown the answer yet.'));
      return true;
    }
    return false;
  }

  private async submit(entry: PendingQuestion, answer: Answer): Promise<void> {
    const outcome = await this.answer(entry, answer);
    if (outcome !== 'sent' && !this.notifyIfOver(entry)) {
      void showMessage('info', l10n.t('The runtime no longer has this question. It may have been answered elsewhere.'));
    }
  }

  private async choose(frame: InputFrame, entry: PendingQuestion): Promise<Choice | undefined> {
    const { question } = entry;
    const sentence = this.texts.sentenceOf(entry);
    const rows = choicesOf(question).map((choice) => ({
      label: `$(${choice.icon}) ${plainLabel(choice.title)}`,
      value: choice,
      ...(choice.detail === undefined ? {} : { detail: plainLabel(choice.detail) }),
    }));
    // The first row has the focus: pressing Enter too early answers nothing.
    const later = { label: decideLater(), detail: plainLabel(sentence), value: undefined };
    const result = await pick(frame, sentence, [later, ...rows]);
    return result === undefined || result === 'back' ? undefined : result.value[0];
  }

  private async act(frame: InputFrame, entry: PendingQuestion, { act }: Choice): Promise<Answer | 'again' | undefined> {
    const { question } = entry;
    switch (act.kind) {
      case 'answer':
        return act.answer;
      case 'show':
        await this.documents.show(entry);
        return 'again';
      case 'text':
        return this.freeText(frame, entry);
      case 'form': {
        const fields = question.kind === 'elicitation' && 'fields' in question.form ? question.form.fields : [];
        const content = await fillIn(frame, fields);
        return content && { kind: 'elicitation', action: 'accept', content };
      }
      case 'page':
        return (await vscode.env.openExternal(vscode.Uri.parse(act.url, true))) && act.answers
          ? { kind: 'elicitation', action: 'accept', content: {} }
          : undefined;
      case 'feedback':
        return act.approved ? this.approveWithChanges(frame, entry) : this.reject(frame);
      case 'credits':
        return this.credits(frame, act.action);
      case 'stop':
        await vscode.commands.executeCommand(Command.stop, entry.session.sessionId);
        return undefined;
      case 'web':
        await vscode.commands.executeCommand(Command.openRemote, entry.session.sessionId);
        return undefined;
    }
  }

  private async freeText(frame: InputFrame, { question }: PendingQuestion): Promise<Answer | undefined> {
    const answerOf = (text: string): Answer => ({ kind: 'input', answer: text, wasFreeform: true });
    const text = await write(frame, {
      prompt: plainMessage(sentenceOf(question)),
      value: '',
      problem: (typed) =>
        typed.trim() === '' ? l10n.t('The answer is empty.') : problemOfAnswer(question, answerOf(typed)),
    });
    return text === undefined || text === 'back' ? undefined : answerOf(text.value);
  }

  private async approveWithChanges(frame: InputFrame, { question }: PendingQuestion): Promise<Answer | undefined> {
    const offered: readonly PlanAction[] = question.kind === 'plan' ? question.actions : [];
    const feedback = await write(frame, {
      prompt: l10n.t('What should the agent do differently? It gets this together with your approval.'),
      value: '',
      problem: (typed) => (typed.trim() === '' ? l10n.t('Enter what the agent should do differently.') : undefined),
    });
    if (feedback === undefined || feedback === 'back') {
      return undefined;
    }
    const rows = PLAN_ACTIONS.filter((action) => offered.includes(action)).map((action) => ({
      label: `$(check) ${approvalTitle(action)}`,
      detail: PLAN_TEXTS[action].detail,
      value: action,
    }));
    const later = { label: decideLater(), detail: l10n.t('Nothing is approved'), value: undefined };
    const how = await pick(frame, l10n.t('How should the agent continue?'), [later, ...rows]);
    const action = how === undefined || how === 'back' ? undefined : how.value[0];
    return action && { kind: 'plan', approved: true, action, feedback: feedback.value };
  }

  private async reject(frame: InputFrame): Promise<Answer | undefined> {
    const feedback = await write(frame, {
      prompt: l10n.t('Why, or what should the agent do instead? (optional)'),
      value: '',
      problem: () => undefined,
    });
    if (feedback === undefined || feedback === 'back') {
      return undefined;
    }
    const text = feedback.value.trim();
    return { kind: 'plan', approved: false, ...(text === '' ? {} : { feedback: text }) };
  }

  private async credits(frame: InputFrame, action: 'add' | 'set'): Promise<Answer | undefined> {
    const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text.trim()) && Number(text) > 0;
    const text = await write(frame, {
      prompt:
        action === 'add'
          ? l10n.t('How many AI credits may the session use beyond its limit?')
          : l10n.t('The new limit, in AI credits'),
      value: '',
      problem: (typed) => (isNumber(typed) ? undefined : l10n.t('Enter a number greater than 0.')),
    });
    return text === undefined || text === 'back'
      ? undefined
      : { kind: 'limits', action, credits: Number(sanitizeLine(text.value)) };
  }
}

function titleOfAnswer(title: string): string {
  return l10n.t({ message: 'Answer: {0}', args: [title], comment: ['A title: {0} is that of the session that asks'] });
}

function decideLater(): string {
  return `$(clock) ${l10n.t('Decide Later')}`;
}
