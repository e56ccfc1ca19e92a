import type { Answer } from '../../httpAnswer';
import type { HostedRepository } from '../repository';
import { failed, ok, pageOf } from './answers';
import { apiAddress, idOf, repositoryJson, webAddress, type Addresses } from './entities';
import type { CommitStatus, IssueTracker } from './issueTracker';
import { time } from './pulls';

const EPOCH = Date.UTC(2025, 10, 3, 8);

export async function checkRuns(
  tracker: IssueTracker,
  addresses: Addresses,
  repository: HostedRepository,
  ref: string,
  query: URLSearchParams,
): Promise<Answer> {
  const sha = await repository.commit(ref);
  if (sha === undefined) {
    return noCommit(ref);
  }
  const [name, status] = [query.get('check_name'), query.get('status')];
  const all = tracker
    .checkRunsOf(repository, sha)
    .filter((run) => (name === null || run.name === name) && (status === null || run.status === status))
    .map((run) => {
      const id = idOf(`${sha}/${run.name}`);
      return {
        id,
        name: run.name,
        node_id: `CR_${id}`,
        head_sha: sha,
        url: apiAddress(addresses, repository, 'check-runs', String(id)),
        html_url: webAddress(repository, 'runs', String(id)),
        details_url: run.detailsUrl ?? webAddress(repository, 'actions/runs', String(id)),
        status: run.status,
        conclusion: run.status === 'completed' ? (run.conclusion ?? 'success') : null,
        started_at: run.status === 'queued' ? null : time(EPOCH),
        completed_at: run.status === 'completed' ? time(EPOCH + 60_000) : null,
        output: { title: run.title ?? null, summary: run.summary ?? null, text: null, annotations_count: 0 },
        app: { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' },
        pull_requests: [],
      };
    });
  const page = pageOf(all, query, apiAddress(addresses, repository, 'commits', ref, 'check-runs'));
  return ok({ total_count: all.length, check_runs: page.items }, page.headers);
}

/** The combined status: that of older services, without check runs. */
export async function combinedStatus(
  tracker: IssueTracker,
  addresses: Addresses,
  repository: HostedRepository,
  ref: string,
  query: URLSearchParams,
): Promise<Answer> {
  const sha = await repository.commit(ref);
  if (sha === undefined) {
    return noCommit(ref);
  }
  const all = tracker.statusesOf(repository, sha);
  const url = apiAddress(addresses, repository, 'commits', sha, 'status');
  const page = pageOf(all, query, url);
  return ok(
    {
      state: combined(all),
      statuses: page.items.map(({ context, state, description, targetUrl }) => ({
        id: idOf(`${sha}/${context}`),
        context,
        state,
        description: description ?? null,
        target_url: targetUrl ?? null,
        created_at: time(EPOCH),
        updated_at: time(EPOCH),
      })),
      sha,
      total_count: all.length,
      repository: repositoryJson(repository, addresses),
      url,
    },
    page.headers,
  );
}

/** Without any status, GitHub says `pending`. */
function combined(statuses: readonly CommitStatus[]): string {
  const states = new Set(statuses.map(({ state }) => state));
  return states.has('error') || states.has('failure')
    ? 'failure'
    : states.has('pending') || states.size === 0
      ? 'pending'
      : 'success';
}

function noCommit(ref: string): Answer {
  return failed(422, `No commit found for SHA: ${ref}`);
}
