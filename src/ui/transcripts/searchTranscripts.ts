import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isCancelled } from '../../core/common/async';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import { matcherOf, type SearchHit } from '../../core/rendering/markdown/transcriptSearch';
import { describeError } from '../common/errors';
import { plainLabel } from '../common/plainMessage';
import { shortDate } from '../common/relativeTime';
import type { TranscriptPlace } from './transcriptDocuments';
import { forEachRecord, type TranscriptSource, type TranscriptSources } from './transcriptSources';

/** Maximum number of results. */
export const MAX_HITS = 200;
/** Pause in typing before the search begins, in milliseconds. */
const DEBOUNCE_MS = 200;
/** Interval at which new results are shown, in milliseconds. */
const SHOW_MS = 150;

export interface TranscriptHit extends SearchHit {
  readonly source: TranscriptSource;
}

export interface SearchOutcome {
  /** The search ended at `MAX_HITS` results. */
  readonly limited: boolean;
  /** The titles of transcripts that could not be read, each with the reason. */
  readonly unreadable: readonly string[];
}

/** Searches all available transcripts, the newest first; calls `found` with each result. */
export async function searchTranscripts(
  sources: TranscriptSources,
  query: string,
  found: (hit: TranscriptHit) => void,
  token?: vscode.CancellationToken,
): Promise<SearchOutcome> {
  const unreadable: string[] = [];
  const matches = matcherOf(query);
  if (matches === undefined) {
    return { limited: false, unreadable };
  }
  let hits = 0;
  for (const source of await sources.all()) {
    if (isCancelled(token)) {
      break;
    }
    try {
      await forEachRecord(
        source,
        (record) => {
          const hit = matches(record);
          if (hit !== undefined) {
            hits++;
            found({ ...hit, source });
          }
          return hits < MAX_HITS;
        },
        token,
      );
    } catch (error) {
      unreadable.push(`${sanitizeLine(source.title, 60)} (${describeError(asCloudSessionsError(error))})`);
    }
    if (hits >= MAX_HITS) {
      return { limited: true, unreadable };
    }
  }
  return { limited: false, unreadable };
}

type Item = vscode.QuickPickItem & { readonly hit?: TranscriptHit };

/** Searches while the user types; choosing a result opens the transcript there. */
export function askAndSearch(
  sources: TranscriptSources,
  open: (source: TranscriptSource, place: TranscriptPlace) => Promise<unknown>,
  failed: (error: unknown) => void,
): void {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = l10n.t('Search Transcripts');
  picker.placeholder = l10n.t('Text to find in all stored transcripts');
  let search: vscode.CancellationTokenSource | undefined;
  const searching = new RunOnceScheduler(() => {
    search = new vscode.CancellationTokenSource();
    void fill(picker, sources, picker.value, search.token);
  }, DEBOUNCE_MS);
  const stop = (): void => {
    searching.cancel();
    search?.cancel();
    search?.dispose();
    search = undefined;
  };
  picker.onDidChangeValue((query) => {
    stop();
    picker.busy = query.trim() !== '';
    picker.items = [];
    if (query.trim() !== '') {
      searching.schedule();
    }
  });
  picker.onDidAccept(() => {
    const hit = picker.selectedItems[0]?.hit;
    if (hit !== undefined) {
      const query = picker.value;
      picker.hide();
      open(hit.source, { eventId: hit.eventId, query }).catch(failed);
    }
  });
  picker.onDidHide(() => {
    stop();
    picker.dispose();
  });
  picker.show();
}

async function fill(
  picker: vscode.QuickPick<Item>,
  sources: TranscriptSources,
  query: string,
  token: vscode.CancellationToken,
): Promise<void> {
  const items: Item[] = [];
  let shownAt = performance.now();
  const show = (): void => {
    const active = picker.activeItems[0];
    picker.keepScrollPosition = true;
    picker.items = [...items];
    if (active !== undefined && items.includes(active)) {
      picker.activeItems = [active];
    }
    shownAt = performance.now();
  };
  const addNote = (label: string): void => void items.push({ label, alwaysShow: true });
  try {
    const { limited, unreadable } = await searchTranscripts(
      sources,
      query,
      (hit) => {
        items.push(itemOf(hit));
        if (performance.now() - shownAt > SHOW_MS) {
          show();
        }
      },
      token,
    );
    if (limited) {
      addNote(`$(info) ${l10n.t('Only the first {0} results are shown: type more of the text', MAX_HITS)}`);
    } else if (items.length === 0) {
      addNote(`$(info) ${l10n.t('No results found')}`);
    }
    for (const title of unreadable) {
      addNote(`$(warning) ${l10n.t('Could not be read: {0}', plainLabel(title))}`);
    }
  } catch (error) {
    addNote(`$(error) ${sanitizeLine(describeError(asCloudSessionsError(error)))}`);
  }
  if (!token.isCancellationRequested) {
    show();
    picker.busy = false;
  }
}

function itemOf(hit: TranscriptHit): Item {
  return {
    label: plainLabel(sanitizeLine(hit.source.title, 80)),
    description: hit.at === undefined ? '' : shortDate(hit.at, vscode.env.language),
    detail: plainLabel(hit.excerpt),
    // The match need not be in the label or excerpt, where the picker would look for it.
    alwaysShow: true,
    hit,
  };
}
