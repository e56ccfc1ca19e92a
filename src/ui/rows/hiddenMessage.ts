import * as l10n from '@vscode/l10n';
import type { SessionRow } from '../../core/store/sessionRow';

/** The line above the list on what the filter hides; '' if it hides nothing. */
export function hiddenMessage(hidden: readonly SessionRow[], locale: string): string {
  if (hidden.length === 0) {
    return '';
  }
  const waiting = hidden.filter(({ status }) => status === 'needs input').length;
  if (hidden.length === 1) {
    return waiting === 1 ? l10n.t('1 hidden by the filter: it needs your input.') : l10n.t('1 hidden by the filter.');
  }
  const count = hidden.length.toLocaleString(locale);
  switch (waiting) {
    case 0:
      return l10n.t('{0} hidden by the filter.', count);
    case 1:
      return l10n.t('{0} hidden by the filter: 1 of them needs your input.', count);
    default:
      return l10n.t('{0} hidden by the filter: {1} of them need your input.', count, waiting.toLocaleString(locale));
  }
}
