import * as l10n from '@vscode/l10n';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { repositoryOf, type RepositoryName } from '../core/github/repository';
import type { Asked } from './gitHubRequests';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface RepositoryRequestOptions extends CallOptions, Pick<Asked, 'raw' | 'maxBytes'> {
  readonly parameters?: Asked['parameters'];
  readonly about?: Partial<Asked['about']>;
}

/**
 * A request about a repository.
 * @throws CloudSessionsError `invalid-argument` for a name that no repository can have: it would be another path of the API
 */
export function requestOf(
  repository: RepositoryName,
  route: Asked['route'],
  options: RepositoryRequestOptions = {},
): Asked {
  const reading = repositoryOf(repository.owner, repository.name);
  if ('problem' in reading) {
    throw new CloudSessionsError(
      'invalid-argument',
      l10n.t('“{0}” is not the name of a repository: {1}', slug(repository), reading.problem),
      { nextStep: l10n.t('Write it as owner/name.') },
    );
  }
  const { owner, name } = reading;
  return {
    ...options,
    route,
    parameters: { owner, name, ...options.parameters },
    about: { ...options.about, repository: slug(repository) },
  };
}

/** `owner/name` */
export function slug({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}
