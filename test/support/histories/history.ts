import { seeded } from '../seeded';
import { CONTENT_FEATURES, LARGE_FEATURES } from './contentFeatures';
import { Draft, joined, type Feature } from './draft';
import { NAME_FEATURES } from './nameFeatures';
import { edited, file, START, type Commit, type Edits, type Entry, type Tree } from './tree';

/** How the commits of a branch and of its base lie to each other. */
export const SHAPES = [
  'one commit',
  'several commits',
  'the base has moved on',
  'the base was merged',
  'the base was merged and has moved on',
  'the base and the branch were merged crosswise',
  'the branch was force-pushed',
] as const;

type Shape = (typeof SHAPES)[number];

/** A repository before its branch, and the branch. */
export interface History {
  /** What is in it. */
  readonly title: string;
  /** The commit from which both branches start. Its parent is what the repository has. */
  readonly start: Tree;
  /** Pushed to the branch before, and replaced by force. */
  readonly replaced?: readonly Commit[];
  /** The later commits of both branches, by their refs. */
  readonly commits: readonly Commit[];
  /** Whether the branch has commits of the base that are newer than the start. */
  readonly isMerged: boolean;
}

export const BASE_REF = 'refs/heads/main';
/** Where commits of the branch are before an agent has them: no branch. */
export const TOPIC_REF = 'refs/import/topic';

export const HISTORIES = 60;

const FEATURES = Object.entries({ ...CONTENT_FEATURES, ...NAME_FEATURES });
const LARGE = Object.entries(LARGE_FEATURES);
const FOLDERS = ['src/', 'docs/more/', 'ä b/', '-x/', '[y]/'];
const KEPT = ['kept/a.txt', 'kept/b.txt', 'kept/c.txt'];

/** @param index from 0; the same history each time */
export function makeHistory(index: number): History {
  const random = seeded(index + 1);
  const draft = new Draft(random);
  const shape = SHAPES[index % SHAPES.length]!;
  const features = featuresOf(index, draft);
  for (const name of KEPT) {
    draft.had(name, draft.text(10));
  }
  features.forEach(([, feature], at) => {
    draft.begin(at === 0 ? '' : `${at}${FOLDERS[draft.below(FOLDERS.length)]}`);
    feature(draft);
  });
  return {
    title: `${features.map(([name]) => name).join(', ')}; ${shape}`,
    start: draft.before,
    isMerged: shape.includes('merged'),
    ...commitsOf(draft, shape),
  };
}

function featuresOf(index: number, draft: Draft): readonly (readonly [string, Feature])[] {
  const large = LARGE[index - (HISTORIES - LARGE.length)];
  if (large !== undefined) {
    return [large];
  }
  const chosen = new Map([FEATURES[index % FEATURES.length]!]);
  for (let more = draft.below(3); more > 0; more--) {
    const [name, feature] = FEATURES[draft.below(FEATURES.length)]!;
    chosen.set(name, feature);
  }
  return [...chosen];
}

function commitsOf(draft: Draft, shape: Shape): Pick<History, 'commits' | 'replaced'> {
  const start = draft.before;
  const end = edited(start, joined(draft.edits));
  const [base1, end1] = [start, end].map((tree) => withWorkOfOthers(start, tree, 'one')) as [Tree, Tree];
  const base2 = withWorkOfOthers(base1, base1, 'two');
  const small = (path: string): Edits => new Map([[path, file(draft.text(4))]]);
  const commits: Commit[] = [];
  const add = (ref: string, tree: Tree, ...parents: readonly Commit['parents'][number][]): number => {
    const mark = commits.length + 1;
    commits.push({ mark, ref, parents, tree });
    return mark;
  };
  switch (shape) {
    case 'one commit':
      add(TOPIC_REF, end, START);
      break;
    case 'several commits': {
      // What one commit adds and another removes is no change; neither is a file that comes back.
      let tree = edited(edited(start, small('passing.txt')), new Map([[KEPT[0]!, undefined]]));
      let last = add(TOPIC_REF, tree, START);
      for (const edits of draft.edits) {
        tree = edited(tree, edits);
        last = add(TOPIC_REF, tree, last);
      }
      add(TOPIC_REF, end, last);
      break;
    }
    case 'the base has moved on':
      add(BASE_REF, base2, START);
      add(TOPIC_REF, end, START);
      break;
    case 'the base was merged':
    case 'the base was merged and has moved on': {
      const first = add(TOPIC_REF, end, START);
      const base = add(BASE_REF, base1, START);
      const merge = add(TOPIC_REF, end1, first, base);
      add(TOPIC_REF, edited(end1, small('after the merge.txt')), merge);
      if (shape !== 'the base was merged') {
        add(BASE_REF, base2, base);
      }
      break;
    }
    case 'the base and the branch were merged crosswise': {
      // Each tip has what the other had before: there are two merge bases.
      const early = small('early.txt');
      const topic = add(TOPIC_REF, edited(start, early), START);
      const base = add(BASE_REF, base1, START);
      add(BASE_REF, edited(base1, early), base, topic);
      const merge = add(TOPIC_REF, edited(base1, early), topic, base);
      add(TOPIC_REF, edited(end1, early), merge);
      break;
    }
    case 'the branch was force-pushed': {
      const other = edited(edited(start, small('forgotten.txt')), new Map([[KEPT[1]!, undefined]]));
      add(TOPIC_REF, end, START);
      return { commits, replaced: [{ mark: 1, ref: TOPIC_REF, parents: [START], tree: other }] };
    }
  }
  return { commits };
}

/**
 * A tree with what others commit to the base: a file of their own, and a line at the end of each second file of the start
 * that still has its content.
 */
function withWorkOfOthers(start: Tree, tree: Tree, name: string): Tree {
  const edits = new Map([[`others/${name}.txt`, file(`${name}\n`)]]);
  [...start].forEach(([path, before], index) => {
    const now = tree.get(path);
    if (index % 2 === 0 && isFile(before) && now !== undefined && isFile(now) && now.data.equals(before.data)) {
      edits.set(path, file(Buffer.concat([now.data, Buffer.from(`${name}\n`)]), now.mode));
    }
  });
  return edited(tree, edits);
}

function isFile({ mode }: Entry): boolean {
  return mode.startsWith('100');
}
