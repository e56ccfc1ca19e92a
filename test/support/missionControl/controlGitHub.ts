import { record, text } from './answers';
import type { HostedRepository } from './github/repository';
import type { CheckRun, CommitStatus, NewIssue, NewPull, PullState, Review } from './github/rest/issueTracker';
import type { MissionControl } from './missionControl';

type Body = Readonly<Record<string, unknown>>;

/** What another process can set of GitHub: see `control.ts`. `repository` is `owner/name`. */
export const GITHUB_COMMANDS: Readonly<Record<string, (emulator: MissionControl, body: Body) => unknown>> = {
  'POST issue': (emulator, body) => {
    const { number } = emulator.gitHubApi.tracker.addIssue(repositoryOf(emulator, body), body as unknown as NewIssue);
    return { number };
  },
  'POST pull': async (emulator, body) => {
    const { tracker } = emulator.gitHubApi;
    const repository = repositoryOf(emulator, body);
    const created = record(body['create']);
    const issue =
      created === undefined
        ? tracker.find(repository, Number(body['number']))
        : await emulator.gitHubApi.addPull(repository, created as unknown as NewPull);
    if (issue === undefined) {
      throw new Error(`There is no pull request ${Number(body['number'])}`);
    }
    if (body['state'] !== undefined) {
      await tracker.setState(issue, body['state'] as PullState);
    }
    if (body['reviews'] !== undefined) {
      tracker.setReviews(issue, body['reviews'] as readonly Review[]);
    }
    return { number: issue.number };
  },
  'POST checks': async (emulator, body) => {
    const { tracker } = emulator.gitHubApi;
    const repository = repositoryOf(emulator, body);
    const ref = text(body['ref']);
    if (body['runs'] !== undefined) {
      await tracker.setCheckRuns(repository, ref, body['runs'] as readonly CheckRun[]);
    }
    if (body['statuses'] !== undefined) {
      await tracker.setStatuses(repository, ref, body['statuses'] as readonly CommitStatus[]);
    }
    return {};
  },
};

function repositoryOf(emulator: MissionControl, body: Body): HostedRepository {
  const [owner = '', name = ''] = text(body['repository']).split('/');
  if (owner === '' || name === '') {
    throw new Error('`repository` is owner/name');
  }
  return emulator.github.repository(owner, name);
}
