import * as vscode from 'vscode';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import { matcherOf, type SearchHit } from '../../core/rendering/markdown/transcriptSearch';
import { describeError } from '../common/errors';
import { formatDate, formatTime } from '../../core/common/localTime';
import { plainLabel } from '../common/plainMessage';
import type { TranscriptPlace } from './transcriptDocuments';
import { forEachRecord, type TranscriptSource, type TranscriptSources } from './transcriptSources';

/** As many places as are shown: who wants more is better served by a longer text. */
export const MAX_HITS = 200;
/** How long nothing must have been typed before the search begins, in milliseconds. */
const DEBOUNCE_MS = 200;
/** How long places are collected before they are shown, in milliseconds. */
const SHOW_MS = 150;

export interface TranscriptHit extends SearchHit {
  readonly source: TranscriptSource;
}

export interface SearchOutcome {
  /** There may be more places than were found. */
  readonly limited: boolean;
  /** Titles of transcripts that could not be read. */
  readonly unreadable: readonly string[];
}

/** Looks through all transcripts that are at hand, the newest first; `found` is told of each place. */
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
    if (token?.isCancellationRequested === true) {
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

/** Finds as you type; choosing a place opens the transcript there. */
export function askAndSearch(
  sources: TranscriptSources,
  open: (source: TranscriptSource, place: TranscriptPlace) => Promise<unknown>,
  failed: (error: unknown) => void,
): void {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = 'Search Transcripts';
  picker.placeholder = 'Text to find in all transcripts that are kept';
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
  const say = (label: string): void => void items.push({ label, alwaysShow: true });
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
      say(`$(info) Only the first ${MAX_HITS} places are shown: type more of the text`);
    } else if (items.length === 0) {
      say('$(info) Nothing found');
    }
    for (const title of unreadable) {
      say(`$(warning) Could not be read: ${plainLabel(title)}`);
    }
  } catch (error) {
    say(`$(error) ${sanitizeLine(describeError(asCloudSessionsError(error)))}`);
  }
  if (!token.isCancellationRequested) {
    show();
    picker.busy = false;
  }
}

function itemOf(hit: TranscriptHit): Item {
  return {
    label: plainLabel(sanitizeLine(hit.source.title, 80)),
    description: hit.at === undefined ? '' : `${formatDate(hit.at)} ${formatTime(hit.at)}`,
    detail: plainLabel(hit.excerpt),
    // What was found is not always in the words that the picker would look at.
    alwaysShow: true,
    hit,
  };
}
