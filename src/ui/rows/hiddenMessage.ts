import type { SessionRow } from '../../core/store/sessionRow';

/** The line above the list that says what the filter hides; '' if it hides nothing. */
export function hiddenMessage(hidden: readonly SessionRow[]): string {
  if (hidden.length === 0) {
    return '';
  }
  const waiting = hidden.filter(({ status }) => status === 'needs input').length;
  const who = waiting === 1 ? '1 of them needs your input' : `${waiting} of them need your input`;
  return waiting === 0
    ? `${hidden.length} hidden by the filter.`
    : `${hidden.length} hidden by the filter: ${hidden.length === 1 ? 'it needs your input' : who}.`;
}
