import * as l10n from '@vscode/l10n';
import { asSentence } from '../common/sentence';
import type { AgentModel, ModelChoice } from '../arguments/modelChoice';

/** What a session's log says about the model and the effort that were chosen for its agent. */

export function confirmedNote({ model, reasoningEffort = '' }: ModelChoice): string {
  return model === undefined
    ? l10n.t('The agent confirmed the reasoning effort “{0}”.', reasoningEffort)
    : reasoningEffort === ''
      ? l10n.t('The agent confirmed the model “{0}”.', model)
      : l10n.t('The agent confirmed the model “{0}” with the reasoning effort “{1}”.', model, reasoningEffort);
}

/**
 * @param reason a clause, as the end of a sentence
 * @param used what the agent has said that it uses
 */
export function refusedNote(wanted: ModelChoice, reason: string, used: AgentModel | undefined): string {
  return `${refused(wanted, asSentence(reason))} ${uses(used)}`;
}

/** As `refusedNote`, for a choice that may be in force all the same. */
export function unconfirmedNote(wanted: ModelChoice, reason: string, used: AgentModel | undefined): string {
  return `${unconfirmed(wanted, asSentence(reason))} ${mayUse(used)}`;
}

function refused({ model, reasoningEffort = '' }: ModelChoice, reason: string): string {
  return model === undefined
    ? l10n.t('The reasoning effort “{0}” could not be chosen: {1}', reasoningEffort, reason)
    : reasoningEffort === ''
      ? l10n.t('The model “{0}” could not be chosen: {1}', model, reason)
      : l10n.t(
          'The model “{0}” with the reasoning effort “{1}” could not be chosen: {2}',
          model,
          reasoningEffort,
          reason,
        );
}

function unconfirmed({ model, reasoningEffort = '' }: ModelChoice, reason: string): string {
  return model === undefined
    ? l10n.t('The reasoning effort “{0}” is not confirmed: {1}', reasoningEffort, reason)
    : reasoningEffort === ''
      ? l10n.t('The model “{0}” is not confirmed: {1}', model, reason)
      : l10n.t('The model “{0}” with the reasoning effort “{1}” is not confirmed: {2}', model, reasoningEffort, reason);
}

function uses(used: AgentModel | undefined): string {
  return used === undefined
    ? l10n.t('The agent uses its default model.')
    : used.reasoningEffort === undefined
      ? l10n.t('The agent uses the model “{0}”.', used.model)
      : l10n.t('The agent uses the model “{0}” with the reasoning effort “{1}”.', used.model, used.reasoningEffort);
}

function mayUse(used: AgentModel | undefined): string {
  return used === undefined
    ? l10n.t('The agent may use its default model.')
    : used.reasoningEffort === undefined
      ? l10n.t('The agent may use the model “{0}”.', used.model)
      : l10n.t('The agent may use the model “{0}” with the reasoning effort “{1}”.', used.model, used.reasoningEffort);
}
