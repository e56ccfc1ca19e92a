import * as l10n from '@vscode/l10n';
import { defined } from '../common/defined';
import { named } from '../common/namedPaths';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { MARK } from '../redaction/secretShapes';
import type { AgentChangeSet } from './agentChanges';
import type { Side } from './changeSet';
import { headerOf, type DiffedFile } from './workspaceDiff';

/** A file on one side of a change. */
export interface WholeFile {
  readonly path: string;
  /** Git's mode, in octal. */
  readonly mode: string;
  /** Absent if only its blob is known. */
  readonly bytes?: Uint8Array;
  /** The beginning of the id of its blob, if the agent's machine named it. */
  readonly blob?: string;
}

/** The files that a change is about, as they were and as they are; a file on one side only is deleted or added. */
export type WholeChange = Readonly<Record<'before' | 'after', readonly WholeFile[]>>;

/** Files cannot be had from the agent's machine as they are: they have to be pushed first. */
export class UnpushedError extends CloudSessionsError {
  constructor(message: string) {
    super('not-supported', message, { nextStep: l10n.t('Ask the agent to push its work, and try again.') });
  }
}

const REGULAR = '100644';
const CONCURRENCY = 8;

/**
 * The whole files of a change on the agent's machine.
 * @throws {@link UnpushedError} for files in whose diff a secret was removed, and for those that are not known as a whole
 */
export async function wholeFiles(set: AgentChangeSet): Promise<WholeChange> {
  const redacted = set.diffs.filter(({ path, oldPath, diff }) => [path, oldPath, diff].some((text) => hasMark(text)));
  if (redacted.length > 0) {
    throw new UnpushedError(
      l10n.t(
        'Something that looks like a secret was removed from the changes as they came from the agent’s machine: {0}',
        named(redacted.map(({ path }) => path)),
      ),
    );
  }
  const before: WholeFile[] = [];
  const after: WholeFile[] = [];
  const unknown: string[] = [];
  for (let start = 0; start < set.diffs.length; start += CONCURRENCY) {
    const part = set.diffs.slice(start, start + CONCURRENCY);
    const sides = await Promise.all(
      part.map(async (file) => Promise.all([sideOf(set, file, 'before'), sideOf(set, file, 'after')])),
    );
    for (const [index, [old, now]] of sides.entries()) {
      if (old === 'unknown' || now === 'unknown') {
        unknown.push(part[index]?.path ?? '');
        continue;
      }
      before.push(...(old === undefined ? [] : [old]));
      after.push(...(now === undefined ? [] : [now]));
    }
  }
  if (unknown.length > 0) {
    throw notWhole(unknown);
  }
  return { before, after };
}

/** @param paths files that are not known byte for byte */
export function notWhole(paths: readonly string[]): UnpushedError {
  return new UnpushedError(
    l10n.t(
      'The agent’s machine has not sent all of these files, which are too large, binary or changed on the way: {0}',
      named(paths),
    ),
  );
}

function hasMark(text: string | undefined): boolean {
  return text?.includes(MARK) === true;
}

/** @returns `undefined` if there is no such side */
async function sideOf(set: AgentChangeSet, file: DiffedFile, side: Side): Promise<WholeFile | 'unknown' | undefined> {
  const { blobBefore, isSubmodule } = file;
  if (isSubmodule === true) {
    return 'unknown';
  }
  const path = side === 'before' ? (file.oldPath ?? file.path) : file.path;
  const header = headerOf(file.diff);
  const mode = modeIn(header, side);
  if (side === 'before' && file.status !== 'added' && blobBefore !== undefined) {
    return { path, mode, blob: blobBefore };
  }
  const content = await set.content(file, side);
  if (content.kind !== 'bytes') {
    return content.kind === 'absent' ? undefined : 'unknown';
  }
  const { bytes } = content;
  const blob = side === 'after' ? /^index [0-9a-f]+\.\.([0-9a-f]{4,64})/m.exec(header)?.[1] : undefined;
  // What the machine diffs itself, it reads as text whatever it is.
  return blob === undefined && /[\0\uFFFD]/.test(new TextDecoder().decode(bytes))
    ? 'unknown'
    : { path, mode, bytes, ...defined({ blob }) };
}

function modeIn(header: string, side: Side): string {
  const own = side === 'before' ? /^(?:old|deleted file) mode (\d{6})/m : /^new (?:file )?mode (\d{6})/m;
  return (own.exec(header) ?? /^index \S+ (\d{6})/m.exec(header))?.[1] ?? REGULAR;
}
