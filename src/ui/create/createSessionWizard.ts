import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { GitHubHost, type GitHubHostReading } from '../../core/github/gitHubHost';
import { Setting } from '../../manifest';
import {
  draftOf,
  stepAfter,
  stepBefore,
  stepsOf,
  targetOf,
  withBranch,
  withRepository,
  type CreateTarget,
  type Draft,
  type Step,
} from './createSessionModel';
import { branchRows, proposedBranch, type BranchChoice } from './branchRows';
import { promptHint, type ChosenRepository } from './createSessionRows';
import { repositoryPlaceholder, repositoryRows, whyNotAlias, type RepositoryChoice } from './repositoryRows';
import { showMessage } from '../common/errors';
import type { GitRepositories } from '../git/gitExtension';
import type { KnownBranches, RepositoryList } from '../git/gitRepositories';
import { inputStep, pickStep, type QuickInputs, type StepFrame } from './quickSteps';

/** The answers after a step, and the direction; `undefined` if the user cancelled. */
type Move = { readonly draft: Draft; readonly to: 'next' | 'back' } | undefined;

/** Asks for the repository, the branch and the first prompt of a new cloud session. */
export class CreateSessionWizard {
  /** @param gitHub the GitHub that the runtime works with */
  constructor(
    private readonly git: Pick<GitRepositories, 'listRepositories' | 'branchesOf' | 'sshHost'>,
    private readonly gitHub: GitHubHostReading = { host: GitHubHost.dotCom },
    private readonly inputs: QuickInputs = vscode.window,
  ) {}

  /**
   * @param preset answers to start with; every step is shown nevertheless
   * @returns `undefined` if the user cancelled
   */
  async run(preset?: CreateTarget): Promise<CreateTarget | undefined> {
    const list = new Loaded(this.git.listRepositories());
    let draft = draftOf(preset);
    let step: Step | undefined = 'repository';
    while (step !== undefined) {
      const move: Move = await this.ask(step, draft, list);
      if (move === undefined) {
        return undefined;
      }
      draft = move.draft;
      step = move.to === 'next' ? stepAfter(draft, step) : stepBefore(draft, step);
    }
    return targetOf(draft);
  }

  private ask(step: Step, draft: Draft, list: Loaded<RepositoryList>): Promise<Move> {
    const steps = stepsOf(draft);
    const frame = { title: l10n.t('New Cloud Session'), step: steps.indexOf(step) + 1, totalSteps: steps.length };
    const { value } = draft.repository;
    if (step === 'repository' || value === undefined) {
      return this.askRepository({ ...frame, text: draft.repository.text }, draft, list);
    }
    return step === 'branch' && value !== 'none'
      ? this.askBranch({ ...frame, text: draft.branch.text }, draft, value)
      : this.askPrompt({ ...frame, text: draft.prompt }, draft);
  }

  private async askRepository(frame: StepFrame, draft: Draft, list: Loaded<RepositoryList>): Promise<Move> {
    const result = await pickStep<RepositoryChoice>(this.inputs, {
      ...frame,
      key: draft.repository.key,
      rows: (text) => repositoryRows(list.value, this.gitHub, text, { drives: process.platform === 'win32' }),
      placeholder: () => repositoryPlaceholder(list.value),
      loading: list.value === undefined ? list.promise.then(() => undefined) : undefined,
      accept: (choice) => {
        if (choice.kind === 'blocked') {
          showUnusable(choice.reason);
        }
        return choice.kind === 'repository' || choice.kind === 'alias' || choice.kind === 'none';
      },
    });
    if (result.kind !== 'next') {
      return undefined;
    }
    const { value: choice, text, key } = result;
    if (choice.kind === 'alias') {
      const reason = whyNotAlias(choice.ssh, await this.git.sshHost(choice.ssh), this.gitHub);
      if (reason !== undefined) {
        showUnusable(reason);
        return await this.askRepository({ ...frame, text }, draft, list);
      }
    }
    const value = choice.kind === 'repository' || choice.kind === 'alias' ? choice.repository : 'none';
    return { draft: withRepository(draft, value, { text, key }), to: 'next' };
  }

  private async askBranch(frame: StepFrame, draft: Draft, repository: ChosenRepository): Promise<Move> {
    const { entry } = repository;
    const branches = new Loaded<KnownBranches>(
      entry === undefined ? Promise.resolve({ names: [], current: [] }) : this.git.branchesOf(entry),
    );
    // A branch from a page's URL is a guess until the branches are known.
    const isGuess = repository.refPath !== undefined && draft.branch.text === repository.branch;
    const result = await pickStep<BranchChoice>(this.inputs, {
      ...frame,
      key: draft.branch.key,
      rows: (text) => branchRows(repository, branches.value, text),
      placeholder: () => l10n.t('Branch to start from: choose or type one'),
      loading: branches.promise.then((known) => (isGuess ? proposedBranch(repository, known) : undefined)),
      accept: (choice) => choice.kind !== 'explanation',
    });
    if (result.kind === 'cancel') {
      return undefined;
    }
    if (result.kind === 'back') {
      return { draft: { ...draft, branch: { ...draft.branch, text: result.text } }, to: 'back' };
    }
    const { value: choice, text, key } = result;
    return {
      draft: withBranch(draft, choice.kind === 'branch' ? choice.name : undefined, { text, key }),
      to: 'next',
    };
  }

  private async askPrompt(frame: StepFrame, draft: Draft): Promise<Move> {
    const { repository } = targetOf(draft);
    const branch = repository?.branch;
    const result = await inputStep(this.inputs, {
      ...frame,
      placeholder: l10n.t('What should the agent do? (optional)'),
      hint: promptHint(repository, branch),
    });
    return result.kind === 'cancel' ? undefined : { draft: { ...draft, prompt: result.text }, to: result.kind };
  }
}

function showUnusable(reason: string): void {
  void showMessage('warning', `${l10n.t('This repository cannot be used.')} ${reason}`, {
    title: l10n.t('Open Settings'),
    run: () => vscode.commands.executeCommand('workbench.action.openSettings', Setting.runtimeEnv),
  });
}

/** A promise whose value can be read synchronously once it is resolved. */
class Loaded<T> {
  value: T | undefined;
  readonly promise: Promise<T>;

  constructor(promise: Promise<T>) {
    this.promise = promise.then((value) => {
      this.value = value;
      return value;
    });
  }
}
