/** The steps of “New Cloud Session”: what was answered, and what comes next. Pure; the rows are in another file. */
import { defined } from '../../core/common/defined';
import { isSameRepository, type RepositoryName } from '../../core/github/repository';
import type { ChosenRepository } from './createSessionRows';

/** What a cloud session is to work on. */
export interface CreateTarget {
  /** Absent: the agent works without a repository. The host is the runtime's own. */
  readonly repository?: RepositoryName & {
    /** Absent: the default branch. */
    readonly branch?: string;
  };
  readonly prompt?: string;
}

export type Step = 'repository' | 'branch' | 'prompt';

/** What was left in a step: the text, and the row that was chosen. Going back shows it again. */
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

/** The answers as they are before the first step, filled with what is known already. */
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

/** The repository was chosen: a branch that was chosen for another one is forgotten. */
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

/** The step that comes after; `undefined` after the last one. */
export function stepAfter(draft: Draft, step: Step): Step | undefined {
  const steps = stepsOf(draft);
  return steps[steps.indexOf(step) + 1];
}

/** The step that comes before; the first one has none. */
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
