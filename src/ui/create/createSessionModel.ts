/** The steps of “New Cloud Session”: the answers so far, and the next step. Pure. */
import { defined } from '../../core/common/defined';
import { isSameRepository, type RepositoryName } from '../../core/github/repository';
import type { ChosenRepository } from './createSessionRows';

/** The answers of the wizard. */
export interface CreateTarget {
  /** Absent: the agent works without a repository. The host is the runtime's own. */
  readonly repository?: RepositoryName & {
    /** Absent: the default branch. */
    readonly branch?: string;
  };
  readonly prompt?: string;
}

export type Step = 'repository' | 'branch' | 'prompt';

/** The text and the chosen row of a step, restored when the user goes back to it. */
export interface Answer {
  readonly text: string;
  readonly key?: string;
}

export interface Draft {
  readonly repository: Answer & { readonly value?: ChosenRepository | 'none' };
  /** No `value`: the default branch. */
  readonly branch: Answer & { readonly value?: string };
  readonly prompt: string;
}

/** The draft before the first step, filled from `preset`. */
export function draftOf(preset: CreateTarget | undefined): Draft {
  const { repository, prompt = '' } = preset ?? {};
  if (preset === undefined || repository === undefined) {
    const none = { text: '', key: 'none', value: 'none' } as const;
    return { repository: preset === undefined ? { text: '' } : none, branch: { text: '' }, prompt };
  }
  const { owner, name, branch = '' } = repository;
  return {
    repository: { text: `${owner}/${name}`, value: { owner, name } },
    branch: { text: branch },
    prompt,
  };
}

/** Sets the repository. A branch that was chosen for another repository is discarded. */
export function withRepository(draft: Draft, value: ChosenRepository | 'none', answer: Answer): Draft {
  const before = draft.repository.value;
  const isSame =
    value !== 'none' &&
    before !== undefined &&
    before !== 'none' &&
    isSameRepository(before, value) &&
    before.branch === value.branch;
  const named = value === 'none' ? undefined : value.branch;
  return {
    ...draft,
    repository: { ...answer, value },
    branch: isSame || value === 'none' ? draft.branch : { text: named ?? '' },
  };
}

export function withBranch(draft: Draft, value: string | undefined, answer: Answer): Draft {
  return { ...draft, branch: { ...answer, ...defined({ value }) } };
}

export function stepsOf({ repository }: Draft): readonly Step[] {
  return repository.value === 'none' ? ['repository', 'prompt'] : ['repository', 'branch', 'prompt'];
}

/** The next step; `undefined` after the last one. */
export function stepAfter(draft: Draft, step: Step): Step | undefined {
  const steps = stepsOf(draft);
  return steps[steps.indexOf(step) + 1];
}

/** The previous step; `undefined` before the first one. */
export function stepBefore(draft: Draft, step: Step): Step | undefined {
  const steps = stepsOf(draft);
  return steps[steps.indexOf(step) - 1];
}

export function targetOf({ repository, branch, prompt }: Draft): CreateTarget {
  const { value } = repository;
  return {
    ...(value === undefined || value === 'none'
      ? {}
      : {
          repository: {
            owner: value.owner,
            name: value.name,
            ...defined({ branch: branch.value }),
          },
        }),
    ...(prompt.trim() === '' ? {} : { prompt }),
  };
}
