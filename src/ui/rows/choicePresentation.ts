import * as l10n from '@vscode/l10n';
import { describeChoice } from '../../core/arguments/modelChoice';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionChoices } from '../../core/session/sessionChoices';

/** The lines of a row's tooltip on the model that the agent uses, and on a choice that is not in force. */
export function choiceLines(
  choices: Pick<SessionChoices, 'state' | 'chosen' | 'agentModel'> | undefined,
): readonly (readonly [name: string, value: string])[] {
  if (choices === undefined) {
    return [];
  }
  const { state, chosen, agentModel } = choices;
  const effort = agentModel?.reasoningEffort;
  const pending = state === 'waiting' || state === 'applying';
  const choice = pending || state === 'refused' ? sanitizeLine(describeChoice(chosen)) : undefined;
  return [
    ...(agentModel === undefined
      ? []
      : ([
          [
            l10n.t({ message: 'Model', comment: ['A line of the tooltip: the language model that the agent uses'] }),
            sanitizeLine(effort === undefined ? agentModel.model : `${agentModel.model} (${effort})`),
          ],
        ] as const)),
    ...(choice === undefined
      ? []
      : ([
          [
            l10n.t({ message: 'Chosen', comment: ['A line of the tooltip: the model that the user has chosen'] }),
            pending ? l10n.t('{0}: not set yet', choice) : l10n.t('{0}: not confirmed by the agent', choice),
          ],
        ] as const)),
  ];
}
