import { describeChoice } from '../../core/arguments/modelChoice';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionChoices } from '../../core/session/sessionChoices';

/** Of a row's tooltip: what the agent says that it uses, and what was chosen and is not in force. */
export function choiceLines(
  choices: Pick<SessionChoices, 'state' | 'chosen' | 'agentModel'> | undefined,
): readonly (readonly [name: string, value: string])[] {
  if (choices === undefined) {
    return [];
  }
  const { state, chosen, agentModel } = choices;
  const effort = agentModel?.reasoningEffort;
  const pending = state === 'waiting' || state === 'applying';
  return [
    ...(agentModel === undefined
      ? []
      : ([
          ['Model', sanitizeLine(effort === undefined ? agentModel.model : `${agentModel.model} (${effort})`)],
        ] as const)),
    ...(pending || state === 'refused'
      ? ([
          [
            'Chosen',
            `${sanitizeLine(describeChoice(chosen))}: ${pending ? 'not set yet' : 'not confirmed by the agent'}`,
          ],
        ] as const)
      : []),
  ];
}
