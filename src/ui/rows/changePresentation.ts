import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../core/common/sanitize';
import {
  countsOf,
  type ChangedFile,
  type ChangesSource,
  type ChangeStatus,
  type SessionChanges,
} from '../../core/changes/sessionChanges';
import { relativeTime } from '../common/relativeTime';

/** As in Source Control: the letter beside a file, the colour of its name, and the word for it. */
export const STATUS_SIGNS: Readonly<
  Record<ChangeStatus, { readonly letter: string; readonly color: string; readonly name: string }>
> = {
  added: {
    letter: 'A',
    color: 'gitDecoration.addedResourceForeground',
    name: l10n.t({ message: 'added', comment: ['What became of a file'] }),
  },
  modified: {
    letter: 'M',
    color: 'gitDecoration.modifiedResourceForeground',
    name: l10n.t({ message: 'modified', comment: ['What became of a file'] }),
  },
  deleted: {
    letter: 'D',
    color: 'gitDecoration.deletedResourceForeground',
    name: l10n.t({ message: 'deleted', comment: ['What became of a file'] }),
  },
  renamed: {
    letter: 'R',
    color: 'gitDecoration.renamedResourceForeground',
    name: l10n.t({ message: 'renamed', comment: ['What became of a file'] }),
  },
};

const SOURCES: Readonly<Record<ChangesSource, string>> = {
  git: l10n.t({ message: 'pushed branch, in the clone here', comment: ['Where the changes of a session were read'] }),
  agent: l10n.t({ message: 'the agent’s machine', comment: ['Where the changes of a session were read'] }),
  github: l10n.t({ message: 'pushed branch, on GitHub', comment: ['Where the changes of a session were read'] }),
};

/** Numbers of lines as GitHub shows them: `+12 −3`. Empty without any. */
export function lineCounts(
  { additions, deletions }: { readonly additions: number; readonly deletions: number },
  locale: string,
): string {
  return additions + deletions === 0 ? '' : `+${additions.toLocaleString(locale)} −${deletions.toLocaleString(locale)}`;
}

/** Beside the title of a session; `undefined` while nothing is known, or nothing has changed. */
export function shortChanges(changes: SessionChanges | undefined, locale: string): string | undefined {
  if (changes === undefined || changes.files.length === 0) {
    return undefined;
  }
  const counts = countsOf(changes);
  const lines = lineCounts(counts, locale);
  // Numbers that lack a file would not be true.
  return lines === '' || !counts.isExact ? fileCount(changes, locale) : lines;
}

/** For the tooltip: how much, from where, and as of when. */
export function longChanges(changes: SessionChanges, now: Date, locale: string): string {
  const counts = countsOf(changes);
  const lines = counts.isExact ? lineCounts(counts, locale) : '';
  const age = relativeTime(changes.readAt, now, locale);
  return [
    [fileCount(changes, locale), lines].filter(Boolean).join(', '),
    l10n.t({
      message: '{0}, {1}',
      args: [SOURCES[changes.source], age],
      comment: ['Where the changes were read, and when: "the agent’s machine, 5 min. ago"'],
    }),
  ].join(' · ');
}

/** For screen readers. */
export function spokenChanges(changes: SessionChanges, locale: string): string {
  const counts = countsOf(changes);
  const files = l10n.t('{0} changed', fileCount(changes, locale));
  return counts.isExact ? `${files}, ${spokenLines(counts, locale)}` : files;
}

function spokenLines(
  { additions, deletions }: { readonly additions: number; readonly deletions: number },
  locale: string,
): string {
  const added = additions === 1 ? l10n.t('1 line added') : l10n.t('{0} lines added', additions.toLocaleString(locale));
  const deleted =
    deletions === 1 ? l10n.t('1 line deleted') : l10n.t('{0} lines deleted', deletions.toLocaleString(locale));
  return `${added}, ${deleted}`;
}

/** Comments that were not sent; `undefined` for none. */
export function draftCount(drafts: number): string | undefined {
  return drafts === 0
    ? undefined
    : drafts === 1
      ? l10n.t('1 comment not sent')
      : l10n.t('{0} comments not sent', drafts);
}

export function fileCount({ files, isIncomplete }: SessionChanges, locale: string): string {
  const count = files.length.toLocaleString(locale);
  return isIncomplete === true
    ? l10n.t('more than {0} files', count)
    : files.length === 1
      ? l10n.t('1 file')
      : l10n.t('{0} files', count);
}

/** A changed file in words: its status, its former path, and what is not shown of it. */
export function describeFile(file: ChangedFile, locale: string): string {
  const { path, oldPath, status, isBinary, isTruncated } = file;
  const { name } = STATUS_SIGNS[status];
  const what =
    isTruncated === true
      ? l10n.t('too large to be counted')
      : isBinary === true
        ? l10n.t('binary')
        : spokenLines(file, locale);
  const from = oldPath === undefined ? [] : [l10n.t('was {0}', sanitizeLine(oldPath))];
  return [`${sanitizeLine(path)}: ${name}`, ...from, what].join(', ');
}
