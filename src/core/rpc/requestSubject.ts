import { defined } from '../common/defined';
import { isRecord, readRecord, readText } from '../common/json';

/** What a call was about, as far as it is known; errors name it. */
export interface RequestSubject {
  /** `owner/name`. */
  readonly repository?: string;
  readonly branch?: string;
  /** The login of the account that the runtime uses. */
  readonly account?: string;
  /** The GitHub host, where it is not github.com. */
  readonly host?: string;
  readonly sessionId?: string;
  readonly model?: string;
}

/** The part of the subject that is not in the params of a call. */
export type RequestAccount = Pick<RequestSubject, 'account' | 'host'>;

/** What is known of a failed call, for its explanation. */
export interface RequestContext {
  /** The method on the wire. */
  readonly method?: string;
  readonly about?: RequestSubject;
}

/** The subject of a call, read from its params. */
export function subjectOf(params: unknown, account: RequestAccount = {}): RequestSubject {
  const cloud = isRecord(params) ? readRecord(params, 'cloud') : undefined;
  const repository = readRecord(cloud, 'repository');
  const owner = readText(repository, 'owner');
  const name = readText(repository, 'name');
  const branch = readText(repository, 'branch');
  const sessionId = readText(params, 'sessionId');
  const model = readText(params, 'model') ?? readText(params, 'modelId');
  return {
    ...account,
    ...(owner === undefined || name === undefined ? {} : { repository: `${owner}/${name}` }),
    ...defined({ branch, sessionId, model }),
  };
}
