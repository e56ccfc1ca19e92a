import * as l10n from '@vscode/l10n';
import { isRecord, readArray } from '../core/common/json';
import { parsePersistedState } from '../core/store/persistedState';
import { errorCode, type Files } from './files';
import { ownershipOf, parseFileName, stemOf, type OwnedFile } from './processOwnedFile';
import { TEMPORARY_SUFFIX } from './transcripts';
import { textOf } from '../core/redaction/secrets';

export const WINDOW_VERSION = 1;
export const CURRENT = 'json';
/** The extension of a file that is older than the state of its window, because a later save failed. */
export const OUTDATED = 'outdated.json';
/** The suffix of a copy beside the file of a window: its content before the last change. */
export const BACKUP_SUFFIX = '.bak';

/** The files of a window that has ended. */
export interface OrphanedState {
  /** The name of its main file, which may be missing. */
  readonly name: string;
  readonly primary: string | undefined;
  /** Names of files to read instead if that cannot be read, the newest first. */
  readonly others: readonly string[];
  /** Whether its window has certainly ended. */
  readonly isCertain: boolean;
}

/**
 * Finds the files of ended windows of a workspace.
 * @throws {NodeJS.ErrnoException} if the folder exists and cannot be read
 */
export async function findLeftOver(files: Files, folder: string, workspace: string): Promise<readonly OrphanedState[]> {
  let names: readonly string[];
  try {
    names = await files.readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return [];
    }
    throw error;
  }
  const stem = stemOf(workspace);
  const groups = new Map<string, OwnedFile[]>();
  for (const file of names.map(parseFileName)) {
    if (file?.stem === stem && /^(outdated\.)?json(\.bak|\.tmp)?$/.test(file.extension)) {
      const base = file.name.slice(0, -file.extension.length);
      groups.set(base, [...(groups.get(base) ?? []), file]);
    }
  }
  const found: OrphanedState[] = [];
  for (const [base, group] of groups) {
    const [first] = group;
    const ownership = first === undefined ? 'alive' : await ownershipOf(folder, ownFileOf(first));
    if (ownership === 'alive') {
      continue;
    }
    const pick = (extension: string): string | undefined => group.find((file) => file.extension === extension)?.name;
    const primary = pick(CURRENT) ?? pick(OUTDATED);
    if (primary === undefined && first?.pid === 0) {
      // It is being handed over, or its window was killed meanwhile: the main file still has its other name.
      continue;
    }
    found.push({
      name: primary ?? `${base}${CURRENT}`,
      primary,
      others: [pick(`${CURRENT}${TEMPORARY_SUFFIX}`), pick(`${CURRENT}${BACKUP_SUFFIX}`)].flatMap((name) => name ?? []),
      isCertain: ownership === 'gone',
    });
  }
  return found;
}

/** The window claims only its main file, and writes all of them. */
function ownFileOf(file: OwnedFile): OwnedFile {
  return { ...file, name: `${file.name.slice(0, -file.extension.length)}${CURRENT}` };
}

export type WindowFileContent =
  | { readonly kind: 'read'; readonly value: unknown; readonly partly: boolean }
  /** Another window took it over. */
  | { readonly kind: 'missing' }
  /** It can never be read. `reason` is a localized clause. */
  | { readonly kind: 'damaged'; readonly reason: string }
  /** It may be readable later, or by a later version. `reason` is a localized clause. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads the file of a window. Never rejects. */
export async function readWindowFile(files: Files, location: string): Promise<WindowFileContent> {
  let text: string;
  try {
    const handle = await files.open(location, 'r');
    try {
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENOENT':
        return { kind: 'missing' };
      case 'EISDIR':
        return { kind: 'damaged', reason: l10n.t('it is a folder') };
      case 'EACCES':
      case 'EPERM':
        return { kind: 'unreadable', reason: l10n.t('the operating system does not allow it to be read') };
      default:
        return { kind: 'unreadable', reason: textOf(error) };
    }
  }
  if (/^\0*$/.test(text)) {
    return { kind: 'damaged', reason: text === '' ? l10n.t('it is empty') : l10n.t('it contains nothing but zeros') };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'damaged', reason: l10n.t('its content is cut off or garbled') };
  }
  const version = isRecord(value) ? value['version'] : undefined;
  if (typeof version === 'number' && version > WINDOW_VERSION) {
    return { kind: 'unreadable', reason: l10n.t('it was written by a later version of the extension') };
  }
  if (version !== WINDOW_VERSION) {
    return { kind: 'damaged', reason: l10n.t('its content is of no known version') };
  }
  return { kind: 'read', value, partly: !isWhole(value) };
}

/** Whether no session, prompt or creation was skipped by the parser. */
function isWhole(value: unknown): boolean {
  const { sessions, creations } = parsePersistedState(value);
  const prompts = (all: readonly unknown[]): number =>
    all.reduce<number>((sum, session) => sum + readArray(session, 'prompts').length, 0);
  const raw = readArray(value, 'sessions');
  return (
    isRecord(value) &&
    Array.isArray(value['sessions']) &&
    Array.isArray(value['creations']) &&
    raw.length === sessions.length &&
    prompts(raw) === prompts(sessions) &&
    readArray(value, 'creations').length === creations.length
  );
}
