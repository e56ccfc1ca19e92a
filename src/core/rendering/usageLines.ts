import * as l10n from '@vscode/l10n';
import type { SessionUsage, UsageFigure } from '../usage/usageTotals';

/** Less than this is not shown: it would be written as 0. */
const LEAST = 0.001;

/**
 * What a session has used, as names and values for a tooltip and for the head of a document: only what is known, and only
 * a total as a total.
 * @param locale the language of the numbers, such as `de`
 */
export function usageLines(
  usage: SessionUsage | undefined,
  locale: string | undefined,
): readonly (readonly [name: string, value: string])[] {
  const line = (name: string, figure: UsageFigure | undefined): readonly (readonly [name: string, value: string])[] => {
    if (figure === undefined || figure.value < LEAST) {
      return [];
    }
    const amount = figure.value.toLocaleString(locale);
    return [[name, figure.isTotal ? amount : l10n.t('at least {0}', amount)]];
  };
  return [
    ...line(
      l10n.t({ message: 'Input tokens', comment: ['What a session has used; a number follows'] }),
      usage?.inputTokens,
    ),
    ...line(
      l10n.t({ message: 'Output tokens', comment: ['What a session has used; a number follows'] }),
      usage?.outputTokens,
    ),
    ...line(l10n.t({ message: 'AI credits', comment: ['What a session has used; a number follows'] }), usage?.credits),
    ...line(
      l10n.t({ message: 'Premium requests', comment: ['What a session has used; a number follows'] }),
      usage?.premiumRequests,
    ),
  ];
}
