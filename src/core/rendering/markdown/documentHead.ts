import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../common/sanitize';
import { parseSessionUrl } from '../../events/sessionUrl';
import { UsageTotals } from '../../usage/usageTotals';
import { LABEL_TEXTS } from '../labels';
import { usageLines } from '../usageLines';
import { escapeText, webLink } from './sanitizeMarkdown';

/** What is known of the session as a whole. */
export interface DocumentHead {
  readonly sessionId: string;
  readonly title?: string;
  /** `owner/name` */
  readonly repository?: string;
  readonly branch?: string;
  readonly remoteUrl?: string;
  readonly startTime?: Date;
  /** A part of the transcript is lost. */
  readonly damaged?: boolean;
  /** The session is not watched here: it may have continued since the last event. */
  readonly isKept?: boolean;
  /** No event up to now is missing: what they add up to is a total. */
  readonly isWhole?: boolean;
}

/** What the events say of the session as a whole. */
export class DocumentFacts {
  firstTime: Date | undefined;
  lastTime: Date | undefined;
  /** The number of events of types that this version does not know. */
  unknownEvents = 0;
  readonly usage = new UsageTotals();

  /** @param at the time of an event, in any order */
  observe(at: Date | undefined): void {
    if (at !== undefined) {
      this.firstTime = this.firstTime === undefined || at < this.firstTime ? at : this.firstTime;
      this.lastTime = this.lastTime === undefined || at > this.lastTime ? at : this.lastTime;
    }
  }
}

const HEAD = {
  repository: l10n.t({ message: 'Repository', comment: ['The head of a transcript'] }),
  link: l10n.t({ message: 'Link', comment: ['The head of a transcript'] }),
  started: l10n.t({ message: 'Started', comment: ['The head of a transcript; a date follows'] }),
  lastEvent: l10n.t({ message: 'Last event', comment: ['The head of a transcript; a date follows'] }),
  session: l10n.t({ message: 'Session', comment: ['The head of a transcript; an id follows'] }),
  notShown: l10n.t({ message: 'Not shown', comment: ['The head of a transcript; a number of events follows'] }),
};

/**
 * Title, list of facts and remarks, as Markdown.
 * @param formatMoment date and time
 * @param locale the language of numbers
 */
export function headMarkdown(
  head: DocumentHead,
  facts: DocumentFacts,
  formatMoment: (date: Date) => string,
  locale?: string,
): string {
  const { repository, branch } = head;
  const where = repository !== undefined && branch !== undefined ? `${repository} @ ${branch}` : (repository ?? branch);
  const url = parseSessionUrl(head.remoteUrl);
  const start = head.startTime ?? facts.firstTime;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [HEAD.repository, where && escapeText(sanitizeLine(where))],
    [HEAD.link, url && webLink(escapeText(url), url)],
    [HEAD.started, start && escapeText(formatMoment(start))],
    [HEAD.lastEvent, facts.lastTime && escapeText(formatMoment(facts.lastTime))],
    [HEAD.session, escapeText(sanitizeLine(head.sessionId))],
    ...usageLines(facts.usage.figures(head.isWhole === true), locale).map(
      ([name, value]) => [name, escapeText(value)] as const,
    ),
    [HEAD.notShown, unknownEvents(facts.unknownEvents)],
  ];
  const list = rows.filter(([, value]) => value).map(([name, value]) => `- **${name}:** ${value ?? ''}`);
  const title =
    escapeText(sanitizeLine(head.title ?? '')) ||
    l10n.t({ message: 'Cloud session', comment: ['The title of a transcript whose session has none'] });
  const remarks: string[] = [];
  if (head.isKept === true) {
    remarks.push(
      `> ${l10n.t('This is what was kept when the session was last watched here. It may have gone on since.')}`,
    );
  }
  if (head.damaged === true) {
    const damage = l10n.t('A part of this transcript could not be read. What could be is here.');
    remarks.push(`> **${LABEL_TEXTS.warning}** ${damage}`);
  }
  return [`# ${title}`, list.join('\n'), ...remarks].join('\n\n');
}

function unknownEvents(count: number): string | undefined {
  if (count === 0) {
    return undefined;
  }
  return count === 1
    ? l10n.t('1 event of a type unknown to this version')
    : l10n.t('{0} events of a type unknown to this version', count);
}
