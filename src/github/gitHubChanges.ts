import * as l10n from '@vscode/l10n';
import type { BaseFiles } from '../core/changes/agentChanges';
import { blobId } from '../core/changes/blobId';
import {
  ABSENT,
  isAbsent,
  MAX_FILE_BYTES,
  omitted,
  tooLarge,
  type ChangeSet,
  type FileContent,
  type Side,
} from '../core/changes/changeSet';
import type { ChangedFile, SessionChanges } from '../core/changes/sessionChanges';
import type { RepositoryName } from '../core/github/repository';
import { textOf } from '../core/redaction/secrets';
import type { GitHubClient } from './gitHubClient';

/** The changes of a pushed branch, read from GitHub's API. */
export class GitHubChangeSet implements ChangeSet {
  constructor(
    private readonly client: Pick<GitHubClient, 'readFile'>,
    private readonly repository: RepositoryName,
    readonly changes: SessionChanges,
  ) {}

  async content(file: ChangedFile, side: Side): Promise<FileContent> {
    const { base, baseCommit = base, head = base, headCommit = head } = this.changes;
    if (isAbsent(file, side)) {
      return ABSENT;
    }
    const [path, ref] = side === 'before' ? [file.oldPath ?? file.path, baseCommit] : [file.path, headCommit];
    try {
      const content = await this.client.readFile(this.repository, path, ref, { maxBytes: MAX_FILE_BYTES });
      switch (content.kind) {
        case 'file':
        case 'symlink':
          return { kind: 'bytes', bytes: content.bytes };
        case 'submodule':
          // eslint-disable-next-line texts/localized -- as Git has it in a diff
          return { kind: 'bytes', bytes: Buffer.from(`Subproject commit ${content.commit}\n`) };
        case 'too-large':
          return tooLarge(content.size);
        case 'absent':
          return ABSENT;
      }
    } catch (error) {
      return omitted(l10n.t('This file could not be read from GitHub: {0}', textOf(error)));
    }
  }
}

/**
 * Reads the blobs that a diff of the agent's machine names.
 * @param base a branch, which may have moved on: a file of another blob does not count
 */
export function baseFilesOnGitHub(
  client: Pick<GitHubClient, 'readFile'>,
  repository: RepositoryName,
  base: string,
): BaseFiles {
  return {
    read: async (path, blob) => {
      if (blob === undefined) {
        return undefined;
      }
      const content = await client
        .readFile(repository, path, base, { maxBytes: MAX_FILE_BYTES })
        .catch(() => undefined);
      const bytes = content?.kind === 'file' || content?.kind === 'symlink' ? content.bytes : undefined;
      return bytes !== undefined && (await blobId(bytes)).startsWith(blob) ? bytes : undefined;
    },
  };
}
